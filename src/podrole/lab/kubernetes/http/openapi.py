"""OpenAPI, as much as kubectl asks for: types for `explain`, and that the server checks fields.

Source: Kubernetes, "The Kubernetes API", section "OpenAPI interface definition"; field numbers of
version 2: google/gnostic, `openapiv2/OpenAPIv2.proto` (checked 2026-11-24).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.http.api_request import answer
from podrole.lab.kubernetes.http.protobuf import field
from podrole.lab.kubernetes.objects.fields import EITHER, MESSAGES
from podrole.lab.kubernetes.objects.kind_registry import KindRegistry
from podrole.lab.kubernetes.objects.kinds import Kind
from podrole.lab.kubernetes.objects.status import ApiError

_V3 = "/openapi/v3"
#: With a dot, as API servers have sent it since 1.24: Go refuses the older form's `@`.
_V2_MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")
_SCHEMAS = "#/components/schemas/"


def response(request: Request, served: KindRegistry) -> Response:
    """The answer to a request below `/openapi/`. Raises ApiError (NotFound)."""
    path = request.path
    if path == "/openapi/v2":
        # Old clients read nothing but protobuf, newer ones take what this one gives.
        return Response(_version_2(served), content_type=_V2_MEDIA_TYPE)
    if path == _V3:
        groups = served.groups().items()
        places = ["api/v1"]
        places += [f"apis/{group}/{version}" for group, versions in groups for version in versions]
        return answer(
            {"paths": {place: {"serverRelativeURL": f"{_V3}/{place}"} for place in places}}
        )
    place = path.removeprefix(f"{_V3}/")
    kinds = [
        kind for kind in served if place == (f"apis/{kind.api_version}" if kind.group else "api/v1")
    ]
    if not kinds:
        raise ApiError(404, "the server could not find the requested resource")
    return answer(
        {
            "openapi": "3.0.0",
            "info": {"title": "Podrole's lab", "version": "v1"},
            "paths": {_path(kind): {"patch": _patch_operation(kind)} for kind in kinds},
            "components": {"schemas": _schemas(kinds)},
        }
    )


def _path(kind: Kind) -> str:
    base = f"/apis/{kind.api_version}" if kind.group else "/api/v1"
    space = "/namespaces/{namespace}" if kind.namespaced else ""
    return f"{base}{space}/{kind.plural}/{{name}}"


def _gvk(kind: Kind) -> dict[str, str]:
    return {"group": kind.group, "version": kind.version, "kind": kind.name}


def _patch_operation(kind: Kind) -> dict[str, Any]:
    return {
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in _PARAMETERS
        ],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": _gvk(kind),
    }


def _schemas(kinds: list[Kind]) -> dict[str, Any]:
    """The kinds' messages and all that they are made of."""
    schemas: dict[str, Any] = {}
    wanted = [kind.name for kind in kinds if kind.custom is None]
    if len(wanted) < len(kinds):
        wanted.append("ObjectMeta")
    while wanted:
        message = wanted.pop()
        if message not in schemas:
            properties = {name: _schema(form) for name, form in MESSAGES[message].items()}
            schemas[message] = {"type": "object", "properties": properties}
            forms = (form.lstrip("*{}") for form in MESSAGES[message].values())
            bare = (EITHER.get(form, form) for form in forms)
            wanted += [form for form in bare if form in MESSAGES]
    for kind in kinds:
        if kind.custom is not None:
            schemas[_component(kind)] = _custom_schema(kind.custom.schema)
        schemas[_component(kind)]["x-kubernetes-group-version-kind"] = [_gvk(kind)]
    return schemas


def _component(kind: Kind) -> str:
    """The name of a kind's schema: `com.example.v1.Widget` for a custom one."""
    if kind.custom is None:
        return kind.name
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.name])


def _custom_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A definition's schema, with what all objects have."""
    given = schema.get("properties") or {}
    always = {name: {"type": "string"} | given.get(name, {}) for name in ("apiVersion", "kind")}
    metadata = {"metadata": {"allOf": [{"$ref": f"{_SCHEMAS}ObjectMeta"}]}}
    return {**schema, "properties": {**given, **always, **metadata}}


def _schema(form: str) -> dict[str, Any]:
    if form.startswith("*"):
        return {"type": "array", "items": _schema(form[1:])}
    if form.startswith("{}"):
        return {"type": "object", "additionalProperties": _schema(form[2:])}
    form = EITHER.get(form, form)
    if form in MESSAGES:
        # `allOf`, as Kubernetes writes it, since nothing may stand beside a `$ref`.
        return {"allOf": [{"$ref": _SCHEMAS + form}]}
    return {"type": form} if form != "any" else {"type": "object"}


def _version_2(served: KindRegistry) -> bytes:
    """A `Document` without definitions: an old kubectl then leaves validation to the server, and
    finds that it can do dry runs."""
    parameters = b"".join(
        # ParametersItem > Parameter > NonBodyParameter > QueryParameterSubSchema
        field(8, field(1, field(2, field(3, field(2, "query") + field(4, name)))))
        for name in _PARAMETERS
    )
    paths = b"".join(
        field(
            2,
            field(1, _path(kind)) + field(2, field(8, parameters + field(13, _extension(kind)))),
        )
        for kind in served
    )
    info = field(1, "Podrole's lab") + field(2, "v1")
    return field(1, "2.0") + field(2, info) + field(8, paths)


def _extension(kind: Kind) -> bytes:
    # JSON is YAML too, which the message asks for.
    value = field(2, json.dumps(_gvk(kind)))
    return field(1, "x-kubernetes-group-version-kind") + field(2, value)
