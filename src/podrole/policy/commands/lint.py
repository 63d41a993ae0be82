"""`podrole lint`: findings as text, JSON, SARIF or GitHub annotations."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from podrole.policy.error import PolicyError
from podrole.policy.lint import lint
from podrole.policy.lint.finding import SEVERITIES, Finding
from podrole.policy.lint.placeholders import UNRENDERED
from podrole.policy.parser import parse_policy
from podrole.policy.policies_file import read_policies
from podrole.policy.source_map import Span
from podrole.terminal import one_line

_KINDS = ("auto", "identity", "trust", "resource", "session", "boundary", "scp", "rcp")
_LEVELS = {"error": "error", "warning": "warning", "suggestion": "note"}


@dataclass(frozen=True)
class Located:
    """A finding in a file."""

    path: Path
    finding: Finding
    span: Span


Found = Sequence[Located]


def configure(_name: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole lint` its arguments."""
    parser.add_argument("files", nargs="+", type=Path, help="policies, in JSON or YAML")
    parser.add_argument(
        "--kind",
        choices=_KINDS,
        default="auto",
        help="kind of the policies (%(default)s: found from the policy's elements)",
    )
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text")
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="warning",
        help="exit 1 for findings of this severity or higher (%(default)s)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    found: list[Located] = []
    passed_over = False
    for path in arguments.files:
        try:
            found += _findings(path, arguments.kind)
        except PolicyError as error:
            if len(arguments.files) == 1:
                raise
            # One that is no policy is named and passed over; the exit code tells of it.
            print(one_line(f"podrole: {error}"), file=sys.stderr)
            passed_over = True
    text = _FORMATS[arguments.format](found)
    if text:
        print(text)
    counted = SEVERITIES[: SEVERITIES.index(arguments.fail_on) + 1]
    return 2 if passed_over else int(any(item.finding.severity in counted for item in found))


def _findings(path: Path, wanted: str) -> list[Located]:
    found: list[Located] = []
    for one in read_policies(path):
        kind: Any = one.kind if wanted == "auto" else wanted
        try:
            policy = parse_policy(one.file.document, kind=kind, name=one.name or path.name)
        except PolicyError as error:
            place = ": ".join(filter(None, (str(path), one.name, error.path)))
            raise PolicyError(place, error.reason, error.suggestion, code=error.code) from error
        for finding in lint(policy):
            if one.template and finding.code == UNRENDERED:
                continue  # the tool fills it in
            span = one.file.source_map.find(finding.path)[1]
            named = replace(finding, path=f"{one.name}: {finding.path}") if one.name else finding
            found.append(Located(path, named, span))
    return found


def _text(found: Found) -> str:
    return "\n".join(f"{one_line(str(item.path))}: {item.finding}" for item in found)


def _json(found: Found) -> str:
    rows = [
        {"file": str(item.path), "line": item.span.start.line, **vars(item.finding)}
        for item in found
    ]
    return json.dumps(rows, indent=2)


def _github(found: Found) -> str:
    """Workflow commands of GitHub Actions, escaped as its toolkit does (`core/src/command.ts`)."""
    lines = []
    for item in found:
        finding = item.finding
        level = {"suggestion": "notice"}.get(finding.severity, finding.severity)
        message = _escaped(f"{finding.path}: {finding.message}. {finding.fix}", "%\r\n")
        file = _escaped(str(item.path), "%\r\n:,")
        place = f"file={file},line={item.span.start.line}"
        lines.append(f"::{level} {place},title={finding.code}::{message}")
    return "\n".join(lines)


def _escaped(text: str, characters: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in characters else one for one in text)


def _sarif(found: Found) -> str:
    """SARIF 2.1.0 (OASIS)."""
    rules = {item.finding.code: item.finding for item in found}
    results = [
        {
            "ruleId": item.finding.code,
            "level": _LEVELS[item.finding.severity],
            "message": {"text": f"{item.finding.message}. {item.finding.fix}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(item.path.as_posix())},
                        "region": _region(item.span),
                    },
                    "logicalLocations": [{"fullyQualifiedName": item.finding.path}],
                }
            ],
        }
        for item in found
    ]
    driver = {
        "name": "podrole",
        "rules": [
            {"id": code, "shortDescription": {"text": finding.message}}
            for code, finding in sorted(rules.items())
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                # Python counts in code points, as the spans do.
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2)


def _region(span: Span) -> dict[str, int]:
    """SARIF counts lines and columns from 1; the end column is the one after the last."""
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column + 1,
        "endLine": span.end.line,
        "endColumn": span.end.column + 1,
    }


_FORMATS: dict[str, Callable[[Found], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
