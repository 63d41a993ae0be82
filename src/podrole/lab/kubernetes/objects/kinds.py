"""A kind of object of the API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Object = dict[str, Any]
#: A column of `kubectl get`: its title, and its text for an object.
Column = tuple[str, Callable[[Mapping[str, Any]], Any]]
#: A place in an object, and what is wrong there: it begins with Kubernetes' word, `Required value`.
Fault = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """A part of an object that has a path of its own: `status`, `scale`, `token`."""

    name: str
    kind: str  # of what is sent and answered
    verbs: tuple[str, ...] = ("get", "patch", "update")
    group: str = ""  # of `kind`, where it is another than the object's own
    version: str = ""


class CustomRules(Protocol):
    """What a CustomResourceDefinition says of one version of its objects."""

    @property
    def has_status(self) -> bool:
        """Whether `status` is written by its own path alone."""

    @property
    def scale(self) -> Mapping[str, str] | None:
        """The paths of replicas, of those in the status, and of the selector, for `scale`."""

    @property
    def columns(self) -> tuple[CustomColumn, ...] | None:
        """The columns of `kubectl get`, None for a definition without any."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The OpenAPI schema, as the definition has it."""

    @property
    def deprecation(self) -> str:
        """What clients are warned of at each request, empty for nothing."""

    def read(self, given: Any) -> tuple[Object, list[str]]:
        """A copy without the fields that the schema does not have, and their paths."""

    def fill(self, given: Object) -> None:
        """Fill in the defaults of the schema."""

    def faults(self, given: Object, former: Object | None) -> list[Fault]:
        """What the schema does not allow; `former` is what is stored."""


@dataclass(frozen=True)
class CustomColumn:
    """A column that a CustomResourceDefinition asks for."""

    name: str
    type: str
    read: Callable[[Mapping[str, Any]], Any]
    format: str = ""
    description: str = ""
    priority: int = 0


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
    categories: tuple[str, ...] = ()  # `all` for `kubectl get all`
    #: The column of the time at which it was made: `Age`, `Created At`, or none.
    age: str = "Age"
    #: Whether the first column is the name.
    named: bool = True
    parts: tuple[Part, ...] = ()
    #: Of a custom resource: its list's kind, its singular, the version that is stored, its rules.
    list_kind: str = ""
    singular_name: str = ""
    stored_as: str = ""
    custom: CustomRules | None = None

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored_version(self) -> str:
        """The `apiVersion` under which objects are stored."""
        return f"{self.group}/{self.stored_as}" if self.stored_as else self.api_version

    @property
    def resource(self) -> str:
        """`pods`, `deployments.apps`: as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """`pod`, `deployment.apps`: as kubectl's lines name it."""
        return self.name.lower() + (f".{self.group}" if self.group else "")

    def part(self, name: str) -> Part | None:
        """The part of that name, None where there is none."""
        return next((part for part in self.parts if part.name == name), None)
