"""What the API server refuses by itself, in Kubernetes' words: types, ranges, bindings, patches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import (
    APPLY,
    DEPLOYMENTS,
    JSON_PATCH,
    RBAC,
    STRATEGIC,
    Api,
    deployment,
)

SPACE = "/api/v1/namespaces/orders"
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("spec", "number", "field", "wanted"),
    [
        ({"replicas": 2**31}, "2147483648", "replicas", "int32"),
        ({"replicas": -(2**31) - 1}, "-2147483649", "replicas", "int32"),
        ({"minReadySeconds": 10**400}, "1" + "0" * 400, "minReadySeconds", "int32"),
        ({"revisionHistoryLimit": 1.5}, "1.5", "revisionHistoryLimit", "int32"),
    ],
)
def test_a_number_beyond_gos(api: Api, spec: Any, number: str, field: str, wanted: str) -> None:
    body = deployment()
    body["spec"] |= spec
    assert api.said("POST", DEPLOYMENTS, body, 400).endswith(
        f"json: cannot unmarshal number {number} into Go struct field DeploymentSpec.spec.{field}"
        f" of type {wanted}"
    )


@pytest.mark.parametrize("value", ["x", [], [{}], 5, True])
def test_a_status_or_spec_that_is_no_object(api: Api, value: Any) -> None:
    body = {"metadata": {"name": "orders-api"}, "status": value}
    api("POST", DEPLOYMENTS, deployment())
    said = api.said("PUT", f"{DEPLOYMENTS}/orders-api/status", body, 400)
    assert said.endswith("into Go struct field Deployment.status of type v1.DeploymentStatus")
    body = {"metadata": {"name": "n"}, "spec": value}
    assert "of type v1.LimitRangeSpec" in api.said("POST", f"{SPACE}/limitranges", body, 400)


def test_a_status_of_nothing_is_shown(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    body = {"metadata": {"name": "orders-api"}, "status": None}
    api("PUT", f"{DEPLOYMENTS}/orders-api/status", body)
    assert api("GET", f"{DEPLOYMENTS}/orders-api", Accept=TABLE)["kind"] == "Table"


def test_null_in_a_map_of_texts_is_an_empty_text(api: Api) -> None:
    made = api("POST", f"{SPACE}/configmaps", {"metadata": {"name": "c"}, "data": {"a": None}})
    assert made["data"] == {"a": ""}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"roleRef": None}, 'roleRef.kind: Unsupported value: "": supported values: "Role"'),
        ({"roleRef": {**ROLE, "kind": "Pod"}}, 'roleRef.kind: Unsupported value: "Pod"'),
        ({"roleRef": {**ROLE, "name": ""}}, "roleRef.name: Required value"),
        ({"subjects": [{"kind": "User"}]}, "subjects[0].name: Required value"),
    ],
)
@pytest.mark.parametrize("kind", ["namespaces/orders/rolebindings", "clusterrolebindings"])
def test_a_binding_of_nothing_or_nobody(api: Api, kind: str, changes: Any, why: str) -> None:
    body = {"metadata": {"name": "b"}, "roleRef": ROLE, "subjects": [], **changes}
    assert why in api.said("POST", f"{RBAC}/{kind}", body, 422)
    assert api("GET", f"{RBAC}/{kind}/b", code=404)
    api("GET", f"{RBAC}/{kind}", Accept=TABLE)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"$retainKeys": 1}, "retainKeys"),
        ({"$deleteFromPrimitiveList/finalizers": None}, "primitive list"),
        ({"$setElementOrder/containers": 1}, "setElementOrder list"),
    ],
)
def test_a_directive_of_another_form(api: Api, change: Any, what: str) -> None:
    api("POST", DEPLOYMENTS, deployment())
    body = {"spec": {"template": {"spec": change}}}
    said = api.said("PATCH", f"{DEPLOYMENTS}/orders-api", body, 400, kind=STRATEGIC)
    assert said == f"invalid patch format of {what}"


def test_an_order_of_what_has_no_name(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    order = [[], {}, {"name": []}, {"name": "app"}, "x", None]
    body = {"spec": {"template": {"spec": {"$setElementOrder/containers": order}}}}
    api("PATCH", f"{DEPLOYMENTS}/orders-api", body, kind=STRATEGIC)


@pytest.mark.parametrize("operation", [{"op": {}}, {"op": []}, {"op": None}, {"op": 1}, 5, None])
def test_an_operation_that_is_none(api: Api, operation: Any) -> None:
    api("POST", DEPLOYMENTS, deployment())
    said = api.said("PATCH", f"{DEPLOYMENTS}/orders-api", [operation], 422, kind=JSON_PATCH)
    assert said == "the server rejected our request due to an error in our request"


def test_an_apply_that_names_no_version(api: Api) -> None:
    made = {"metadata": {"name": "c"}, "data": {"a": "b"}}
    api("POST", f"{SPACE}/configmaps?fieldManager=a", made)
    path = f"{SPACE}/configmaps/c?fieldManager=b"
    said = api.said("PATCH", path, b"data: {a: c}\n", 409, kind=APPLY)
    assert 'conflict with "a" using v1' in said


@pytest.mark.parametrize(
    "text",
    [
        b"data: {a: !!timestamp x}",
        b"data: {a: !!bool x}",
        b"data: {a: !!int x}",
        b"data: {a: !!binary x}",
        b"!!set {a}",
        b"data: !!python/name:os.system",
        b"data: {a: !Ref x}",
    ],
)
def test_tags_of_yaml(api: Api, text: bytes) -> None:
    path = f"{SPACE}/configmaps/c?fieldManager=m"
    assert "no tag but !!str" in api.said("PATCH", path, text, 400, kind=APPLY)
    made = api("PATCH", path, b"metadata: {name: c}\ndata: {a: !!str 2001-01-01}", kind=APPLY)
    assert made["data"] == {"a": "2001-01-01"}


@pytest.mark.parametrize("seconds", ["9" * 400, "-1", "0"])
def test_a_watch_of_any_length(api: Api, seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podrole.lab.kubernetes.http.watch._LONGEST", 0)
    response = api.raw("GET", f"{SPACE}/configmaps?watch=1&timeoutSeconds={seconds}")
    assert response.status_code == 200
    assert b'"ERROR"' not in response.get_data()


@pytest.mark.parametrize("text", ["9" * 5_000, "²", "١", "-1", "1e3"])
def test_a_revision_that_is_no_number(api: Api, text: str) -> None:
    body = deployment()
    body["spec"]["template"]["metadata"]["annotations"] = {}
    api("POST", DEPLOYMENTS, body)
    sets = "/apis/apps/v1/namespaces/orders/replicasets"
    name = api("GET", sets)["items"][0]["metadata"]["name"]
    change = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": text}}}
    api("PATCH", f"{sets}/{name}", change, kind=STRATEGIC)
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "app:2"
    api("PUT", f"{DEPLOYMENTS}/orders-api", body)


@pytest.mark.parametrize("text", ["9" * 5_000, "9" * 30, "x", "", "١", "1e3", "-5", "700"])
def test_the_life_of_a_token_that_is_no_number(api: Api, text: str) -> None:
    annotations = {"eks.amazonaws.com/role-arn": "x", "eks.amazonaws.com/token-expiration": text}
    account = {"metadata": {"name": "a", "annotations": annotations}}
    api("POST", f"{SPACE}/serviceaccounts", account)
    pod = {"serviceAccountName": "a", "containers": [{"name": "app", "image": "app:1"}]}
    made = api("POST", f"{SPACE}/pods", {"metadata": {"name": "p"}, "spec": pod})
    source = made["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]
    assert source["expirationSeconds"] == {"700": 700, "-5": 600}.get(text, 86400)


@pytest.mark.parametrize("path", ["/apis/", "/apis//", "/api/", "//", "/apis/apps/", "/openapi/"])
def test_paths_that_end_early(api: Api, path: str) -> None:
    assert api.raw("GET", path).status_code in (200, 404)


def test_an_object_that_is_another_than_the_client_means_stays(api: Api) -> None:
    """As a real kube-apiserver 1.37.2: 409 with these words, and the object stays."""
    path = "/api/v1/namespaces/orders/configmaps/c"
    made = api("POST", path.rpartition("/")[0], {"metadata": {"name": "c"}})["metadata"]
    uid, version = made["uid"], made["resourceVersion"]
    assert api.said("DELETE", path, {"preconditions": {"uid": "other"}}, 409) == (
        'Operation cannot be fulfilled on ConfigMap "c": the UID in the precondition (other) does'
        f" not match the UID in record ({uid}). The object might have been deleted and then"
        " recreated"
    )
    assert api.said("DELETE", path, {"preconditions": {"resourceVersion": "1"}}, 409) == (
        'Operation cannot be fulfilled on ConfigMap "c": the ResourceVersion in the precondition'
        f" (1) does not match the ResourceVersion in record ({version}). The object might have been"
        " modified"
    )
    given = {"metadata": {"name": "c", "uid": "other"}, "data": {"a": "b"}}
    assert api.said("PUT", path, given, 409).endswith(
        f"Precondition failed: UID in precondition: other, UID in object meta: {uid}"
    )
    assert api("GET", path)["metadata"] == made
    api("DELETE", path, {"preconditions": {"uid": uid, "resourceVersion": version}})
