"""The fields of the API's objects: which there are, and of what type.

The API server drops a field that it does not know, and says so or refuses, as the client asks by
`fieldValidation`. Source: Kubernetes, "API Concepts", section "Field validation"; wording of
encoding/json and sigs.k8s.io/json (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError

#: Forms of two kinds: the message that one of them is.
EITHER = {"JSONSchemaPropsOrBool": "JSONSchemaProps", "JSONSchemaPropsOrArray": "JSONSchemaProps"}
_LISTED, _MAPPED, _ANY, _OBJECT = "*", "{}", "any", "object"
#: Go's 64-bit integers; messages name the type.
_INT64 = {
    "activeDeadlineSeconds",
    "deletionGracePeriodSeconds",
    "expirationSeconds",
    "fsGroup",
    "generation",
    "runAsGroup",
    "runAsUser",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
}
_SCALARS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_GO = {"string": "string", "boolean": "bool", "number": "float64"}


#: libyaml's loader where PyYAML was built with it: five times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILES = ("fields.yaml", "fields_for_charts.yaml")
#: What can be sent alone and is no kind that is stored.
_BODIES = ("Review", "Request", "Options", "Scale", "Eviction")


def _load() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for name in _FILES:
        text = files(__package__).joinpath(name).read_text()
        table |= yaml.load(text, Loader=_LOADER)  # noqa: S506  (a safe loader)
    messages = {
        message: {name: form for form, names in forms.items() for name in names.split()}
        for message, forms in table.items()
    }
    for name, fields in messages.items():
        # All that can be sent alone has these three.
        if name in BUILT_IN or name.endswith(_BODIES):
            fields |= {"kind": "string", "apiVersion": "string", "metadata": "ObjectMeta"}
    return messages


#: Message to field to type, as in the files.
MESSAGES = _load()


@dataclass(frozen=True)
class _Place:
    """Where in an object: `spec.containers[0].env`, and the same as Go's JSON says it."""

    path: str
    go_path: str
    struct: str

    def field(self, struct: str, name: str) -> _Place:
        def join(path: str) -> str:
            return f"{path}.{name}" if path else name

        return _Place(join(self.path), join(self.go_path), struct)

    def entry(self, name: str) -> _Place:
        return _Place(f"{self.path}.{name}", self.go_path, self.struct)

    def item(self, index: int) -> _Place:
        return _Place(f"{self.path}[{index}]", self.go_path, self.struct)


def read(message: str, version: str, given: Any) -> tuple[Object, list[str]]:
    """A copy of a body without the fields that are none, and the paths of these.

    `version` is the API's, without its group. Raises ApiError (BadRequest) for a value of another
    type than its field has.
    """
    unknown: list[str] = []
    try:
        known = _read(message, given, _Place("", "", message), unknown)
    except _Mistyped as error:
        raise ApiError(
            400,
            f'{message} in version "{version}" cannot be handled as a {message}: {error}',
        ) from None
    if not isinstance(known, dict):
        raise ApiError(400, "the body is not an object")
    return known, unknown


def read_metadata(message: str, version: str, given: Any) -> tuple[Object, list[str]]:
    """The `metadata` of an object that has no message here; see `read`. Raises ApiError."""
    unknown: list[str] = []
    try:
        known = _read("ObjectMeta", given, _Place("metadata", "metadata", message), unknown)
    except _Mistyped as error:
        raise ApiError(
            400,
            f'{message} in version "{version}" cannot be handled as a {message}: {error}',
        ) from None
    return known, unknown


class _Mistyped(Exception):
    def __init__(self, value: Any, place: _Place, wanted: str) -> None:
        field = f"Go struct field {place.struct}.{place.go_path}" if place.path else "Go value"
        super().__init__(
            f"json: cannot unmarshal {_json_type(value)} into {field} of type {wanted}"
        )


def _read(form: str, value: Any, place: _Place, unknown: list[str]) -> Any:
    if value is None or form == _ANY:
        return value
    if form in EITHER:
        inner = EITHER[form]
        if isinstance(value, bool) and form.endswith("Bool"):
            return value
        listed = isinstance(value, list) and form.endswith("Array")
        return _read(f"*{inner}" if listed else inner, value, place, unknown)
    if form.startswith(_LISTED):
        if not isinstance(value, list):
            raise _Mistyped(value, place, _go_type(form, place))
        inner = form.removeprefix(_LISTED)
        return [
            _read(inner, _zero(inner) if item is None else item, place.item(index), unknown)
            for index, item in enumerate(value)
        ]
    if not form.startswith(_MAPPED) and form in _SCALARS:
        wrong = isinstance(value, bool) and form != "boolean"
        if wrong or not isinstance(value, _SCALARS[form]):
            raise _Mistyped(value, place, _go_type(form, place))
        if (
            form == "integer"
            and isinstance(value, int)
            and not -_largest(place) <= value < _largest(place)
        ):
            raise _Mistyped(value, place, _go_type(form, place))
        return value
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _Mistyped(value, place, _go_type(form, place))
    if form == _OBJECT:
        return dict(value)
    if form.startswith(_MAPPED):
        inner = form.removeprefix(_MAPPED)
        return {
            name: _read(inner, _zero(inner) if item is None else item, place.entry(name), unknown)
            for name, item in value.items()
        }
    known: Object = {}
    for name, item in value.items():
        if item is None:
            continue  # as if it were not there
        if name in MESSAGES[form]:
            known[name] = _read(MESSAGES[form][name], item, place.field(form, name), unknown)
        else:
            unknown.append(place.field(form, name).path)
    return known


def _zero(form: str) -> Any:
    """What a null in a list stands for."""
    return {"string": "", "integer": 0, "number": 0, "boolean": False, _ANY: None}.get(form, {})


def _largest(place: _Place) -> int:
    return 1 << (63 if place.path.rpartition(".")[2] in _INT64 else 31)


def _go_type(form: str, place: _Place) -> str:
    if form.startswith(_LISTED):
        return "[]" + _go_type(form.removeprefix(_LISTED), place)
    if form.startswith(_MAPPED):
        return "map[string]" + _go_type(form.removeprefix(_MAPPED), place)
    if form == "integer":
        return "int64" if place.path.rpartition(".")[2] in _INT64 else "int32"
    if form == _OBJECT:
        return f"v1.{place.struct}{place.path.title()}"
    return _GO.get(form, f"v1.{form}")


def _json_type(value: Any) -> str:
    for name, types in (("bool", bool), ("string", str), ("array", list), ("object", Mapping)):
        if isinstance(value, types):
            return name
    large = isinstance(value, int) and abs(value) >= 1 << 31
    return f"number {value}" if large or isinstance(value, float) else "number"


def described(names: list[str]) -> Iterator[str]:
    """What the API server says of unknown fields: `unknown field "spec.colour"`."""
    for name in names:
        yield f'unknown field "{name}"'
