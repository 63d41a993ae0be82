"""What a service's model allows a parameter to be, and how AWS says that it is not.

The sentences are those of AWS's front end, as IAM and STS return them (localstack's recordings of
AWS, tests/aws/services/{iam,sts}/*.snapshot.json, 2025-2026; checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

from .aws_error import AwsError
from .call import Call

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


def check(call: Call) -> None:
    """Raise AwsError (ValidationError) for parameters outside of the operation's model.

    Lengths, ranges, patterns and enumerations of the operation's own members; what is missing or
    of another type, `wire.validate` has refused before.
    """
    shape = call.operation.input_shape
    faults = []
    for name, member in shape.members.items() if shape else ():
        if name not in call.parameters:
            continue
        value = call.parameters[name]
        pattern = member.metadata.get("pattern")
        if name in _OWN_SENTENCES and pattern and not _fits(pattern, value):
            spoken = name[0].lower() + name[1:]
            raise AwsError(
                "ValidationError",
                f"The specified value for {spoken} is invalid. {_OWN_SENTENCES[name]}",
            )
        faults += [_sentence(name, member, value, fault) for fault in _faults(member, value)]
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise AwsError(
            "ValidationError", f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"
        )


def _faults(shape: Shape, value: Any) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name == "string":
        if len(value) > limits.get("max", len(value)):
            yield f"Member must have length less than or equal to {limits['max']}"
        if limits.get("enum") and value not in limits["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
        elif limits.get("pattern") and not _fits(limits["pattern"], value):
            yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    elif shape.type_name in ("integer", "long"):
        if value < limits.get("min", value):
            yield f"Member must have value greater than or equal to {limits['min']}"
        if value > limits.get("max", value):
            yield f"Member must have value less than or equal to {limits['max']}"
    elif shape.type_name == "list" and len(value) > limits.get("max", len(value)):
        yield f"Member must have length less than or equal to {limits['max']}"


def _fits(pattern: str, value: str) -> bool:
    if "\\p{" in pattern or "\\u1" in pattern:  # Java's classes, which Python's re lacks
        return True
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _sentence(name: str, shape: Shape, value: Any, fault: str) -> str:
    # A long value, a document for example, is not repeated.
    shown = f" '{value}'" if shape.type_name != "list" and len(str(value)) <= 256 else ""
    return f"Value{shown} at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: {fault}"
