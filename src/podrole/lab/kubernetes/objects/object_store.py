"""The objects of a cluster, their versions, and what has happened to them."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Any

from podrole.lab.clock import Clock, stamp
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kind_registry import KindRegistry
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_table import Key, ObjectTable
from podrole.lab.kubernetes.objects.status import ApiError, already_exists, conflict, not_found

_KEPT_EVENTS = 4096


@dataclass(frozen=True)
class Event:
    """What has happened to an object: `ADDED`, `MODIFIED` or `DELETED`."""

    version: int
    type: str
    found: Object
    former: Object | None  # what it was before, None for a new one
    kind: Kind
    place: int  # its number in the order of creation


class ObjectStore:
    """What etcd is to a cluster. Stored objects are never changed in place."""

    def __init__(self, clock: Clock, identifiers: Identifiers) -> None:
        self._clock = clock
        self._identifiers = identifiers
        #: What the cluster's API server serves.
        self.kinds = KindRegistry()
        self._objects = ObjectTable()
        self._events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self._unpublished: list[Event] = []
        self._open = 0
        self.version = 1
        #: The newest version that watches may see: what is under way may come to nothing.
        self.published = 1
        self.changed = Condition()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of the block, or none where it raises. Only one thread at a time."""
        version, events = self.version, len(self._unpublished)
        self._open += 1
        try:
            yield
        except BaseException:
            self._undo(self._unpublished[events:])
            self.version = version
            del self._unpublished[events:]
            raise
        finally:
            self._open -= 1
            self._publish()

    def _undo(self, events: Sequence[Event]) -> None:
        """Take changes back, each by what its event says was before: no write copies the store."""
        for event in reversed(events):
            key = _key(event.kind, event.found["metadata"])
            if event.former is None:
                self._objects.remove(key)
            else:
                self._objects.put(key, event.former, event.place)

    def find(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """The object in the kind's version, None where there is none. Not to be changed."""
        found = self._stored(kind, namespace, name)
        return None if found is None else as_version(kind, found)

    def _stored(self, kind: Kind, namespace: str, name: str) -> Object | None:
        return self._objects.get(
            (kind.group, kind.plural, namespace if kind.namespaced else "", name)
        )

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The object. Not to be changed. Raises ApiError (NotFound)."""
        found = self.find(kind, namespace, name)
        if found is None:
            raise not_found(kind, name)
        return found

    def list(self, kind: Kind, namespace: str | None = None) -> Iterator[Object]:
        """The objects of a kind, oldest first; of one namespace or of all. Not to be changed."""
        return (as_version(kind, found) for found in self._objects.list(kind, namespace))

    def owned(self, uid: str) -> Sequence[tuple[Kind, Object]]:
        """What names an object of that uid as an owner, oldest first. Not to be changed."""
        return [
            (kind, found)
            for (group, plural, _, _), found in self._objects.owned(uid)
            if (kind := self.kinds.of_plural(group, plural)) is not None
        ]

    def create(self, kind: Kind, given: Object, *, uid: str = "") -> Object:
        """Store a new object, under a uid of its own unless one is given.

        Raises ApiError (NotFound for its namespace, AlreadyExists).
        """
        metadata = given["metadata"]
        namespace = metadata.get("namespace", "") if kind.namespaced else ""
        if kind.namespaced:
            self.get(BUILT_IN["Namespace"], "", namespace)
        else:
            metadata.pop("namespace", None)
        if self.find(kind, namespace, metadata["name"]) is not None:
            raise already_exists(kind, metadata["name"])
        metadata["uid"] = uid or self._identifiers.uuid()
        metadata["creationTimestamp"] = stamp(self._clock.now())
        return self._store(kind, given, "ADDED", None)

    def update(self, kind: Kind, given: Object) -> Object:
        """Put an object in the place of the one of its name.

        Raises ApiError: NotFound, or Conflict where `given` names another version than the stored.
        """
        metadata = given["metadata"]
        former = self.get(kind, metadata.get("namespace", ""), metadata["name"])
        self.check_version(kind, given, former)
        for name in ("uid", "creationTimestamp", "resourceVersion"):
            metadata[name] = former["metadata"][name]
        if given == former:
            return former
        stored = self._stored(kind, metadata.get("namespace", ""), metadata["name"])
        return self._store(kind, given, "MODIFIED", stored)

    def check_version(self, kind: Kind, given: Object, former: Object) -> None:
        """Raise ApiError (Conflict) where `given` comes of another object or version.

        Words: k8s.io/apiserver v0.37.2, `pkg/storage/interfaces.go` (read 2026-11-29).
        """
        metadata = given["metadata"]
        uid, stored = metadata.get("uid"), former["metadata"]["uid"]
        if uid not in (None, "", stored):
            place = [kind.plural, metadata.get("namespace"), metadata["name"]]
            why = (
                "StorageError: invalid object, Code: 4, Key: /registry/"
                f"{'/'.join(filter(None, place))}, ResourceVersion: 0, AdditionalErrorMsg:"
                f" Precondition failed: UID in precondition: {uid}, UID in object meta: {stored}"
            )
            raise conflict(kind, metadata["name"], why)
        version = metadata.get("resourceVersion")
        if version not in (None, "", former["metadata"]["resourceVersion"]):
            why = (
                "the object has been modified; please apply your changes to the latest version and"
                " try again"
            )
            raise conflict(kind, metadata["name"], why)

    def delete(self, kind: Kind, namespace: str, name: str) -> Object:
        """Remove the object; what it was. Raises ApiError (NotFound)."""
        found = self._stored(kind, namespace, name)
        if found is None:
            raise not_found(kind, name)
        key = _key(kind, found["metadata"])
        place = self._objects.place(key)
        self._objects.remove(key)
        gone = copy.deepcopy(found)
        gone["metadata"]["resourceVersion"] = str(self._next())
        self._happened(Event(self.version, "DELETED", gone, found, kind, place))
        return gone

    def events(self) -> Sequence[Event]:
        """What has happened, oldest first, as far as it is kept."""
        return [*self._events, *self._unpublished]

    def since(self, version: int) -> Iterator[Event]:
        """What has happened after a version. Raises ApiError (410 Gone) where too much has."""
        events = list(self._events)
        if events and len(events) == _KEPT_EVENTS and version < events[0].version - 1:
            raise ApiError(410, f"too old resource version: {version} ({events[0].version})")
        yield from (event for event in events if event.version > version)

    def _store(self, kind: Kind, given: Object, event: str, former: Object | None) -> Object:
        metadata = given["metadata"]
        given["apiVersion"] = kind.stored_version
        metadata["resourceVersion"] = str(self._next())
        key = _key(kind, metadata)
        self._objects.put(key, given)
        place = self._objects.place(key)
        self._happened(Event(self.version, event, given, former, kind, place))
        return given

    def _next(self) -> int:
        self.version += 1
        return self.version

    def _happened(self, event: Event) -> None:
        self._unpublished.append(event)
        self._publish()

    def _publish(self) -> None:
        if self._open or not self._unpublished:
            return
        with self.changed:
            self._events.extend(self._unpublished)
            self._unpublished.clear()
            self.published = self.version
            self.changed.notify_all()


def as_version(kind: Kind, found: Object) -> Object:
    """A stored object as one of the kind's version: only its `apiVersion` is another."""
    if found.get("apiVersion") == kind.api_version:
        return found
    return {**found, "apiVersion": kind.api_version}


def _key(kind: Kind, metadata: Mapping[str, Any]) -> Key:
    namespace = metadata.get("namespace", "") if kind.namespaced else ""
    return kind.group, kind.plural, namespace, metadata["name"]
