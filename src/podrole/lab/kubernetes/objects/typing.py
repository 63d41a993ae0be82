"""What a client sends as an object of a kind: the fields that it has, and those that it has not."""

from __future__ import annotations

from typing import Any

from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Kind, Object


def read(kind: Kind, given: Any) -> tuple[Object, list[str]]:
    """A copy of a body without the fields that are none, and the paths of these.

    Raises ApiError (BadRequest) for a value of another type than its field has.
    """
    if kind.custom is not None:
        return kind.custom.read(given)
    return fields.read(kind.name, kind.version, given)
