"""A deployment's replica sets: one for each template that it has had, the present one with pods.

Source: Kubernetes, "Deployments", sections "Updating" and "Rolling back" (checked 2026-11-24).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any

from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.controllers.events import Events
from podrole.lab.kubernetes.controllers.object_changes import ObjectChanges
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object

_DEPLOYMENT, _REPLICA_SET = BUILT_IN["Deployment"], BUILT_IN["ReplicaSet"]
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_NUMBER = re.compile(r"[0-9]{1,18}")
_PERCENT = re.compile(r"([0-9]{1,9})%")
_HISTORY = 10  # the default of revisionHistoryLimit


class Rollouts:
    """Moves a deployment's pods to a replica set of its present template."""

    def __init__(
        self,
        api: ObjectChanges,
        identifiers: Identifiers,
        owned: Callable[[Any, Object], list[Object]],
        reference: Callable[[str, Object], dict[str, Any]],
        events: Events,
    ) -> None:
        """`owned(kind, owner)` lists what is owned, `reference(kind, owner)` names an owner."""
        self._api = api
        self._identifiers = identifiers
        self._owned = owned
        self._reference = reference
        self._events = events
        #: The uids of deployments whose pods are on the move.
        self._moving: set[str] = set()

    def roll_out(self, deployment: Object, *, replaced: bool = False) -> None:
        """Pods of the present template; `replaced` makes new ones even if it has stayed.

        Where the new ones cannot be made, as many of the old ones stay as the strategy says.
        """
        sets = self._owned(_REPLICA_SET, deployment)
        wanted = deployment["spec"]["template"]
        same = [found for found in sets if _template(found) == wanted]
        current = same[-1] if same and not replaced else None
        number = 1 + max((revision(found) for found in sets), default=0)
        if current is not None:
            if revision(current) != number - 1:
                current = self._number(current, number)
            number = revision(current)
        self._note(deployment, number)
        if current is None:
            if _recreates(deployment):
                self._scale_down(deployment, sets)
            self._create(deployment, number, sum(replicas(found) for found in sets))
        self.go_on(deployment)
        limit = deployment["spec"].get("revisionHistoryLimit", _HISTORY)
        idle = [found for found in self._owned(_REPLICA_SET, deployment) if not replicas(found)]
        for found in sorted(idle, key=revision)[: max(len(idle) - limit, 0)]:
            metadata = found["metadata"]
            self._api.store.delete(_REPLICA_SET, metadata["namespace"], metadata["name"])

    def resize(self, deployment: Object) -> None:
        """As many pods as the deployment wants now."""
        sets = self._owned(_REPLICA_SET, deployment)
        if not sets:
            self.roll_out(deployment)
            return
        active = [found for found in sets if replicas(found)]
        if len(active) < 2:
            self._resize(deployment, (active or [max(sets, key=revision)])[0], replicas(deployment))
        if not deployment["spec"].get("paused"):
            self.go_on(deployment)

    def go_on(self, deployment: Object) -> None:
        """Move pods to the newest replica set, as far as they can be made there."""
        uid = deployment["metadata"]["uid"]
        if uid in self._moving:  # this one has asked for the change that is told of
            return
        self._moving.add(uid)
        try:
            while self._step(deployment):
                pass
        finally:
            self._moving.discard(uid)

    def _step(self, deployment: Object) -> bool:
        """One round of the deployment controller. Returns whether it has changed anything."""
        sets = self._owned(_REPLICA_SET, deployment)
        if not sets:
            return False
        wanted = replicas(deployment)
        surge, unavailable = limits(deployment)
        current = max(sets, key=revision)
        others = [found for found in sets if found is not current]
        if _recreates(deployment):
            down = self._scale_down(deployment, others)
            return self._resize(deployment, current, wanted) or down
        total = sum(replicas(found) for found in sets)
        room = max(wanted + surge - total, 0)
        if self._resize(deployment, current, min(wanted, replicas(current) + room)):
            return True
        lacking = replicas(current) - _available(current)
        spare = total - (wanted - unavailable) - lacking
        for found in others:  # those that never came go first
            gone = min(replicas(found) - _available(found), spare)
            if gone > 0:
                return self._resize(deployment, found, replicas(found) - gone)
        spare = sum(map(_available, sets)) - (wanted - unavailable)
        for found in others:
            gone = min(replicas(found), spare)
            if gone > 0:
                return self._resize(deployment, found, replicas(found) - gone)
        return False

    def _scale_down(self, deployment: Object, sets: Iterable[Object]) -> bool:
        changed = [self._resize(deployment, found, 0) for found in sets]
        return True in changed

    def _create(self, deployment: Object, number: int, others: int) -> None:
        """A replica set of the present template, beside those with `others` pods."""
        metadata, specification = deployment["metadata"], deployment["spec"]
        suffix = self._identifiers.pod_suffix(10)
        template = copy.deepcopy(specification["template"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels[_HASH] = suffix
        selector = copy.deepcopy(specification.get("selector"))
        if selector is not None:
            selector.setdefault("matchLabels", {})[_HASH] = suffix
        wanted = replicas(deployment)
        if not _recreates(deployment):
            wanted = max(min(wanted, wanted + limits(deployment)[0] - others), 0)
        name = f"{metadata['name']}-{suffix}"
        self._tell(deployment, name, 0, wanted)
        self._api.create(
            _REPLICA_SET,
            {
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": {**labels},
                    "annotations": {_REVISION: str(number)},
                    "ownerReferences": [self._reference("Deployment", deployment)],
                },
                "spec": {
                    "replicas": wanted,
                    "selector": selector,
                    "template": template,
                },
            },
        )

    def _resize(self, deployment: Object, found: Object, wanted: int) -> bool:
        """Let a replica set want so many pods. Returns whether it has wanted another number."""
        before = replicas(found)
        if before == wanted:
            return False
        self._tell(deployment, found["metadata"]["name"], before, wanted)
        self._api.update(_REPLICA_SET, {**found, "spec": {**found["spec"], "replicas": wanted}})
        return True

    def _tell(self, deployment: Object, name: str, before: int, wanted: int) -> None:
        if before != wanted:
            word = "up" if wanted > before else "down"
            said = f"Scaled {word} replica set {name} from {before} to {wanted}"
            self._events.record(
                "deployment-controller", _DEPLOYMENT, deployment, "ScalingReplicaSet", said
            )

    def _number(self, found: Object, number: int) -> Object:
        metadata = found["metadata"]
        annotations = {**(metadata.get("annotations") or {}), _REVISION: str(number)}
        changed = {**found, "metadata": {**metadata, "annotations": annotations}}
        return self._api.update(_REPLICA_SET, changed)

    def _note(self, deployment: Object, number: int) -> None:
        """The revision, where `kubectl rollout` looks for it."""
        metadata = deployment["metadata"]
        found = self._api.store.get(_DEPLOYMENT, metadata["namespace"], metadata["name"])
        annotations = {**(found["metadata"].get("annotations") or {}), _REVISION: str(number)}
        self._api.store.update(
            _DEPLOYMENT, {**found, "metadata": {**found["metadata"], "annotations": annotations}}
        )


def replicas(found: Object) -> int:
    """How many pods a deployment, a replica set or a stateful set wants."""
    return int(found["spec"].get("replicas", 1))


def revision(found: Object) -> int:
    """The number of a replica set in its deployment's history, 0 for none."""
    text = str((found["metadata"].get("annotations") or {}).get(_REVISION, ""))
    return int(text) if _NUMBER.fullmatch(text) else 0


def limits(deployment: Object) -> tuple[int, int]:
    """How many pods there may be beyond the wanted ones, and how many of these may be lacking."""
    if _recreates(deployment):
        return 0, 0
    strategy = deployment["spec"].get("strategy") or {}
    given, wanted = strategy.get("rollingUpdate") or {}, replicas(deployment)
    surge = _share(given.get("maxSurge", "25%"), wanted, up=True)
    unavailable = min(_share(given.get("maxUnavailable", "25%"), wanted, up=False), wanted)
    return surge, unavailable or (0 if surge else 1)


def _share(given: Any, wanted: int, *, up: bool) -> int:
    """A number, or its share of the wanted pods: `25%`."""
    if isinstance(given, int):
        return max(given, 0)
    match = _PERCENT.fullmatch(str(given))
    return (int(match[1]) * wanted + (99 if up else 0)) // 100 if match else 0


def _recreates(deployment: Object) -> bool:
    return (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"


def _available(replica_set: Object) -> int:
    return int((replica_set.get("status") or {}).get("availableReplicas", 0))


def _template(replica_set: Object) -> Any:
    """The template as the deployment has it, without the label that the replica set adds."""
    template = copy.deepcopy(replica_set["spec"]["template"])
    metadata = template.get("metadata") or {}
    labels = metadata.get("labels") or {}
    labels.pop(_HASH, None)
    if not labels:
        metadata.pop("labels", None)
    if not metadata:
        template.pop("metadata", None)
    return template
