"""What CloudFormation's types of resources are made by: the table `resource_types.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import jmespath
import yaml

from podrole.lab.aws_error import AwsError
from podrole.reading.yaml_document import LOADER

#: Expressions that read on in what their first part finds.
_INTO = {"subexpression", "projection", "value_projection", "filter_projection", "index_expression"}
_INTO |= {"flatten"}


@dataclass(frozen=True)
class ApiCall:
    """A call of a service; its parameters are JMESPath over a resource's properties.

    Attributes:
        when: the call is made only if this is neither null nor false.
        each: of `then`, an expression over the answer before it: a call for each item.
        of: of an update, the properties whose change it makes.
    """

    service: str
    operation: str
    parameters: Mapping[str, str]
    when: str | None = None
    of: frozenset[str] = frozenset()
    each: str | None = None
    then: ApiCall | None = None


@dataclass(frozen=True)
class Parts:
    """A property whose values are added and removed one by one.

    Attributes:
        key: the member that tells one item from another; None: the item itself.
        whole: the value is one item, though it is a list.
        created: the creation adds them.
        again: properties whose change adds every item again.
    """

    key: str | None = None
    whole: bool = False
    created: bool = False
    again: frozenset[str] = frozenset()
    add: ApiCall | None = None
    remove: ApiCall | None = None

    def items(self, value: Any) -> list[Any]:
        """The items of the property's value."""
        if value is None:
            return []
        return value if isinstance(value, list) and not self.whole else [value]

    def key_of(self, item: Any) -> Any:
        """What tells an item from the others."""
        return item.get(self.key) if self.key and isinstance(item, dict) else item


@dataclass(frozen=True)
class ResourceType:
    """One type of resource."""

    name: str
    naming: str | None
    lower: bool
    iam: bool
    create: ApiCall | None
    ref: str
    attributes: Mapping[str, str]
    update: Sequence[ApiCall] = ()
    parts: Mapping[str, Parts] = field(default_factory=dict)
    delete: ApiCall | None = None
    known: frozenset[str] = frozenset()

    def replaces(self, changed: set[str]) -> bool:
        """Whether a change of these properties needs another resource."""
        in_place = set(self.parts) | {name for call in self.update for name in call.of}
        in_place |= {name for parts in self.parts.values() for name in parts.again}
        return not changed <= in_place


def resource_type(name: str) -> ResourceType:
    """The type of that name. Raises AwsError (501) for one that the lab lacks."""
    found = _types().get(name)
    if found is None:
        raise AwsError(
            "NotImplemented",
            f"lab: CloudFormation makes no {name} here; cfn-lint checks such a template without"
            " deploying it, and the AWS CLI creates what the lab's services have",
            501,
        )
    return found


@cache
def _types() -> dict[str, ResourceType]:
    text = files(__package__).joinpath("resource_types.yaml").read_text("utf-8")
    return {name: _type(name, row) for name, row in yaml.load(text, LOADER).items()}  # noqa: S506


def _type(name: str, row: Mapping[str, Any]) -> ResourceType:
    create = _call(row.get("create"))
    update = [call for call in map(_call, row.get("update", ())) if call]
    parts = {key: _parts(one) for key, one in row.get("parts", {}).items()}
    known = set(parts) | {one for call in update for one in call.of}
    calls = (create, *(one for part in parts.values() for one in (part.add, part.remove)))
    expressions = [row["ref"]]
    for call in calls:
        expressions += call.parameters.values() if call else ()
    known |= {word for text in expressions for word in _words(text)}
    known |= {row["name"]} if "name" in row else set()
    return ResourceType(
        name,
        naming=row.get("name"),
        lower=row.get("lower", False),
        iam=row.get("iam", False),
        create=create,
        ref=row["ref"],
        attributes=row["attributes"],
        update=update,
        parts=parts,
        delete=_call(row.get("delete")),
        known=frozenset(known),
    )


def _parts(row: Mapping[str, Any]) -> Parts:
    return Parts(
        key=row.get("key"),
        whole=row.get("whole", False),
        created=row.get("created", False),
        again=frozenset(row.get("again", ())),
        add=_call(row.get("add")),
        remove=_call(row.get("remove")),
    )


def _call(row: Mapping[str, Any] | None) -> ApiCall | None:
    if row is None:
        return None
    service, _, operation = row["call"].partition(":")
    return ApiCall(
        service,
        operation,
        {**{name: name for name in row.get("same", ())}, **row.get("with", {})},
        when=row.get("when"),
        of=frozenset(row.get("of", ())),
        each=row.get("each"),
        then=_call(row.get("then")),
    )


def _words(expression: str) -> Iterator[str]:
    """The properties that an expression reads; names that begin with `_` are none."""
    return (name for name in _fields(jmespath.compile(expression).parsed) if name[0] != "_")


def _fields(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "field":
        yield str(node["value"])
    children = node["children"]
    # What stands behind a point or brackets is read of what stands before.
    for child in children[:1] if node["type"] in _INTO else children:
        yield from _fields(child)
