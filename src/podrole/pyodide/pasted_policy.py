"""A policy as someone pastes it: JSON or YAML, alone or within what the AWS CLI has printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import unquote

from podrole.policy import Policy, PolicyError, parse_policy
from podrole.policy.document import Kind
from podrole.policy.policy_file import LIMITS, PolicyFile, kind_of, read_policy_text
from podrole.policy.source_map import Lines, SourceMap, Span
from podrole.reading import Limits, ReadingError, check_depth, read_json
from podrole.reading.outputs import policies_in, read_outputs

#: Blocks and assignments that only Terraform's language has.
_HCL = re.compile(
    r"^[ \t]*(?:(?:resource|data|module|variable|output|provider)[ \t]+\""
    r"|(?:locals|statement|principals|condition)[ \t]*\{"
    r"|(?:Version|Statement|Effect|Action|Resource|Principal)[ \t]*=[ \t]*[\"\[{])"
    r"|\bjsonencode[ \t]*\(",
    re.MULTILINE,
)
_HCL_ELSEWHERE = (
    "this is Terraform's HCL, which this page does not read: podrole lint FILE.tf and podrole who "
    "FILE.tf do (pip install 'podrole[hcl]'); here, paste the policy as JSON, or what terraform "
    "show -json prints"
)
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
    fault = PasteError("not a policy: a policy is an object in JSON or YAML", 1)
    file = None
    try:
        file = read_policy_text(text)
    except PolicyError as error:
        fault = _unreadable(error)
    pasted = (file and _whole(file)) or _held(text)
    if pasted is None:
        found = _HCL.search(text)
        if found and (file is None or not isinstance(file.document, Mapping)):
            raise PasteError(_HCL_ELSEWHERE, text.count("\n", 0, found.start()) + 1)
        if file is None or not isinstance(file.document, Mapping):
            raise fault
        pasted = _Found(file.document, "", file.source_map)  # whose fault the parser tells
    if kind == "auto":
        kind = pasted.kind or kind_of(pasted.document)
        why = pasted.source or _WORDS[kind]
    else:
        why = "as you say"
    if kind not in KINDS:
        raise PasteError(f"{kind!r} is not a kind of policy; use one of {', '.join(KINDS)}")
    try:
        policy = parse_policy(pasted.document, kind=kind, name=name)  # type: ignore[arg-type]
    except PolicyError as error:
        line = pasted.source_map.find(pasted.prefix + error.path)[1].start.line
        raise PasteError(str(error), line) from error
    return PastedPolicy(policy, why, pasted.prefix, pasted.source_map)


@dataclass(frozen=True)
class _Found:
    """A document with where it stands, and what is known of its kind and source."""

    document: Any
    prefix: str
    source_map: SourceMap
    kind: str | None = None
    source: str = ""


def _held(text: str) -> _Found | None:
    """The first policy in what any tool has printed, as the commands find it."""
    try:
        outputs = read_outputs(text, LIMITS)
    except ReadingError:
        return None
    found = [(output, held) for output in outputs for held in policies_in(output.tree)]
    if not found:
        return None
    output, held = found[0]
    start = Lines(text).position(output.start)
    others = f", the first of {len(found)} policies" if len(found) > 1 else ""
    return _Found(
        held.document,
        "",
        SourceMap({(): Span(start, start)}),
        "trust" if held.trust else None,
        f"from {output.form}{others}",
    )


def check_limits(text: str, limits: Limits = LIMITS) -> None:
    """Raise PasteError for what is too long, or so deep that reading it would end Python."""
    try:
        limits.check_length(text)
        check_depth(text, limits)
    except ReadingError as error:
        raise PasteError(str(error), error.line, error.column) from error


def _whole(file: PolicyFile) -> _Found | None:
    """A policy that is all of the text, or that the AWS CLI prints around; else None."""
    document = file.document
    if not isinstance(document, Mapping):
        return None
    if "Statement" in document:
        return _Found(document, "", file.source_map)
    for keys, kind, command in _WITHIN:
        inner: Any = document
        for key in keys:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, str):
            inner = _decoded(inner)
        if isinstance(inner, Mapping) and "Statement" in inner:
            source = f"as {command} prints it"
            return _Found(inner, ".".join(keys) + ".", file.source_map, kind, source)
    return None


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
