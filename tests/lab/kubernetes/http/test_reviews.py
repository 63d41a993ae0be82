"""Reviews of others: whose token it is, and what they may; the issuer's documents.

Words: kubernetes/kubernetes v1.37.2, `pkg/registry/authentication/tokenreview` and
`pkg/apis/authorization/validation`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import RBAC, Api

TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
SUBJECTS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
LOCAL = "/apis/authorization.k8s.io/v1/namespaces/orders/localsubjectaccessreviews"
ACCOUNT = "system:serviceaccount:orders:orders-api"
API = "https://kubernetes.default.svc"


def _token(api: Api, **specification: Any) -> str:
    path = "/api/v1/namespaces/orders/serviceaccounts/orders-api/token"
    token: str = api("POST", path, {"spec": specification})["status"]["token"]
    return token


def test_whose_token_it_is(api: Api) -> None:
    status = api("POST", TOKENS, {"spec": {"token": _token(api)}})["status"]
    account = api("GET", "/api/v1/namespaces/orders/serviceaccounts/orders-api")
    assert (status["authenticated"], status["audiences"]) == (True, [API])
    assert status["user"]["username"] == ACCOUNT
    assert status["user"]["uid"] == account["metadata"]["uid"]
    (credential,) = status["user"]["extra"]["authentication.kubernetes.io/credential-id"]
    assert credential.startswith("JTI=")
    assert "system:serviceaccounts:orders" in status["user"]["groups"]


def test_a_token_for_other_audiences(api: Api) -> None:
    token = _token(api, audiences=["sts.amazonaws.com", "other"])
    assert api("POST", TOKENS, {"spec": {"token": token}})["status"] == {
        "user": {},
        "error": "invalid bearer token",
    }
    wanted = {"token": token, "audiences": ["other", "none"]}
    assert api("POST", TOKENS, {"spec": wanted})["status"]["audiences"] == ["other"]
    assert api("POST", TOKENS, {"spec": {"token": "x.y.z"}})["status"]["error"]
    said = api.said("POST", TOKENS, {"spec": {}}, 400)
    assert said == "token is required for TokenReview in authentication"
    admin = {"token": api.token, "audiences": [API]}
    assert api("POST", TOKENS, {"spec": admin})["status"]["authenticated"] is True
    assert "authenticated" not in api(
        "POST", TOKENS, {"spec": {"token": api.token, "audiences": ["x"]}}
    )["status"]  # fmt: skip


def test_whoami_of_a_pods_token(api: Api) -> None:
    pod = {
        "metadata": {"name": "p"},
        "spec": {"serviceAccountName": "orders-api", "containers": [{"name": "a", "image": "a"}]},
    }
    made = api("POST", "/api/v1/namespaces/orders/pods", pod)
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "p"}
    user = api.user("orders", "orders-api", boundObjectRef=bound)
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    extra = user("POST", path, {})["status"]["userInfo"]["extra"]
    assert extra["authentication.kubernetes.io/pod-name"] == ["p"]
    assert extra["authentication.kubernetes.io/pod-uid"] == [made["metadata"]["uid"]]
    assert "authentication.kubernetes.io/node-name" in extra


def test_what_another_may(api: Api) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    api("POST", f"{RBAC}/namespaces/orders/roles", {"metadata": {"name": "r"}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    subject = {"kind": "ServiceAccount", "name": "orders-api", "namespace": "orders"}
    binding = {"metadata": {"name": "b"}, "roleRef": role, "subjects": [subject]}
    api("POST", f"{RBAC}/namespaces/orders/rolebindings", binding)

    def allowed(path: str, verb: str, **user: Any) -> bool:
        wanted = {"namespace": "orders", "verb": verb, "resource": "pods"}
        specification = {"user": ACCOUNT, "resourceAttributes": wanted, **user}
        found: bool = api("POST", path, {"spec": specification})["status"]["allowed"]
        return found

    for path in (SUBJECTS, LOCAL):
        assert allowed(path, "list")
        assert not allowed(path, "delete")
        assert allowed(path, "delete", user="", groups=["system:masters"])


@pytest.mark.parametrize(
    ("path", "specification", "said"),
    [
        (
            SUBJECTS,
            {"resourceAttributes": {}},
            '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "":'
            " at least one of user or group must be specified",
        ),
        (SUBJECTS, {"user": "u"}, "exactly one of nonResourceAttributes or resourceAttributes"),
        (
            LOCAL,
            {"user": "u", "resourceAttributes": {"namespace": "other"}},
            'spec.resourceAttributes.namespace: Invalid value: "other": must match'
            " metadata.namespace",
        ),
    ],
    ids=["nobody", "nothing", "elsewhere"],
)
def test_reviews_that_are_refused(
    api: Api, path: str, specification: dict[str, Any], said: str
) -> None:
    assert said in api.said("POST", path, {"spec": specification}, 422)


def test_who_may_review_others(api: Api) -> None:
    user = api.user("orders", "orders-api")
    for path, plural, group in (
        (TOKENS, "tokenreviews", "authentication.k8s.io"),
        (SUBJECTS, "subjectaccessreviews", "authorization.k8s.io"),
    ):
        assert user.said("POST", path, {"spec": {}}, 403) == (
            f'{plural}.{group} is forbidden: User "{ACCOUNT}" cannot create resource "{plural}" in'
            f' API group "{group}" at the cluster scope'
        )


def test_the_issuers_documents_are_read_by_service_accounts(api: Api) -> None:
    user = api.user("orders", "orders-api")
    found = user("GET", "/.well-known/openid-configuration")
    issuer = api.lab.kubernetes().issuer
    assert found["issuer"] == issuer.url
    assert found["jwks_uri"].endswith("/clusters/demo/openid/v1/jwks")
    keys = user.raw("GET", "/openid/v1/jwks", Accept="*/*")
    assert keys.json == issuer.keys()
    assert keys.content_type == "application/jwk-set+json"
    assert keys.headers["Cache-Control"] == "public, max-age=3600"
    user.said("GET", "/openid/v1/jwks", None, 406, Accept="application/json")
