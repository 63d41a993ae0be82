"""Label and field selectors. Source: Kubernetes, "Labels and Selectors", "Field Selectors"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Kind
from podrole.lab.kubernetes.objects.status import ApiError

_SET = re.compile(
    r"\s*(!?[\w./-]+)\s*(?:(in|notin)\s*\(([^)]*)\)|(==|=|!=)\s*([\w.-]*))?\s*(?:,|\Z)"
)
Test = Callable[[Mapping[str, Any]], bool]


def labels(text: str) -> Test:
    """A test for `a=b,c!=d,e in (f,g),!h`. Raises ApiError for another form."""
    requirements = []
    position = 0
    while position < len(text):
        match = _SET.match(text, position)
        if not match or match.end() == position:
            raise ApiError(400, f"unable to parse requirement: {text[position:]}")
        requirements.append(_requirement(match))
        position = match.end()

    def test(found: Mapping[str, Any]) -> bool:
        given = found["metadata"].get("labels") or {}
        return all(requirement(given) for requirement in requirements)

    return test


def _requirement(match: re.Match[str]) -> Callable[[Mapping[str, str]], bool]:
    key, operator, values, comparison, value = match.groups()
    if operator:
        wanted = {item.strip() for item in values.split(",")}
        return lambda given: (given.get(key) in wanted) == (operator == "in")
    if comparison:
        return lambda given: (given.get(key) == value) == (comparison != "!=")
    if key.startswith("!"):
        return lambda given: key[1:] not in given
    return lambda given: key in given


def fields(kind: Kind, text: str) -> Test:
    """A test for `metadata.name=x,status.phase!=Running`. Raises ApiError for another form, and
    for a field that the kind's objects are not selected by."""
    wanted = []
    for part in filter(None, text.split(",")):
        name, sign, value = part.replace("==", "=").partition("=")
        if not sign:
            raise ApiError(400, f"invalid selector: '{part}'; can't understand '{part}'")
        equal, name = not name.endswith("!"), name.removesuffix("!")
        if name not in ("metadata.name", "metadata.namespace", *kind.selected_by):
            raise ApiError(
                400,
                f"field label not supported: {name}"
                if kind.selected_by
                else f'"{name}" is not a known field selector: only "metadata.name",'
                ' "metadata.namespace"',
            )
        wanted.append((name.split("."), value, equal))

    def test(found: Mapping[str, Any]) -> bool:
        return all((_at(found, path) == value) == equal for path, value, equal in wanted)

    return test


def _at(found: Any, path: list[str]) -> str:
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)


def label_selector(given: Mapping[str, Any]) -> Callable[[Mapping[str, str]], bool]:
    """A test of labels for a `LabelSelector`, which without any requirement takes all."""
    wanted = given.get("matchLabels") or {}
    expressions = given.get("matchExpressions") or ()

    def test(labels: Mapping[str, str]) -> bool:
        return all(labels.get(key) == value for key, value in wanted.items()) and all(
            _meets(labels, expression) for expression in expressions
        )

    return test


def _meets(labels: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    key, values = expression.get("key", ""), expression.get("values") or ()
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }.get(expression.get("operator", ""), False)
