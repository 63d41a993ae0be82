"""A text taken apart into the outputs that follow one another in it, each with its form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from podrole.reading.error import ReadingError

#: Outputs in one text; a reader's commands print some dozen.
MOST_OUTPUTS = 1_000
_DECODER = json.JSONDecoder()
_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_BETWEEN = re.compile(r"\s+|---(?=\s|\Z).*|\.\.\.(?=\s|\Z)|\x1e")
#: A command that was pasted with what it printed: `$ aws …`, `PS C:\> aws …`, `me@host:~# aws …`.
_PROMPT = re.compile(
    r"\s*(?:\$ .*|(?:PS )?[A-Z]:\\[^>]{0,200}> ?.*|\[?[\w.-]{1,40}@[^\n#$%]{1,120}[#$%] .*"
    r"|[^\w\s{}\[\]\"'<]{0,3} ?[\w~/.-]{0,60} ?[$%❯➜#>] (?:aws|kubectl|helm|eksctl|cat|env)\b.*)"
    r"|(?:aws|kubectl|eksctl) [a-z][\w-]*(?: .*)?"
)
#: The first key of an output in YAML: of Kubernetes once in each, of the AWS CLI.
_KUBERNETES = re.compile(r"apiVersion:")
_AWS = re.compile(
    r"(cluster|associations?|addons?|Role|OpenIDConnectProviderList|ClientIDList):|---(?=\s|\Z)"
)
#: Keys before which a manifest written by hand may have an empty line.
_GOES_ON = re.compile(r"(kind|metadata|spec|status|secrets|imagePullSecrets|automount\w+|data):")

#: The forms that a first line tells. The rest is JSON or YAML.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("aws error", re.compile(r".{0,80}An error occurred \(|aws: error:|usage: aws\b")),
    ("kubectl error", re.compile(r"Error from server|error: |No resources found|Unable to c")),
    ("kubectl describe", re.compile(r"Name: {2,}\S")),
    ("kubectl table", re.compile(r"(?:NAMESPACE {2,200})?NAME(?: {2,200}[A-Z]|\s*\Z)")),
    ("env", re.compile(r"(?:export |declare -x )?[A-Za-z_]\w{0,200}=")),
    ("aws text", re.compile(r"[A-Z]{3,60}\t")),
    ("table", re.compile(r"[-+|=]{8,}\s*\Z")),
    ("HCL", re.compile(r"(?:resource|data|module|variable|output|provider) +\"")),
    ("HCL", re.compile(r"(?:locals|terraform) *\{")),
    ("URL", re.compile(r"\"?(?:%7B|%22|%0A|%20)", re.I)),
    ("text in JSON", re.compile(r"\"")),
    ("unrendered", re.compile(r"\{\{")),
    ("address", re.compile(r"https://oidc\S+\s*\Z")),
)  # fmt: skip
_NEXT_OBJECT = re.compile(r"Name: {2,}\S")
#: What may follow without an empty line between.
_SUDDEN = re.compile(r".{0,80}An error occurred \(|Error from server|[-+|=]{8,}\s*\Z")
_ENV = re.compile(r"(?:export |declare -x )?[A-Za-z_]\w*=")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text that is one output: its form, where it begins, and its own text."""

    form: str
    line: int
    start: int
    text: str


def first_form(text: str) -> str:
    """The form that the first line of a text tells; `YAML` or `JSON` where it tells none."""
    at = 0
    while between := _BETWEEN.match(text, at):
        at = between.end()
    return _form_at(text, at)


def without_prompts(text: str) -> str:
    """The text with spaces for the commands that were pasted with it, so that places stay."""
    lines, goes_on = [], False
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        command = goes_on or _PROMPT.fullmatch(bare) is not None
        goes_on = command and bare.endswith("\\")
        lines.append(" " * len(bare) + line[len(bare) :] if command else line)
    return "".join(lines)


def pieces(text: str) -> Iterator[Piece]:
    """The outputs of a text in their order; commands of a shell are left out.

    Raises ReadingError for more than `MOST_OUTPUTS`.
    """
    kept = without_prompts(text)
    at = counted = found = 0
    line = 1
    while at < len(kept):
        between = _BETWEEN.match(kept, at)
        if between:
            at = between.end()
            continue
        form = _form_at(kept, at)
        end = _end(kept, at, form)
        line, counted, found = line + kept.count("\n", counted, at), at, found + 1
        if found > MOST_OUTPUTS:
            raise ReadingError(f"more than {MOST_OUTPUTS:,} outputs in one text", line, 1)
        yield Piece(form, line, at, kept[at:end])
        at = end


def _form_at(text: str, at: int) -> str:
    line = text[at : at + 400].partition("\n")[0].rstrip("\r")
    if line[:1] in ("{", "[") and not line.startswith("{{"):
        return "JSON"
    return next((form for form, pattern in _FORMS if pattern.match(line)), "YAML")


def _end(text: str, start: int, form: str) -> int:
    if form in ("JSON", "text in JSON"):
        try:
            return _DECODER.raw_decode(text, start)[1]
        except (ValueError, RecursionError):
            pass  # the message comes from where it is read
    if form == "HCL":
        return len(text)
    stop = _STOPS.get(form)
    # Else YAML: until JSON begins a line, or an empty line or a first key tells of another output.
    seen = empty = False
    for match in _LINE.finditer(text, start):
        line = match[1]
        first = match.start() == start
        if stop is not None:
            if not first and stop(line):
                return match.start()
            continue
        if not line.strip() or line[0].isspace():
            empty = empty or not line.strip()
            continue
        begins = _KUBERNETES.match(line) is not None
        another = (
            (empty and not _GOES_ON.match(line))
            or line[0] in "{["
            or _AWS.match(line)
            or (begins and seen)
            or _SUDDEN.match(line)
        )
        if not first and another:
            return match.start()
        seen, empty = seen or begins, False
    return len(text)


def _not_continued(line: str) -> bool:
    return not line[:1].isspace() or not line.strip()


def _not_environment(line: str) -> bool:
    return not _ENV.match(line)


def _not_tabbed(line: str) -> bool:
    return "\t" not in line


def _blank(line: str) -> bool:
    return not line.strip()


def _next_object(line: str) -> bool:
    return (
        _NEXT_OBJECT.match(line) is not None
        or line[:1] in ("{", "[")
        or _KUBERNETES.match(line) is not None
        or _AWS.match(line) is not None
        or _SUDDEN.match(line) is not None
    )


#: Where the other forms end: at the first line for which this is true.
_STOPS = {
    "aws error": _not_continued,
    "kubectl error": _not_continued,
    "kubectl describe": _next_object,
    "kubectl table": _blank,
    "env": _not_environment,
    "aws text": _not_tabbed,
    "table": _blank,
    "URL": _blank,
    "text in JSON": _blank,
    "address": _blank,
    "unrendered": _blank,
}
