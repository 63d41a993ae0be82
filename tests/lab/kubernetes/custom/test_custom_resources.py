"""Objects of a definition: what their schema refuses, drops and fills in, and their parts.

The words are the API server's (k8s.io/apiextensions-apiserver v0.37.2, k8s.io/kube-openapi).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import APPLY, JSON_PATCH, MERGE, STRATEGIC, Api
from tests.lab.kubernetes.custom.widgets import DEFINITIONS, WIDGETS, definition, widget

ONE = f"{WIDGETS}/one"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture
def widgets(api: Api) -> Api:
    api("POST", DEFINITIONS, definition(subresources={"status": {}}))
    return api


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"size": "big"},
            'spec.size: Invalid value: "string": spec.size in body must be of type integer:'
            ' "string"',
        ),
        ({"size": None}, "spec.size: Required value"),
        (
            {"size": 0},
            "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
        ),
        (
            {"size": 11},
            "spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10",
        ),
        (
            {"colour": "green"},
            'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
        ),
        (
            {"name": "A1"},
            "spec.name: Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'",
        ),
        ({"name": "abcdef"}, "spec.name: Too long: may not be more than 5 bytes"),
        (
            {"name": "a"},
            'spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long',
        ),
        ({"parts": [{"id": "a"}] * 3}, "spec.parts: Too many: 3: must have at most 2 items"),
        ({"parts": [{}]}, "spec.parts[0].id: Required value"),
        (
            {"labels": {"a": 1}},
            'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string:'
            ' "integer"',
        ),
        (
            {"since": "today"},
            'spec.since: Invalid value: "today": spec.since in body must be of type date-time:'
            ' "today"',
        ),
        (
            {"limit": True},
            'spec.limit: Invalid value: "boolean": spec.limit in body must be of type'
            ' integer,string: "boolean"',
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_what_a_schema_refuses(widgets: Api, given: dict[str, Any], said: str) -> None:
    message = widgets.said("POST", WIDGETS, widget(**given), 422)
    prefix, _, rest = message.partition(" is invalid: ")
    assert prefix == 'Widget.example.com "one"'
    assert said in rest
    widgets("GET", ONE, code=404)


def test_without_a_specification(widgets: Api) -> None:
    said = widgets.said("POST", WIDGETS, {"metadata": {"name": "one"}}, 422)
    assert said == 'Widget.example.com "one" is invalid: spec: Required value'


def test_what_no_schema_has_is_dropped_and_told_of(widgets: Api) -> None:
    given = widget(shade=1, free={"any": [1]}, parts=[{"id": "a", "shade": 2}], note=None)
    strict = widgets.said("POST", f"{WIDGETS}?fieldValidation=Strict", given, 400)
    assert strict == (
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field'
        ' "spec.parts[0].shade", unknown field "spec.shade"'
    )
    response = widgets.raw("POST", WIDGETS, given)
    assert [text[7:-1] for text in response.headers.getlist("Warning")] == [
        'unknown field \\"spec.parts[0].shade\\"',
        'unknown field \\"spec.shade\\"',
    ]
    stored = widgets("GET", ONE)
    assert stored["spec"] == {
        "size": 1,
        "colour": "red",
        "free": {"any": [1]},
        "parts": [{"id": "a"}],
        "note": None,
    }
    assert stored["metadata"]["generation"] == 1


def test_status_is_written_by_its_own_path_alone(widgets: Api) -> None:
    stored = widgets("POST", WIDGETS, {**widget(), "status": {"ready": True}})
    assert "status" not in stored
    changed = widgets("PATCH", f"{ONE}/status", {"status": {"ready": True}}, kind=MERGE)
    assert (changed["status"], changed["metadata"]["generation"]) == ({"ready": True}, 1)
    changed = widgets("PATCH", ONE, {"spec": {"size": 2}, "status": None}, kind=MERGE)
    assert (changed["status"], changed["metadata"]["generation"]) == ({"ready": True}, 2)
    said = widgets.said("PATCH", f"{ONE}/status", {"status": {"ready": 1}}, 422, kind=MERGE)
    assert "status.ready in body must be of type boolean" in said


def test_without_a_status_path_status_is_as_the_rest(api: Api) -> None:
    api("POST", DEFINITIONS, definition())
    stored = api("POST", WIDGETS, {**widget(), "status": {"ready": True}})
    assert stored["status"] == {"ready": True}
    said = api.said("GET", f"{ONE}/status", None, 404)
    assert said == 'widgets.example.com "one" not found'


def test_what_was_wrong_before_may_stay(widgets: Api) -> None:
    widgets("POST", WIDGETS, widget(name="abc"))
    narrower = definition(subresources={"status": {}})
    schema = narrower["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["name"]["maxLength"] = 2
    path = f"{DEFINITIONS}/widgets.example.com"
    narrower["metadata"]["resourceVersion"] = widgets("GET", path)["metadata"]["resourceVersion"]
    widgets("PUT", path, narrower)
    assert widgets("PATCH", ONE, {"spec": {"size": 3}}, kind=MERGE)["spec"]["size"] == 3
    said = widgets.said("PATCH", ONE, {"spec": {"name": "abd"}}, 422, kind=MERGE)
    assert said.endswith("spec.name: Too long: may not be more than 2 bytes")


def test_patches_of_each_form(widgets: Api) -> None:
    widgets("POST", WIDGETS, widget(parts=[{"id": "a"}]))
    change = [{"op": "add", "path": "/spec/parts/-", "value": {"id": "b"}}]
    assert len(widgets("PATCH", ONE, change, kind=JSON_PATCH)["spec"]["parts"]) == 2
    merged = widgets("PATCH", ONE, {"spec": {"parts": [{"id": "c"}]}}, kind=MERGE)
    assert merged["spec"]["parts"] == [{"id": "c"}]
    applied = {**widget(parts=[{"id": "d"}]), "spec": {"parts": [{"id": "d"}]}}
    found = widgets("PATCH", f"{ONE}?fieldManager=me&force=true", applied, kind=APPLY)
    assert found["spec"]["parts"] == [{"id": "d"}]
    assert found["spec"]["size"] == 1
    said = widgets.said("PATCH", ONE, {"spec": {"size": 2}}, 415, kind=STRATEGIC)
    assert said == (
        "the body of the request was in an unknown format - accepted media types include:"
        " application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    )


def test_columns_of_a_definition(api: Api) -> None:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {
            "name": "Ready",
            "type": "string",
            "jsonPath": ".status.conditions[?(@.type=='R')].status",
        },
        {"name": "Part", "type": "string", "jsonPath": ".spec.parts[0].id", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    made = definition(additionalPrinterColumns=columns)
    schema = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["status"]["x-kubernetes-preserve-unknown-fields"] = True
    api("POST", DEFINITIONS, made)
    conditions = [{"type": "Q", "status": "no"}, {"type": "R", "status": "yes"}]
    api("POST", WIDGETS, {**widget(parts=[{"id": "a"}]), "status": {"conditions": conditions}})
    found = api("GET", WIDGETS, Accept=TABLE)
    assert [(one["name"], one["priority"]) for one in found["columnDefinitions"]] == [
        ("Name", 0),
        ("Size", 0),
        ("Ready", 0),
        ("Part", 1),
        ("Age", 0),
    ]
    assert found["rows"][0]["cells"] == ["one", 1, "yes", "a", "0s"]


def test_scale_of_a_custom_resource(api: Api) -> None:
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas"}
    api("POST", DEFINITIONS, definition(subresources={"status": {}, "scale": scale}))
    api("POST", WIDGETS, widget(size=2))
    api("PATCH", f"{ONE}/status", {"status": {"replicas": 1}}, kind=MERGE)
    found = api("GET", f"{ONE}/scale")
    assert (found["spec"], found["status"]) == ({"replicas": 2}, {"replicas": 1})
    changed = api("PATCH", f"{ONE}/scale", {"spec": {"replicas": 5}}, kind=MERGE)
    assert changed["spec"] == {"replicas": 5}
    assert api("GET", ONE)["spec"]["size"] == 5
    said = api.said("PATCH", f"{ONE}/scale", {"spec": {"replicas": 50}}, 422, kind=MERGE)
    assert "should be less than or equal to 10" in said


def test_a_version_is_another_view_of_the_same_object(api: Api) -> None:
    made = definition()
    former = {**made["spec"]["versions"][0], "name": "v1beta1", "storage": False}
    made["spec"]["versions"].append(former | {"deprecated": True})
    api("POST", DEFINITIONS, made)
    old = WIDGETS.replace("/v1/", "/v1beta1/")
    created = api("POST", old, {**widget(), "apiVersion": "example.com/v1beta1"})
    assert created["apiVersion"] == "example.com/v1beta1"
    assert api("GET", ONE)["apiVersion"] == "example.com/v1"
    assert [one["apiVersion"] for one in api("GET", old)["items"]] == ["example.com/v1beta1"]
    warned = api.raw("GET", old).headers.getlist("Warning")
    assert warned == ['299 - "example.com/v1beta1 Widget is deprecated"']
    group = api("GET", "/apis/example.com")
    assert [one["version"] for one in group["versions"]] == ["v1", "v1beta1"]
    changes = api.raw("GET", f"{old}?watch=1&timeoutSeconds=0").get_data(as_text=True)
    assert '"apiVersion": "example.com/v1beta1"' in changes


def test_two_groups_may_have_a_kind_of_one_name(api: Api) -> None:
    made = definition()
    made["metadata"]["name"] = "roles.iam.example.com"
    names = {"kind": "Role", "plural": "roles"}
    made["spec"] |= {"group": "iam.example.com", "names": names}
    api("POST", DEFINITIONS, made)
    role = {"metadata": {"name": "same"}, "spec": {"size": 1}}
    api("POST", "/apis/iam.example.com/v1/namespaces/orders/roles", role)
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/orders/roles"
    api("POST", path, {"metadata": {"name": "same"}, "rules": rules})
    api("DELETE", f"{path}/same")
    assert api("GET", "/apis/iam.example.com/v1/namespaces/orders/roles/same")["spec"]["size"] == 1
