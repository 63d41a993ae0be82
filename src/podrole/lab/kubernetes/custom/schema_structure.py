"""Whether a definition's schema is a structural one, and the API server's words where it is not.

Rules and words: k8s.io/apiextensions-apiserver v0.37.2, `pkg/apiserver/schema/validation.go`,
`complete.go` and `pkg/apis/apiextensions/validation/validation.go` (read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from podrole.lab.kubernetes.custom.pruning import EMBEDDED, PRESERVE, Schema
from podrole.lab.kubernetes.custom.schema_validation import INT_OR_STRING, quoted
from podrole.lab.kubernetes.objects.kinds import Fault

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = {
    "id": "id is not supported",
    "additionalItems": "additionalItems is not supported",
    "patternProperties": "patternProperties is not supported",
    "definitions": "definitions is not supported",
    "dependencies": "dependencies is not supported",
    "$ref": "$ref is not supported",
}
#: What may not stand inside of `allOf`, `anyOf`, `oneOf` and `not`.
_ONLY_OUTSIDE = {
    "type": "must be empty to be structural",
    "additionalProperties": "must be undefined to be structural",
    "default": "must be undefined to be structural",
    "title": "must be empty to be structural",
    "description": "must be empty to be structural",
    "nullable": "must be false to be structural",
    PRESERVE: "must be false to be structural",
    EMBEDDED: "must be false to be structural",
    INT_OR_STRING: "must be false to be structural",
    "x-kubernetes-list-map-keys": "must be empty to be structural",
    "x-kubernetes-list-type": "must be undefined to be structural",
    "x-kubernetes-map-type": "must be undefined to be structural",
    "x-kubernetes-validations": "must be empty to be structural",
}
_IMPLICIT = (
    "must not specify anything other than name and generateName, but metadata is implicitly"
    " specified"
)
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_ROOT, _ITEM, _FIELD = "at the root", "for specified array items", "for specified object fields"


def faults(schema: Schema, at: str) -> list[Fault]:
    """What is wrong with a definition's schema at a path."""
    found = [
        *_simple(schema, at),
        *_structure(schema, at, _ROOT),
        *_complete(schema, schema, at, at),
    ]
    return sorted(dict.fromkeys(found), key=lambda fault: f"{fault[0]}: {fault[1]}")


def _inner(schema: Schema, at: str) -> Iterator[tuple[Schema, str, str]]:
    """The schemas that say what is inside of a value: each with its place and its level."""
    for name, inner in (schema.get("properties") or {}).items():
        yield inner, f"{at}.properties[{name}]", _FIELD
    for name, level in (("items", _ITEM), ("additionalProperties", _FIELD)):
        if isinstance(schema.get(name), Mapping):
            yield schema[name], f"{at}.{name}", level


def _combined(schema: Schema, at: str) -> Iterator[tuple[Schema, str]]:
    for name in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(name) or ()):
            yield inner, f"{at}.{name}[{index}]"
    if schema.get("not"):
        yield schema["not"], f"{at}.not"


def _simple(schema: Schema, at: str) -> Iterator[Fault]:
    """Members that no schema may have, and those that exclude each other."""
    if not isinstance(schema, Mapping):
        return
    for name, why in _UNSUPPORTED.items():
        if schema.get(name):
            yield f"{at}.{name}", f"Forbidden: {why}"
    kind = schema.get("type")
    if kind == "null":
        why = "type cannot be set to null, use nullable as an alternative"
        yield f"{at}.type", f"Forbidden: {why}"
    elif kind and kind not in _TYPES:
        known = ", ".join(map(quoted, _TYPES))
        yield f"{at}.type", f"Unsupported value: {quoted(kind)}: supported values: {known}"
    if isinstance(schema.get("items"), list):
        yield f"{at}.items", "Forbidden: items must be a schema object and not an array"
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield f"{at}.uniqueItems", f"Forbidden: {why}"
    if schema.get("properties") and schema.get("additionalProperties") not in (None, False):
        why = "additionalProperties and properties are mutual exclusive"
        yield f"{at}.additionalProperties", f"Forbidden: {why}"
    if schema.get(PRESERVE) is False:
        yield f"{at}.{PRESERVE}", "Invalid value: false: must be true or undefined"
    yield from _list_type(schema, at)
    for inner, place, _ in _inner(schema, at):
        yield from _simple(inner, place)
    for inner, place in _combined(schema, at):
        yield from _simple(inner, place)


def _list_type(schema: Schema, at: str) -> Iterator[Fault]:
    form, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    if form is not None and form not in ("atomic", "map", "set"):
        known = '"atomic", "map", "set"'
        place = f"{at}.x-kubernetes-list-type"
        yield place, f"Unsupported value: {quoted(form)}: supported values: {known}"
    if form is not None and schema.get("type") != "array":
        why = "must be array if x-kubernetes-list-type is specified"
        given = schema.get("type")
        word = f"Invalid value: {quoted(given)}" if given else "Required value"
        yield f"{at}.type", f"{word}: {why}"
    if keys and form != "map":
        why = "must be map if x-kubernetes-list-map-keys is non-empty"
        word = f"Invalid value: {quoted(form)}" if form else "Required value"
        yield f"{at}.x-kubernetes-list-type", f"{word}: {why}"
    if form != "map":
        return
    place = f"{at}.x-kubernetes-list-map-keys"
    if not keys:
        yield place, "Required value: must not be empty if x-kubernetes-list-type is map"
    items = schema.get("items")
    if not isinstance(items, Mapping):
        why = "must have a schema if x-kubernetes-list-type is map"
        yield f"{at}.items", f"Required value: {why}"
        return
    properties = items.get("properties") or {}
    for key in keys or ():
        if key not in properties:
            why = "entries must all be names of item properties"
            yield place, f"Invalid value: {quoted(keys)}: {why}"
        elif key not in (items.get("required") or ()) and "default" not in properties[key]:
            why = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a"
                " required property"
            )
            yield f"{at}.items.properties[{key}].default", f"Required value: {why}"


def _structure(schema: Schema, at: str, level: str) -> Iterator[Fault]:
    if not isinstance(schema, Mapping):
        return
    kind, int_or_string = schema.get("type"), schema.get(INT_OR_STRING)
    if kind == "array" and not isinstance(schema.get("items"), Mapping):
        yield f"{at}.items", "Required value: must be specified"
    if level == _ROOT and schema.get("additionalProperties") is not None:
        yield f"{at}.additionalProperties", "Forbidden: must not be used at the root"
    if int_or_string and schema.get(PRESERVE):
        why = f"must be false if {INT_OR_STRING} is true"
        yield f"{at}.{PRESERVE}", f"Invalid value: true: {why}"
    if schema.get(EMBEDDED) and kind != "object":
        word = f"Invalid value: {quoted(kind)}" if kind else "Required value"
        yield f"{at}.type", f"{word}: must be object if {EMBEDDED} is true"
    elif not kind and not int_or_string and not schema.get(PRESERVE):
        yield f"{at}.type", f"Required value: must not be empty {level}"
    if level == _ROOT and kind and kind != "object":
        yield f"{at}.type", f"Invalid value: {quoted(kind)}: must be object at the root"
    if schema.get(EMBEDDED) and not schema.get(PRESERVE) and not schema.get("properties"):
        why = f"must not be empty if {EMBEDDED} is true without {PRESERVE}"
        yield f"{at}.properties", f"Required value: {why}"
    yield from _metadata(schema, at, level)
    for inner, place in _combined(schema, at):
        name, _, _ = place[len(at) + 1 :].partition("[")
        if int_or_string and name == "anyOf" and schema["anyOf"] == _INT_OR_STRING:
            continue
        first = int_or_string and place == f"{at}.allOf[0]"
        yield from _nested(inner, place, any_of=not first or inner.get("anyOf") != _INT_OR_STRING)
    for inner, place, below in _inner(schema, at):
        yield from _structure(inner, place, below)


def _metadata(schema: Schema, at: str, level: str) -> Iterator[Fault]:
    if level != _ROOT and not schema.get(EMBEDDED):
        return
    properties = schema.get("properties") or {}
    for name in ("kind", "apiVersion"):
        given = properties.get(name)
        if given is not None and given.get("type") != "string":
            place = f"{at}.properties[{name}].type"
            yield place, f"Invalid value: {quoted(given.get('type') or '')}: must be string"
    metadata = properties.get("metadata")
    if metadata is None:
        return
    place = f"{at}.properties[metadata]"
    if metadata.get("type") != "object":
        given = metadata.get("type") or ""
        yield f"{place}.type", f"Invalid value: {quoted(given)}: must be object"
    named = metadata.get("properties") or {}
    if level == _ROOT and (
        named.keys() - {"name", "generateName"}
        or metadata.keys() - {"type", "properties", "description"}
    ):
        yield place, f"Forbidden: {_IMPLICIT}"


def _nested(schema: Schema, at: str, *, any_of: bool = True) -> Iterator[Fault]:
    """Inside of `allOf`, `anyOf`, `oneOf` and `not`: values are restricted, not described."""
    for name, why in _ONLY_OUTSIDE.items():
        if schema.get(name) not in (None, False, "", []):
            yield f"{at}.{name}", f"Forbidden: {why}"
    if "metadata" in (schema.get("properties") or {}):
        place = f"{at}.properties[metadata]"
        yield place, "Forbidden: must not be specified in a nested context"
    for inner, place, _ in _inner(schema, at):
        yield from _nested(inner, place)
    for inner, place in _combined(schema, at):
        if any_of or not place.startswith(f"{at}.anyOf["):
            yield from _nested(inner, place)


def _complete(schema: Schema, outside: Schema | None, at: str, inside: str) -> Iterator[Fault]:
    """What is restricted must be described outside of `allOf` and its kin too."""
    for inner, place in _combined(schema, inside):
        yield from _described(inner, outside, at, place)


def _described(schema: Schema, outside: Schema | None, at: str, inside: str) -> Iterator[Fault]:
    if outside is None:
        yield at, f"Required value: because it is defined in {inside}"
        return
    yield from _complete(schema, outside, at, inside)
    if isinstance(schema.get("items"), Mapping):
        items: Any = outside.get("items")
        yield from _described(schema["items"], items, f"{at}.items", f"{inside}.items")
    described = outside.get("properties") or {}
    for name, inner in (schema.get("properties") or {}).items():
        place = f".properties[{name}]"
        yield from _described(inner, described.get(name), at + place, inside + place)
