"""A policy in a file, as JSON or YAML: its document, and where each element stands in the text."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .document import Kind
from .error import PolicyError
from .places import DEPTH, Places, Position, Span, Steps, json_places

_MOST_SPANS = 50_000


@dataclass(frozen=True)
class PolicyFile:
    """A document that has been read, not yet parsed as a policy."""

    path: Path
    document: Any
    places: Places


def read_policy_file(path: Path) -> PolicyFile:
    """Read a JSON file, or a YAML file by its suffix. Raises PolicyError with the file's name."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(str(path), error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), "is no text in UTF-8") from error
    if path.suffix in (".yml", ".yaml"):
        return _read_yaml(path, text)
    return _read_json(path, text)


def read_policy_text(text: str) -> PolicyFile:
    """Read what somebody pasted: JSON, or YAML where it does not begin as JSON does.

    Raises PolicyError with the line of the fault, if it has one.
    """
    if text.lstrip()[:1] in ("{", "["):
        return _read_json(Path(), text)
    return _read_yaml(Path(), text)


def kind_of(document: Any) -> Kind:
    """What the elements say: Principal without Resource is a trust policy."""
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    several = statements if isinstance(statements, list) else [statements]
    objects = [item for item in several if isinstance(item, Mapping)]
    if not any({"Principal", "NotPrincipal"} & set(item) for item in objects):
        return "identity"
    named = any({"Resource", "NotResource"} & set(item) for item in objects)
    return "resource" if named else "trust"


def _read_json(path: Path, text: str) -> PolicyFile:
    try:
        return PolicyFile(path, json.loads(text), json_places(text))
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"not JSON: {error}") from error


def _unreadable(path: Path, reason: str) -> PolicyError:
    """A pasted text has no name to be called by."""
    return PolicyError(str(path) if path.name else "", reason)


def _read_yaml(path: Path, text: str) -> PolicyFile:
    import yaml  # the engine itself needs no package

    class Texts(yaml.SafeLoader):
        """Reads an unquoted `Version: 2012-10-17` as the text that it is, not as a date."""

    Texts.yaml_implicit_resolvers = {
        first: [entry for entry in entries if not entry[0].endswith(":timestamp")]
        for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        document = Texts(text).get_single_data()
        node = Texts(text).get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(path, f"not YAML: {error}") from error
    start = Position(1, 0, 0)
    spans: dict[Steps, Span] = {(): Span(start, start)}
    # An alias in an alias in an alias has more places than anybody wants.
    spans.update(itertools.islice(_node_spans(node, ()), _MOST_SPANS) if node else ())
    return PolicyFile(path, document, Places(spans))


def _node_spans(node: Any, steps: Steps) -> Iterator[tuple[Steps, Span]]:
    """The spans of a node and all below it; an alias stands where its anchor does."""
    yield steps, Span(_position(node.start_mark), _position(node.end_mark))
    if len(steps) == DEPTH or node.id == "scalar":
        return  # no policy is deeper, and an alias may hold itself
    for index, item in enumerate(node.value):
        if node.id == "sequence":
            yield from _node_spans(item, (*steps, index))
        elif item[0].id == "scalar":
            yield from _node_spans(item[1], (*steps, item[0].value))


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column, mark.index)
