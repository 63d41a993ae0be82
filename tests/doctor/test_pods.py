"""Which pod is judged, and by which of its containers."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from podrole.doctor import Evidence, EvidenceError
from podrole.doctor.pod_view import PodView
from podrole.doctor.pods import MOST_PODS, views
from tests.doctor.chains import AGENT_ENVIRONMENT, IRSA_ENVIRONMENT


def env(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": key, "value": value} for key, value in names.items()]


def pod(name: str, namespace: str = "press", account: str = "printer", **spec: Any) -> Any:
    containers = spec.pop("containers", [{"name": "app"}])
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": name},
        "spec": {"serviceAccountName": account, "containers": containers, **spec},
    }


def replica(name: str, owner: str, born: str) -> Any:
    found = pod(name)
    found["metadata"] |= {"creationTimestamp": born, "ownerReferences": [{"uid": owner}]}
    return found


def workload(name: str, kind: str = "Deployment", **spec: Any) -> Any:
    template = {"spec": {"serviceAccountName": "printer", "containers": [{"name": "app"}], **spec}}
    found: Any = {"template": template}
    if kind == "CronJob":
        found = {"jobTemplate": {"spec": found}}
    return {"kind": kind, "metadata": {"name": name, "namespace": "press"}, "spec": found}


def account(name: str, namespace: str = "press", annotated: bool = False) -> Any:
    annotations = {"eks.amazonaws.com/role-arn": "x"} if annotated else {}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"kind": "ServiceAccount", "metadata": metadata}


def judged(*documents: Any, namespace: str = "", name: str = "") -> list[PodView]:
    evidence = Evidence()
    for one in documents:
        evidence.add(one if isinstance(one, str) else json.dumps(one), "file")
    return views(evidence, namespace, name)


def names(*documents: Any, namespace: str = "", name: str = "") -> list[str]:
    return [view.name for view in judged(*documents, namespace=namespace, name=name)]


def test_by_name_and_namespace() -> None:
    several = [pod("a-1"), pod("a-12"), pod("b-1"), pod("a-1", "bindery")]
    assert names(*several, name="b") == ["b-1"]
    assert names(*several, name="a-1", namespace="press") == ["a-1"]
    assert names(*several, name="a-", namespace="press") == ["a-1", "a-12"]
    assert [view.namespace for view in judged(*several, name="a-1")] == ["press", "bindery"]
    with pytest.raises(EvidenceError, match="no pod c in the files"):
        names(*several, name="c")
    with pytest.raises(EvidenceError, match="no pod at all"):
        names(account("printer"))


def test_of_replicas_the_newest() -> None:
    old = replica("printer-1", "rs", "2026-11-01T00:00:00Z")
    new = replica("printer-2", "rs", "2026-11-02T00:00:00Z")
    (view,) = judged(new, old)
    assert (view.name, view.alike) == ("printer-2", ("printer-1",))


@pytest.mark.parametrize(
    "change",
    [
        {"serviceAccountName": "other"},
        {"containers": [{"name": "app", "env": env(IRSA_ENVIRONMENT)}]},
        {"initContainers": [{"name": "first"}]},
        {"volumes": [{"name": "t", "projected": {"sources": []}}]},
    ],
)
def test_replicas_that_differ_are_judged_each(change: Any) -> None:
    one, two = replica("printer-1", "rs", "2026"), replica("printer-2", "rs", "2026")
    two["spec"] |= change
    accounts = [account(name, annotated=True) for name in ("printer", "other")]
    assert names(one, two, *accounts) == ["printer-1", "printer-2"]
    two["spec"] = copy.deepcopy(one["spec"])
    assert len(judged(one, two, *accounts)) == 1


def test_what_the_chain_does_not_look_at_makes_no_difference() -> None:
    one, two = replica("printer-1", "rs", "2026"), replica("printer-2", "rs", "2026")
    two["spec"] |= {"volumes": [{"name": "cache", "emptyDir": {}}], "nodeName": "node-b"}
    assert len(judged(one, two)) == 1


def test_what_does_not_concern_a_role_stays_out() -> None:
    loaded = pod("printer-1", containers=[{"name": "app", "env": env(AGENT_ENVIRONMENT)}])
    assert names(pod("web-1", account="web"), loaded) == ["printer-1"]
    annotated = account("printer", annotated=True)
    assert names(pod("web-1", account="web"), pod("printer-1"), annotated) == ["printer-1"]
    association = {"namespace": "press", "serviceAccount": "printer", "associationId": "a"}
    listed = {"associations": [association]}
    assert names(pod("web-1", account="web"), pod("printer-1"), listed) == ["printer-1"]
    # Where none does, all are judged.
    assert names(pod("web-1", account="web"), pod("printer-1")) == ["web-1", "printer-1"]


def test_the_agents_own_pods_stay_out() -> None:
    agent = pod("eks-pod-identity-agent-x9k2p", "kube-system")
    assert names(agent, pod("printer-1")) == ["printer-1"]
    assert names(agent) == ["eks-pod-identity-agent-x9k2p"]
    assert names(agent, pod("printer-1"), name="eks-pod") == ["eks-pod-identity-agent-x9k2p"]


def test_too_many() -> None:
    many = [pod(f"printer-{number:02}") for number in range(MOST_PODS + 1)]
    assert len(names(*many[:-1])) == MOST_PODS
    with pytest.raises(EvidenceError, match=r"several pods fit: printer-00, .*choose one by --pod"):
        names(*many)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_a_workload_without_its_pods(kind: str) -> None:
    (view,) = judged(workload("printer", kind), account("printer"))
    assert (view.name, view.namespace, view.account_name) == ("printer", "press", "printer")
    assert view.written == kind
    assert view.service_account is not None
    # Its pods say more.
    assert names(workload("printer", kind), pod("printer-1")) == ["printer-1"]


def test_a_manifest_is_not_yet_a_pod() -> None:
    written = pod("printer")
    del written["metadata"]["uid"]
    assert judged(written)[0].written == "Pod"
    for where, value in (("status", {"phase": "Pending"}), ("described", "yes")):
        assert judged({**written, where: value})[0].written == ""
    written["spec"]["nodeName"] = "node-a"
    assert judged(written)[0].written == ""


def test_the_service_account_of_the_same_namespace() -> None:
    (view,) = judged(pod("printer-1"), account("printer", "bindery"), account("other"))
    assert view.service_account is None
    unnamed = pod("printer-1")
    del unnamed["spec"]["serviceAccountName"]
    (view,) = judged(unnamed, account("default"))
    assert (view.account_name, view.service_account) == ("default", account("default"))


def test_an_environment_alone() -> None:
    text = "HOSTNAME=printer-1\n" + "\n".join(f"{k}={v}" for k, v in IRSA_ENVIRONMENT.items())
    (view,) = judged(text)
    assert (view.name, view.partial, view.by_web_identity) == ("printer-1", True, True)
    assert names(text, pod("other-1")) == ["other-1"]


SIDE = {"name": "side"}
APP = {"name": "app", "env": env(IRSA_ENVIRONMENT)}
HALF = {"name": "half", "env": env({"AWS_ROLE_ARN": "x"})}
KEYED = {"name": "keyed", "env": env({**IRSA_ENVIRONMENT, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"})}


@pytest.mark.parametrize(
    ("containers", "chosen"),
    [
        ([SIDE], "side"),
        ([SIDE, APP], "app"),
        ([SIDE, HALF], "half"),
        ([HALF, APP], "app"),
        ([KEYED, APP], "app"),
        ([KEYED, HALF], "keyed"),
        ([{"name": "left-out"}, SIDE], "side"),
        ([SIDE, {"name": "last"}], "side"),
    ],
)
def test_the_container_that_matters(containers: list[Any], chosen: str) -> None:
    one = pod("printer-1", containers=containers)
    one["metadata"]["annotations"] = {"eks.amazonaws.com/skip-containers": "left-out"}
    (view,) = judged(one)
    assert view.container["name"] == chosen


def test_a_pod_without_containers() -> None:
    with pytest.raises(EvidenceError, match="pod printer-1 has no containers"):
        judged(pod("printer-1", containers=[]))
