"""What `kubectl get` shows of an object, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Read = Callable[[Mapping[str, Any]], Any]


def at(*path: str) -> Read:
    """What stands at a path of members, None where there is nothing."""

    def read(found: Any) -> Any:
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return read


class Since(str):
    """A time that a column shows as how long ago it was."""


def since(*path: str) -> Read:
    """How long ago what stands there was."""
    read = at(*path)
    return lambda found: Since(read(found) or "")


def involved(found: Mapping[str, Any]) -> str:
    """`pod/orders-api-1`: of what an event tells."""
    named = found.get("involvedObject") or {}
    return f"{str(named.get('kind', '')).lower()}/{named.get('name', '')}"


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


def number(*path: str) -> Read:
    """A number, 0 where there is none."""
    read = at(*path)
    return lambda found: read(found) or 0


def or_none(*path: str) -> Read:
    """What stands at a path, `<none>` where there is nothing."""
    read = at(*path)
    return lambda found: "<none>" if read(found) is None else read(found)


def or_unset(*path: str) -> Read:
    """What stands at a path, `<unset>` where there is nothing."""
    read = at(*path)
    return lambda found: "<unset>" if read(found) is None else read(found)


def or_not_given(*path: str) -> Read:
    """What stands at a path as a text, `N/A` where there is nothing."""
    read = at(*path)
    return lambda found: "N/A" if read(found) is None else str(read(found))


def listed(member: str, name: str) -> Read:
    """`80,443`: one member of each item of a list."""
    return lambda found: _or_none(str(item.get(name, "")) for item in found.get(member) or ())


def reference(*path: str) -> Read:
    """`Deployment/orders-api`: what another object is named by."""
    read = at(*path)

    def shown(found: Mapping[str, Any]) -> str:
        named = read(found)
        return f"{named.get('kind')}/{named.get('name')}" if named else "<none>"

    return shown


_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def access_modes(*path: str) -> Read:
    """`RWO,ROX`: how a volume may be mounted."""
    read = at(*path)
    return lambda found: ",".join(_MODES.get(mode, mode) for mode in read(found) or ())


def claim(found: Mapping[str, Any]) -> str:
    """`orders/data`: the claim that a volume is bound to."""
    named = at("spec", "claimRef")(found)
    return f"{named.get('namespace', '')}/{named.get('name', '')}" if named else ""


def hosts(found: Mapping[str, Any]) -> str:
    """The hosts of an ingress."""
    named = [rule["host"] for rule in at("spec", "rules")(found) or () if rule.get("host")]
    return ",".join(named) or "*"


def ingress_addresses(found: Mapping[str, Any]) -> str:
    """Where a load balancer answers for an ingress."""
    given = at("status", "loadBalancer", "ingress")(found) or ()
    return ",".join(str(item.get("ip") or item.get("hostname", "")) for item in given)


def targets(found: Mapping[str, Any]) -> str:
    """`cpu: <unknown>/80%`: what an autoscaler wants; nobody measures here."""
    shown = []
    for metric in at("spec", "metrics")(found) or ():
        source = metric.get("resource") or {}
        wanted = source.get("target") or {}
        if source and wanted.get("averageUtilization") is not None:
            shown.append(f"{source.get('name')}: <unknown>/{wanted['averageUtilization']}%")
        elif source:
            shown.append(f"{source.get('name')}: <unknown>/{wanted.get('averageValue')}")
        else:
            shown.append("<unknown>")
    return ", ".join(shown) or "<none>"


def endpoints(found: Mapping[str, Any]) -> str:
    """`10.0.1.5:8080`: addresses and ports of endpoints."""
    return _or_none(
        f"{address.get('ip')}:{port.get('port')}"
        for subset in found.get("subsets") or ()
        for address in subset.get("addresses") or ()
        for port in subset.get("ports") or ({"port": ""},)
    )


def slice_addresses(found: Mapping[str, Any]) -> str:
    """The addresses of a slice of endpoints."""
    return _or_none(
        address for item in found.get("endpoints") or () for address in item.get("addresses") or ()
    )


def _or_none(shown: Iterable[str]) -> str:
    """At most three, as kubectl's columns have them."""
    given = list(shown)
    more = f" + {len(given) - 3} more..." if len(given) > 3 else ""
    return ",".join(given[:3]) + more or "<none>"
