"""A deployment's replica sets: one for each template that it has had, the present one with pods.

Source: Kubernetes, "Deployments", sections "Updating" and "Rolling back" (checked 2026-11-24).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.controllers.object_changes import ObjectChanges
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object

_DEPLOYMENT, _REPLICA_SET = BUILT_IN["Deployment"], BUILT_IN["ReplicaSet"]
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_NUMBER = re.compile(r"[0-9]{1,18}")
_HISTORY = 10  # the default of revisionHistoryLimit


class Rollouts:
    """Moves a deployment's pods to a replica set of its present template."""

    def __init__(
        self,
        api: ObjectChanges,
        identifiers: Identifiers,
        owned: Callable[[Any, Object], list[Object]],
        reference: Callable[[str, Object], dict[str, Any]],
    ) -> None:
        """`owned(kind, owner)` lists what is owned, `reference(kind, owner)` names an owner."""
        self._api = api
        self._identifiers = identifiers
        self._owned = owned
        self._reference = reference

    def roll_out(self, deployment: Object, *, replaced: bool = False) -> None:
        """Pods of the present template only; `replaced` makes new ones even if it has stayed."""
        sets = self._owned(_REPLICA_SET, deployment)
        wanted = deployment["spec"]["template"]
        same = [found for found in sets if _template(found) == wanted]
        current = same[-1] if same and not replaced else None
        for found in sets:
            if found is not current:
                self._resize(found, 0)
        revision = 1 + max((_revision(found) for found in sets), default=0)
        if current is None:
            self._create(deployment, revision)
        else:
            if _revision(current) != revision - 1:
                current = self._number(current, revision)
            revision = _revision(current)
            self._resize(current, replicas(deployment))
        self._note(deployment, revision)
        limit = deployment["spec"].get("revisionHistoryLimit", _HISTORY)
        idle = [found for found in self._owned(_REPLICA_SET, deployment) if not replicas(found)]
        for found in sorted(idle, key=_revision)[: max(len(idle) - limit, 0)]:
            metadata = found["metadata"]
            self._api.store.delete(_REPLICA_SET, metadata["namespace"], metadata["name"])

    def resize(self, deployment: Object) -> None:
        """As many pods as the deployment wants now."""
        sets = self._owned(_REPLICA_SET, deployment)
        if not sets:
            self.roll_out(deployment)
            return
        self._resize(max(sets, key=_revision), replicas(deployment))

    def _create(self, deployment: Object, revision: int) -> None:
        metadata, specification = deployment["metadata"], deployment["spec"]
        suffix = self._identifiers.pod_suffix(10)
        template = copy.deepcopy(specification["template"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels[_HASH] = suffix
        selector = copy.deepcopy(specification.get("selector"))
        if selector is not None:
            selector.setdefault("matchLabels", {})[_HASH] = suffix
        self._api.create(
            _REPLICA_SET,
            {
                "metadata": {
                    "name": f"{metadata['name']}-{suffix}",
                    "namespace": metadata["namespace"],
                    "labels": {**labels},
                    "annotations": {_REVISION: str(revision)},
                    "ownerReferences": [self._reference("Deployment", deployment)],
                },
                "spec": {
                    "replicas": replicas(deployment),
                    "selector": selector,
                    "template": template,
                },
            },
        )

    def _resize(self, found: Object, wanted: int) -> None:
        if replicas(found) != wanted:
            changed = {**found, "spec": {**found["spec"], "replicas": wanted}}
            self._api.update(_REPLICA_SET, changed)

    def _number(self, found: Object, revision: int) -> Object:
        metadata = found["metadata"]
        annotations = {**(metadata.get("annotations") or {}), _REVISION: str(revision)}
        changed = {**found, "metadata": {**metadata, "annotations": annotations}}
        return self._api.update(_REPLICA_SET, changed)

    def _note(self, deployment: Object, revision: int) -> None:
        """The revision, where `kubectl rollout` looks for it."""
        metadata = deployment["metadata"]
        found = self._api.store.get(_DEPLOYMENT, metadata["namespace"], metadata["name"])
        annotations = {**(found["metadata"].get("annotations") or {}), _REVISION: str(revision)}
        self._api.store.update(
            _DEPLOYMENT, {**found, "metadata": {**found["metadata"], "annotations": annotations}}
        )


def replicas(found: Object) -> int:
    """How many pods a deployment, a replica set or a stateful set wants."""
    return int(found["spec"].get("replicas", 1))


def _revision(found: Object) -> int:
    text = str((found["metadata"].get("annotations") or {}).get(_REVISION, ""))
    return int(text) if _NUMBER.fullmatch(text) else 0


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
