"""A program's output without its noise: escapes, colours, JSON around it, broken lines."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

#: Characters of one error that are looked at; a stack trace is longer than what it says.
LONGEST = 16_000
#: Values of JSON that are taken out of one line.
_MOST_VALUES = 500
_ANSI = re.compile(
    r"\x1b\[[0-9;?]{0,30}[ -/]{0,3}[@-~]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|\x1b."
)
_ESCAPE = re.compile(r"\\{1,16}(?:u([0-9a-fA-F]{4})|([nrtbf])|([\"'/]))")
#: A line that begins an error of its own, though it may be indented.
_BEGINS = re.compile(
    r"\s{0,12}(?:\[?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[IWEF][0-9]{4} |(?:Warning|Normal) {1,9}[A-Z]"
    r"|(?:level|time|ts|msg)=|\{\")"
)
#: A line that goes on with the one before.
_GOES_ON = re.compile(
    r"\s|caused by|[)\]}]|at |\.\.\. [0-9]|status code|[0-9]{1,3}: |with module|on \S{1,200} line "
    r"|The above exception|During handling|SharedCredsLoad:|EC2RoleRequestError:",
    re.IGNORECASE,
)
#: What tools draw before each line of an error: Terraform's frame, a quoted mail, a log's part.
_FRAME = re.compile(r"[ \t]{0,8}[│╷╵|>]{1,4} ?")
_DROPPED = dict.fromkeys(map(ord, "\"'`\\‘’“”│\u200b\ufeff"))


@dataclass(frozen=True)
class Passage:
    """One error, as far as lines tell them apart.

    Attributes:
        text: its words, with one space between them.
        lines: how many lines of the output it is.
    """

    text: str
    lines: int = 1

    @cached_property
    def squeezed(self) -> str:
        """The text as texts are searched in: small letters, no white space, no quotes."""
        return squeezed(self.text)


def squeezed(text: str) -> str:
    """A text without white space and quotes, in lowercase."""
    return "".join(text.split()).translate(_DROPPED).lower()


def passages(output: str) -> Iterator[Passage]:
    """The errors of an output, in its order. The work is linear in the output."""
    output = _ANSI.sub("", output) if "\x1b" in output else output
    output = output.replace("↳", ":")  # delta-rs draws it where its error has a colon
    documents = _whole_json(output)
    if documents is not None:
        for one in documents:
            yield Passage(_folded(_flat(one))[:LONGEST])
        return
    held: list[str] = []
    length = 0
    for line in output.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if held and line[:12].lstrip()[:1] == "│" and held[-1].rstrip()[-1:] == "│":
            # k9s and tmux break a line at their frame, in the middle of a word.
            held[-1] = held[-1].rstrip()[:-1].rstrip() + _FRAME.sub("", line, count=1)[:LONGEST]
            length += len(line)
            continue
        line = _FRAME.sub("", line, count=1) if line[:12].lstrip()[:1] in "│╷╵|>" else line
        if held and (not line.strip() or not _continues(held[-1], line)):
            yield _passage(held)
            held, length = [], 0
        if line.strip() and length < LONGEST:
            held.append(line[:LONGEST])
            length += len(line)
    if held:
        yield _passage(held)


def _continues(before: str, line: str) -> bool:
    if _BEGINS.match(line):
        return False
    if _GOES_ON.match(line):
        return True
    end = before.rstrip()[-1:]
    if end in ":,(\\=[{`":
        return True
    # Broken by an editor or a terminal: it goes on in lowercase, without a word and a colon.
    return (
        len(before) > 40
        and end not in '.}]">;'
        and line[:1].islower()
        and not re.match(r"[a-z_.-]{1,40}[:=]", line)
    )


def _passage(lines: list[str]) -> Passage:
    # A terminal breaks a line where it is full, in the middle of a word.
    width = max(map(len, lines))
    broken = len(lines) > 1 and width >= 60 and all(len(one) == width for one in lines[:-1])
    text = ("" if broken else " ").join(map(_unwrapped, lines))
    return Passage(_folded(text)[:LONGEST], len(lines))


def _unwrapped(line: str) -> str:
    """A line's words: the values of the JSON in it, and no escapes."""
    start = line.find("{")
    if start >= 0 and line.rstrip().endswith("}"):
        # No JSON, or cut: its words stand in it all the same.
        with suppress(ValueError, RecursionError):
            line = f"{line[:start]} {_flat(json.loads(line[start:]))}"
    for _ in range(3):
        if "\\" not in line:
            break
        line = _ESCAPE.sub(_unescaped, line)
    if "&" in line:
        line = html.unescape(line)
    if "%3A" in line or "%2F" in line:
        line = unquote(line)
    return line


def _unescaped(match: re.Match[str]) -> str:
    code, space, character = match.groups()
    if code:
        return chr(int(code, 16)) if int(code, 16) not in range(0xD800, 0xE000) else " "
    return " " if space else character


def _folded(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _whole_json(output: str) -> list[Any] | None:
    """The records of an output that is one document of JSON: CloudTrail's, an event, a Status."""
    head = output.lstrip("\ufeff \t\r\n")[:1]
    if head not in ("{", "[") or len(output) > 4_000_000 or output.count("\n") < 2:
        return None
    try:
        document = json.loads(output.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    for key in ("Records", "Events", "items"):
        if isinstance(document, dict) and isinstance(document.get(key), list):
            document = document[key]
    records = document if isinstance(document, list) else [document]
    return [_cloudtrail(one) for one in records[:_MOST_VALUES]]


def _cloudtrail(record: Any) -> Any:
    """The record in a text of lookup-events; any other as it is."""
    inner = record.get("CloudTrailEvent") if isinstance(record, dict) else None
    if isinstance(inner, str):
        with suppress(ValueError, RecursionError):
            return json.loads(inner)
    return record


def _flat(value: Any) -> str:
    """The values of a document with their keys, as one text."""
    found: list[str] = []
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting and len(found) < _MOST_VALUES:
        key, one = waiting.pop()
        if isinstance(one, dict):
            waiting += [(str(name), inner) for name, inner in reversed(one.items())]
        elif isinstance(one, list):
            waiting += [(key, inner) for inner in reversed(one)]
        elif one is not None and one != "":
            words = str(one).replace("\\n", " ")
            found.append(f"{key}: {words}" if key else words)
    return " ; ".join(found)
