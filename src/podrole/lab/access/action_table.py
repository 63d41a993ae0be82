"""Which actions an operation needs on which resources: one table a service, in `actions/*.yaml`.

A table's rows, for example

    GetParametersByPath: {action: ssm:GetParametersByPath, parameter: Path,
                          keys: {ssm:Recursive: Recursive}}

* `action`: what the caller must be allowed; an operation that needs several has a list of rows.
* one of the table's `resources`, here `parameter`: where the call names it. No resource means `*`.
  `all` in place of an expression means every resource of the type in the account.
* `keys`: condition keys that the call itself sets. A name that ends in `/*` or `:*` takes a map.
* `tags`: the tags that the call sets (`aws:RequestTag/…`, `aws:TagKeys`); `tag_keys`: only keys.
* `when`: the row counts only if this is neither null nor empty nor false.
* `shown`: how the service's refusal names what has no ARN.

Expressions are JMESPath over the call's parameters, by botocore's names. A row whose resource the
call does not name is no row of that call; a call that is left without any is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jmespath
import yaml

from podrole.lab.access.authorizer import Denial

#: Every resource of the type in the account, not one that the call names.
ALL = "all"
_PLACEHOLDER = re.compile(r"\{(\w+)(\+?)\}")
_SCOPE = ("region", "account")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class ResourceType:
    """A type of resource: `{name}` stands for one part of its ARN, `{name+}` for the rest."""

    name: str
    template: str

    def arn(self, region: str, account: str, *parts: str) -> str:
        """The ARN of the resource whose own parts these are."""
        own = [match[1] for match in _PLACEHOLDER.finditer(self.template) if match[1] not in _SCOPE]
        values = {"region": region, "account": account, **dict(zip(own, parts, strict=False))}
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.template)

    def read(self, arn: str) -> Mapping[str, str] | None:
        """The parts of an ARN of this type, by name; None for another ARN."""
        match = _pattern(self.template).fullmatch(arn)
        return match.groupdict() if match else None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for match in _PLACEHOLDER.finditer(template):
        part = r"[0-9]{12}" if match[1] == "account" else ".+" if match[2] else r"[^:/]+"
        pattern += re.escape(template[end : match.start()]) + f"(?P<{match[1]}>{part})"
        end = match.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One action that an operation needs."""

    action: str
    type: ResourceType | None
    names: str | None  # JMESPath, or ALL
    keys: Mapping[str, str]
    tags: str | None
    tag_keys: str | None
    when: str | None
    shown: str | None

    def named(self, parameters: Mapping[str, Any]) -> list[Any]:
        """What the call names as this row's resources; `[None]` for `*`, empty for no such row."""
        if self.when is not None and not _search(self.when, parameters):
            return []
        if self.names is None or self.names == ALL:
            return [None]
        found = _search(self.names, parameters)
        if isinstance(found, list):
            return [name for name in dict.fromkeys(found) if name is not None]
        return [] if found is None else [found]

    def as_shown(self, parameters: Mapping[str, Any]) -> str | None:
        """How a refusal names what the row is about, None for its ARN."""
        return None if self.shown is None else _text(_search(self.shown, parameters))

    def context(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The condition keys that the call sets."""
        keys = dict(self._given(parameters))
        if self.tags is not None:
            tags = _tags(_search(self.tags, parameters))
            keys |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
            if tags:
                keys["aws:TagKeys"] = list(tags)
        if self.tag_keys is not None:
            keys["aws:TagKeys"] = _search(self.tag_keys, parameters) or []
        return keys

    def _given(self, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, expression in self.keys.items():
            value = _search(expression, parameters)
            if key.endswith("*") and isinstance(value, Mapping):
                for name, text in value.items():
                    yield key[:-1] + str(name), _text(text)
            elif value is not None and not key.endswith("*"):
                yield key, [_text(i) for i in value] if isinstance(value, list) else _text(value)


class ActionTable:
    """The table of one service."""

    def __init__(self, service: str, document: Mapping[str, Any]) -> None:
        self.service = service
        self.resources = {
            name: ResourceType(name, template) for name, template in document["resources"].items()
        }
        #: Parameter by which a call names the account that holds its resources.
        self.owner: str | None = document.get("owner")
        #: Beginnings of the condition keys that a resource's tags have.
        self.resource_tags: tuple[str, ...] = tuple(document.get("resource_tags", ()))
        self.denial = Denial(**document.get("denied", {}))
        self._operations = {
            name: tuple(self._row(row) for row in (rows if isinstance(rows, list) else [rows]))
            for name, rows in document["operations"].items()
        }

    @staticmethod
    @cache
    def of(service: str) -> ActionTable:
        """The table of a service, by the name under which its requests are signed."""
        text = files(__package__).joinpath("actions", f"{service}.yaml").read_text("utf-8")
        return ActionTable(service, yaml.load(text, _Loader))  # noqa: S506  (a safe loader)

    @property
    def operations(self) -> Mapping[str, tuple[Row, ...]]:
        """All operations that the table has."""
        return self._operations

    def rows(self, operation: str) -> tuple[Row, ...] | None:
        """What an operation needs, None for one that the lab does not carry."""
        return self._operations.get(operation)

    def _row(self, row: Mapping[str, Any]) -> Row:
        known = {"action", "keys", "tags", "tag_keys", "when", "shown"}
        types = [name for name in row if name not in known]
        if len(types) > 1 or not set(types) <= set(self.resources):
            raise ValueError(f"{self.service}: a row has one of its resources at most, not {types}")
        return Row(
            action=row["action"],
            type=self.resources[types[0]] if types else None,
            names=row[types[0]] if types else None,
            keys=row.get("keys", {}),
            tags=row.get("tags"),
            tag_keys=row.get("tag_keys"),
            when=row.get("when"),
            shown=row.get("shown"),
        )


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _search(expression: str, parameters: Mapping[str, Any]) -> Any:
    if expression.isidentifier():  # most are one name
        return parameters.get(expression)
    return _compiled(expression).search(parameters)


def _text(value: Any) -> str:
    """Conditions compare texts; Bool reads `true` and `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tags(value: Any) -> dict[str, str]:
    """Tags as services spell them: a map, or a list of Key and Value, of TagKey and TagValue."""
    if isinstance(value, Mapping):
        return {str(key): str(text) for key, text in value.items()}
    return {
        str(tag.get("Key", tag.get("TagKey"))): str(tag.get("Value", tag.get("TagValue", "")))
        for tag in value or []
    }
