"""The controllers, done at once: deployments get replica sets, those get pods, jobs finish."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from podrole.lab.clock import Clock, stamp
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.controllers.deployment_status import condition, deployment_status
from podrole.lab.kubernetes.controllers.events import Events
from podrole.lab.kubernetes.controllers.kubelet import pod_address, pod_status
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
_CONFIG_MAP = BUILT_IN["ConfigMap"]
_ONE_POD = ("DaemonSet", "Job")
ROOT_AUTHORITY = "kube-root-ca.crt"
_ABOUT_AUTHORITY = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal"
    " endpoints such as the internal service IP or kubernetes.default.svc. No other usage is"
    " guaranteed across distributions of Kubernetes clusters."
)


class Controllers:
    """Reacts to changes of workloads, namespaces and pods."""

    def __init__(
        self,
        api: ObjectChanges,
        clock: Clock,
        identifiers: Identifiers,
        told: Identifiers,
        node: str,
    ) -> None:
        """`told` names events and what every namespace has, which shifts no other names."""
        self._api = api
        self._clock = clock
        self._node = node
        self._definitions = Definitions(api.store, clock)
        self._told = told
        self._events = Events(api.store, clock, told)
        #: What lacked pods once, by namespace: a new service account may help them.
        self._short: dict[str, dict[tuple[str, str], None]] = {}
        self._rollouts = Rollouts(api, identifiers, self._owned, _reference, self._events)
        self._pods = 0

    def created(self, kind: Kind, found: Object) -> None:
        """Do what the creation of an object asks for."""
        if kind.custom is not None:
            return
        if kind.name == "CustomResourceDefinition":
            self._definitions.changed(found)
        elif kind.name == "Namespace":
            space = found["metadata"]["name"]
            account = {"metadata": {"name": "default", "namespace": space}}
            self._api.create(BUILT_IN["ServiceAccount"], account)
            self._publish_authority(space)
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
            paused = found["spec"].get("paused")
            stays = former["spec"].get("template") == found["spec"].get("template")
            if paused or (stays and not former["spec"].get("paused")):
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
        if kind is _CONFIG_MAP and gone["metadata"]["name"] == ROOT_AUTHORITY:
            self._publish_authority(space)
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

    def _publish_authority(self, namespace: str) -> None:
        """The certificate by which pods know the API server, as every namespace has it."""
        self._api.store.create(
            _CONFIG_MAP,
            {
                "kind": "ConfigMap",
                "apiVersion": "v1",
                "metadata": {
                    "name": ROOT_AUTHORITY,
                    "namespace": namespace,
                    "annotations": {"kubernetes.io/description": _ABOUT_AUTHORITY},
                },
                "data": {"ca.crt": self._api.authority},
            },
            uid=self._told.uuid(),
        )

    def _scale(self, replica_set: Object) -> None:
        """As many pods as the replica set wants, of its template, and the counts of them."""
        wanted = replicas(replica_set)
        pods = self._owned(_POD, replica_set)
        for pod in pods[wanted:]:
            metadata = pod["metadata"]
            self._api.store.delete(_POD, metadata["namespace"], metadata["name"])
            self._tell(_REPLICA_SET, replica_set, "SuccessfulDelete", "Deleted pod", pod)
        failure = self._make_pods(_REPLICA_SET, replica_set, range(wanted - len(pods)))
        count = len(self._owned(_POD, replica_set))
        status: dict[str, Any] = {
            "replicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
        }
        if failure:
            now = self._now()
            status["conditions"] = [condition("ReplicaFailure", "FailedCreate", failure, now)]
        self._store_status(_REPLICA_SET, replica_set, status)
        owner = _owner(replica_set)
        if owner is not None and owner["kind"] == "Deployment":
            space = replica_set["metadata"]["namespace"]
            deployment = self._api.store.find(_DEPLOYMENT, space, owner["name"])
            if deployment is not None:
                if not deployment["spec"].get("paused"):
                    self._rollouts.go_on(deployment)
                self._set_status(deployment)

    def _make_pods(self, kind: Kind, owner: Object, ordinals: Iterable[int]) -> str:
        """Make an owner's pods. Returns why it could not make one: it tries again later."""
        metadata = owner["metadata"]
        for ordinal in ordinals:
            try:
                pod = self._create_pod(kind.name, owner, f"{metadata['name']}-", ordinal)
            except ApiError as error:  # admission says no
                said = f"Error creating: {error.message}"
                source = f"{kind.name.lower()}-controller"
                self._events.record(source, kind, owner, "FailedCreate", said, bad=True)
                held = self._short.setdefault(metadata["namespace"], {})
                held[kind.name, metadata["name"]] = None
                return error.message
            self._tell(kind, owner, "SuccessfulCreate", "Created pod", pod)
        return ""

    def _tell(self, kind: Kind, owner: Object, reason: str, words: str, pod: Object) -> None:
        said = f"{words}: {pod['metadata']['name']}"
        self._events.record(f"{kind.name.lower()}-controller", kind, owner, reason, said)

    def _try_again(self, namespace: str) -> None:
        """Pods that lacked their service account: their owners make them now."""
        short = self._short.pop(namespace, {})
        for kind_name, name in short:
            kind = BUILT_IN[kind_name]
            found = self._api.store.find(kind, namespace, name)
            if found is None:
                continue
            if kind is _REPLICA_SET:
                if len(self._owned(_POD, found)) < replicas(found):
                    self._scale(found)
            else:
                self._own_pods(kind, found, 1 if kind_name in _ONE_POD else replicas(found))

    def _own_pods(self, kind: Kind, owner: Object, wanted: int) -> None:
        """The pods of what is no replica set, beside those that it has."""
        self._make_pods(kind, owner, range(len(self._owned(_POD, owner)), wanted))
        count = len(self._owned(_POD, owner))
        status: dict[str, Any] = {
            "replicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
        }
        if kind.name == "Job":
            now = self._now()
            status = {"startTime": now}
            if count:
                complete = {"type": "Complete", "status": "True", "lastTransitionTime": now}
                status |= {"succeeded": 1, "completionTime": now, "conditions": [complete]}
        self._store_status(kind, owner, status)

    def _create_pod(self, kind: str, owner: Object, generate: str, ordinal: int = 0) -> Object:
        template = copy.deepcopy(owner["spec"]["template"])
        metadata, specification = template.get("metadata") or {}, template["spec"]
        for name in claims(owner["spec"]):
            claim = {"claimName": f"{name}-{generate}{ordinal}"}
            others = [one for one in specification.get("volumes") or () if one.get("name") != name]
            specification["volumes"] = [{"name": name, "persistentVolumeClaim": claim}, *others]
        return self._api.create(
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
        owner = _owner(pod)
        finished = owner is not None and owner["kind"] == "Job"
        address = pod_address(self._pods)
        self._pods += 1
        status = pod_status(pod, address, self._now(), finished=finished)
        specification = {**pod["spec"], "nodeName": self._node}
        self._api.store.update(_POD, {**_copy(pod), "spec": specification, "status": status})

    def _set_status(self, deployment: Object) -> None:
        sets = self._owned(_REPLICA_SET, deployment)
        self._store_status(
            _DEPLOYMENT, deployment, deployment_status(deployment, sets, self._now())
        )

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
