"""Resources made, changed and removed: each step is a call of the resource's own service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import jmespath

from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.protocol.call import Call
from podrole.lab.service_models import service_model
from podrole.lab.services.cloudformation.resource_types import ApiCall, ResourceType
from podrole.lab.services.cloudformation.values import fit

#: A call with its caller's keys: service, operation, parameters; its answer. Raises AwsError.
Act = Callable[[str, str, dict[str, Any]], Mapping[str, Any]]
#: By what a call's own services are called with its caller's keys.
Acts = Callable[[Call, Caller], Act]
_GONE = ("NotFound", "NoSuch", "NonExistent")


class Suffix(Protocol):
    """What makes a name that the template does not give unlike every other."""

    def __call__(self, length: int) -> str:
        """`length` letters and digits."""


class Maker:
    """Makes the resources of one stack."""

    def __init__(self, act: Act, stack: str, region: str, account: str, suffix: Suffix) -> None:
        self._act = act
        self._stack = stack
        self._own = {"_region": region, "_account": account, "_stack": stack}
        self._suffix = suffix

    def named(
        self, type_: ResourceType, logical: str, properties: dict[str, Any]
    ) -> dict[str, Any]:
        """The properties with a name: `STACK-LOGICAL-SUFFIX` where the template gives none."""
        if type_.naming is None or properties.get(type_.naming):
            return properties
        made = f"{self._stack[:24]}-{logical[:24]}-{self._suffix(12)}"
        return {**properties, type_.naming: made.lower() if type_.lower else made}

    def create(
        self, type_: ResourceType, logical: str, properties: Mapping[str, Any]
    ) -> tuple[str, dict[str, str]]:
        """Physical id and attributes of a new resource. Raises AwsError; what was made is gone."""
        seen: dict[str, Any] = {**properties, "_logical": logical}
        answer = self._call(type_.create, seen) if type_.create else {}
        seen["_answer"] = answer
        physical = str(self._read(type_.ref, seen))
        found = {name: self._read(text, seen) for name, text in type_.attributes.items()}
        attributes = {name: str(value) for name, value in found.items() if value is not None}
        seen |= {"_name": physical, "_attributes": attributes}
        try:
            for name, parts in type_.parts.items():
                for item in () if parts.created else parts.items(properties.get(name)):
                    self._call(parts.add, {**seen, "_item": item})
        except AwsError:
            self.delete(type_, physical, properties, attributes)
            raise
        return physical, attributes

    def update(
        self,
        type_: ResourceType,
        physical: str,
        attributes: Mapping[str, str],
        old: Mapping[str, Any],
        new: Mapping[str, Any],
    ) -> None:
        """Change a resource in place. Raises AwsError."""
        changed = differing(old, new)
        seen = {**new, "_name": physical, "_attributes": attributes}
        for call in type_.update:
            if call.of & changed:
                self._call(call, seen)
        for name, parts in type_.parts.items():
            if name not in changed and not parts.again & changed:
                continue
            before, after = parts.items(old.get(name)), parts.items(new.get(name))
            keys = [parts.key_of(item) for item in after]
            for item in before:
                if parts.key_of(item) not in keys:
                    self._call(parts.remove, {**old, **seen, "_item": item})
            for item in after:
                if item not in before or parts.again & changed:
                    self._call(parts.add, {**seen, "_item": item})

    def delete(
        self,
        type_: ResourceType,
        physical: str,
        properties: Mapping[str, Any],
        attributes: Mapping[str, str],
    ) -> None:
        """Remove a resource with its parts; what is gone already is no error. Raises AwsError."""
        seen = {**properties, "_name": physical, "_attributes": attributes}
        for name, parts in type_.parts.items():
            for item in () if parts.created else parts.items(properties.get(name)):
                self._removed(parts.remove, {**seen, "_item": item})
        self._removed(type_.delete, seen)

    def _removed(self, call: ApiCall | None, seen: Mapping[str, Any]) -> None:
        try:
            self._call(call, seen)
        except AwsError as error:
            if not any(word in error.code for word in _GONE):
                raise

    def _call(self, call: ApiCall | None, seen: Mapping[str, Any]) -> Mapping[str, Any]:
        if call is None or (call.when is not None and not self._read(call.when, seen)):
            return {}
        answer = self._act(call.service, call.operation, dict(self._parameters(call, seen)))
        if call.then is not None and call.then.each is not None:
            for item in self._read(call.then.each, answer) or ():
                self._call(call.then, {**seen, "_item": item})
        return answer

    def _parameters(self, call: ApiCall, seen: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        shape = service_model(call.service).operation_model(call.operation).input_shape
        members = {name.lower(): name for name in shape.members}
        for name, expression in call.parameters.items():
            member = members[name.lower()]
            value = fit(self._read(expression, seen), shape.members[member], name)
            if value is not None:
                yield member, value

    def _read(self, expression: str, seen: Mapping[str, Any]) -> Any:
        return jmespath.search(expression, {**seen, **self._own})


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The properties that are not the same in both."""
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def failure(error: AwsError, service: str, request_id: str, token: str) -> str:
    """The reason of a failed resource, as its handler words it.

    Form: aws/aws-cdk issue 27067 (IAM, 403). The HandlerErrorCode of the others: CloudFormation
    CLI user guide, "Handler error codes"; which code a service's error becomes is inferred.
    """
    shown = service.capitalize() if len(service) > 3 or service == "iam" else service.upper()
    said = (
        f"{error.message} (Service: {shown}, Status Code: {error.status}, Request ID: {request_id})"
    )
    return (
        f"Resource handler returned message: {json.dumps(said, ensure_ascii=False)}"
        f" (RequestToken: {token}, HandlerErrorCode: {_handler_code(error)})"
    )


def _handler_code(error: AwsError) -> str:
    code = error.code
    if "AccessDenied" in code or "Authorization" in code:
        return "AccessDenied"
    if "AlreadyExists" in code or "AlreadyOwned" in code or "ResourceInUse" in code:
        return "AlreadyExists"
    if any(word in code for word in _GONE):
        return "NotFound"
    if "LimitExceeded" in code:
        return "ServiceLimitExceeded"
    return "InternalFailure" if error.status >= 500 else "InvalidRequest"
