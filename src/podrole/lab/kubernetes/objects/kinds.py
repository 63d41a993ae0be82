"""A kind of object of the API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
#: A column of `kubectl get`: its title, and its text for an object.
Column = tuple[str, Callable[[Mapping[str, Any]], Any]]


@dataclass(frozen=True)
class Kind:
    """One kind: its names and where it lives."""

    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())
    #: Columns after the age; `kubectl get` shows them with `-o wide`, a node's version always.
    wide: tuple[Column, ...] = field(default=())
    #: What field selectors may name, beside an object's name and namespace.
    selected_by: tuple[str, ...] = ()
    in_all: bool = False  # of `kubectl get all`

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`pods`, `deployments.apps`: as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """`pod`, `deployment.apps`: as kubectl's lines name it."""
        return self.name.lower() + (f".{self.group}" if self.group else "")
