"""`podrole lint`: findings as text, JSON, SARIF or GitHub annotations."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .document import parse_policy
from .error import PolicyError
from .finding import SEVERITIES, Finding
from .lint import lint

_KINDS = ("auto", "identity", "trust", "resource", "session", "boundary", "scp", "rcp")
_LEVELS = {"error": "error", "warning": "warning", "suggestion": "note"}
Found = Sequence[tuple[Path, Finding]]


def configure(_name: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole lint` its arguments."""
    parser.add_argument("files", nargs="+", type=Path, help="policies, as JSON or YAML")
    parser.add_argument(
        "--kind", choices=_KINDS, default="auto", help="%(default)s: by its elements"
    )
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="warning", help="exit 1 from here (%(default)s)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    found: list[tuple[Path, Finding]] = []
    for path in arguments.files:
        document = _read(path)
        kind: Any = _kind(document) if arguments.kind == "auto" else arguments.kind
        try:
            policy = parse_policy(document, kind=kind, name=path.name)
        except PolicyError as error:
            place = f"{path}: {error.path}" if error.path else str(path)
            raise PolicyError(place, error.reason, error.suggestion) from error
        found += [(path, finding) for finding in lint(policy)]
    text = _FORMATS[arguments.format](found)
    if text:
        print(text)
    counted = SEVERITIES[: SEVERITIES.index(arguments.fail_on) + 1]
    return int(any(finding.severity in counted for _, finding in found))


def _read(path: Path) -> Any:
    """The document of a JSON or YAML file. Raises PolicyError with the file's name."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(str(path), error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), "is no text in UTF-8") from error
    if path.suffix in (".yml", ".yaml"):
        import yaml  # the engine itself needs no package

        class Texts(yaml.SafeLoader):
            """Reads an unquoted `Version: 2012-10-17` as the text that it is, not as a date."""

        Texts.yaml_implicit_resolvers = {
            first: [entry for entry in entries if not entry[0].endswith(":timestamp")]
            for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
        try:
            return Texts(text).get_single_data()
        except (yaml.YAMLError, RecursionError) as error:
            raise PolicyError(str(path), f"not YAML: {error}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError(str(path), f"not JSON: {error}") from error


def _kind(document: Any) -> str:
    """What the elements say: Principal without Resource is a trust policy."""
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    several = statements if isinstance(statements, list) else [statements]
    objects = [item for item in several if isinstance(item, Mapping)]
    if not any({"Principal", "NotPrincipal"} & set(item) for item in objects):
        return "identity"
    named = any({"Resource", "NotResource"} & set(item) for item in objects)
    return "resource" if named else "trust"


def _text(found: Found) -> str:
    return "\n".join(f"{path}: {finding}" for path, finding in found)


def _json(found: Found) -> str:
    return json.dumps([{"file": str(path), **vars(finding)} for path, finding in found], indent=2)


def _github(found: Found) -> str:
    """Workflow commands of GitHub Actions, escaped as its documentation says."""
    lines = []
    for path, finding in found:
        level = {"suggestion": "notice"}.get(finding.severity, finding.severity)
        message = f"{finding.path}: {finding.message}. {finding.mend}"
        for plain, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
            message = message.replace(plain, escaped)
        lines.append(f"::{level} file={path},title={finding.code}::{message}")
    return "\n".join(lines)


def _sarif(found: Found) -> str:
    """SARIF 2.1.0 (OASIS)."""
    rules = {finding.code: finding for _, finding in found}
    results = [
        {
            "ruleId": finding.code,
            "level": _LEVELS[finding.severity],
            "message": {"text": f"{finding.message}. {finding.mend}"},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": path.as_posix()}},
                    "logicalLocations": [{"fullyQualifiedName": finding.path}],
                }
            ],
        }
        for path, finding in found
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
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2)


_FORMATS: dict[str, Callable[[Found], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
