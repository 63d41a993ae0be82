"""What Go's `encoding/json` says of a text that is no JSON.

AWS's agent and webhook and the Kubernetes API server are Go programs: their refusals quote it.
Source: go1.26 `encoding/json/scanner.go`, run on 2026-11-29.
"""

from __future__ import annotations

import re

_SPACE = " \t\r\n"
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_TRUNCATED = "unexpected end of JSON input"
_STRING = re.compile(r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{0,3}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:(?<=[0-9])\.[0-9]*)?(?:(?<=[0-9])[eE][+-]?[0-9]*)?")


class GoSyntaxError(ValueError):
    """A text that is no JSON; its message is Go's."""


def check_syntax(text: str) -> None:
    """Raise GoSyntaxError for a text that Go's decoder does not take as one JSON document."""
    open_: list[str] = []
    at = _value(text, 0, open_)
    while open_:
        at = _after(text, at, open_)
    at = _skip(text, at)
    if at < len(text):
        raise _invalid(text, at, "after top-level value")


def _after(text: str, at: int, open_: list[str]) -> int:
    """Go on after a value within what is open: the next value, or the end of what is open."""
    at = _skip(text, at)
    closing = "}" if open_[-1] == "{" else "]"
    if text[at : at + 1] == closing:
        open_.pop()
        return at + 1
    if text[at : at + 1] != ",":
        kind = "object key:value pair" if closing == "}" else "array element"
        raise _invalid(text, at, f"after {kind}")
    if closing == "}":
        return _value(text, _key(text, _skip(text, at + 1)), open_)
    return _value(text, at + 1, open_)


def _value(text: str, at: int, open_: list[str]) -> int:
    """Where a value ends, or the beginning of what it holds."""
    at = _skip(text, at)
    sign = text[at : at + 1]
    if sign and sign in "{[":
        inside = _skip(text, at + 1)
        if text[inside : inside + 1] == ("}" if sign == "{" else "]"):
            return inside + 1
        open_.append(sign)
        if sign == "{":
            return _value(text, _key(text, inside), open_)
        return _value(text, inside, open_)
    if sign == '"':
        return _string(text, at + 1)
    if sign in _LITERALS:
        word = _LITERALS[sign]
        for offset, letter in enumerate(word):
            if text[at + offset : at + offset + 1] != letter:
                where = f"in literal {word} (expecting {_quoted(letter)})"
                raise _invalid(text, at + offset, where)
        return at + len(word)
    if sign == "-" or (sign.isdecimal() and sign.isascii()):
        return _number(text, at)
    raise _invalid(text, at, "looking for beginning of value")


def _key(text: str, at: int) -> int:
    if text[at : at + 1] != '"':
        raise _invalid(text, at, "looking for beginning of object key string")
    at = _skip(text, _string(text, at + 1))
    if text[at : at + 1] != ":":
        raise _invalid(text, at, "after object key")
    return at + 1


def _string(text: str, at: int) -> int:
    at = _match(_STRING, text, at)
    if text[at : at + 1] == '"':
        return at + 1
    if text[at : at + 2] == "\\u":
        raise _invalid(text, _match(_ESCAPE, text, at), "in \\u hexadecimal character escape")
    if text[at : at + 1] == "\\":
        raise _invalid(text, at + 1, "in string escape code")
    raise _invalid(text, at, "in string literal")


def _number(text: str, at: int) -> int:
    end = _match(_NUMBER, text, at)
    last = text[end - 1]
    if last == "-" and end == at + 1:
        raise _invalid(text, end, "in numeric literal")
    if last == ".":
        raise _invalid(text, end, "after decimal point in numeric literal")
    if last in "eE+-":
        raise _invalid(text, end, "in exponent of numeric literal")
    return end


def _match(form: re.Pattern[str], text: str, at: int) -> int:
    found = form.match(text, at)
    return found.end() if found else at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _invalid(text: str, at: int, where: str) -> GoSyntaxError:
    if at >= len(text):
        return GoSyntaxError(_TRUNCATED)
    return GoSyntaxError(f"invalid character {_quoted(text[at])} {where}")


def _quoted(letter: str) -> str:
    """A character as Go quotes it; of a longer one it knows the first byte only."""
    if letter == "'":
        return r"'\''"
    if letter == '"':
        return "'\"'"
    first = chr(letter.encode("utf-8", "surrogatepass")[0])
    return f"'{first}'" if first.isprintable() else repr(first)
