"""Text of outsiders on a terminal: on one line, and as one word of a shell."""

from __future__ import annotations

import shlex

_MOST = 1_200
_END = 300


def one_line(text: str, most: int = _MOST) -> str:
    """The text on one line, as a terminal can show it.

    What ends a line, moves a cursor or turns the direction of writing stands as an escape of
    Python's, and the middle of what is longer than `most` characters is left out.
    """
    if len(text) > most:
        end = min(_END, most // 4)
        text = f"{text[: most - end]} […] {text[-end:]}"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def shell_word(text: str) -> str:
    """The text as one word of bash, on one line. It may begin with a hyphen: see `shell_option`."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_quoted_byte, text.encode('utf-8', 'surrogatepass')))}'"


def _quoted_byte(byte: int) -> str:
    if not 32 <= byte < 127:
        return f"\\x{byte:02x}"
    return f"\\{chr(byte)}" if chr(byte) in "\\'" else chr(byte)


def shell_option(name: str, value: str, *, to_fill_in: str = "") -> str:
    """An option and its value for bash; a value that begins with a hyphen stays a value.

    Without a value stands what a reader has to fill in, such as `<cluster>`.
    """
    if not value and to_fill_in:
        return f"{name} {to_fill_in}"
    return f"{name}{'=' if value.startswith('-') else ' '}{shell_word(value)}"
