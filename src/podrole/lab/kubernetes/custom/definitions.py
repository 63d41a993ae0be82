"""The custom resource definitions of a cluster: what becomes of its API server's kinds."""

from __future__ import annotations

from podrole.lab.clock import Clock, stamp
from podrole.lab.kubernetes.custom import custom_kind, definition_status
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore

DEFINITION = BUILT_IN["CustomResourceDefinition"]


class Definitions:
    """Serves the kinds of a cluster's definitions."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def changed(self, definition: Object) -> None:
        """Give a new or changed definition its status, and serve what it says."""
        name, group = definition["metadata"]["name"], definition["spec"]["group"]
        others = [
            one
            for one in self._store.list(DEFINITION)
            if one["spec"]["group"] == group and one["metadata"]["name"] != name and "status" in one
        ]
        status = definition_status.status(definition, others, stamp(self._clock.now()))
        if status != definition.get("status"):
            metadata = {**definition["metadata"]}
            definition = self._store.update(
                DEFINITION, {**definition, "metadata": metadata, "status": status}
            )
        established = definition_status.is_established(definition)
        self._serve(definition, custom_kind.kinds(definition) if established else [])

    def deleted(self, definition: Object) -> None:
        """Remove the definition's objects, then its kinds; another one may have its names now."""
        for kind in self._served(definition):
            for found in list(self._store.list(kind)):
                metadata = found["metadata"]
                self._store.delete(kind, metadata.get("namespace", ""), metadata["name"])
        self._serve(definition, [])
        group = definition["spec"]["group"]
        for other in list(self._store.list(DEFINITION)):
            if other["spec"]["group"] == group and not definition_status.is_established(other):
                self.changed(other)

    def _served(self, definition: Object) -> list[Kind]:
        group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
        return [kind for kind in self._store.kinds if (kind.group, kind.plural) == (group, plural)]

    def _serve(self, definition: Object, wanted: list[Kind]) -> None:
        for kind in self._served(definition):
            self._store.kinds.remove(kind)
        for kind in wanted:
            self._store.kinds.add(kind)
