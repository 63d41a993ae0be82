"""CustomResourceDefinitions: what is refused of them, their status, and what the server serves.

The words are the API server's (k8s.io/apiextensions-apiserver v0.37.2).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.kubernetes.api import MERGE, Api
from tests.lab.kubernetes.custom.widgets import DEFINITIONS, WIDGETS, definition, widget

ONE = f"{DEFINITIONS}/widgets.example.com"
VERSION = "spec.versions[0]"
SCHEMA_AT = f"{VERSION}.schema.openAPIV3Schema"


def test_a_definition_is_established_and_served(api: Api) -> None:
    api("POST", DEFINITIONS, definition(subresources={"status": {}}))
    status = api("GET", ONE)["status"]
    assert [(one["type"], one["status"], one["reason"]) for one in status["conditions"]] == [
        ("NamesAccepted", "True", "NoConflicts"),
        ("Established", "True", "InitialNamesAccepted"),
    ]
    assert status["storedVersions"] == ["v1"]
    assert status["acceptedNames"] == {
        "categories": ["all"],
        "kind": "Widget",
        "listKind": "WidgetList",
        "plural": "widgets",
        "shortNames": ["wd"],
        "singular": "widget",
    }
    assert "example.com" in [one["name"] for one in api("GET", "/apis")["groups"]]
    served = api("GET", "/apis/example.com/v1")["resources"]
    assert [(one["name"], one["kind"], one.get("shortNames")) for one in served] == [
        ("widgets", "Widget", ["wd"]),
        ("widgets/status", "Widget", None),
    ]
    schemas = api("GET", "/openapi/v3/apis/example.com/v1")["components"]["schemas"]
    found = schemas["com.example.v1.Widget"]
    assert found["properties"]["spec"]["properties"]["size"]["minimum"] == 1
    assert found["x-kubernetes-group-version-kind"] == [
        {"group": "example.com", "version": "v1", "kind": "Widget"}
    ]


def test_a_definition_takes_its_objects_along(api: Api) -> None:
    api("POST", DEFINITIONS, definition())
    api("POST", WIDGETS, widget())
    api("DELETE", ONE)
    assert api.said("GET", WIDGETS, None, 404) == "the server could not find the requested resource"
    api("POST", DEFINITIONS, definition())
    assert api("GET", WIDGETS)["items"] == []


def test_a_definition_of_one_cluster_is_none_of_another(api: Api) -> None:
    api("POST", DEFINITIONS, definition())
    api.lab.session().client("eks").create_cluster(
        name="other",
        roleArn="arn:aws:iam::111122223333:role/eks",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )
    assert (
        api.lab.kubernetes("other").objects.store.kinds.of_plural("example.com", "widgets") is None
    )


def _schema(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def changed(made: dict[str, Any]) -> None:
        change(made["spec"]["versions"][0]["schema"]["openAPIV3Schema"])

    return changed


def _spec(**members: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda made: made["spec"].update(copy.deepcopy(members))


def _size(**members: Any) -> Callable[[dict[str, Any]], Any]:
    return _schema(lambda schema: schema["properties"]["spec"]["properties"].update(size=members))


_SIZE = f"{SCHEMA_AT}.properties[spec].properties[size]"
REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "name": (
        _spec(group="example.org"),
        'metadata.name: Invalid value: "widgets.example.com": must be'
        ' spec.names.plural+"."+spec.group',
    ),
    "group": (
        _spec(group="example"),
        'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ),
    "scope": (
        _spec(scope="Everywhere"),
        'spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"',
    ),
    "no-schema": (
        lambda made: made["spec"]["versions"][0].pop("schema"),
        f"{SCHEMA_AT}: Required value",
    ),
    "no-storage": (
        lambda made: made["spec"]["versions"][0].update(storage=False),
        "must have exactly one version marked as storage version",
    ),
    "preserve": (
        _spec(preserveUnknownFields=True),
        "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set"
        " x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ),
    "no-type": (
        _size(minimum=1),
        f"{_SIZE}.type: Required value: must not be empty for specified object fields",
    ),
    "root": (
        _schema(lambda schema: schema.pop("type")),
        f"{SCHEMA_AT}.type: Required value: must not be empty at the root",
    ),
    "items": (_size(type="array"), f"{_SIZE}.items: Required value: must be specified"),
    "unique": (
        _size(type="array", items={"type": "string"}, uniqueItems=True),
        f"{_SIZE}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime"
        " complexity becomes quadratic",
    ),
    "ref": (_size(**{"$ref": "#/x"}), f"{_SIZE}.$ref: Forbidden: $ref is not supported"),
    "nested-type": (
        _size(type="string", anyOf=[{"type": "string"}]),
        f"{_SIZE}.anyOf[0].type: Forbidden: must be empty to be structural",
    ),
    "incomplete": (
        _schema(lambda schema: schema.update(allOf=[{"properties": {"more": {"minimum": 1}}}])),
        f"{SCHEMA_AT}.properties[more]: Required value: because it is defined in"
        f" {SCHEMA_AT}.allOf[0].properties[more]",
    ),
    "both": (
        _size(
            type="object",
            properties={"a": {"type": "string"}},
            additionalProperties={"type": "string"},
        ),
        f"{_SIZE}.additionalProperties: Forbidden: additionalProperties and properties are mutual"
        " exclusive",
    ),
    "map-keys": (
        _size(
            **{"type": "array", "x-kubernetes-list-type": "map"},
            items={"type": "object", "properties": {"a": {"type": "string"}}},
        ),
        f"{_SIZE}.x-kubernetes-list-map-keys: Required value: must not be empty if"
        " x-kubernetes-list-type is map",
    ),
    "column": (
        lambda made: made["spec"]["versions"][0].update(
            additionalPrinterColumns=[{"name": "A", "type": "text", "jsonPath": ".a"}]
        ),
        f'{VERSION}.additionalPrinterColumns[0].type: Invalid value: "text": must be one of'
        " boolean,date,integer,number,string",
    ),
    "scale": (
        lambda made: made["spec"]["versions"][0].update(
            subresources={"scale": {"specReplicasPath": ".size", "statusReplicasPath": ".status.a"}}
        ),
        f'{VERSION}.subresources.scale.specReplicasPath: Invalid value: ".size": should be a json'
        " path under .spec",
    ),
    "selectable": (
        lambda made: made["spec"]["versions"][0].update(selectableFields=[{}]),
        f"{VERSION}.selectableFields[0].jsonPath: Required value",
    ),
    "conversion": (
        _spec(conversion={"strategy": "Webhook"}),
        "spec.conversion.webhookClientConfig: Required value: required when strategy is set to"
        " Webhook",
    ),
}


@pytest.mark.parametrize(("change", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused_of_a_definition(
    api: Api, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    made = definition()
    change(made)
    message = api.said("POST", DEFINITIONS, made, 422)
    assert message.startswith(
        'CustomResourceDefinition.apiextensions.k8s.io "widgets.example.com" is invalid: '
    )
    assert said in message


def test_a_group_of_kubernetes_wants_its_approval(api: Api) -> None:
    made = definition()
    made["metadata"]["name"] = "widgets.example.k8s.io"
    made["spec"]["group"] = "example.k8s.io"
    see = "see https://github.com/kubernetes/enhancements/pull/1111"
    assert api.said("POST", DEFINITIONS, made, 422).endswith(
        "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must"
        f' have approval annotation "api-approved.kubernetes.io", {see}'
    )
    made["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    api("POST", DEFINITIONS, made)
    condition = api("GET", f"{DEFINITIONS}/widgets.example.k8s.io")["status"]["conditions"][2]
    assert (condition["status"], condition["message"]) == (
        "False",
        'not approved: "unapproved, a test"',
    )


def test_names_are_taken_once_in_a_group(api: Api) -> None:
    api("POST", DEFINITIONS, definition())
    other = definition()
    other["metadata"]["name"] = "gadgets.example.com"
    other["spec"]["names"] = {"kind": "Widget", "plural": "gadgets", "singular": "gadget"}
    api("POST", DEFINITIONS, other)
    path = f"{DEFINITIONS}/gadgets.example.com"
    conditions = api("GET", path)["status"]["conditions"]
    assert [(one["reason"], one["message"]) for one in conditions] == [
        ("ListKindConflict", '"WidgetList" is already in use'),
        ("NotAccepted", "not all names are accepted"),
    ]
    api("GET", WIDGETS.replace("widgets", "gadgets"), code=404)
    api("DELETE", ONE)
    assert api("GET", path)["status"]["conditions"][1]["status"] == "True"
    assert api("GET", WIDGETS.replace("widgets", "gadgets"))["items"] == []


def test_what_may_not_change(api: Api) -> None:
    api("POST", DEFINITIONS, definition())
    said = api.said("PATCH", ONE, {"spec": {"scope": "Cluster"}}, 422, kind=MERGE)
    assert said.endswith('spec.scope: Invalid value: "Cluster": field is immutable')
    versions = definition(name="v2")["spec"]["versions"]
    said = api.said("PATCH", ONE, {"spec": {"versions": versions}}, 422, kind=MERGE)
    assert 'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions' in said
    both = [*versions, {**definition()["spec"]["versions"][0], "storage": False}]
    changed = api("PATCH", ONE, {"spec": {"versions": both}}, kind=MERGE)
    assert changed["status"]["storedVersions"] == ["v1", "v2"]
