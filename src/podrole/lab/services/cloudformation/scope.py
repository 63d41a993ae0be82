"""What a template's functions stand for: parameters, pseudo parameters, and resources made so far.

Source: CloudFormation user guide, "Intrinsic function reference", "Pseudo parameters reference"
(checked 2026-11-29).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.services.cloudformation.stack import Stack, Wish
from podrole.lab.services.cloudformation.template import (
    Template,
    attribute,
    invalid,
    substitutions,
    written,
)

#: What only creation tells, where a change set looks ahead.
UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
_NOTHING: Any = object()


@dataclass(frozen=True)
class Scope:
    """Where the functions of one template look.

    Attributes:
        values: of parameters and pseudo parameters; a list parameter has a list of texts.
        made: logical id to what `Ref` and `Fn::GetAtt` give (`""` is `Ref`'s).
        exports: names to values, of all stacks of account and Region.
        imported: the exports that were read.
        ahead: whether what is not made yet is UNKNOWN rather than an error.
    """

    template: Template
    values: Mapping[str, Any]
    exports: Mapping[str, str]
    made: dict[str, Mapping[str, str]] = field(default_factory=dict)
    ahead: bool = False
    imported: set[str] = field(default_factory=set)

    def holds(self, condition: str | None) -> bool:
        """Whether a condition of the template is true; None is. Raises AwsError."""
        if condition is None:
            return True
        if condition not in self.template.conditions:
            raise invalid(f"Template error: Unresolved condition {condition}")
        return bool(self.value(self.template.conditions[condition]))

    def wanted(self) -> frozenset[str]:
        """The resources whose conditions are true."""
        return frozenset(
            name
            for name, resource in self.template.resources.items()
            if self.holds(resource.get("Condition"))
        )

    def properties(self, name: str) -> dict[str, Any]:
        """The properties of a resource, each function replaced. Raises AwsError."""
        found = self.value(self.template.resources[name].get("Properties") or {})
        return found if isinstance(found, dict) else {}

    def value(self, part: Any) -> Any:
        """A part of the template with each function replaced; None for `AWS::NoValue`."""
        found = self._value(part)
        return None if found is _NOTHING else found

    def _value(self, part: Any) -> Any:
        if isinstance(part, list):
            return [one for one in map(self._value, part) if one is not _NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            ((name, given),) = part.items()
            if name == "Ref":
                return self._referred(str(given))
            if name == "Condition" and isinstance(given, str):
                return self.holds(given)
            if name.startswith("Fn::"):
                return self._called(name.removeprefix("Fn::"), given)
        found = {key: self._value(one) for key, one in part.items()}
        return {key: one for key, one in found.items() if one is not _NOTHING}

    def _referred(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self.values:
            return self.values[name]
        return self._made(name, "")

    def _made(self, name: str, member: str) -> str:
        if name in self.made:
            found = self.made[name].get(member)
            if found is None:
                text = f"Template error: resource {name} does not support attribute type {member}"
                raise invalid(f"{text} in Fn::GetAtt")
            return found
        if self.ahead:
            return UNKNOWN
        raise invalid(f"Template error: {name} is not created by this stack")

    def _called(self, name: str, given: Any) -> Any:
        function = _FUNCTIONS.get(name)
        if function is None:
            raise AwsError("NotImplemented", f"lab: the function Fn::{name} is not carried", 501)
        try:
            return function(self, given)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise invalid(f"Template error: Fn::{name} has arguments of another form") from error

    # -- functions -----------------------------------------------------------------------

    def _sub(self, given: Any) -> str:
        text, own = given if isinstance(given, list) else (given, {})
        known = self.value(own)
        parts = []
        for literal, part in substitutions(text):
            if literal:
                parts.append(part)
            elif part in known:
                parts.append(written(known[part]))
            elif part in self.values or "." not in part:
                parts.append(written(self._referred(part)))
            else:
                parts.append(self._made(*attribute(part)))
        return "".join(parts)

    def _join(self, given: Any) -> str:
        separator, parts = given
        return str(separator).join(written(one) for one in self.value(parts))

    def _select(self, given: Any) -> Any:
        index, parts = self.value(given)
        return parts[int(index)]

    def _find_in_map(self, given: Any) -> Any:
        name, first, second = (self.value(one) for one in given)
        try:
            return self.template.mappings[name][first][second]
        except KeyError:
            raise invalid(
                f"Template error: Unable to get mapping for {name}::{first}::{second}"
            ) from None

    def _if(self, given: Any) -> Any:
        condition, true, false = given
        return self._value(true if self.holds(condition) else false)

    def _import(self, given: Any) -> str:
        name = self.value(given)
        if name not in self.exports:
            raise invalid(f"No export named {name} found.")
        self.imported.add(name)
        return self.exports[name]


def scope_of(stack: Stack, wish: Wish, exports: Mapping[str, str], *, ahead: bool = False) -> Scope:
    """Where the functions of a wish's template look, in that stack."""
    values: dict[str, Any] = {
        "AWS::AccountId": stack.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    for name, text in wish.parameters.items():
        kind = str(wish.template.parameters[name].get("Type", "String"))
        listed = kind == "CommaDelimitedList" or kind.startswith("List<")
        values[name] = [one.strip() for one in text.split(",")] if listed else text
    return Scope(wish.template, values, exports, ahead=ahead)


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "And": lambda scope, given: all(scope.value(one) for one in given),
    "Base64": lambda scope, given: base64.b64encode(written(scope.value(given)).encode()).decode(),
    "Equals": lambda scope, given: len({written(scope.value(one)) for one in given}) == 1,
    "FindInMap": Scope._find_in_map,
    "GetAtt": lambda scope, given: scope._made(*attribute(given)),
    "If": Scope._if,
    "ImportValue": Scope._import,
    "Join": Scope._join,
    "Not": lambda scope, given: not scope.value(given[0]),
    "Or": lambda scope, given: any(scope.value(one) for one in given),
    "Select": Scope._select,
    "Split": lambda scope, given: str(scope.value(given[1])).split(given[0]),
    "Sub": Scope._sub,
}
