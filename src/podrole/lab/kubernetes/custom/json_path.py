"""The JSONPath of printer columns and of the scale's paths, as far as definitions use it.

Source: Kubernetes, "JSONPath Support" (checked 2026-11-29): members, `['name']`, indices, slices of
one, `*` and filters `[?(@.type=="Ready")]`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Step = Callable[[Any], Iterator[Any]]
_STEP = re.compile(
    r"""\.(?P<member>(?:\\.|[^.\[\]\\])+)
      | \[(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")\]
      | \[(?P<index>-?[0-9]+)\]
      | \[(?P<all>\*)\]
      | \[\?\((?P<filter>[^\]]*)\)\]""",
    re.VERBOSE,
)
_FILTER = re.compile(r"@(?P<path>[^\s=!<>]+)\s*(?:(?P<sign>==|!=)\s*(?P<value>.+?))?\s*\Z")


class JsonPathError(ValueError):
    """A path that cannot be read."""


@functools.cache
def parsed(path: str) -> tuple[Step, ...]:
    """The steps of a path as `.status.conditions[0].type`. Raises JsonPathError."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise JsonPathError(f"unrecognized path {path!r}")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def found(value: Any, path: str) -> list[Any]:
    """What stands at a path. Raises JsonPathError."""
    values = [value]
    for step in parsed(path):
        values = [inner for one in values for inner in step(one)]
    return values


def names(path: str) -> list[str]:
    """The members of a path that has nothing else, as `.spec.replicas`. Raises JsonPathError."""
    parts = [match["member"] for match in _STEP.finditer(path)]
    if not parts or None in parts or "".join(f".{part}" for part in parts) != path:
        raise JsonPathError(f"{path!r} is no path of members")
    return parts


def _step(match: re.Match[str]) -> Step:
    name = match["member"] or match["quoted"] or match["double"]
    if name is not None and name != "*":
        return _member(re.sub(r"\\(.)", r"\1", name))
    if match["index"] is not None:
        return _index(int(match["index"]))
    if match["filter"] is not None:
        return _filter(match["filter"])
    return _all


def _member(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping) and name in value:
            yield value[name]

    return step


def _index(number: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= number < len(value):
            yield value[number]

    return step


def _all(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _filter(text: str) -> Step:
    match = _FILTER.match(text.strip())
    if match is None:
        raise JsonPathError(f"unrecognized filter {text!r}")
    path, sign, given = match["path"], match["sign"], match["value"]
    parsed(path)
    wanted = _literal(given) if sign else None

    def step(value: Any) -> Iterator[Any]:
        for item in value if isinstance(value, list) else ():
            values = found(item, path)
            if not sign:
                keep = bool(values)
            else:
                keep = bool(values) and (values[0] == wanted) == (sign == "==")
            if keep:
                yield item

    return step


def _literal(text: str) -> Any:
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        raise JsonPathError(f"unrecognized value {text!r}") from None
