"""What would break a later request, or fill the memory, is refused when it comes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import APPLY, DEPLOYMENTS, JSON_PATCH, MERGE, RBAC, Api, deployment

BINDINGS = f"{RBAC}/namespaces/orders/rolebindings"
MAPS = "/api/v1/namespaces/orders/configmaps"
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, 'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"'),
        ({"roleRef": {"kind": "Role"}}, "roleRef.name: Required value"),
        ({"roleRef": ROLE, "subjects": [{}]}, "subjects[0].name: Required value"),
    ],
)
def test_a_binding_that_binds_nothing_is_refused(api: Api, more: Any, said: str) -> None:
    """Stored, it would break the decision for every user, and the table of the bindings."""
    body = {"metadata": {"name": "b"}, **more}
    name = 'RoleBinding.rbac.authorization.k8s.io "b" is invalid: '
    assert api.said("POST", BINDINGS, body, 422) == name + said
    user = api.user("orders", "default")
    assert user.raw("GET", MAPS).status_code == 403
    assert api("GET", BINDINGS, Accept=TABLE)["rows"] == []


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"{DEPLOYMENTS}/orders-api", "x", "of type v1.DeploymentStatus"),
        (f"{DEPLOYMENTS}/orders-api", {"replicas": "x"}, "of type int32"),
        ("/api/v1/namespaces/orders", [], "of type v1.NamespaceStatus"),
        ("/api/v1/nodes/ip-10-0-1-23.us-west-2.compute.internal", {"addresses": 5}, "NodeAddress"),
    ],
)
def test_a_status_has_its_type(api: Api, path: str, status: Any, said: str) -> None:
    """Controllers and tables read it at later requests."""
    api("POST", DEPLOYMENTS, deployment())
    assert said in api.said("PATCH", f"{path}/status", {"status": status}, 400, kind=MERGE)


def test_a_status_that_is_taken_away_breaks_nothing(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    place = f"{DEPLOYMENTS}/orders-api"
    assert api("PATCH", f"{place}/status", {"status": None}, kind=MERGE)["status"] == {}
    (row,) = api("GET", DEPLOYMENTS, Accept=TABLE)["rows"]
    assert row["cells"][1] == "0/1"


def test_copies_fill_no_memory(api: Api) -> None:
    """Thirty copies of the whole into itself would be a thousand million of it."""
    api("POST", MAPS, {"metadata": {"name": "m"}, "data": {"a": "x" * 1000}})
    copies = [{"op": "copy", "from": "", "path": f"/data/{number}"} for number in range(30)]
    said = api.said("PATCH", f"{MAPS}/m", copies, 422, kind=JSON_PATCH)
    assert said == "the server rejected our request due to an error in our request"
    many = [{"op": "test", "path": "/kind", "value": "ConfigMap"}] * 10_001
    said = api.said("PATCH", f"{MAPS}/m", many, 413, kind=JSON_PATCH)
    assert said.endswith("The allowed maximum operations in a JSON patch is 10000, got 10001")


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "add", "path": "/metadata/labels" + "/a" * 200, "value": {}}],
        [{"op": "add", "path": "/data", "value": {}}]
        + [{"op": "copy", "from": "", "path": "/data/a"}] * 60,
        [{"op": [[]]}],
        [{"op": "move", "from": "/metadata", "path": "/data/a"}] * 3,
    ],
)
def test_patches_that_nest_without_end(api: Api, operations: Any) -> None:
    api("POST", MAPS, {"metadata": {"name": "m"}, "data": {"a": "x"}})
    api.said("PATCH", f"{MAPS}/m", operations, 422, kind=JSON_PATCH)
    assert api("GET", f"{MAPS}/m")["data"] == {"a": "x"}


@pytest.mark.parametrize(
    "body",
    [b"data: {a: 2026-01-15}", b"data: {a: .nan}", b"data: !!set {a}", b"data: {a: !!binary eA==}"],
)
def test_yaml_that_is_no_json_is_refused(api: Api, body: bytes) -> None:
    response = api.raw("PATCH", f"{MAPS}/m?fieldManager=m", body, APPLY)
    assert response.status_code == 400


def test_a_webhook_s_review_with_a_nameless_variable(api: Api) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/r"}
    account = {"metadata": {"name": "a", "annotations": role}}
    api("POST", "/api/v1/namespaces/orders/serviceaccounts", account)
    containers = [{"name": "a", "env": [{}]}]
    pod = {"kind": "Pod", "spec": {"serviceAccountName": "a", "containers": containers}}
    asked: dict[str, Any] = {"uid": "u", "namespace": "orders", "object": pod}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}
    assert "patch" in api("POST", api.webhook, body)["response"]
    asked["namespace"] = ["orders"]
    assert api("POST", api.webhook, body)["response"]["allowed"] is False
