"""A policy as someone pastes it: JSON or YAML, alone or within what the AWS CLI has printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import unquote

from podrole.policy import Policy, PolicyError, parse_policy
from podrole.policy.document import Kind
from podrole.policy.policy_file import LIMITS, kind_of, read_policy_text
from podrole.policy.source_map import SourceMap
from podrole.reading import Limits, ReadingError, check_depth, read_json

KINDS: tuple[str, ...] = get_args(Kind)
_WORDS = {
    "identity": "an identity policy: no statement has a Principal",
    "trust": "a trust policy: Principal, and no Resource",
    "resource": "a resource policy: Principal and Resource",
}
#: The key of a policy in an output of the AWS CLI, and what kind it is, if the command says so.
_WITHIN: tuple[tuple[tuple[str, ...], str | None, str], ...] = (
    (("Role", "AssumeRolePolicyDocument"), "trust", "aws iam get-role"),
    (("PolicyVersion", "Document"), None, "aws iam get-policy-version"),
    (("PolicyDocument",), None, "aws iam get-role-policy"),
    (("Policy",), "resource", "aws s3api get-bucket-policy and its like"),
)


class PasteError(ValueError):
    """One message for the reader, and the line that it is about, if there is one."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        self.line, self.column = line, column
        super().__init__(message)


@dataclass(frozen=True)
class PastedPolicy:
    """A policy, what it was taken for and why, and where its elements stand."""

    policy: Policy
    why: str
    prefix: str
    source_map: SourceMap


def read_paste(text: str, kind: str, name: str) -> PastedPolicy:
    """Read it. Raises PasteError.

    `text`: what was pasted. `kind`: of `KINDS`, or `auto`. `name`: the policy's, for its statements
    in a trace.
    """
    check_limits(text)
    try:
        file = read_policy_text(text)
    except PolicyError as error:
        raise _unreadable(error) from error
    document, prefix, told, source = _within(file.document)
    if not isinstance(document, Mapping):
        raise PasteError("this is not a policy: a policy is an object in JSON or YAML", 1)
    if kind == "auto":
        kind = told or kind_of(document)
        why = f"as {source} prints it" if source else _WORDS[kind]
    else:
        why = "as you say"
    if kind not in KINDS:
        raise PasteError(f"{kind!r} is not a kind of policy; use one of {', '.join(KINDS)}")
    try:
        policy = parse_policy(document, kind=kind, name=name)  # type: ignore[arg-type]
    except PolicyError as error:
        line = file.source_map.find(prefix + error.path)[1].start.line
        raise PasteError(str(error), line) from error
    return PastedPolicy(policy, why, prefix, file.source_map)


def check_limits(text: str, limits: Limits = LIMITS) -> None:
    """Raise PasteError for what is too long, or so deep that reading it would end Python."""
    try:
        limits.check_length(text)
        check_depth(text, limits)
    except ReadingError as error:
        raise PasteError(str(error), error.line, error.column) from error


def _within(document: Any) -> tuple[Any, str, str | None, str]:
    """The policy in it, the path there, and the kind that the output tells, with the command."""
    if isinstance(document, Mapping) and "Statement" not in document:
        for keys, kind, command in _WITHIN:
            inner: Any = document
            for key in keys:
                inner = inner.get(key) if isinstance(inner, Mapping) else None
            if isinstance(inner, str):
                inner = _decoded(inner)
            if isinstance(inner, Mapping) and "Statement" in inner:
                return inner, ".".join(keys) + ".", kind, command
    return document, "", None, ""


def _decoded(text: str) -> Any:
    """A document in a text, as IAM's API sends it."""
    try:
        return read_json(unquote(text), LIMITS)
    except ReadingError:
        return None


def _unreadable(error: PolicyError) -> PasteError:
    cause = error.__cause__
    place = (cause.line, cause.column) if isinstance(cause, ReadingError) else ()
    return PasteError(str(error), *place)
