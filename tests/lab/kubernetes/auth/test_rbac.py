"""Who may do what: rules, impersonation, and that nobody grants more than they have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import RBAC, Api

SECRETS = "/api/v1/namespaces/orders/secrets"
USER = "system:serviceaccount:orders:orders-api"
READ = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def role(api: Api, name: str, *rules: dict[str, Any]) -> None:
    path = f"{RBAC}/namespaces/orders/roles"
    api("POST", path, {"metadata": {"name": name}, "rules": list(rules)})


def binding(name: str, kind: str, role_name: str, subject: dict[str, str]) -> dict[str, Any]:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role_name}
    return {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}


def bind(api: Api, of: str, role_name: str, **subject: str) -> None:
    given = {"kind": "ServiceAccount", "name": "orders-api", "namespace": "orders", **subject}
    path = f"{RBAC}/namespaces/orders/rolebindings"
    api("POST", path, binding(f"{role_name}-binding", of, role_name, given))


@pytest.fixture
def pod(api: Api) -> Api:
    """The API as the service account orders/orders-api sees it."""
    api("POST", SECRETS, {"metadata": {"name": "db"}, "stringData": {"p": "x"}})
    return api.user("orders", "orders-api")


def test_without_a_rule_the_answer_is_no(pod: Api) -> None:
    assert pod.said("GET", f"{SECRETS}/db", code=403) == (
        f'secrets "db" is forbidden: User "{USER}" cannot get resource "secrets" in API group ""'
        ' in the namespace "orders"'
    )
    assert pod.said("GET", "/api/v1/nodes", code=403) == (
        f'nodes is forbidden: User "{USER}" cannot list resource "nodes" in API group "" at the'
        " cluster scope"
    )
    path = "/api/v1/namespaces/orders/serviceaccounts/orders-api/token"
    assert pod.said("POST", path, {"spec": {}}, 403).endswith(
        'cannot create resource "serviceaccounts/token" in API group "" in the namespace "orders"'
    )


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (READ, 200),
        ({**READ, "resourceNames": ["db"]}, 200),
        ({**READ, "resourceNames": ["other"]}, 403),
        ({**READ, "apiGroups": ["apps"]}, 403),
        ({**READ, "verbs": ["list"]}, 403),
        ({**READ, "resources": ["*"]}, 200),
        ({**READ, "resources": ["secrets/status"]}, 403),
    ],
)
def test_rules(api: Api, pod: Api, rule: dict[str, Any], code: int) -> None:
    role(api, "reader", rule)
    bind(api, "Role", "reader")
    pod("GET", f"{SECRETS}/db", code=code)


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "User", "name": USER},
        {"kind": "Group", "name": "system:serviceaccounts"},
        {"kind": "Group", "name": "system:serviceaccounts:orders"},
        {"kind": "Group", "name": "system:authenticated"},
    ],
)
def test_subjects(api: Api, pod: Api, subject: dict[str, str]) -> None:
    role(api, "reader", READ)
    bind(api, "Role", "reader", **subject)
    pod("GET", f"{SECRETS}/db")


def test_the_roles_that_every_cluster_has(api: Api, pod: Api) -> None:
    bind(api, "ClusterRole", "view")
    pod("GET", "/api/v1/namespaces/orders/pods")
    pod("GET", f"{SECRETS}/db", code=403)
    bind(api, "ClusterRole", "edit")
    pod("GET", f"{SECRETS}/db")
    pod("POST", f"{RBAC}/namespaces/orders/roles", {"metadata": {"name": "x"}}, code=403)


def test_nobody_grants_what_they_do_not_have(api: Api, pod: Api) -> None:
    bind(api, "ClusterRole", "admin")
    roles = f"{RBAC}/namespaces/orders/roles"
    pod("POST", roles, {"metadata": {"name": "mine"}, "rules": [READ]})
    every = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    groups = '"system:serviceaccounts" "system:serviceaccounts:orders" "system:authenticated"'
    assert pod.said("POST", roles, {"metadata": {"name": "more"}, "rules": [every]}, 403) == (
        'roles.rbac.authorization.k8s.io "more" is forbidden: user'
        f' "{USER}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently'
        ' held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}'
    )
    change = {"rules": [READ, every]}
    kind = "application/merge-patch+json"
    pod("PATCH", f"{roles}/mine", change, code=403, kind=kind)
    bindings = f"{RBAC}/namespaces/orders/rolebindings"
    subject = {"kind": "User", "name": "me"}
    pod("POST", bindings, binding("all", "ClusterRole", "cluster-admin", subject), code=403)
    pod("POST", bindings, binding("some", "Role", "mine", subject))
    # A real kube-apiserver 1.37.2 lets only those bind a role beforehand who may `bind` it.
    missing = binding("none", "Role", "unknown", subject)
    assert pod.said("POST", bindings, missing, 404) == (
        'roles.rbac.authorization.k8s.io "unknown" not found'
    )
    api("POST", bindings, missing)


def test_a_binding_keeps_its_role(api: Api) -> None:
    role(api, "one", READ)
    bind(api, "Role", "one")
    path = f"{RBAC}/namespaces/orders/rolebindings/one-binding"
    other = binding("one-binding", "Role", "two", {"kind": "User", "name": "me"})
    assert "field is immutable" in api.said("PUT", path, other, 422)


def test_acting_as_another(api: Api, pod: Api) -> None:
    as_pod = {"Impersonate_User": USER}
    assert USER in api.said("GET", f"{SECRETS}/db", code=403, **as_pod)
    said = pod.said("GET", f"{SECRETS}/db", code=403, Impersonate_User="boss")
    assert said == (
        f'users "boss" is forbidden: User "{USER}" cannot impersonate resource "users" in API'
        ' group "" at the cluster scope'
    )
    bind(api, "ClusterRole", "edit")
    namespaced = {"Impersonate_User": "system:serviceaccount:orders:default"}
    assert "serviceaccount:orders:default" in pod.said(
        "GET", f"{SECRETS}/db", code=403, **namespaced
    )
    # In the namespace only, and the group of the owners not at all.
    elsewhere = {"Impersonate_User": "system:serviceaccount:kube-system:default"}
    assert "cannot impersonate" in pod.said("GET", f"{SECRETS}/db", code=403, **elsewhere)
    owners = {**namespaced, "Impersonate_Group": "system:masters"}
    assert 'groups "system:masters" is forbidden' in pod.said(
        "GET", f"{SECRETS}/db", code=403, **owners
    )
    alone = {"Impersonate_Group": "system:masters"}
    assert "without impersonating a user" in api.said("GET", "/api", code=400, **alone)


def test_reviews_of_oneself(api: Api, pod: Api) -> None:
    role(api, "reader", READ)
    bind(api, "Role", "reader")
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    for verb, allowed in (("get", True), ("delete", False)):
        wanted = {"namespace": "orders", "verb": verb, "resource": "secrets"}
        review = pod("POST", path, {"spec": {"resourceAttributes": wanted}})
        assert review["status"] == {"allowed": allowed}
    asked = {"spec": {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}}
    assert pod("POST", path, asked)["status"] == {"allowed": False}
    assert api("POST", path, asked)["status"] == {"allowed": True}
    path = path.replace("access", "rules")
    rules = pod("POST", path, {"spec": {"namespace": "orders"}})["status"]["resourceRules"]
    assert READ in rules
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    assert pod("POST", path, {})["status"]["userInfo"]["username"] == USER


def test_owners_cannot_be_locked_out(api: Api) -> None:
    api("DELETE", f"{RBAC}/clusterrolebindings/cluster-admin")
    api("GET", SECRETS)


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "k8s-aws-v1.e30", "Bearer"])
def test_who_is_nobody(api: Api, token: str) -> None:
    said = api.said("GET", "/api/v1/pods", code=401, Authorization=f"Bearer {token}")
    assert said == "Unauthorized"
