"""YAML that everyone reads the same: in version 1.1, as PyYAML does, and in 1.2, as Go's tools do.

What one of them reads as a number, a boolean, a moment or nothing stands in quotes.

Source: YAML 1.2.2, section 10.3.2 "Tag resolution", and the types of YAML 1.1 (yaml.org/type),
checked 2026-11-28. `docs/assets/values.js` has the same rule for a reader's own values.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_WORD = re.compile(r"y|n|yes|no|on|off|true|false|null|~|=|<<|", re.IGNORECASE)
_NUMBER = re.compile(
    r"[-+]?(?:0b[01_]*|0x[0-9a-f_]*|0o[0-7_]*"
    r"|(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?(?:e[-+]?[0-9]*)?"
    r"|[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?"
    r"|\.?(?:inf|nan))",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")
#: What begins something else than a text, or ends it.
_SYNTAX = re.compile(r"[-?:](?: |\Z)|[,\[\]{}#&*!|>'\"%@`]|---|\.\.\.")
_WITHIN = (": ", " #")
_FLOW = re.compile(r"[,\[\]{}]")
#: Line ends besides `\n`, on which the versions of YAML do not agree.
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


def is_typed(word: str) -> bool:
    """Whether a bare word is another type than a text, in version 1.1 or 1.2 of YAML."""
    return any(one.fullmatch(word) for one in (_WORD, _NUMBER, _MOMENT))


def is_bare_text(text: str, *, flow: bool = False) -> bool:
    """Whether a text can stand without quotes; `flow`: within brackets."""
    return (
        text.isprintable()
        and text == text.strip()
        and not is_typed(text)
        and not _SYNTAX.match(text)
        and not any(one in text for one in _WITHIN)
        and not text.endswith(":")
        and not (flow and _FLOW.search(text))
    )


def double_quoted(text: str) -> str:
    """The text in double quotes, on one line."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    for letter, digits in (("x", 2), ("u", 4)):
        if code < 16**digits:
            return f"\\{letter}{code:0{digits}x}"
    return f"\\U{code:08x}"


def dumper(base: Any) -> Any:
    """PyYAML's dumper, with a text of several lines, as JSON in a manifest is, as a block."""

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, _: Any) -> bool:
            return True  # each place has its own text

    def represent_text(made: Any, text: str) -> Any:
        style = None
        if _LINE_ENDS.search(text) or text.endswith("\n"):
            style = '"'
        elif "\n" in text:
            style = "|"
        elif is_typed(text):
            style = "'"
        return made.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent_text)
    return Dumper


#: In C where PyYAML has it, as its wheels do: seven times faster, and the same text.
_Dumper = dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper))


def dump_yaml(*documents: Any) -> str:
    """The documents as YAML in their own order, without a line's end after the last line."""
    text: str = yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        width=100,
        allow_unicode=True,
        explicit_start=len(documents) > 1,
    )
    return text.rstrip("\n")
