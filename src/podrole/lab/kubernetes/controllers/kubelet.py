"""What a node's kubelet says of a pod: it runs at once, and has an address of its own."""

from __future__ import annotations

from hashlib import sha256
from ipaddress import IPv4Address
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Object

NODE_ADDRESS = "10.0.1.23"
#: The addresses of pods, in their order: those of the VPC from here on.
_FIRST, _PAST = int(IPv4Address("10.0.1.101")), int(IPv4Address("10.1.0.0"))


def pod_address(number: int) -> str:
    """The address of the pod of that number, from 0; after the VPC's last the first comes again."""
    return str(IPv4Address(_FIRST + number % (_PAST - _FIRST)))


def pod_status(pod: Object, address: str, now: str, *, finished: bool) -> Object:
    """The status of a pod that has started at `now`; `finished` for one whose program has ended."""
    conditions = [
        {"type": name, "status": "True", "lastTransitionTime": now}
        for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    return {
        "phase": "Succeeded" if finished else "Running",
        "conditions": conditions,
        "containerStatuses": [_container(pod, one, now) for one in pod["spec"]["containers"]],
        "hostIP": NODE_ADDRESS,
        "hostIPs": [{"ip": NODE_ADDRESS}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
    }


def _container(pod: Object, container: Object, now: str) -> dict[str, Any]:
    image, name = container.get("image", ""), container["name"]
    return {
        "name": name,
        "image": image,
        "imageID": f"sha256:{_digest(image)}",
        "containerID": f"containerd://{_digest(pod['metadata']['uid'] + name)}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
    }


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
