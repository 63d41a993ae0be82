"""What a service's model allows a parameter to be, and how AWS says that it is not.

The sentences are those of AWS's front end, as IAM and STS return them (localstack's recordings of
AWS, tests/aws/services/{iam,sts}/*.snapshot.json, 2025-2026; checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.call import Call

_NAME = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
_PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
#: Names and paths of IAM have a sentence of their own.
_OWN_SENTENCES = {
    "RoleName": _NAME,
    "UserName": _NAME,
    "GroupName": _NAME,
    "PolicyName": _NAME,
    "Path": _PATH,
}


def check(call: Call, *, beside: str = "") -> None:
    """Raise AwsError (ValidationError) for parameters outside of the operation's model.

    Lengths, ranges, patterns and enumerations; what is missing or of another type, `wire.validate`
    has refused before. `beside` names a member that is not checked. The form of a nested place
    (`tags.1.member.key`) is moto's.
    """
    shape = call.operation.input_shape
    faults = []
    for name, member in shape.members.items() if shape else ():
        if name not in call.parameters or name == beside:
            continue
        value = call.parameters[name]
        pattern = member.metadata.get("pattern")
        if name in _OWN_SENTENCES and pattern and not _fits(pattern, value):
            spoken = name[0].lower() + name[1:]
            raise AwsError(
                "ValidationError",
                f"The specified value for {spoken} is invalid. {_OWN_SENTENCES[name]}",
            )
        place = name[0].lower() + name[1:]
        faults += [_sentence(*fault) for fault in _faults(place, member, value)]
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise AwsError(
            "ValidationError", f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"
        )


def _faults(place: str, shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any, str]]:
    """Place, shape, value and fault of each part that does not fit."""
    limits = shape.metadata
    said: list[str] = []
    if shape.type_name == "string":
        if len(value) > limits.get("max", len(value)):
            said.append(f"Member must have length less than or equal to {limits['max']}")
        if limits.get("enum") and value not in limits["enum"]:
            said.append(f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
        elif limits.get("pattern") and not _fits(limits["pattern"], value):
            said.append(f"Member must satisfy regular expression pattern: {limits['pattern']}")
    elif shape.type_name in ("integer", "long"):
        if value < limits.get("min", value):
            said.append(f"Member must have value greater than or equal to {limits['min']}")
        if value > limits.get("max", value):
            said.append(f"Member must have value less than or equal to {limits['max']}")
    elif shape.type_name == "list":
        if len(value) > limits.get("max", len(value)):
            said.append(f"Member must have length less than or equal to {limits['max']}")
        for number, item in enumerate(value, 1):
            yield from _faults(f"{place}.{number}.member", shape.member, item)
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from _faults(f"{place}.{name[0].lower()}{name[1:]}", member, value[name])
    for fault in said:
        yield place, shape, value, fault


def _fits(pattern: str, value: str) -> bool:
    if "\\p{" in pattern or "\\u1" in pattern:  # Java's classes, which Python's re lacks
        return True
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _sentence(place: str, shape: Shape, value: Any, fault: str) -> str:
    # A long value, a document for example, is not repeated.
    shown = f" '{value}'" if shape.type_name != "list" and len(str(value)) <= 256 else ""
    return f"Value{shown} at '{place}' failed to satisfy constraint: {fault}"
