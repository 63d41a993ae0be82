"""Tokens of service accounts at the API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import Api

ACCOUNTS = "/api/v1/namespaces/orders/serviceaccounts"
PODS = "/api/v1/namespaces/orders/pods"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def start_pod(api: Api, name: str = "p", account: str = "orders-api") -> str:
    specification = {"serviceAccountName": account, "containers": [{"name": "a", "image": "app:1"}]}
    given = {"metadata": {"name": name}, "spec": specification}
    return str(api("POST", PODS, given)["metadata"]["uid"])


def test_a_token_ends_with_its_time(api: Api) -> None:
    user = api.user("orders", "orders-api", expirationSeconds=600)
    user("POST", WHO, {})
    api.lab.clock.move(minutes=10)
    user("POST", WHO, {}, code=401)


def test_a_token_for_another_audience_is_none_here(api: Api) -> None:
    api.user("orders", "orders-api", audiences=["sts.amazonaws.com"])("POST", WHO, {}, code=401)


@pytest.mark.parametrize("gone", ["account", "pod"])
def test_a_token_ends_with_what_it_is_bound_to(api: Api, gone: str) -> None:
    uid = start_pod(api)
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": uid}
    user = api.user("orders", "orders-api", boundObjectRef=bound)
    user("POST", WHO, {})
    api("DELETE", f"{PODS}/p" if gone == "pod" else f"{ACCOUNTS}/orders-api")
    user("POST", WHO, {}, code=401)
    # Another one of the same name does not bring it back.
    if gone == "pod":
        start_pod(api)
    else:
        api("POST", ACCOUNTS, {"metadata": {"name": "orders-api"}})
    user("POST", WHO, {}, code=401)


@pytest.mark.parametrize(
    ("specification", "code", "said"),
    [
        ({"expirationSeconds": 599}, 422, "may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": 1 << 33}, 422, "larger than 2^32 seconds"),
        ({"boundObjectRef": {"kind": "Pod", "name": "none"}}, 404, 'pods "none" not found'),
        ({"boundObjectRef": {"kind": "Pod", "name": "p", "uid": "x"}}, 409, "does not match"),
        ({"boundObjectRef": {"kind": "Pod", "name": "q"}}, 400, "different serviceaccount"),
        ({"boundObjectRef": {"kind": "Node", "name": "p"}}, 404, 'nodes "p" not found'),
        ({"boundObjectRef": {"kind": "Job", "name": "p"}}, 400, "object of type /, Kind=Job"),
        ({"boundObjectRef": {}}, 400, "cannot bind token to object of type /, Kind="),
    ],
)
def test_what_is_not_issued(api: Api, specification: dict[str, Any], code: int, said: str) -> None:
    start_pod(api)
    start_pod(api, "q", "default")
    path = f"{ACCOUNTS}/orders-api/token"
    assert said in api.said("POST", path, {"spec": specification}, code)


def test_a_token_bound_to_the_node(api: Api) -> None:
    """`kubectl create token --bound-object-kind Node`, in Kubernetes since 1.33."""
    (node,) = api("GET", "/api/v1/nodes")["items"]
    reference = {"kind": "Node", "apiVersion": "v1", "name": node["metadata"]["name"]}
    user = api.user("orders", "orders-api", boundObjectRef=reference)
    extra = user("POST", WHO, {})["status"]["userInfo"]["extra"]
    assert extra["authentication.kubernetes.io/node-name"] == [node["metadata"]["name"]]
