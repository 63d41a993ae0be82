"""The agent's link: the add-on, its pods, its DaemonSet."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.doctor import Link
from tests.doctor.chains import Chain, by_agent


def link_of(chain: Chain) -> Link:
    (link,) = [link for link in chain.links() if link.name == "agent"]
    return link


def addon(status: str, *issues: dict[str, str]) -> dict[str, Any]:
    details = {"addonName": "eks-pod-identity-agent", "status": status}
    return {"addon": {**details, "health": {"issues": list(issues)}}}


def agent_pod(phase: str = "Running", node: str = "node-a", waiting: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    return {
        "kind": "Pod",
        "metadata": {"name": "eks-pod-identity-agent-8kq2m", "namespace": "kube-system"},
        "spec": {"nodeName": node, "containers": [{"name": "agent"}]},
        "status": {"phase": phase, "containerStatuses": [{"state": state}]},
    }


def daemon_set(ready: Any, wanted: Any, name: str = "eks-pod-identity-agent") -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "agent"}]}}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"template": template},
        "status": {"numberReady": ready, "desiredNumberScheduled": wanted},
    }


ISSUE = {"code": "InsufficientNumberOfReplicas", "message": "1 of 2 not ready"}
MISSING = {
    "Error": {
        "Code": "ResourceNotFoundException",
        "Message": "No addon: eks-pod-identity-agent found in cluster: mill",
        "Operation": "DescribeAddon",
    }
}


@pytest.mark.parametrize(
    ("addons", "more", "state", "says"),
    [
        (["eks-pod-identity-agent"], [], "ok", "the add-on is installed"),
        (["vpc-cni"], [], "broken", "the add-on is not installed"),
        ([], [], "broken", "the add-on is not installed"),
        (["vpc-cni"], [agent_pod()], "ok", "its pods run, but not as the EKS add-on"),
        (None, [agent_pod()], "ok", "its pods run"),
        (None, [], "unknown", "no file shows it"),
        (None, [addon("ACTIVE")], "ok", "the add-on is ACTIVE"),
        (["vpc-cni"], [addon("ACTIVE")], "ok", "the add-on is ACTIVE"),
        (None, [addon("DEGRADED", ISSUE)], "broken", "DEGRADED: InsufficientNumberOfReplicas (1"),
        (None, [addon("CREATE_FAILED")], "broken", "the add-on's status is CREATE_FAILED"),
        (None, [addon("UPDATING", ISSUE)], "broken", "the add-on's status is UPDATING: Insuff"),
        (None, [addon("ACTIVE", ISSUE)], "unknown", "the add-on's status is ACTIVE: Insuff"),
        (None, [addon("CREATING")], "unknown", "the add-on's status is CREATING"),
        (None, [agent_pod("Pending")], "broken", "eks-pod-identity-agent-8kq2m is down: Pending"),
        (
            ["eks-pod-identity-agent"],
            [agent_pod(waiting="CrashLoopBackOff")],
            "broken",
            "is down: CrashLoopBackOff",
        ),
        # The agent of another node is not this pod's.
        (["eks-pod-identity-agent"], [agent_pod("Failed", "node-b")], "ok", "is installed"),
        (["eks-pod-identity-agent"], [daemon_set(3, 3)], "ok", "is installed"),
        (["eks-pod-identity-agent"], [daemon_set(2, 3)], "broken", "2 of 3 pods ready"),
        # Ten is more than nine, as numbers.
        (["eks-pod-identity-agent"], [daemon_set(9, 10)], "broken", "9 of 10 pods ready"),
        (["eks-pod-identity-agent"], [daemon_set(0, 2, "fluent-bit")], "ok", "is installed"),
        (["eks-pod-identity-agent"], [daemon_set(None, 2)], "ok", "is installed"),
    ],
)
def test_agent(addons: list[str] | None, more: list[Any], state: str, says: str) -> None:
    chain = by_agent()
    chain.addons, chain.more = addons, more
    link = link_of(chain)
    assert (link.state, says in link.says) == (state, True), link


@pytest.mark.parametrize("enabled", [True, "true", "True"])
def test_auto_mode_has_it(enabled: Any) -> None:
    chain = by_agent()
    assert chain.cluster is not None
    chain.addons, chain.cluster["computeConfig"] = [], {"enabled": enabled}
    assert (link_of(chain).state, link_of(chain).says) == ("ok", "Auto Mode includes it")
    # Its pod that is down is down all the same.
    chain.more = [agent_pod("Failed")]
    assert link_of(chain).state == "broken"


def test_describing_it_says_that_it_is_not_there() -> None:
    chain = by_agent()
    chain.addons, chain.more = None, [MISSING]
    assert link_of(chain).says == "the add-on is not installed"
    assert link_of(chain).snippet == "agent-addon"
