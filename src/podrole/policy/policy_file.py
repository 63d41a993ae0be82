"""A policy in a file, as JSON or YAML: its document, and where each element stands in the text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podrole.policy.document import Kind
from podrole.policy.error import PolicyError
from podrole.policy.source_map import DEPTH, Lines, SourceMap, Span, Steps, json_source_map
from podrole.reading import Limits, ReadingError, read_json, read_text

#: Ten times AWS's largest quota (20,480 bytes, a bucket policy): what is longer is no policy.
LIMITS = Limits(characters=200_000, nodes=50_000)
_MOST_SPANS = 50_000


@dataclass(frozen=True)
class PolicyFile:
    """A document that has been read, not yet parsed as a policy."""

    path: Path
    document: Any
    source_map: SourceMap


def read_policy_file(path: Path) -> PolicyFile:
    """Read a JSON file, or a YAML file by its suffix. Raises PolicyError with the file's name."""
    try:
        text = read_text(path, LIMITS)
    except ReadingError as error:
        raise PolicyError(str(path), str(error)) from error
    return _read(path, text, yaml=path.suffix in (".yml", ".yaml"))


def read_policy_text(text: str) -> PolicyFile:
    """Read what someone pasted: JSON, or YAML where it does not begin as JSON does.

    Raises PolicyError, whose cause is a ReadingError with line and column of the fault.
    """
    return _read(Path(), text, yaml=text.lstrip()[:1] not in ("{", "["))


def read_policy(path: Path, text: str, *, yaml: bool) -> PolicyFile:
    """Read the text of a file. Raises PolicyError with the file's name."""
    return _read(path, text, yaml=yaml)


def kind_of(document: Any) -> Kind:
    """What the elements say: Principal without Resource is a trust policy, or ECR's."""
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    several = statements if isinstance(statements, list) else [statements]
    objects = [item for item in several if isinstance(item, Mapping)]
    if not any({"Principal", "NotPrincipal"} & set(item) for item in objects):
        return "identity"
    named = any({"Resource", "NotResource"} & set(item) for item in objects)
    return "resource" if named or any(_names_ecr(item) for item in objects) else "trust"


def _names_ecr(statement: Mapping[str, Any]) -> bool:
    """Whether a statement has an action of ECR: a repository's policy has no Resource either."""
    actions = statement.get("Action")
    several = actions if isinstance(actions, list) else [actions]
    return any(isinstance(one, str) and one.lower().startswith("ecr:") for one in several)


def _read(path: Path, text: str, *, yaml: bool) -> PolicyFile:
    try:
        if yaml:
            return _read_yaml(path, text)
        return PolicyFile(path, read_json(text, LIMITS), json_source_map(text))
    except ReadingError as error:
        # A pasted text has no name to be called by.
        name = str(path) if path.name else ""
        raise PolicyError(name, f"not {'YAML' if yaml else 'JSON'}: {error}") from error


def _read_yaml(path: Path, text: str) -> PolicyFile:
    # The engine itself needs no package: only a policy in YAML needs PyYAML.
    from podrole.reading.yaml_document import compose_one, read_one_yaml

    document = read_one_yaml(text, LIMITS)
    lines = Lines(text)
    spans: dict[Steps, Span] = {(): Span(lines.position(0), lines.position(0))}
    node = compose_one(text)
    # An alias in an alias in an alias has more places than anyone wants.
    spans.update(itertools.islice(_node_spans(node, (), lines), _MOST_SPANS) if node else ())
    return PolicyFile(path, document, SourceMap(spans))


def _node_spans(node: Any, steps: Steps, lines: Lines) -> Iterator[tuple[Steps, Span]]:
    """The spans of a node and all below it; an alias stands where its anchor does."""
    start, end = node.start_mark.index, node.end_mark.index
    yield steps, Span(lines.position(start), lines.position(end))
    if len(steps) == DEPTH or node.id == "scalar":
        return  # no policy is deeper
    for index, item in enumerate(node.value):
        if node.id == "sequence":
            yield from _node_spans(item, (*steps, index), lines)
        elif item[0].id == "scalar":
            yield from _node_spans(item[1], (*steps, item[0].value), lines)
