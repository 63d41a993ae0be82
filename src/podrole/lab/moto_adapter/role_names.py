"""Roles by their names: moto keeps them by id, and looks through all of them for a name."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from moto.iam.exceptions import NotFoundException


class _Names:
    """The ids of one account's roles by name, as far as they were looked at."""

    def __init__(self, roles: dict[str, Any]) -> None:
        self.roles = roles
        self._ids: dict[str, str] = {}
        self._newest = ""

    def find(self, name: str) -> Any | None:
        """The role of that name. Names that are gone stay, their ids are no longer among roles."""
        roles, newest = self.roles, self._newest
        for number, identifier in enumerate(reversed(roles)):
            if number == 0:
                self._newest = identifier
            if identifier == newest:
                break
            self._ids[roles[identifier].name] = identifier
        return roles.get(self._ids.get(name, ""))


_known: WeakKeyDictionary[Any, _Names] = WeakKeyDictionary()


def role_named(backend: Any, name: str) -> Any | None:
    """The role of that name in moto's IAMBackend, None if there is none."""
    names = _known.get(backend)
    while True:
        if names is None or names.roles is not backend.roles:  # moto was emptied
            names = _known[backend] = _Names(backend.roles)
        try:
            return names.find(name)
        except RuntimeError:  # another thread has made a role meanwhile
            names = None


def get_role(backend: Any, role_name: str) -> Any:
    """In the place of `IAMBackend.get_role`. Raises moto's NotFoundException."""
    found = role_named(backend, role_name)
    if found is None:
        raise NotFoundException(f"Role {role_name} not found")
    return found
