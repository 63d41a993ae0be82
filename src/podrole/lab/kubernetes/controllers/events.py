"""What controllers tell of their work: `kubectl get events`, and the end of `kubectl describe`.

Source: kubernetes/kubernetes v1.37.2, `client-go/tools/record` and the controllers' own words,
beside what a real kube-controller-manager 1.37.2 wrote (run 2026-11-29).
"""

from __future__ import annotations

from collections import OrderedDict

from podrole.lab.clock import Clock, stamp
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore

EVENT = BUILT_IN["Event"]
#: How many a cluster keeps, the newest. A real one keeps them for an hour.
_KEPT = 1000


class Events:
    """Writes events of a cluster's objects; one that comes again is counted."""

    def __init__(self, store: ObjectStore, clock: Clock, identifiers: Identifiers) -> None:
        """`identifiers` names events, in a stream of their own: they shift no other names."""
        self._store = store
        self._clock = clock
        self._identifiers = identifiers
        #: Namespace and name of each, by the object's uid, the reason and the message.
        self._written: OrderedDict[tuple[str, str, str], tuple[str, str]] = OrderedDict()

    def record(
        self,
        source: str,
        kind: Kind,
        found: Object,
        reason: str,
        message: str,
        *,
        bad: bool = False,
    ) -> None:
        """Note what the controller `source` did for a namespace's object; `bad` is a warning."""
        metadata = found["metadata"]
        namespace, now = metadata["namespace"], stamp(self._clock.now())
        key = (metadata["uid"], reason, message)
        former = self._store.find(EVENT, *self._written.get(key, ("", "")))
        if former is not None:
            again = {"count": former["count"] + 1, "lastTimestamp": now}
            self._store.update(EVENT, {**former, **again, "metadata": {**former["metadata"]}})
            self._written.move_to_end(key)
            return
        name = f"{metadata['name']}.{self._identifiers.hex(16).lower()}"
        event = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "kind": kind.name,
                "namespace": namespace,
                "name": metadata["name"],
                "uid": metadata["uid"],
                "apiVersion": kind.api_version,
                "resourceVersion": metadata["resourceVersion"],
            },
            "reason": reason,
            "message": message,
            "source": {"component": source},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": "Warning" if bad else "Normal",
            "eventTime": None,
            "reportingComponent": source,
            "reportingInstance": "",
        }
        self._store.create(EVENT, event, uid=self._identifiers.uuid())
        self._written[key] = (namespace, name)
        while len(self._written) > _KEPT:
            _, (space, oldest) = self._written.popitem(last=False)
            if self._store.find(EVENT, space, oldest) is not None:
                self._store.delete(EVENT, space, oldest)
