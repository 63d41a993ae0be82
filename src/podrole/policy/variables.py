"""Policy variables: `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.

Source: IAM user guide, "Policy elements: Variables and tags" (checked 2026-11-23). That substituted
text is not globbed again is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .patterns import Pattern, glob, literal

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*\Z")
Context = Mapping[str, Sequence[str]]  # keys in small letters


def resolve(text: str, context: Context, *, wild: bool) -> Pattern | None:
    """The text with its variables replaced; None if one of them has no value.

    `wild` says whether `*` and `?` outside variables are patterns.
    """
    make = glob if wild else literal
    pattern: list[object] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        pattern += make(text[end : match.start()])
        end = match.end()
        value = _value(match[1], context)
        if value is None:
            return None
        pattern += literal(value)
    pattern += make(text[end:])
    return tuple(pattern)


def _value(name: str, context: Context) -> str | None:
    if name in ("*", "?", "$"):
        return name
    default = None
    if match := _DEFAULT.match(name):
        name, default = match[1], match[2]
    values = context.get(name.strip().lower())
    if values is None or len(values) != 1:  # multivalued keys cannot be variables
        return default
    return values[0]
