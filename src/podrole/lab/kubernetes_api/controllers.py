"""The controllers, done at once: deployments get replica sets, those get pods, jobs finish."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..identifiers import Identifiers
from .kinds import BY_NAME, KINDS, Kind, Object

if TYPE_CHECKING:
    from .object_api import ObjectApi

_POD = BY_NAME["Pod"]
_REPLICA_SET = BY_NAME["ReplicaSet"]
_ONE_POD = ("DaemonSet", "Job")


class Controllers:
    """Reacts to changes of workloads, namespaces and pods."""

    def __init__(self, api: ObjectApi, clock: Clock, identifiers: Identifiers, node: str) -> None:
        self._api = api
        self._clock = clock
        self._identifiers = identifiers
        self._node = node

    def created(self, kind: Kind, found: Object) -> None:
        """Do what the creation of an object asks for."""
        if kind.name == "Namespace":
            account = {"metadata": {"name": "default", "namespace": found["metadata"]["name"]}}
            self._api.create(BY_NAME["ServiceAccount"], account)
        elif kind.name == "Pod":
            self._run(found)
        elif kind.name == "Deployment":
            self._roll_out(found)
        elif kind.name == "ReplicaSet":
            self._scale(found)
        elif kind.name == "StatefulSet":
            self._own_pods(kind, found, int(found["spec"].get("replicas", 1)))
        elif kind.name in _ONE_POD:
            self._own_pods(kind, found, 1)

    def updated(self, kind: Kind, former: Object, found: Object) -> None:
        """Do what a change asks for."""
        if former.get("spec") == found.get("spec"):
            return
        if kind.name == "Deployment":
            if former["spec"].get("template") == found["spec"].get("template"):
                current = self._owned(_REPLICA_SET, found)[-1]
                wanted = {**current, "spec": {**current["spec"], "replicas": _replicas(found)}}
                self._api.update(_REPLICA_SET, wanted)
                self._set_status(kind, found, _replicas(found))
            else:
                self._roll_out(found)
        elif kind.name == "ReplicaSet":
            self._scale(found)
        elif kind.name in ("StatefulSet", "DaemonSet"):
            self._delete_pods(found, None)
            self._own_pods(kind, found, int(found["spec"].get("replicas", 1)))

    def deleted(self, kind: Kind, gone: Object, *, orphan: bool) -> None:
        """Remove what the object owned; a replica set replaces a pod that it lost."""
        if kind.name == "Namespace":
            for other in KINDS:
                if other.namespaced:
                    for found in list(self._api.store.list(other, gone["metadata"]["name"])):
                        self._api.store.delete(
                            other, gone["metadata"]["name"], found["metadata"]["name"]
                        )
            return
        if kind.name == "Pod":
            owner = _owner(gone, "ReplicaSet")
            if owner:
                name = str(owner["name"])
                owning = self._api.store.find(_REPLICA_SET, gone["metadata"]["namespace"], name)
                if owning is not None:
                    self._scale(owning)
            return
        if orphan:
            return
        for other in (_REPLICA_SET, _POD):
            for owned in self._owned(other, gone):
                metadata = owned["metadata"]
                removed = self._api.store.delete(other, metadata["namespace"], metadata["name"])
                if other is _REPLICA_SET:
                    self.deleted(other, removed, orphan=False)

    def restart(self, deployment: Object) -> None:
        """A new replica set in the place of the present one."""
        self._roll_out(deployment)

    # -- how -----------------------------------------------------------------------------

    def _roll_out(self, deployment: Object) -> None:
        metadata, specification = deployment["metadata"], deployment["spec"]
        for former in self._owned(_REPLICA_SET, deployment):
            removed = self._api.store.delete(
                _REPLICA_SET, metadata["namespace"], former["metadata"]["name"]
            )
            self.deleted(_REPLICA_SET, removed, orphan=False)
        suffix = self._identifiers.pod_suffix(10)
        template = copy.deepcopy(specification["template"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        replica_set = {
            "metadata": {
                "name": f"{metadata['name']}-{suffix}",
                "namespace": metadata["namespace"],
                "labels": {**labels, "pod-template-hash": suffix},
                "annotations": {
                    "deployment.kubernetes.io/revision": str(metadata.get("generation", 1))
                },
                "ownerReferences": [_reference("Deployment", deployment)],
            },
            "spec": {
                "replicas": _replicas(deployment),
                "selector": specification.get("selector"),
                "template": template,
            },
        }
        self._api.create(_REPLICA_SET, replica_set)
        self._set_status(BY_NAME["Deployment"], deployment, _replicas(deployment))

    def _scale(self, replica_set: Object) -> None:
        """As many pods as the replica set wants, of its template."""
        wanted = int(replica_set["spec"].get("replicas", 1))
        pods = self._owned(_POD, replica_set)
        for pod in pods[wanted:]:
            metadata = pod["metadata"]
            self._api.store.delete(_POD, metadata["namespace"], metadata["name"])
        for _ in range(wanted - len(pods)):
            self._create_pod("ReplicaSet", replica_set, f"{replica_set['metadata']['name']}-")
        status = {"replicas": wanted, "readyReplicas": wanted, "availableReplicas": wanted}
        self._store_status(_REPLICA_SET, replica_set, status)

    def _own_pods(self, kind: Kind, owner: Object, wanted: int) -> None:
        for _ in range(wanted):
            self._create_pod(kind.name, owner, f"{owner['metadata']['name']}-")
        status: dict[str, Any] = {
            "replicas": wanted,
            "readyReplicas": wanted,
            "availableReplicas": wanted,
        }
        if kind.name == "Job":
            now = self._now()
            condition = {"type": "Complete", "status": "True", "lastTransitionTime": now}
            times = {"startTime": now, "completionTime": now}
            status = {"succeeded": 1, **times, "conditions": [condition]}
        self._store_status(kind, owner, status)

    def _create_pod(self, kind: str, owner: Object, generate: str) -> None:
        template = copy.deepcopy(owner["spec"]["template"])
        metadata = template.get("metadata") or {}
        self._api.create(
            _POD,
            {
                "metadata": {
                    **{name: value for name, value in metadata.items() if value},
                    "generateName": generate,
                    "namespace": owner["metadata"]["namespace"],
                    "ownerReferences": [_reference(kind, owner)],
                },
                "spec": template.get("spec"),
            },
        )

    def _run(self, pod: Object) -> None:
        """Pods start at once, on the one node."""
        now = self._now()
        ready = [
            {"type": name, "status": "True", "lastTransitionTime": now}
            for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ]
        containers = [
            {
                "name": container["name"],
                "image": container.get("image", ""),
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod["spec"]["containers"]
        ]
        finished = bool(_owner(pod, "Job"))
        status = {
            "phase": "Succeeded" if finished else "Running",
            "conditions": ready,
            "containerStatuses": containers,
            "hostIP": "10.0.1.23",
            "podIP": "10.0.1.101",
            "startTime": now,
        }
        specification = {**pod["spec"], "nodeName": self._node}
        self._api.store.update(_POD, {**_copy(pod), "spec": specification, "status": status})

    def _set_status(self, kind: Kind, found: Object, replicas: int) -> None:
        now = self._now()
        conditions = [
            {
                "type": "Available",
                "status": "True",
                "reason": "MinimumReplicasAvailable",
                "lastTransitionTime": now,
            },
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable",
                "lastTransitionTime": now,
            },
        ]
        status = {
            "observedGeneration": found["metadata"].get("generation", 1),
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "conditions": conditions,
        }
        self._store_status(kind, found, status)

    def _store_status(self, kind: Kind, found: Object, status: Mapping[str, Any]) -> None:
        metadata = found["metadata"]
        current = self._api.store.get(kind, metadata["namespace"], metadata["name"])
        self._api.store.update(kind, {**_copy(current), "status": dict(status)})

    def _owned(self, kind: Kind, owner: Object) -> list[Object]:
        uid = owner["metadata"]["uid"]
        return [
            found
            for found in self._api.store.list(kind, owner["metadata"]["namespace"])
            if any(item["uid"] == uid for item in found["metadata"].get("ownerReferences") or ())
        ]

    def _delete_pods(self, owner: Object, keep: int | None) -> None:
        for pod in self._owned(_POD, owner)[keep:]:
            metadata = pod["metadata"]
            self._api.store.delete(_POD, metadata["namespace"], metadata["name"])

    def _now(self) -> str:
        return self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _copy(found: Object) -> Object:
    return {**found, "metadata": {**found["metadata"]}}


def _replicas(deployment: Object) -> int:
    return int(deployment["spec"].get("replicas", 1))


def _owner(found: Object, kind: str) -> Mapping[str, Any] | None:
    references = found["metadata"].get("ownerReferences") or ()
    return next((item for item in references if item["kind"] == kind), None)


def _reference(kind: str, owner: Object) -> dict[str, Any]:
    return {
        "apiVersion": BY_NAME[kind].api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
