"""Whether an object is what its schema asks for, and the API server's words where it is not.

Rules and words: k8s.io/kube-openapi `pkg/validation/validate` and `/errors`, and
k8s.io/apiextensions-apiserver v0.37.2 `pkg/apiserver/validation` (read 2026-11-29). Rules in CEL
(`x-kubernetes-validations`) are not evaluated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from podrole.lab.kubernetes.custom import go_pattern, text_formats
from podrole.lab.kubernetes.custom.pruning import Schema
from podrole.lab.kubernetes.objects.kinds import Fault

INT_OR_STRING = "x-kubernetes-int-or-string"
_NOWHERE = "<nil>"  # Go's word for a path that is none
#: Stands for a value that is not there.
MISSING = object()


def faults(value: Any, schema: Schema, former: Any = MISSING, at: str = "") -> list[Fault]:
    """What is wrong with a value at a path, in the order of the schema.

    What has stayed as it was in `former` is let through, as by the API server since 1.33.
    """
    if former is not MISSING and _same(value, former):
        return []
    wanted = _types(schema)
    if value is None:
        if not wanted or schema.get("nullable"):
            return []
        return [_mistyped(at, wanted, "null")]
    found: list[Fault] = []
    kind = _kind(value)
    if wanted and not _fits(kind, value, wanted):
        found.append(_mistyped(at, wanted, kind))
        if kind in ("object", "array"):
            return found
    found += _combined(value, schema, at)
    if kind == "string":
        found += _text(value, schema, at)
    elif kind in ("integer", "number"):
        found += _number(value, schema, at)
    elif kind == "array":
        found += _list(value, schema, former, at)
    enum = schema.get("enum")
    if enum is not None and not any(_same(value, one) for one in enum):
        known = ", ".join(quoted(one if isinstance(one, str) else json.dumps(one)) for one in enum)
        found.append((at, f"Unsupported value: {quoted(value)}: supported values: {known}"))
    if kind == "object":
        found += _object(value, schema, former, at)
    return found


def quoted(value: Any) -> str:
    """A value as Kubernetes' messages have it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _types(schema: Schema) -> list[str]:
    if schema.get(INT_OR_STRING):
        return ["integer", "string"]
    return [schema["type"]] if schema.get("type") else []


def _kind(value: Any) -> str:
    for name, types in (
        ("boolean", bool),
        ("integer", int),
        ("number", float),
        ("string", str),
        ("array", list),
    ):
        if isinstance(value, types):
            return name
    return "object"


def _fits(kind: str, value: Any, wanted: Sequence[str]) -> bool:
    if kind in wanted or (kind == "integer" and "number" in wanted):
        return True
    return kind == "number" and "integer" in wanted and float(value).is_integer()


def _same(one: Any, other: Any) -> bool:
    """Whether JSON values are equal: Python's True is 1, JSON's is not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _mistyped(at: str, wanted: Sequence[str], kind: str) -> Fault:
    said = f"must be of type {','.join(wanted)}: {quoted(kind)}"
    return at or _NOWHERE, f"Invalid value: {quoted(kind)}: {_in_body(at)} {said}"


def _in_body(at: str) -> str:
    return f"{at} in body"


def _invalid(at: str, value: Any, said: str) -> Fault:
    return at or _NOWHERE, f"Invalid value: {quoted(value)}: {_in_body(at)} {said}"


def _combined(value: Any, schema: Schema, at: str) -> list[Fault]:
    """Of `anyOf`, `oneOf`, `allOf` and `not`."""
    found: list[Fault] = []

    def says(text: str) -> None:
        found.append((_NOWHERE, f'Invalid value: "": {quoted(at)} {text}'))

    tried = [faults(value, inner, at=at) for inner in schema.get("anyOf") or ()]
    if tried and all(tried):
        says("must validate at least one schema (anyOf)")
        found += _fewest(tried)
    tried = [faults(value, inner, at=at) for inner in schema.get("oneOf") or ()]
    good = sum(not one for one in tried)
    if tried and good != 1:
        count = f"Found {good} valid alternatives" if good else "Found none valid"
        says(f"must validate one and only one schema (oneOf). {count}")
        if not good:
            found += _fewest(tried)
    tried = [faults(value, inner, at=at) for inner in schema.get("allOf") or ()]
    if any(tried):
        found += [fault for one in tried for fault in one]
        says(f"must validate all the schemas (allOf){'. None validated' if all(tried) else ''}")
    inner = schema.get("not")
    if inner is not None and not faults(value, inner, at=at):
        says("must not validate the schema (not)")
    return found


def _fewest(tried: list[list[Fault]]) -> list[Fault]:
    return min(tried, key=len)


def _text(value: str, schema: Schema, at: str) -> list[Fault]:
    found: list[Fault] = []
    longest, shortest = schema.get("maxLength"), schema.get("minLength")
    if longest is not None and len(value) > longest:
        unit = "byte" if longest == 1 else "bytes"
        found.append((at, f"Too long: may not be more than {longest} {unit}"))
    if shortest is not None and len(value) < shortest:
        found.append(_invalid(at, value, f"should be at least {shortest} chars long"))
    pattern = schema.get("pattern")
    if pattern and (test := go_pattern.compiled(pattern)) and not test.search(value):
        found.append(_invalid(at, value, f"should match '{pattern}'"))
    form = schema.get("format")
    if form and not schema.get(INT_OR_STRING) and not text_formats.fits(form, value):
        found.append(_invalid(at, value, f"must be of type {form}: {quoted(value)}"))
    return found


def _number(value: float, schema: Schema, at: str) -> list[Fault]:
    found: list[Fault] = []
    multiple, most, least = (schema.get(name) for name in ("multipleOf", "maximum", "minimum"))
    if multiple and not math.isclose(value / multiple, round(value / multiple)):
        found.append(_invalid(at, value, f"should be a multiple of {_shown(multiple)}"))
    if most is not None and (value >= most if schema.get("exclusiveMaximum") else value > most):
        word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        found.append(_invalid(at, value, f"should be {word} {_shown(most)}"))
    if least is not None and (value <= least if schema.get("exclusiveMinimum") else value < least):
        word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        found.append(_invalid(at, value, f"should be {word} {_shown(least)}"))
    form = schema.get("format")
    if schema.get("type") == "integer" and form in ("int32", "int64"):
        bits = int(form[3:]) - 1
        if not -(1 << bits) <= value < 1 << bits:
            said = f"Checked value must be of type integer with format {form} in {at}"
            found.append((_NOWHERE, f'Invalid value: "": {said}'))
    return found


def _shown(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)


def _list(value: list[Any], schema: Schema, former: Any, at: str) -> list[Fault]:
    found: list[Fault] = []
    items = schema.get("items")
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    before = {_key(one, keys): one for one in former} if keys and isinstance(former, list) else {}
    if isinstance(items, Mapping):
        for index, item in enumerate(value):
            stood = before.get(_key(item, keys), MISSING) if before else MISSING
            found += faults(item, items, stood, f"{at}[{index}]")
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        found.append(_invalid(at, len(value), f"should have at least {least} items"))
    if most is not None and len(value) > most:
        unit = "item" if most == 1 else "items"
        found.append((at, f"Too many: {len(value)}: must have at most {most} {unit}"))
    form = schema.get("x-kubernetes-list-type")
    if form in ("set", "map"):
        found += _repeated(value, keys if form == "map" else None, at)
    return found


def _key(item: Any, keys: Sequence[str]) -> str:
    if not isinstance(item, Mapping):
        return quoted(item)
    return quoted({name: item[name] for name in keys if name in item})


def _repeated(value: list[Any], keys: Sequence[str] | None, at: str) -> list[Fault]:
    seen: dict[str, int] = {}
    found: list[Fault] = []
    for index, item in enumerate(value):
        text = quoted(item) if keys is None else _key(item, keys)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            found.append((f"{at}[{index}]", f"Duplicate value: {text}"))
    return found


def _object(value: Mapping[str, Any], schema: Schema, former: Any, at: str) -> list[Fault]:
    found: list[Fault] = []
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        found.append(_invalid(at, len(value), f"should have at least {least} properties"))
    if most is not None and len(value) > most:
        unit = "item" if most == 1 else "items"
        found.append((at, f"Too many: {len(value)}: must have at most {most} {unit}"))
    properties = schema.get("properties") or {}
    more = schema.get("additionalProperties")
    before = former if isinstance(former, Mapping) else {}
    for name, inner in value.items():
        known = properties.get(name, more if isinstance(more, Mapping) else None)
        if known is not None:
            place = f"{at}.{name}" if at else name
            found += faults(inner, known, before.get(name, MISSING), place)
    for name in schema.get("required") or ():
        if name not in value:
            found.append((f"{at}.{name}" if at else name, "Required value"))
    return found
