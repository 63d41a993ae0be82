"""How a text stands between quotes, by language, and what needs none."""

from __future__ import annotations

import json
import re
import unicodedata

from podrole.catalog.error import CatalogError, shown

#: What stands for itself in a shell, unquoted and in double quotes, and is no option. The AWS CLI
#: reads a value that begins as a URL from there (AWS CLI user guide, "Loading a parameter from a
#: file", checked 2026-11-28).
SHELL_SAFE = re.compile(r"(?!-|fileb?://|https?://)[A-Za-z0-9_./:@%+=,-]+")


def code_text(text: str) -> str:
    """A text as a literal of Python, Go, TypeScript or Java."""
    return f'"{code_escaped(text)}"'


def code_escaped(text: str) -> str:
    """A text between the double quotes of these four languages: on one line, as it is.

    In JSON between Go's backquotes it is the same text.
    """
    quoted = json.dumps(text, ensure_ascii=False)[1:-1].replace("`", "\\u0060")
    return "".join(_visible(one) for one in quoted)


def rust_escaped(text: str) -> str:
    r"""A text between the double quotes of Rust, which has neither `\b` nor `\f`.

    Source: The Rust Reference, "Character and string literals" (checked 2026-11-29).
    """
    code = code_escaped(text).replace("\\\\", "\0")
    code = re.sub(r"\\([bf])", lambda found: {"b": "\\u{0008}", "f": "\\u{000c}"}[found[1]], code)
    return re.sub(r"\\u([0-9a-f]{4})", r"\\u{\1}", code).replace("\0", "\\\\")


def hcl_escaped(text: str) -> str:
    """A text as it stands between HCL's quotes: no template of Terraform's begins in it.

    Raises CatalogError for a text that Terraform would change: it keeps texts in Unicode's composed
    form, and parts a long run of accents (go-cty 1.19).
    """
    if not unicodedata.is_normalized("NFC", text) or _long_run(text):
        raise CatalogError(
            f"{shown(text)} is not in Unicode form NFC, and Terraform would change it"
        )
    quoted = "".join(_HCL.get(one, one) for one in text)
    return "".join(map(_visible, quoted)).replace("${", "$${").replace("%{", "%%{")


#: HCL native syntax specification, "Quoted literals" (checked 2026-11-28): no `\b`, no `\f`.
_HCL = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _long_run(text: str) -> bool:
    """Whether more than 30 accents follow one another (UAX #15, "Stream-Safe Text Format")."""
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > 30:
            return True
    return False


def check_references(text: str) -> None:
    """Raise CatalogError for a text that CloudFormation would replace wherever it stands.

    Source: AWS CloudFormation user guide, "Get values stored in other services using dynamic
    references" (checked 2026-11-28).
    """
    if "{{resolve:" in text:
        raise CatalogError(f"{shown(text)} contains a dynamic reference of CloudFormation")


def _visible(character: str) -> str:
    """What no editor shows as an escape; beyond 16 bits the languages have no common one."""
    hidden = not character.isprintable() and character <= "\uffff"
    return f"\\u{ord(character):04x}" if hidden else character
