"""The kinds that a CustomResourceDefinition makes: one for each version that is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.kubernetes.custom import json_path, pruning, schema_validation
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kind_registry import version_rank
from podrole.lab.kubernetes.objects.kinds import CustomColumn, Fault, Kind, Object, Part
from podrole.lab.kubernetes.objects.status import ApiError

_STATUS = Part("status", "")
_SCALE = Part("scale", "Scale", group="autoscaling", version="v1")
_LARGEST_REPLICAS = (1 << 31) - 1


@dataclass(frozen=True)
class VersionRules:
    """What one version of a definition says of its objects (see `CustomRules`)."""

    kind: str
    version: str
    schema: Mapping[str, Any]
    has_status: bool
    scale: Mapping[str, str] | None
    columns: tuple[CustomColumn, ...] | None
    deprecation: str

    def read(self, given: Any) -> tuple[Object, list[str]]:
        """A copy without unknown fields, and their paths. Raises ApiError for what is no object."""
        if not isinstance(given, Mapping):
            raise ApiError(400, "the body is not an object")
        unknown: list[str] = []
        known: Object = pruning.pruned(given, self.schema, unknown)
        for name in ("apiVersion", "kind"):
            if not isinstance(known.get(name, ""), str):
                raise ApiError(400, f"the {name} of an object is a text")
        if known.get("metadata") is not None:
            known["metadata"], unread = fields.read_metadata(
                self.kind, self.version, known["metadata"]
            )
            unknown += unread
        return known, sorted(unknown)

    def fill(self, given: Object) -> None:
        """Fill in the defaults of the schema."""
        pruning.fill(given, self.schema)

    def faults(self, given: Object, former: Object | None) -> list[Fault]:
        """What the schema does not allow."""
        stood = schema_validation.MISSING if former is None else former
        return [
            *schema_validation.faults(given, self.schema, stood),
            *self._scale_faults(given),
        ]

    def _scale_faults(self, given: Object) -> Iterator[Fault]:
        for name in ("specReplicasPath", "statusReplicasPath"):
            path = (self.scale or {}).get(name)
            values = json_path.found(given, path) if path else []
            if not path or not values or values[0] is None:
                continue
            value = values[0]
            if isinstance(value, bool) or not isinstance(value, int):
                shown = "accessor error: the value is not an int64"
                yield path, f"Invalid value: 0: {path} {shown}"
            elif value < 0:
                yield path, f"Invalid value: {value}: should be a non-negative integer"
            elif value > _LARGEST_REPLICAS:
                said = f"should be less than or equal to {_LARGEST_REPLICAS}"
                yield path, f"Invalid value: {value}: {said}"


def kinds(definition: Mapping[str, Any]) -> list[Kind]:
    """The kinds of a definition whose names were accepted, best version first."""
    specification, names = definition["spec"], definition["status"]["acceptedNames"]
    stored = next(one["name"] for one in specification["versions"] if one.get("storage"))
    found = [
        _kind(specification, names, version, stored)
        for version in specification["versions"]
        if version.get("served")
    ]
    return sorted(found, key=lambda kind: version_rank(kind.version))


def _kind(
    specification: Mapping[str, Any],
    names: Mapping[str, Any],
    version: Mapping[str, Any],
    stored: str,
) -> Kind:
    group = specification["group"]
    parts = version.get("subresources") or {}
    has_status, scale = "status" in parts, parts.get("scale")
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    columns = version.get("additionalPrinterColumns")
    rules = VersionRules(
        names["kind"],
        version["name"],
        schema,
        has_status,
        scale,
        tuple(map(_column, columns)) if columns else None,
        _deprecation(group, names["kind"], version),
    )
    selectable = version.get("selectableFields") or ()
    return Kind(
        names["kind"],
        names["plural"],
        group,
        version["name"],
        namespaced=specification["scope"] == "Namespaced",
        short=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        selected_by=tuple(one["jsonPath"].removeprefix(".") for one in selectable),
        parts=(*((_STATUS,) if has_status else ()), *((_SCALE,) if scale else ())),
        list_kind=names["listKind"],
        singular_name=names["singular"],
        stored_as=stored,
        custom=rules,
    )


def _deprecation(group: str, kind: str, version: Mapping[str, Any]) -> str:
    if not version.get("deprecated"):
        return ""
    return version.get("deprecationWarning") or f"{group}/{version['name']} {kind} is deprecated"


def _column(given: Mapping[str, Any]) -> CustomColumn:
    path = given["jsonPath"]
    return CustomColumn(
        given["name"],
        given["type"],
        _reader(path, given["type"]),
        given.get("format") or "",
        given.get("description")
        or f"Custom resource definition column (in JSONPath format): {path}",
        given.get("priority") or 0,
    )


def _reader(path: str, form: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(found: Mapping[str, Any]) -> Any:
        try:
            values = json_path.found(found, path)
        except json_path.JsonPathError:
            return None
        value = values[0] if values else None
        if form == "string":
            return _text(value)
        if isinstance(value, bool):
            return value if form == "boolean" else None
        return value if isinstance(value, str if form == "date" else int | float) else None

    return read


def _text(value: Any) -> str | None:
    """A value as Go's JSONPath prints it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
