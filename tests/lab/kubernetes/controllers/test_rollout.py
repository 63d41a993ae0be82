"""Deployments, their replica sets and pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import DEPLOYMENTS, MERGE, Api, deployment

PATH = f"{DEPLOYMENTS}/orders-api"
SPACE = "/namespaces/orders/"
PODS, SETS = f"/api/v1{SPACE}pods", f"/apis/apps/v1{SPACE}replicasets"
ACCOUNTS = f"/api/v1{SPACE}serviceaccounts"


def names(api: Api, path: str) -> set[str]:
    return {item["metadata"]["name"] for item in api("GET", path)["items"]}


def deploy(api: Api, **specification: Any) -> None:
    given = deployment()
    given["spec"].update(specification)
    api("POST", DEPLOYMENTS, given)


def change(api: Api, **pod: Any) -> None:
    """Merge into the template's specification."""
    api("PATCH", PATH, {"spec": {"template": {"spec": pod}}}, kind=MERGE)


def image(api: Api, name: str) -> None:
    change(api, containers=[{"name": "app", "image": name}])


def test_a_new_template_gets_a_new_replica_set_and_the_former_one_stays_idle(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    first = names(api, PODS)
    image(api, "app:2")
    assert len(names(api, PODS)) == 1
    assert not names(api, PODS) & first
    sets = sorted(api("GET", SETS)["items"], key=_revision)
    assert [(_revision(found), found["spec"]["replicas"]) for found in sets] == [(1, 0), (2, 1)]
    # `kubectl rollout undo`: the former template again, and the replica set that it had.
    image(api, "app:1")
    assert names(api, SETS) == {found["metadata"]["name"] for found in sets}
    assert _revision(api("GET", f"{SETS}/{sets[0]['metadata']['name']}")) == 3
    assert _revision(api("GET", PATH)) == 3


def test_a_rollout_that_fails_keeps_the_old_pods(api: Api) -> None:
    """As a real kube-controller-manager 1.37.2: 2 of 2 stay, and one more is wanted in vain."""
    deploy(api, replicas=2)
    before = names(api, PODS)
    change(api, serviceAccountName="none")
    assert names(api, PODS) == before
    found = api("GET", PATH)
    status = found["status"]
    counts = ("replicas", "availableReplicas", "updatedReplicas", "unavailableReplicas")
    assert [status.get(name) for name in counts] == [2, 2, None, 1]
    conditions = {item["type"]: item for item in status["conditions"]}
    assert conditions["Available"]["status"] == "True"
    assert conditions["Progressing"]["reason"] == "NewReplicaSetCreated"
    said = 'error looking up service account orders/none: serviceaccount "none" not found'
    assert conditions["ReplicaFailure"]["message"].endswith(said)
    sets = sorted(api("GET", SETS)["items"], key=_revision)
    assert [found["spec"]["replicas"] for found in sets] == [2, 1]
    # `kubectl rollout undo`
    change(api, serviceAccountName=None, serviceAccount=None)
    assert names(api, PODS) == before
    assert len(names(api, SETS)) == 2
    assert api("GET", PATH)["status"]["updatedReplicas"] == 2


def test_a_rollout_goes_on_when_its_service_account_comes(api: Api) -> None:
    deploy(api, replicas=4)
    before = names(api, PODS)
    change(api, serviceAccountName="late")
    assert len(names(api, PODS) & before) == 3  # of 4 pods, 25% may be lacking
    api("POST", ACCOUNTS, {"metadata": {"name": "late"}})
    assert len(names(api, PODS) - before) == 4
    assert not names(api, PODS) & before


def test_who_recreates_has_no_pods_where_the_new_ones_fail(api: Api) -> None:
    deploy(api, strategy={"type": "Recreate"})
    change(api, serviceAccountName="none")
    assert names(api, PODS) == set()


def test_a_paused_deployment_changes_nothing_until_it_goes_on(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    before = names(api, PODS)
    api("PATCH", PATH, {"spec": {"paused": True}}, kind=MERGE)
    image(api, "app:2")
    assert names(api, PODS) == before
    api("PATCH", PATH, {"spec": {"paused": None}}, kind=MERGE)
    assert not names(api, PODS) & before


def events(api: Api, kind: str) -> list[tuple[str, str, int]]:
    items = api("GET", f"/api/v1{SPACE}events?fieldSelector=involvedObject.kind%3D{kind}")["items"]
    return [(one["reason"], one["message"], one["count"]) for one in items]


def test_controllers_tell_what_they_do_and_why_they_cannot(api: Api) -> None:
    """The words are a real kube-controller-manager's (1.37.2, 2026-11-29)."""
    api("POST", DEPLOYMENTS, deployment())
    (first,), (old,) = names(api, PODS), names(api, SETS)
    change(api, serviceAccountName="none")
    (new,) = names(api, SETS) - {old}
    assert events(api, "Deployment") == [
        ("ScalingReplicaSet", f"Scaled up replica set {old} from 0 to 1", 1),
        ("ScalingReplicaSet", f"Scaled up replica set {new} from 0 to 1", 1),
    ]
    created, failed = events(api, "ReplicaSet")
    assert created == ("SuccessfulCreate", f"Created pod: {first}", 1)
    said = 'error looking up service account orders/none: serviceaccount "none" not found'
    assert failed == ("FailedCreate", f'Error creating: pods "{new}-" is forbidden: {said}', 1)
    (warning,) = api("GET", f"/api/v1{SPACE}events?fieldSelector=type%3DWarning")["items"]
    assert warning["source"] == {"component": "replicaset-controller"}


def test_rows_have_their_objects_where_they_are_asked_for(api: Api) -> None:
    """`kubectl get events --sort-by=.message` sorts by what only the whole object has."""
    api("POST", DEPLOYMENTS, deployment())
    path = f"/api/v1{SPACE}events?includeObject="
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    rows = api("GET", f"{path}Object", **table)["rows"]
    assert {row["object"]["reason"] for row in rows} == {"ScalingReplicaSet", "SuccessfulCreate"}
    assert all(row["object"] is None for row in api("GET", f"{path}None", **table)["rows"])


def test_each_pod_has_its_address(api: Api) -> None:
    deploy(api, replicas=3)
    statuses = [found["status"] for found in api("GET", PODS)["items"]]
    assert len({status["podIP"] for status in statuses}) == 3
    assert all(status["podIPs"] == [{"ip": status["podIP"]}] for status in statuses)


def test_each_namespace_has_the_certificate_by_which_pods_know_the_api(api: Api) -> None:
    path = f"/api/v1{SPACE}configmaps/kube-root-ca.crt"
    assert api("GET", path)["data"].keys() == {"ca.crt"}
    api("DELETE", path)
    assert api("GET", path)["data"].keys() == {"ca.crt"}


def _revision(found: dict[str, Any]) -> int:
    return int(found["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def test_history_has_an_end(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    for number in range(2, 15):
        image(api, f"app:{number}")
    assert len(names(api, SETS)) == 11


def test_a_pod_or_a_replica_set_that_is_deleted_comes_back(api: Api) -> None:
    given = deployment()
    given["spec"]["replicas"] = 2
    api("POST", DEPLOYMENTS, given)
    (replica_set,) = names(api, SETS)
    gone = min(names(api, PODS))
    api("DELETE", f"{PODS}/{gone}")
    assert len(names(api, PODS) - {gone}) == 2
    api("DELETE", f"{SETS}/{replica_set}")
    assert len(names(api, SETS)) == 1
    assert len(names(api, PODS)) == 2
    api("DELETE", PATH)
    assert names(api, SETS) | names(api, PODS) == set()


def test_without_its_service_account_a_deployment_has_no_pods_until_it_comes(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment(serviceAccountName="late"))
    status = api("GET", PATH)["status"]
    assert status["unavailableReplicas"] == 1
    conditions = {item["type"]: item for item in status["conditions"]}
    assert conditions["Available"]["status"] == "False"
    assert conditions["ReplicaFailure"]["message"].endswith(
        'error looking up service account orders/late: serviceaccount "late" not found'
    )
    api("POST", ACCOUNTS, {"metadata": {"name": "late"}})
    assert len(names(api, PODS)) == 1
    assert api("GET", PATH)["status"]["availableReplicas"] == 1


@pytest.mark.parametrize(
    ("query", "replicas"), [("", 3), ("?dryRun=All", 1)], ids=["scaled", "dry run"]
)
def test_scale(api: Api, query: str, replicas: int) -> None:
    api("POST", DEPLOYMENTS, deployment())
    change = {"spec": {"replicas": 3}}
    assert api("PATCH", f"{PATH}/scale{query}", change, kind=MERGE)["spec"] == change["spec"]
    assert api("GET", PATH)["spec"]["replicas"] == replicas
    assert len(names(api, PODS)) == replicas
    scale = api("GET", f"{PATH}/scale")
    assert scale["status"] == {"replicas": replicas, "selector": "app=orders-api"}


@pytest.mark.parametrize(
    ("replicas", "said"),
    [(-1, "must be greater than or equal to 0"), (10**9, "runs at most 110 pods")],
)
def test_how_many_pods_there_may_be(api: Api, replicas: int, said: str) -> None:
    given = deployment()
    given["spec"]["replicas"] = replicas
    assert said in api.said("POST", DEPLOYMENTS, given, 422)
    api("POST", DEPLOYMENTS, deployment())
    change = {"spec": {"replicas": replicas}}
    assert said in api.said("PATCH", f"{PATH}/scale", change, 422, kind=MERGE)


def test_what_a_manifest_leaves_open_is_filled_in(api: Api) -> None:
    found = api("POST", DEPLOYMENTS, deployment())["spec"]
    assert (found["replicas"], found["strategy"]["type"]) == (1, "RollingUpdate")
    (pod,) = api("GET", PODS)["items"]
    assert (pod["spec"]["restartPolicy"], pod["spec"]["securityContext"]) == ("Always", {})
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert pod["metadata"]["labels"].keys() == {"app", "pod-template-hash"}


def test_a_selector_stays(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    change = {
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}},
        }
    }
    assert api.said("PATCH", PATH, change, 422, kind=MERGE).endswith("field is immutable")


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_namespaces_that_stay(api: Api, name: str) -> None:
    said = api.said("DELETE", f"/api/v1/namespaces/{name}", code=403)
    assert said == f'namespaces "{name}" is forbidden: this namespace may not be deleted'


def test_a_namespace_takes_all_that_is_in_it(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    api("DELETE", "/api/v1/namespaces/orders")
    assert names(api, "/api/v1/pods") == set()
    assert names(api, "/api/v1/serviceaccounts") == {"default"}
    api("POST", DEPLOYMENTS, deployment(), code=404)
