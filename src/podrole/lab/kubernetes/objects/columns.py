"""What `kubectl get` shows of an object, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Read = Callable[[Mapping[str, Any]], Any]


def at(*path: str) -> Read:
    """What stands at a path of members, None where there is nothing."""

    def read(found: Any) -> Any:
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return read


def count(*path: str) -> Read:
    """How many stand there."""
    read = at(*path)
    return lambda found: len(read(found) or ())


def ready(found: Mapping[str, Any]) -> str:
    """`1/1`: the containers of a pod that run, of all."""
    wanted = len(found.get("spec", {}).get("containers") or ())
    done = at("status", "phase")(found) == "Succeeded"
    return f"{0 if done else wanted}/{wanted}"


def pod_status(found: Mapping[str, Any]) -> Any:
    """A pod's phase, as kubectl shows it."""
    phase = at("status", "phase")(found)
    return "Completed" if phase == "Succeeded" else phase


def replicas(found: Mapping[str, Any]) -> str:
    """`2/2`: the replicas that are ready, of those that are wanted."""
    status = found.get("status", {})
    return f"{status.get('readyReplicas', 0)}/{found.get('spec', {}).get('replicas', 1)}"


def containers(member: str) -> Read:
    """One member of each container of a workload's template."""
    read = at("spec", "template", "spec", "containers")
    return lambda found: ",".join(str(item.get(member, "")) for item in read(found) or ())


def texts(*path: str) -> Read:
    """`a=b,c=d`: a map of texts."""
    read = at(*path)
    return lambda found: ",".join(f"{key}={value}" for key, value in (read(found) or {}).items())


def subjects(kind: str) -> Read:
    """The subjects of a binding that are of a kind."""

    def read(found: Mapping[str, Any]) -> str:
        named = (item for item in found.get("subjects") or () if item.get("kind") == kind)
        return ", ".join(
            f"{item['namespace']}/{item['name']}" if item.get("namespace") else item["name"]
            for item in named
        )

    return read


def ports(found: Mapping[str, Any]) -> str:
    """`443/TCP`: the ports of a service."""
    given = at("spec", "ports")(found) or ()
    return ",".join(f"{item.get('port')}/{item.get('protocol', 'TCP')}" for item in given)


def address(found: Mapping[str, Any]) -> str:
    """A node's internal address."""
    given = at("status", "addresses")(found) or ()
    inside = (item.get("address") for item in given if item.get("type") == "InternalIP")
    return next(inside, None) or "<none>"
