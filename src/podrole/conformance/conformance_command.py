"""`podrole conformance`: the suite against an endpoint, or as one file."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from podrole.policy.error import InputError

if TYPE_CHECKING:
    from podrole.conformance.endpoint import Keys

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def configure(_: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole conformance` its arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--endpoint", metavar="URL", help="run the suite against this endpoint")
    what.add_argument(
        "--export", type=Path, metavar="FILE", help="write all cases as one JSON file"
    )
    what.add_argument(
        "--make-keys",
        type=Path,
        metavar="DIR",
        help="make the keys of the suite's issuer of tokens, for the endpoint to trust",
    )
    parser.add_argument(
        "--keys", type=Path, metavar="DIR", help="sign tokens with the keys in this folder"
    )
    parser.add_argument(
        "--region",
        default=os.environ.get("AWS_REGION") or "us-west-2",
        help="Region to sign for (%(default)s)",
    )
    parser.add_argument(
        "--area", action="append", default=[], help="run only this area; may be repeated"
    )
    parser.add_argument(
        "--case", action="append", default=[], help="run only this case; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the results for JUnit")
    parser.add_argument(
        "--keep", action="store_true", help="do not delete what the run has created"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run, export or make keys; 1 where the endpoint does otherwise than AWS.

    Raises InputError.
    """
    # Imported here: botocore takes its time, which `podrole --help` should not.
    from podrole.conformance.suite import export_text
    from podrole.conformance.token_issuer import ISSUER, make_keys

    if arguments.make_keys is not None:
        place = make_keys(arguments.make_keys)
        print(f"# The issuer is {ISSUER}, its keys are in {place}. For Podrole's lab:")
        print(f"podrole lab serve --issuer {ISSUER} --jwks {place}")
        return 0
    if arguments.export is not None:
        _write(arguments.export, export_text().encode())
        return 0
    return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from podrole.conformance import report
    from podrole.conformance.endpoint import Elsewhere, Endpoint, checked_url
    from podrole.conformance.run import Run
    from podrole.conformance.suite import cases
    from podrole.conformance.token_issuer import TokenIssuer, kept_issuer

    url = checked_url(arguments.endpoint)
    wanted = cases()
    for option, member in (("area", "area"), ("case", "id")):
        chosen = getattr(arguments, option)
        if unknown := sorted(set(chosen) - {getattr(one, member) for one in cases()}):
            raise InputError(f"--{option} {unknown[0]!r}: the suite has none of that name")
        if chosen:
            wanted = tuple(one for one in wanted if getattr(one, member) in chosen)
    folder = arguments.keys
    issuer = TokenIssuer(secrets.token_hex(32)) if folder is None else kept_issuer(folder)
    run = Run(Endpoint(url, arguments.region), issuer, *_callers())
    results = []
    try:
        for result in run.results(wanted):
            results.append(result)
            if result.failed:
                print(report.failure(result))
    except Elsewhere as error:
        raise InputError(f"the run was stopped: {error}") from error
    finally:
        if not arguments.keep:
            run.clean()
    for reason in dict.fromkeys(one.said for one in results if one.outcome == "skipped"):
        print(f"skipped: {reason}", file=sys.stderr)
    print(report.table(results))
    print(f"passed: {report.score(results)}")
    if arguments.json is not None:
        _write(arguments.json, json.dumps(report.document(results, url), indent=1).encode() + b"\n")
    if arguments.junit is not None:
        _write(arguments.junit, report.junit(results))
    return int(any(result.failed for result in results))


def _callers() -> tuple[Keys, Keys | None]:
    from podrole.conformance.endpoint import Keys

    def keys(prefix: str) -> Keys | None:
        found = [os.environ.get(f"{prefix}{name}") for name in _KEYS]
        return Keys(found[0], found[1], found[2] or None) if found[0] and found[1] else None

    # What emulators that check no signature are usually given.
    return keys("") or Keys("test", "test"), keys("OTHER_")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
