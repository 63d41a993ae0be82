"""The controllers, done at once: deployments get replica sets, those get pods, jobs finish."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from podrole.lab.clock import Clock, stamp
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.controllers.object_changes import ObjectChanges
from podrole.lab.kubernetes.controllers.rollout import Rollouts, replicas
from podrole.lab.kubernetes.custom.definitions import DEFINITION, Definitions
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.pod_validation import claims
from podrole.lab.kubernetes.objects.status import ApiError

_POD = BUILT_IN["Pod"]
_REPLICA_SET = BUILT_IN["ReplicaSet"]
_DEPLOYMENT = BUILT_IN["Deployment"]
_ONE_POD = ("DaemonSet", "Job")


class Controllers:
    """Reacts to changes of workloads, namespaces and pods."""

    def __init__(
        self, api: ObjectChanges, clock: Clock, identifiers: Identifiers, node: str
    ) -> None:
        self._api = api
        self._clock = clock
        self._node = node
        self._definitions = Definitions(api.store, clock)
        #: Replica sets that lacked pods once, by namespace: a new service account may help them.
        self._short: dict[str, dict[str, None]] = {}
        self._rollouts = Rollouts(api, identifiers, self._owned, _reference)

    def created(self, kind: Kind, found: Object) -> None:
        """Do what the creation of an object asks for."""
        if kind.custom is not None:
            return
        if kind.name == "CustomResourceDefinition":
            self._definitions.changed(found)
        elif kind.name == "Namespace":
            account = {"metadata": {"name": "default", "namespace": found["metadata"]["name"]}}
            self._api.create(BUILT_IN["ServiceAccount"], account)
        elif kind.name == "ServiceAccount":
            self._try_again(found["metadata"]["namespace"])
        elif kind.name == "Pod":
            self._run(found)
        elif kind.name == "Deployment":
            self._rollouts.roll_out(found)
            self._set_status(found)
        elif kind.name == "ReplicaSet":
            self._scale(found)
        elif kind.name == "StatefulSet":
            self._own_pods(kind, found, replicas(found))
        elif kind.name in _ONE_POD:
            self._own_pods(kind, found, 1)

    def updated(self, kind: Kind, former: Object, found: Object) -> None:
        """Do what a change asks for."""
        if kind.custom is not None or former.get("spec") == found.get("spec"):
            return
        if kind.name == "CustomResourceDefinition":
            self._definitions.changed(found)
        elif kind.name == "Deployment":
            if former["spec"].get("template") == found["spec"].get("template"):
                self._rollouts.resize(found)
            else:
                self._rollouts.roll_out(found)
            self._set_status(found)
        elif kind.name == "ReplicaSet":
            self._scale(found)
        elif kind.name in ("StatefulSet", "DaemonSet"):
            self._delete_pods(found, None)
            self._own_pods(kind, found, replicas(found))

    def deleted(self, kind: Kind, gone: Object, *, orphan: bool) -> None:
        """Remove what the object owned; a replica set replaces a pod that it lost."""
        if kind is DEFINITION:
            self._definitions.deleted(gone)
        if kind is BUILT_IN["Namespace"]:
            for other in self._api.store.kinds:
                if other.namespaced:
                    for found in list(self._api.store.list(other, gone["metadata"]["name"])):
                        self._api.store.delete(
                            other, gone["metadata"]["name"], found["metadata"]["name"]
                        )
            return
        self._delete_owned(gone, orphan=orphan)
        space = gone["metadata"].get("namespace", "")
        if kind is BUILT_IN["ServiceAccount"] and gone["metadata"]["name"] == "default":
            self._api.create(kind, {"metadata": {"name": "default", "namespace": space}})
        owner = _owner(gone)
        owning = (
            self._api.store.find(BUILT_IN[owner["kind"]], space, owner["name"]) if owner else None
        )
        if owning is None or owning["metadata"]["uid"] != (owner or {}).get("uid"):
            return
        if owning["kind"] == "ReplicaSet":
            self._scale(owning)
        elif owning["kind"] == "Deployment":
            self._rollouts.resize(owning)

    def _delete_owned(self, gone: Object, *, orphan: bool) -> None:
        if orphan:
            return
        for other, owned in self._api.store.owned(gone["metadata"]["uid"]):
            space, name = owned["metadata"].get("namespace", ""), owned["metadata"]["name"]
            if self._api.store.find(other, space, name) is None:
                continue  # its other owner is gone too
            removed = self._api.store.delete(other, space, name)
            self._delete_owned(removed, orphan=False)

    def restart(self, deployment: Object) -> None:
        """A new replica set in the place of the present one."""
        self._rollouts.roll_out(deployment, replaced=True)
        self._set_status(deployment)

    # -- how -----------------------------------------------------------------------------

    def _scale(self, replica_set: Object) -> None:
        """As many pods as the replica set wants, of its template, and the counts of them."""
        wanted = replicas(replica_set)
        pods = self._owned(_POD, replica_set)
        for pod in pods[wanted:]:
            metadata = pod["metadata"]
            self._api.store.delete(_POD, metadata["namespace"], metadata["name"])
        failure = ""
        try:
            for _ in range(wanted - len(pods)):
                self._create_pod("ReplicaSet", replica_set, f"{replica_set['metadata']['name']}-")
        except ApiError as error:  # admission says no: the controller would try again later
            failure = error.message
            metadata = replica_set["metadata"]
            self._short.setdefault(metadata["namespace"], {})[metadata["name"]] = None
        count = len(self._owned(_POD, replica_set))
        status: dict[str, Any] = {
            "replicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
        }
        if failure:
            status["conditions"] = [self._condition("ReplicaFailure", "FailedCreate", failure)]
        self._store_status(_REPLICA_SET, replica_set, status)
        owner = _owner(replica_set)
        if owner is not None and owner["kind"] == "Deployment":
            space = replica_set["metadata"]["namespace"]
            deployment = self._api.store.find(_DEPLOYMENT, space, owner["name"])
            if deployment is not None:
                self._set_status(deployment)

    def _try_again(self, namespace: str) -> None:
        """Pods that lacked their service account: replica sets make them now."""
        short = self._short.get(namespace, {})
        for name in list(short):
            found = self._api.store.find(_REPLICA_SET, namespace, name)
            if found is not None and len(self._owned(_POD, found)) < replicas(found):
                self._scale(found)
            else:
                del short[name]

    def _own_pods(self, kind: Kind, owner: Object, wanted: int) -> None:
        for ordinal in range(wanted):
            self._create_pod(kind.name, owner, f"{owner['metadata']['name']}-", ordinal)
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

    def _create_pod(self, kind: str, owner: Object, generate: str, ordinal: int = 0) -> None:
        template = copy.deepcopy(owner["spec"]["template"])
        metadata, specification = template.get("metadata") or {}, template["spec"]
        for name in claims(owner["spec"]):
            claim = {"claimName": f"{name}-{generate}{ordinal}"}
            others = [one for one in specification.get("volumes") or () if one.get("name") != name]
            specification["volumes"] = [{"name": name, "persistentVolumeClaim": claim}, *others]
        self._api.create(
            _POD,
            {
                "metadata": {
                    **{name: value for name, value in metadata.items() if value},
                    "generateName": generate,
                    "namespace": owner["metadata"]["namespace"],
                    "ownerReferences": [_reference(kind, owner)],
                },
                "spec": specification,
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
        owner = _owner(pod)
        finished = owner is not None and owner["kind"] == "Job"
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

    def _set_status(self, deployment: Object) -> None:
        wanted = replicas(deployment)
        sets = self._owned(_REPLICA_SET, deployment)
        count = sum((found.get("status") or {}).get("replicas", 0) for found in sets)
        conditions = [
            self._condition("Available", "MinimumReplicasAvailable"),
            self._condition("Progressing", "NewReplicaSetAvailable"),
        ]
        if count < wanted:
            conditions = [
                {**self._condition("Available", "MinimumReplicasUnavailable"), "status": "False"},
                self._condition("Progressing", "ReplicaSetUpdated"),
            ]
            for found in sets:
                conditions += (found.get("status") or {}).get("conditions") or ()
        status = {
            "observedGeneration": deployment["metadata"].get("generation", 1),
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
            "conditions": conditions,
        }
        if count < wanted:
            status["unavailableReplicas"] = wanted - count
        self._store_status(_DEPLOYMENT, deployment, status)

    def _condition(self, name: str, reason: str, message: str = "") -> dict[str, Any]:
        found = {
            "type": name,
            "status": "True",
            "reason": reason,
            "lastTransitionTime": self._now(),
        }
        return found | ({"message": message} if message else {})

    def _store_status(self, kind: Kind, found: Object, status: Mapping[str, Any]) -> None:
        metadata = found["metadata"]
        current = self._api.store.get(kind, metadata["namespace"], metadata["name"])
        self._api.store.update(kind, {**_copy(current), "status": dict(status)})

    def _owned(self, kind: Kind, owner: Object) -> list[Object]:
        return [
            found
            for other, found in self._api.store.owned(owner["metadata"]["uid"])
            if other is kind
        ]

    def _delete_pods(self, owner: Object, keep: int | None) -> None:
        for pod in self._owned(_POD, owner)[keep:]:
            metadata = pod["metadata"]
            self._api.store.delete(_POD, metadata["namespace"], metadata["name"])

    def _now(self) -> str:
        return stamp(self._clock.now())


def _copy(found: Object) -> Object:
    return {**found, "metadata": {**found["metadata"]}}


def _owner(found: Object) -> Mapping[str, Any] | None:
    references = found["metadata"].get("ownerReferences") or ()
    return next((item for item in references if _is_built_in(item)), None)


def _is_built_in(reference: Mapping[str, Any]) -> bool:
    kind = BUILT_IN.get(reference.get("kind", ""))
    return kind is not None and reference.get("apiVersion", kind.api_version) == kind.api_version


def _reference(kind: str, owner: Object) -> dict[str, Any]:
    return {
        "apiVersion": BUILT_IN[kind].api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
