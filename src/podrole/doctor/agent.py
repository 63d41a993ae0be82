"""The Pod Identity agent: whether the add-on is there, and whether it runs."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.evidence import Evidence
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.tree import Tree, mapping, name_of, text, trees

ADDON = "eks-pod-identity-agent"
_SICK = ("DEGRADED", "CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED", "DELETING")
_LOOK = f"kubectl -n kube-system get pod -l app.kubernetes.io/name={ADDON} -o wide"


def agent_link(evidence: Evidence, node: str = "") -> Link:
    """What the files say of the agent; `node` is the pod's, where a file tells it."""
    if (down := next(_down(evidence, node), None)) is not None:
        return down
    compute = mapping(mapping(evidence.cluster).get("computeConfig"))
    if str(compute.get("enabled")).lower() == "true":
        return ok("agent", "Auto Mode includes it")
    addon = next((one for one in evidence.addon_details if text(one, "addonName") == ADDON), None)
    if addon is not None:
        return _addon(addon)
    error = evidence.error_of("DescribeAddon", ADDON)
    missing = error is not None and text(error, "Code") == "ResourceNotFoundException"
    if missing or (evidence.addons is not None and ADDON not in evidence.addons):
        if _running(evidence):
            return ok("agent", "its pods run, but not as the EKS add-on")
        return broken("agent", "the add-on is not installed", "install it", "agent-addon")
    if _running(evidence):
        return ok("agent", "its pods run")
    if evidence.addons is None:
        return unknown("agent", "no file shows it", "aws eks list-addons --cluster-name <cluster>")
    return ok("agent", "the add-on is installed; kubectl shows whether it runs on this node")


def _addon(addon: Tree) -> Link:
    status = text(addon, "status")
    issues = [
        f"{text(one, 'code')} ({text(one, 'message')})"
        for one in trees(mapping(addon.get("health")).get("issues"))
    ]
    says = f"the add-on's status is {status or 'not given'}"
    if issues:
        says += f": {'; '.join(issues)}"
    if status in _SICK or (issues and status != "ACTIVE"):
        return broken(
            "agent",
            says,
            f"repair the add-on until its status is ACTIVE; {_LOOK} shows its pods",
            "agent-log",
        )
    if status == "ACTIVE" and not issues:
        return ok("agent", "the add-on is ACTIVE")
    return unknown("agent", says, _LOOK)


def _pods(evidence: Evidence) -> list[Tree]:
    return [pod for pod in evidence.pods if name_of(pod).startswith(f"{ADDON}-")]


def _running(evidence: Evidence) -> bool:
    return any(text(pod, "status", "phase") == "Running" for pod in _pods(evidence))


def _down(evidence: Evidence, node: str) -> Iterator[Link]:
    """Signs that the agent is down: its pod on the node, or its DaemonSet."""
    fix = "make it run; its log says why it does not"
    for pod in _pods(evidence):
        where = text(pod, "spec", "nodeName")
        if node and where and where != node:
            continue
        statuses = trees(mapping(pod.get("status")).get("containerStatuses"))
        waiting = next((text(one, "state", "waiting", "reason") for one in statuses), "")
        phase = text(pod, "status", "phase")
        if waiting or phase in ("Pending", "Failed", "Unknown"):
            says = f"its pod {name_of(pod)} is down: {waiting or phase}"
            log = f"kubectl -n kube-system logs {name_of(pod)}"
            yield broken("agent", says, f"{fix}: {log}", "agent-log")
    for one in evidence.workloads:
        if name_of(one) != ADDON or one.get("kind") != "DaemonSet":
            continue
        status = mapping(one.get("status"))
        ready, wanted = (
            str(status.get("numberReady", "")),
            str(status.get("desiredNumberScheduled", "")),
        )
        if ready.isdigit() and wanted.isdigit() and int(ready) < int(wanted):
            says = f"its DaemonSet has {ready} of {wanted} pods ready"
            yield broken("agent", says, f"{fix}: {_LOOK}", "agent-log")
