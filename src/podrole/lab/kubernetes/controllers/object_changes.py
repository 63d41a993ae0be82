"""What controllers do with a cluster's objects: as in Kubernetes, they are clients of its API."""

from __future__ import annotations

from typing import Any, Protocol

from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore


class ObjectChanges(Protocol):
    """The part of the object API that controllers need."""

    store: ObjectStore
    #: The certificate of the authority by which pods know the API server (PEM).
    authority: str

    def create(self, kind: Kind, given: Any) -> Object:
        """Store a new object, after admission; as stored. Raises ApiError."""

    def update(self, kind: Kind, given: Any) -> Object:
        """Put an object in the place of the stored one, after admission. Raises ApiError."""
