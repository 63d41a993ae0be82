"""`podrole decide`, `explain` and `who`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podrole.policy.decision import Decision
from podrole.policy.document import Kind, Policy
from podrole.policy.error import PolicyError
from podrole.policy.lint.escalation import reach
from podrole.policy.parser import parse_policy
from podrole.policy.policies_file import FoundPolicy, read_policies
from podrole.policy.rows import decide_row
from podrole.policy.who import others, who
from podrole.reading import ReadingError, read_json, read_lines, read_text
from podrole.terminal import one_line

#: Characters of one row: a policy has at most 20,480, and a row some dozen of them.
_LONGEST_ROW = 8_000_000
#: Layers of one policy.
_SINGLE = ("resource", "endpoint")
#: Layers whose flags have their own names.
_OTHERS = ("boundary", "session", "scp", "rcp", "endpoint")


def configure(name: str, parser: argparse.ArgumentParser) -> None:
    """Give one of the commands its arguments."""
    _CONFIGURE[name](parser)


def _configure_decide(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_decide)


def _decide(_: argparse.Namespace) -> int:
    """JSON lines in, JSON lines out; a bad row gives an error line, and the rest goes on."""
    for number, line in enumerate(read_lines(sys.stdin, _LONGEST_ROW), start=1):
        if isinstance(line, str) and not line.strip():
            continue
        answer: dict[str, Any] = {"id": number}
        try:
            if isinstance(line, ReadingError):
                raise line
            row = read_json(line)
            if isinstance(row, dict) and "id" in row:
                answer["id"] = row["id"]
            decision = decide_row(row)
            answer |= {
                "effect": decision.effect,
                "decided_by": decision.decided_by,
                "reason": decision.reason,
            }
        except PolicyError as error:
            answer["error"] = str(error)
        except ReadingError as error:
            answer["error"] = f"not JSON: {error}"
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _configure_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("row", nargs="?", type=Path, help="a file in the row format of decide")
    parser.add_argument("--principal", help="the caller: an ARN, a service, or a provider's ARN")
    parser.add_argument("--action", action="append", help="the action; may be repeated")
    parser.add_argument("--resource", help="the resource: an ARN or *")
    parser.add_argument(
        "--resource-account", help="the account that owns the resource, if its ARN does not say"
    )
    parser.add_argument("--context", action="append", default=[], metavar="KEY=VALUE")
    for layer in ("identity", "resource-policy", *_OTHERS):
        parser.add_argument(f"--{layer}", action="append", default=[], type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print the decision as JSON")
    parser.set_defaults(run=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    decision = (
        _of_row(arguments.row) if arguments.row else decide_row(_row_of(arguments), explain=True)
    )
    print(json.dumps(decision.to_json(), indent=2) if arguments.json else decision)
    return 0


def _of_row(path: Path) -> Decision:
    """Decide the row in a file. Raises PolicyError with the file's name."""
    row = _read_row(path)
    if not isinstance(row, dict) or "request" not in row:
        raise PolicyError(
            str(path),
            'has no request: a row is {"request": …, "policies": …}; for a policy\'s file use '
            "--identity or --resource-policy",
        )
    try:
        return decide_row(row, explain=True)
    except PolicyError as error:
        place = ": ".join(filter(None, (str(path), error.path)))
        raise PolicyError(place, error.reason, error.suggestion, code=error.code) from error


def _row_of(arguments: argparse.Namespace) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for entry in arguments.context:
        key, equals, value = entry.partition("=")
        if not equals:
            raise PolicyError("--context", f"{entry!r} must be KEY=VALUE")
        # The same key again makes a set of values.
        context[key] = [*context[key], value] if key in context else [value]
    request = {
        "principal": arguments.principal,
        "action": arguments.action,
        "resource": arguments.resource,
        "resource_account": arguments.resource_account,
        "context": {key: value[0] if len(value) == 1 else value for key, value in context.items()},
    }
    layers = {"identity": arguments.identity, "resource": arguments.resource_policy}
    layers |= {name: getattr(arguments, name) for name in _OTHERS}
    of_sts = all(one.lower().startswith("sts:") for one in arguments.action or ())
    kinds: dict[str, Kind] = {
        name: name for name in ("identity", "boundary", "session", "scp", "rcp")
    }
    kinds |= {"resource": "trust" if of_sts else "resource", "endpoint": "resource"}
    return {
        "request": request,
        "policies": {
            name: [
                one
                for path in paths
                for one in _documents(path, kinds[name], single=name in _SINGLE)
            ]
            for name, paths in layers.items()
        },
    }


def _configure_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "trust",
        type=Path,
        nargs="+",
        help="trust policies, or files with some: the output of get-role or list-roles, a template",
    )
    parser.add_argument("--issuer", help="only this cluster's issuer, with or without https://")
    parser.set_defaults(run=_who)


def _who(arguments: argparse.Namespace) -> int:
    """0, with a line for each kind of caller; of several policies each under its name."""
    issuer = arguments.issuer.removeprefix("https://") if arguments.issuer else None
    for path in arguments.trust:
        found = read_policies(path)
        trusts = [one for one in found if one.kind == "trust"] or found
        for one in trusts:
            trust = _parsed(path, one, "trust")
            if one.taken:
                print(one_line(f"{one.name or path}: {one.taken}"))
            names = (
                [one.name or str(one.file.source_map.spans[()].start.line)] if trusts[1:] else []
            )
            if arguments.trust[1:]:
                names.insert(0, str(path))
            told = [*who(trust, issuer), *others(trust)]
            for line in told or ["no service account: the trust policy admits nobody"]:
                print(": ".join([*map(one_line, names), str(line)]))
        if len(trusts) == 1 and trusts[0].kind == "trust" and told:
            # That they are this role's, the file of no tool says for sure.
            own = [_parsed(path, one, "identity") for one in found if one.kind == "identity"]
            names = [str(path)] if arguments.trust[1:] else []
            for line in reach(own):
                held = f"if the identity policies in this file are the role's: {line}"
                print(": ".join([*map(one_line, names), one_line(held)]))
    return 0


def _documents(path: Path, kind: Kind, *, single: bool) -> list[Any]:
    """The policies in a file of any tool; `single` where there may be one only.

    Raises PolicyError with the file's name.
    """
    found = read_policies(path)
    if len(found) > 1 and single:
        reason = f"holds {len(found)} policies, but a resource has only one: give a file with one"
        raise PolicyError(str(path), reason)
    for one in found:
        _parsed(path, one, kind)
    return [one.file.document for one in found]


def _parsed(path: Path, one: FoundPolicy, kind: Kind) -> Policy:
    """A policy of a file, parsed. Raises PolicyError with the names of the file and the policy."""
    try:
        return parse_policy(one.file.document, kind=kind, name=path.name)
    except PolicyError as error:
        place = ": ".join(filter(None, (str(path), one.name, error.path)))
        raise PolicyError(place, error.reason, error.suggestion, code=error.code) from error


def _read_row(path: Path) -> Any:
    """The JSON in a file. Raises PolicyError with the file's name."""
    try:
        text = read_text(path)
    except ReadingError as error:
        raise PolicyError(str(path), str(error)) from error
    try:
        return read_json(text)
    except ReadingError as error:
        raise PolicyError(str(path), f"not JSON: {error}") from error


_CONFIGURE: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "decide": _configure_decide,
    "explain": _configure_explain,
    "who": _configure_who,
}
