"""Where parameters' values stand in Python that is written by hand, as in a notebook's cells.

Only texts within quotes are looked at. What stands there is a parameter's value

1. in an assignment to the parameter's name: `queue = "orders"`, also if the text is made of other
   parameters, as in `bucket = f"orders-data-{account_id}"`;
2. where what stands before it says so: `TableName="orders"`, `:table/orders`,
   `system:serviceaccount:orders:orders-api`;
3. anywhere, if it is a default that is no word of English and only one parameter's.

Whole words only, and the longest first. Everything else stays: a policy that is named "orders" is
no namespace.
"""

import re
from collections.abc import Iterator

from podrole.catalog.parameters import Parameters

_STRING = re.compile(
    r"#[^\n]*|(?P<prefix>\b[rbfRBF]{1,2})?(?P<quote>\"\"\"|'''|\"|')"
    r"(?P<text>(?:\\.|(?!(?P=quote))[\s\S])*)(?P=quote)"
)
_SCALAR = re.compile(r"^([ ]*(?:- )?[\w.-]+: )(\S+)$", re.MULTILINE)
_FIELD = re.compile(r"\{[^{}]*\}")
_NAME = r"[A-Za-z0-9_-]"
#: `namespace, service_account = ` or `queue = ` at a line's beginning.
_ASSIGNED = re.compile(r"^(?P<names>[a-z_]+(?:, [a-z_]+)*) = (?P<values>.*)$", re.MULTILINE)
#: Parameters by what stands before them. The statement's text is matched up to the value, so a
#: context may reach back over the quote.
_CONTEXTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"(?:{before})\Z"))
    for name, before in (
        ("partition", r"\barn:"),
        ("cluster", r"\.kubernetes\(\"|\bclusterName=\"|:cluster/"),
        ("namespace", r"\b[Nn]amespace(?:=f?\"|: )|system:serviceaccount:"),
        ("service_account", rf"\b[Ss]erviceAccount=f?\"|system:serviceaccount:{_NAME}+:"),
        ("table", r"\bTableName=f?\"|:table/"),
        ("queue", r"\bQueueName=f?\""),
        ("topic", r"\bTopicArn=f?\"|\bTopicName=f?\""),
        ("event_bus", r"\bEventBusName=f?\"|:event-bus/"),
        ("stream", r"\bStreamName=f?\"|:stream/"),
        ("metric_namespace", r"\bcloudwatch:namespace\W+"),
        ("deployment", r"\bdeployment_manifest\.replace\(\"|\bpods\[\"|\bpods = \{.*\(\""),
    )
)
#: Defaults that are common words: these need a context.
_WORDS = frozenset({"aws", "demo", "in", "team", "orders", "Orders"})


def cell_places(source: str, parameters: Parameters) -> list[tuple[int, int, str]]:
    """The places in a cell: offset, length and parameter, in order."""
    plain, names_of, word = _defaults(parameters)
    assigned = dict(_assigned(source, plain))
    found: list[tuple[int, int, str]] = []
    for literal in _STRING.finditer(source):
        text, start = literal["text"], literal.start("text")
        if text is None:
            continue  # a comment
        is_f = "f" in (literal["prefix"] or "").lower()
        if name := assigned.get(literal.start()):
            fields = _FIELD.findall(text) if is_f else []
            if text in names_of or (fields and all(field[1:-1] in plain for field in fields)):
                found.append((start, len(text), name))
                continue
        # Fields are code, not text.
        blank = _FIELD.sub(lambda match: " " * len(match[0]), text) if is_f else text
        for match in word.finditer(blank):
            line = source.rfind("\n", 0, start + match.start()) + 1
            before = source[line : start + match.start()]
            if name := _by_context(match[0], before, names_of[match[0]]):
                found.append((start + match.start(), len(match[0]), name))
    return found


def manifest_places(text: str, parameters: Parameters) -> list[tuple[int, int, str]]:
    """The places in a program's manifest: whole texts of YAML, by rules 2 and 3."""
    _, names_of, _word = _defaults(parameters)
    found = []
    for scalar in _SCALAR.finditer(text):
        names = names_of.get(scalar[2], [])
        if name := _by_context(scalar[2], scalar[1], names):
            found.append((scalar.start(2), len(scalar[2]), name))
    return found


def _defaults(
    parameters: Parameters,
) -> tuple[frozenset[str], dict[str, list[str]], re.Pattern[str]]:
    """The plain parameters, those of each default, and what matches a default."""
    names_of: dict[str, list[str]] = {}
    for one in parameters:
        if one.derived is None:
            names_of.setdefault(one.default, []).append(one.name)
    longest_first = "|".join(map(re.escape, sorted(names_of, key=len, reverse=True)))
    word = re.compile(rf"(?<!{_NAME})(?:{longest_first})(?!{_NAME})")
    return frozenset(name for names in names_of.values() for name in names), names_of, word


def _assigned(source: str, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Where a literal begins that is assigned to a parameter's name, and the name."""
    for line in _ASSIGNED.finditer(source):
        targets = line["names"].split(", ")
        literals = list(_STRING.finditer(line["values"]))
        bare = _STRING.sub("", line["values"])
        if len(literals) == len(targets) and not bare.replace(",", "").strip():
            for target, literal in zip(targets, literals, strict=True):
                if target in names:
                    yield line.start("values") + literal.start(), target


def _by_context(value: str, before: str, names: list[str]) -> str | None:
    for name, context in _CONTEXTS:
        if name in names and context.search(before):
            return name
    if len(names) == 1 and value not in _WORDS:
        return names[0]
    return None
