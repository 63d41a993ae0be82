"""Policy variables: `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.

Source: IAM user guide, "Policy elements: Variables and tags" (checked 2026-11-23). That substituted
text is not globbed again is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from podrole.policy.patterns import Pattern, glob, literal
from podrole.policy.text_patterns import wild

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
Context = Mapping[str, Sequence[str]]  # keys in lowercase


def filled(text: str, context: Context, *, patterns: bool) -> str | Pattern | None:
    """The text with its variables replaced, None if one of them has no value.

    It is a text, in which each `*` and `?` is wild where `patterns` says so; a Pattern only where a
    value brings such a letter, which is none.
    """
    literals, names = _taken_apart(text)
    parts = [literals[0]]
    for name, after in zip(names, literals[1:], strict=True):
        value = _value(name, context)
        if value is None:
            return None
        if patterns and wild(value):
            return resolve(text, context, wild=True)
        parts += (value, after)
    return "".join(parts)


@lru_cache(maxsize=1024)
def _taken_apart(text: str) -> tuple[list[str], list[str]]:
    """What stands around the variables of a text, and what stands in them."""
    literals, names, end = [], [], 0
    for match in variables_in(text):
        literals.append(text[end : match.start()])
        names.append(match[1])
        end = match.end()
    return [*literals, text[end:]], names


def resolve(text: str, context: Context, *, wild: bool) -> Pattern | None:
    """The text with its variables replaced; None if one of them has no value.

    `wild` says whether `*` and `?` outside variables are patterns.
    """
    make = glob if wild else literal
    pattern: list[object] = []
    end = 0
    for match in variables_in(text):
        pattern += make(text[end : match.start()])
        end = match.end()
        value = _value(match[1], context)
        if value is None:
            return None
        pattern += literal(value)
    pattern += make(text[end:])
    return tuple(pattern)


def variables_in(text: str) -> Iterator[re.Match[str]]:
    """The variables of a text; group 1 is what stands between the braces."""
    # Behind the last brace each `${` would be searched to the end, in vain.
    return _VARIABLE.finditer(text, 0, text.rfind("}") + 1)


def outside(text: str) -> str:
    """What a text holds besides its variables."""
    found, end = [], 0
    for match in variables_in(text):
        found.append(text[end : match.start()])
        end = match.end()
    return "".join([*found, text[end:]])


def names_in(text: str) -> list[str]:
    """The keys that the variables of a text stand for, in lowercase."""
    return [_name_and_default(match[1])[0] for match in variables_in(text)]


def _value(name: str, context: Context) -> str | None:
    if name in ("*", "?", "$"):
        return name
    key, default = _name_and_default(name)
    values = context.get(key)
    if values is None or len(values) != 1:  # multivalued keys cannot be variables
        return default
    return values[0]


@lru_cache(maxsize=1024)
def _name_and_default(text: str) -> tuple[str, str | None]:
    """The key, in lowercase, and what stands for it where it is absent."""
    name, _, rest = text.partition(",")
    rest = rest.strip()
    if name and len(rest) > 1 and rest[0] == rest[-1] == "'" and "'" not in rest[1:-1]:
        return name.strip().lower(), rest[1:-1]
    return text.strip().lower(), None
