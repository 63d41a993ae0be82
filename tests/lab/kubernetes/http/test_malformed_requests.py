"""Whatever a client sends, the API server answers it with one Status."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from podrole.lab.kubernetes.http import protobuf
from tests.lab.kubernetes.api import (
    APPLY,
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Api,
    deployment,
)

_SEED, _REQUESTS = 20261124, 2000
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW")
_MEDIA = ("application/json", JSON_PATCH, MERGE, STRATEGIC, APPLY, protobuf.MEDIA_TYPE, "text/x")
_PARTS = (
    "api", "apis", "v1", "apps", "batch", "namespaces", "orders", "pods", "deployments", "secrets",
    "serviceaccounts", "orders-api", "token", "scale", "status", "log", "exec", "jobs", "roles",
    "rbac.authorization.k8s.io", "rolebindings", "openapi", "v3", "v2", "mutate", "nodes", "..",
    "%00", "%2f", "a" * 300, "é", "", "authorization.k8s.io", "selfsubjectaccessreviews", "version",
)  # fmt: skip
_QUERIES = (
    "", "watch=1&timeoutSeconds=0", "watch=1&timeoutSeconds=0&resourceVersion=-1", "dryRun=None",
    "dryRun=All", "fieldValidation=Strict", "fieldValidation=x", "labelSelector=((", "limit=x",
    "fieldSelector=a", "fieldManager=m", "fieldManager=m&force=true", "propagationPolicy=Orphan",
    "watch=1&timeoutSeconds=0&sendInitialEvents=true", "%ff=%ff&&=",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, -1, 2**70, 1.5, "", "x" * 1000, "\u0000", [], {}, [None], [[]], {"": None},
    {"name": None}, [{"name": 1}], {"$patch": "delete"}, [{"$patch": "replace"}], {"$patch": []},
    {"$retainKeys": 1}, {"$setElementOrder/containers": 1}, {"$deleteFromPrimitiveList/x": None},
)  # fmt: skip


_CODES = {200, 201, 400, 404, 405, 409, 413, 415, 422, 501}


def _mutated(value: Any, chance: random.Random) -> Any:
    """The value with some part of it replaced by what does not belong there."""
    if chance.random() < 0.15:
        return chance.choice(_VALUES)
    if isinstance(value, dict):
        found = {name: _mutated(item, chance) for name, item in value.items()}
        if chance.random() < 0.2:
            found[chance.choice(("spec", "metadata", "rules", "subjects", "data", "x"))] = (
                chance.choice(_VALUES)
            )
        return found
    if isinstance(value, list):
        return [_mutated(item, chance) for item in value] + [chance.choice(_VALUES)] * (
            chance.random() < 0.2
        )
    return value


_BODIES: tuple[Any, ...] = (
    deployment(),
    {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a", "image": "app:1", "env": [{"name": "A"}]}]},
    },
    {"metadata": {"name": "s"}, "data": {"a": "eA=="}, "stringData": {"b": "x"}},
    {"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]},
    {
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": "x", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "u"}],
    },
    {"spec": {"audiences": ["a"], "expirationSeconds": 600, "boundObjectRef": {"kind": "Pod"}}},
    {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
    {"spec": {"replicas": 2}},
    {"request": {"uid": "u", "object": {"kind": "Pod", "spec": {"containers": [{}]}}}},
    [{"op": "add", "path": "/spec/containers/0", "value": {}}, {"op": "move", "from": "/spec"}],
    {"propagationPolicy": "Orphan", "dryRun": ["All"]},
)


def _body(chance: random.Random) -> bytes:
    form = chance.random()
    if form < 0.05:
        return chance.randbytes(chance.randrange(40))
    text = json.dumps(_mutated(chance.choice(_BODIES), chance)).encode()
    if form < 0.1:
        return text[: chance.randrange(len(text) + 1)]
    if form < 0.15:
        return b"k8s\0" + chance.randbytes(chance.randrange(60))
    return text


def _path(chance: random.Random, webhook: str) -> str:
    known = (
        DEPLOYMENTS,
        f"{DEPLOYMENTS}/orders-api",
        f"{DEPLOYMENTS}/orders-api/scale",
        "/api/v1/namespaces/orders/pods",
        "/api/v1/namespaces/orders/secrets",
        "/api/v1/namespaces/orders/serviceaccounts/orders-api/token",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/orders/roles",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/batch/v1/namespaces/orders/jobs",
        webhook,
    )
    if chance.random() < 0.75:
        return chance.choice(known)
    return "/" + "/".join(chance.choice(_PARTS) for _ in range(chance.randrange(8)))


def test_two_thousand_malformed_requests(api: Api) -> None:
    chance = random.Random(_SEED)
    api("POST", DEPLOYMENTS, deployment())
    codes = set()
    for number in range(_REQUESTS):
        method, path, query = (
            chance.choice(_METHODS),
            _path(chance, api.webhook),
            chance.choice(_QUERIES),
        )
        body, media = _body(chance), chance.choice(_MEDIA)
        if method == "DELETE" and "orders-api" not in path:
            path = f"{DEPLOYMENTS}/none"  # else there is soon nothing left
        case = f"{number}: {method} {path}?{query} {media} {body[:300]!r}"
        response = api.raw(method, f"{path}?{query}", body, media)
        text = response.get_data(as_text=True)
        assert response.status_code in _CODES, case
        assert "Traceback" not in text, case
        if path == api.webhook and response.status_code == 415:
            continue  # the webhook is no API server: it says so in plain text
        if response.status_code >= 400 and method != "HEAD":
            status = json.loads(text)
            assert status["kind"] == "Status", case
            assert status["message"], case
            assert status["code"] == response.status_code, case
        codes.add(response.status_code)
    assert codes >= {200, 201, 400, 404, 405, 409, 415, 422}
    # It still works.
    name = {"metadata": {"name": "after"}}
    api("POST", "/api/v1/namespaces", name)
    api("GET", "/api/v1/pods", Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    api("GET", "/apis/rbac.authorization.k8s.io/v1/rolebindings")
    who = {"Impersonate_User": "nobody"}
    api("GET", "/api/v1/pods", code=403, **who)


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (DEEP, "application/json", 400),
        (DEEP, APPLY, 400),
        (b'{"metadata":{"name":"x","annotations":' + b'{"a":' * 300 + b"{}" + b"}" * 301 + b"}",
         "application/json", 400),
        (b'{"a":"' + b"x" * (3 << 20) + b'"}', "application/json", 413),
        (b"a: &a [x]\nb: [*a, *a]", APPLY, 400),
        (b'{"metadata":{"generation":NaN}}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", protobuf.MEDIA_TYPE, 400),
    ],
    ids=["deep", "yaml", "deep object", "large", "aliases", "NaN", "no text", "list", "varint"],
)  # fmt: skip
def test_bodies_that_might_hang_a_server(api: Api, body: bytes, media: str, code: int) -> None:
    method = "PATCH" if media == APPLY else "POST"
    path = "/api/v1/namespaces/orders/configmaps" + ("/x?fieldManager=m" if media == APPLY else "")
    response = api.raw(method, path, body, media)
    assert response.status_code == code
    assert response.json is not None
    assert response.json["kind"] == "Status"


def test_discovery_takes_a_slash_at_the_end(api: Api) -> None:
    for path in ("/version", "/api", "/apis"):
        assert api("GET", f"{path}/") == api("GET", path)
