"""Lint rules for elements of a policy that say nothing, or say it again.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import text_tester

_PAGE = "reference/access-analyzer-checks"


def version(policy: Policy) -> Iterator[Finding]:
    """No Version: variables stay texts."""
    if "Version" not in policy.document:
        yield Finding(
            "MISSING_VERSION",
            "suggestion",
            "Version",
            "the policy has no Version, so variables in it stay plain text",
            'Add "Version": "2012-10-17"',
            _PAGE,
        )


def repeated_statements(policy: Policy) -> Iterator[Finding]:
    """A statement that says what an earlier one says."""
    seen: dict[object, str] = {}
    for one in policy.statements:
        principal = one.principal
        if isinstance(principal, dict):
            principal = tuple(sorted((kind, frozenset(names)) for kind, names in principal.items()))  # type: ignore[assignment]
        meaning = (
            one.effect,
            frozenset(one.actions),
            one.not_action,
            frozenset(one.resources or ()),
            one.not_resource,
            principal,
            one.not_principal,
            frozenset((item.name, item.key, frozenset(item.values)) for item in one.conditions),
        )
        first = seen.setdefault(meaning, one.path)
        if first != one.path:
            yield Finding(
                "REDUNDANT_STATEMENT",
                "suggestion",
                one.path,
                f"says the same as {first}",
                "Remove one of the two: a later change may miss the other",
                _PAGE,
            )


def redundant(_: Policy, statement: Statement) -> Iterator[Finding]:
    """Actions and resources that another entry of the same list includes; an empty Sid."""
    if statement.sid == "":
        yield Finding(
            "EMPTY_SID_VALUE",
            "suggestion",
            f"{statement.path}.Sid",
            "the Sid is empty",
            "Name the statement, or remove Sid",
            _PAGE,
        )
    for name, values, inverse in (
        ("Action", statement.actions, statement.not_action),
        ("Resource", statement.resources or (), statement.not_resource),
    ):
        for entry, wider in _included(values):
            yield Finding(
                f"REDUNDANT_{name.upper()}",
                "suggestion",
                f"{statement.path}.{'Not' if inverse else ''}{name}",
                f"{entry} is already included in {wider}",
                f"Remove {entry}, or {wider} if it is too wide",
                _PAGE,
            )


def _included(values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The entries that a wildcard of another one includes, each with that one."""
    wild = [text for text in values if "*" in text and "?" not in text]
    if not wild or len(values) < 2:
        return
    texts = list(dict.fromkeys(values))
    wider = _by_prefix(texts, wild)
    inner = [text for text in dict.fromkeys(wild) if "*" in text[:-1]]
    if len(inner) * sum(map(len, texts)) <= _MOST:
        for pattern in inner:
            # A pattern that fits another pattern's text fits all that the other one means: a star
            # there is a letter that only a star takes.
            first, last, test = pattern.partition("*")[0], pattern.rpartition("*")[2], None
            for text in texts:
                if text.startswith(first) and text.endswith(last) and text != pattern:
                    test = test or text_tester(pattern)
                    if text not in wider and test(text):
                        wider[text] = pattern
    for text in texts:
        if text in wider:
            yield text, wider[text]


def _by_prefix(texts: list[str], wild: list[str]) -> dict[str, str]:
    """The entries that begin with the letters of a `prefix*` among them, each with the shortest."""
    whole = {text[:-1]: text for text in wild if "*" not in text[:-1]}
    wider: dict[str, str] = {}
    roots: list[str] = []  # in order, none of them begins with another
    for prefix in sorted(whole):
        if roots and prefix.startswith(roots[-1]):
            wider[whole[prefix]] = whole[roots[-1]]
        else:
            roots.append(prefix)
    begun = texts
    if len(roots) < _FEW:
        few = tuple(roots)
        begun = [text for text in texts if text.startswith(few)]
    for text in begun:
        # What begins with a root stands behind it in the order, and before the next one.
        root = roots[bisect_right(roots, text) - 1]
        if text.startswith(root) and text != whole[root]:
            wider.setdefault(text, whole[root])
    return wider


#: Prefixes that are faster tried than looked up.
_FEW = 16
#: Characters to compare in one list; AWS's policies stay below, hostile ones are not compared.
_MOST = 500_000
