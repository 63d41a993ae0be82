"""The policies in a file of any tool: JSON and YAML, templates, plans, answers of the AWS CLI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from podrole.policy.document import Kind
from podrole.policy.error import PolicyError
from podrole.policy.policy_file import LIMITS, PolicyFile, kind_of, read_policy
from podrole.policy.source_map import DEPTH, Lines, SourceMap, Span, Steps, json_source_map
from podrole.reading import Limits, ReadingError, read_text
from podrole.reading.outputs import NO_OUTPUT, HeldPolicy, Output, policies_in, read_outputs
from podrole.reading.outputs.pieces import without_prompts

#: A plan of Terraform or a template holds many policies.
FILE_LIMITS = Limits(characters=8_000_000)
_NO_POLICY = "contains no policy: a policy is a JSON object with Statement"
_NOT_A_LINE_END = re.compile(r"[^\n]")
#: Forms whose placeholders the tool fills in when it runs.
_TEMPLATES = ("CloudFormation", "HCL")


@dataclass(frozen=True)
class FoundPolicy:
    """A policy in a file.

    Attributes:
        file: the document, and where its elements stand.
        kind: what it is, by its holder or by its elements.
        name: of the policy or its holder, empty where the file holds nothing else.
        taken: what it had to be taken for, in words; empty for a whole policy.
        template: whether a tool fills in its placeholders.
    """

    file: PolicyFile
    kind: Kind
    name: str = ""
    taken: str = ""
    template: bool = False


def read_policies(path: Path) -> list[FoundPolicy]:
    """The policies in a file, `-` for standard input; at least one.

    Raises PolicyError: the file cannot be read, or holds no policy; with its name and the reason.
    """
    try:
        text = read_text(path, FILE_LIMITS)
    except ReadingError as error:
        raise PolicyError(str(path), str(error)) from error
    fault: PolicyError | None = None
    plain: PolicyFile | None = None
    if len(text) <= LIMITS.characters:
        try:
            plain = read_policy(path, text, yaml=path.suffix in (".yml", ".yaml"))
        except PolicyError as error:
            fault = error
    if plain is not None and isinstance(plain.document, Mapping) and "Statement" in plain.document:
        return [FoundPolicy(plain, kind_of(plain.document))]
    found, outputs = _in_outputs(path, text)
    if found:
        return found
    raise _none(path, text, outputs, fault, plain)


def _in_outputs(path: Path, text: str) -> tuple[list[FoundPolicy], list[Output]]:
    try:
        outputs = read_outputs(text, FILE_LIMITS)
    except ReadingError as error:
        raise PolicyError(str(path), str(error)) from error
    held = [(output, one) for output in outputs for one in policies_in(output.tree)]
    alone = len(held) == 1
    return [_found(path, text, output, one, alone) for output, one in held], outputs


def _found(path: Path, text: str, output: Output, held: HeldPolicy, alone: bool) -> FoundPolicy:
    if len(json.dumps(held.document)) > LIMITS.characters:
        raise PolicyError(str(path), f"a policy of more than {LIMITS.characters:,} characters")
    kind: Kind = "trust" if held.trust else kind_of(held.document)
    spans = dict(_spans(text, output, held))
    file = PolicyFile(path, held.document, SourceMap(spans))
    name = "" if alone else held.name
    return FoundPolicy(file, kind, name, held.taken, output.form in _TEMPLATES)


def _spans(text: str, output: Output, held: HeldPolicy) -> Iterator[tuple[Steps, Span]]:
    """The places of a policy's elements: in JSON each, else where the output stands."""
    lines = Lines(text)
    whole = Span(lines.position(output.start), lines.position(output.end))
    yield (), whole
    if (
        output.form not in ("JSON", "CloudFormation")
        or output.end - output.start > LIMITS.characters
    ):
        return
    # What stands before keeps its lines, so that the places are those of the file.
    before = _NOT_A_LINE_END.sub(" ", text[: output.start])
    itself = without_prompts(text[output.start : output.end])
    try:
        source = json_source_map(before + itself, len(held.steps) + DEPTH)
    except (ValueError, RecursionError):
        return  # a template in YAML
    depth = len(held.steps)
    for steps, span in source.spans.items():
        if steps[:depth] == held.steps:
            rest = steps[depth:]
            if held.taken:
                rest = (
                    ("Statement", *rest) if "statements" in held.taken else ("Statement", 0, *rest)
                )
            yield (rest if not held.as_text else ()), span


def _none(
    path: Path,
    text: str,
    outputs: list[Output],
    fault: PolicyError | None,
    plain: PolicyFile | None,
) -> PolicyError:
    """Why a file holds no policy."""
    first = outputs[0]
    error = first.tree.get("Error") if isinstance(first.tree, dict) else None
    if isinstance(error, dict):
        said = " ".join(filter(None, (str(error.get("Code")), str(error.get("Message")))))
        return PolicyError(str(path), f"an error instead of a policy: {said}")
    if len(text) > LIMITS.characters and first.tree is None:
        most = f"{LIMITS.characters:,}"
        return PolicyError(str(path), f"is larger than the limit of {most} bytes")
    special = first.reason not in ("", NO_OUTPUT) and "neither JSON nor YAML" not in first.reason
    if not text.strip() or (special and first.form not in ("JSON", "YAML")):
        return PolicyError(str(path), first.reason)
    if fault is not None and first.tree is None:
        return fault
    if plain is not None and isinstance(plain.document, Mapping) and len(outputs) == 1:
        from podrole.policy.parser import parse_policy

        try:
            parse_policy(plain.document, kind=kind_of(plain.document))
        except PolicyError as wrong:
            if wrong.reason == "unknown element" and not wrong.suggestion:
                return PolicyError(str(path), _NO_POLICY)
            place = ": ".join(filter(None, (str(path), wrong.path)))
            return PolicyError(place, wrong.reason, wrong.suggestion, code=wrong.code)
    return PolicyError(str(path), _NO_POLICY)
