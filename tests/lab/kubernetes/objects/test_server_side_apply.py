"""Server-side apply: who owns which field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import APPLY, DEPLOYMENTS, MERGE, Api, deployment

PATH = "/api/v1/namespaces/orders/configmaps/settings"


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def apply(api: Api, manager: str, more: str = "", **data: str) -> dict[str, str]:
    path = f"{PATH}?fieldManager={manager}{more}"
    return dict(api("PATCH", path, config(**data), kind=APPLY).get("data", {}))


def test_what_a_manager_no_longer_applies_goes_and_the_rest_stays(api: Api) -> None:
    apply(api, "one", a="1", b="2")
    api("PATCH", PATH, {"data": {"mine": "3"}}, kind=MERGE)
    assert apply(api, "one", a="1") == {"a": "1", "mine": "3"}


def test_what_two_apply_alike_stays_until_both_let_go(api: Api) -> None:
    apply(api, "one", a="1", b="2")
    apply(api, "two", b="2")
    assert apply(api, "one", a="1") == {"a": "1", "b": "2"}
    assert apply(api, "two") == {"a": "1"}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("apply", 'Apply failed with 1 conflict: conflict with "one": .data.a'),
        ("edit", 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a'),
    ],
)
def test_conflicts_unless_forced(api: Api, other: str, said: str) -> None:
    apply(api, "one", a="1")
    if other == "edit":
        api("PATCH", f"{PATH}?fieldManager=kubectl-edit", {"data": {"a": "0"}}, kind=MERGE)
    path = f"{PATH}?fieldManager=two"
    assert api.said("PATCH", path, config(a="2"), 409, kind=APPLY) == said
    assert apply(api, "two", "&force=true", a="2") == {"a": "2"}
    path = f"{PATH}?fieldManager=one"
    assert 'conflict with "two": .data.a' in api.said("PATCH", path, config(a="1"), 409, kind=APPLY)


def test_what_kubectl_has_applied_client_side_is_its_own(api: Api) -> None:
    collection = PATH.removesuffix("/settings")
    path = f"{collection}?fieldManager=kubectl-client-side-apply"
    api("POST", path, config(a="1", b="2"))
    assert apply(api, "kubectl", a="3") == {"a": "3"}


def test_containers_are_owned_one_by_one(api: Api) -> None:
    given = deployment()
    given["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "proxy:1"})
    path = f"{DEPLOYMENTS}/orders-api?fieldManager=one"
    api("PATCH", path, given, kind=APPLY)
    other = deployment(containers=[{"name": "app", "image": "app:2"}])
    path = f"{DEPLOYMENTS}/orders-api?fieldManager=two"
    said = api.said("PATCH", path, other, 409, kind=APPLY)
    assert said.endswith('.spec.template.spec.containers[name="app"].image')
    stored = api("PATCH", path.replace("two", "one"), deployment(), kind=APPLY)
    names = [item["name"] for item in stored["spec"]["template"]["spec"]["containers"]]
    assert names == ["app"]


def test_the_same_again_changes_nothing(api: Api) -> None:
    path = f"{PATH}?fieldManager=one"
    first = api("PATCH", path, config(a="1"), kind=APPLY)
    api.lab.clock.move(hours=1)
    assert api("PATCH", path, config(a="1"), kind=APPLY) == first


def test_a_dry_run_owns_nothing(api: Api) -> None:
    apply(api, "one", a="1")
    apply(api, "one", "&dryRun=All", b="2")
    assert apply(api, "one", a="1") == {"a": "1"}


def test_a_manager_is_named(api: Api) -> None:
    assert "fieldManager: Required value" in api.said("PATCH", PATH, config(), 422, kind=APPLY)


def test_what_the_webhook_adds_to_a_pod_belongs_to_nobody(api: Api) -> None:
    """Read in the API server's create handler (k8s.io/apiserver 0.37.2): managers come first."""
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/r"}
    account = "/api/v1/namespaces/orders/serviceaccounts/orders-api"
    api("PATCH", account, {"metadata": {"annotations": role}}, kind=MERGE)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"serviceAccountName": "orders-api", "containers": [{"name": "a", "image": "a"}]},
    }
    pods = "/api/v1/namespaces/orders/pods"
    stored = api("POST", f"{pods}?fieldManager=kubectl-client-side-apply", pod)
    assert stored["spec"]["containers"][0]["env"]
    assert "AWS_ROLE_ARN" not in str(stored["metadata"]["managedFields"])
    api("PATCH", f"{pods}/p?fieldManager=kubectl", pod, kind=APPLY)
