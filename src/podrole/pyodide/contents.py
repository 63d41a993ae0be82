"""Which files of Python the reader's browser needs: found by importing here what runs there.

They come from this interpreter's own site-packages, which the lock file pins.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
#: The checker, and what its calls import when they need it.
CHECKER = (
    "podrole.pyodide.checker",
    "podrole.pyodide.policy_check",
    "podrole.pyodide.pod_denied",
    "podrole.reading.outputs.hcl",
    "podrole.reading.yaml_document",
    "yaml",
)
#: An archive's name, and what is imported there.
BUNDLED = {
    "policy": f"import {', '.join(CHECKER)}\n",
    "lab": """\
import importlib, pkgutil
import podrole.pyodide.cells, podrole.catalog.mutants, podrole.attribution, podrole.policy
# Whatever a cell may import:
for module in pkgutil.walk_packages(podrole.policy.__path__, "podrole.policy."):
    importlib.import_module(module.name)
from podrole.lab import Lab
from podrole.lab.moto_adapter import direct
from podrole.lab.moto_adapter.backend import MOTO_SERVICES
with Lab.start():
    for service in MOTO_SERVICES:
        direct.load(service)
    import boto3
    boto3.client("s3").list_buckets()  # at the first call moto imports more
""",
}
_REPORT = """
import json, sys
print(json.dumps({name: getattr(one, '__file__', None) for name, one in sys.modules.items()}))
"""
#: Compiled, and without a wheel for the browser: a stand-in that moto can import takes their place.
_COMPILED = {"cryptography", "_cffi_backend"}
#: An editable install brings it.
_UNUSED = {"_distutils_hack"}
_SKIPPED_FOLDERS = {"__pycache__", "tests", "examples", "zoneinfo"}
_SKIPPED_KINDS = {".so", ".pyi", ".pem", ".md", ".typed", ".c", ".pyx"}
#: Addresses of machine images, which only moto's EC2 and public SSM parameters show.
_SKIPPED_OF_MOTO = {"ecs", "latest_amis", "ami-amazon-linux-latest"}


class ContentsError(RuntimeError):
    """What is to run in the browser does not even run here; the message is the error."""


def own_files() -> list[Path]:
    """Our own sources and data, without the site's builder and the conformance suite."""
    source = REPOSITORY / "src" / "podrole"
    return [
        path
        for path in sorted(source.rglob("*"))
        if path.suffix in {".py", ".yml", ".yaml"}
        and not any(path.is_relative_to(source / name) for name in ("site", "conformance"))
    ]


def contents(name: str) -> dict[str, bytes]:
    """Path in the archive to content.

    `name`: of `BUNDLED`. Raises ContentsError: the imports fail.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUNDLED[name] + _REPORT],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ContentsError(done.stderr.strip().splitlines()[-1])
    modules: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return dict(_files(modules))


def _files(modules: dict[str, str | None]) -> Iterator[tuple[str, bytes]]:
    site = Path(sysconfig.get_path("purelib"))
    tops = sorted({name.partition(".")[0] for name in modules} - _UNUSED)
    for top in tops:
        if top == "podrole":
            yield from _ours({Path(file) for file in modules.values() if file})
        elif top in _COMPILED:
            stand_in = REPOSITORY / "pyodide-runtime" / "cryptography" / "__init__.py"
            yield "cryptography/__init__.py", stand_in.read_bytes()
        elif (site / top).is_dir():
            yield from _package(site / top, modules)
        elif (site / f"{top}.py").is_file():
            yield f"{top}.py", (site / f"{top}.py").read_bytes()
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        title = distribution.metadata["Name"]
        if title.lower().replace("-", "_") in tops:
            text = f"Metadata-Version: 2.1\nName: {title}\nVersion: {distribution.version}\n"
            place = f"{title.replace('-', '_')}-{distribution.version}.dist-info/METADATA"
            yield place, text.encode()


def _ours(loaded: set[Path]) -> Iterator[tuple[str, bytes]]:
    """Our own modules that were loaded, and the data beside them."""
    folders = {path.parent for path in loaded}
    for path in own_files():
        beside = path.suffix != ".py" and {path.parent, path.parent.parent} & folders
        if path in loaded or beside:
            yield path.relative_to(REPOSITORY / "src").as_posix(), path.read_bytes()


def _package(folder: Path, modules: dict[str, str | None]) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder.parent).parts
        if path.is_dir() or _SKIPPED_FOLDERS & set(parts) or path.suffix in _SKIPPED_KINDS:
            continue
        if folder.name == "moto" and not _wanted_of_moto(parts, modules):
            continue
        data = path.read_bytes()
        if parts[1] == "data" and folder.name in {"boto3", "botocore"}:
            model = _model(parts, data)
            if model is None:
                continue
            data = model
        yield "/".join(parts), data


def _wanted_of_moto(parts: tuple[str, ...], modules: dict[str, str | None]) -> bool:
    if len(parts) > 2 and f"moto.{parts[1]}" not in modules:
        return False
    if "instance_type_offerings" in parts:  # read while moto is imported: one Region's are enough
        return parts[-1].startswith("us-west-2")
    return not _SKIPPED_OF_MOTO & set(parts)


def _model(parts: tuple[str, ...], data: bytes) -> bytes | None:
    """A data file of the SDK, if one of the services that the lab carries needs it."""
    from podrole.lab.protocol.operations import SERVICES  # a site without Run buttons loads no lab

    if len(parts) == 3:
        return data
    if parts[2] in {*SERVICES, "accessanalyzer"}:
        return None if parts[-1].startswith("examples") else data
    if parts[2] == "ec2" and parts[-1].startswith("service-2.json"):
        # moto asks for EC2's Regions, for which botocore reads the service's endpoint prefix only.
        whole = json.loads(gzip.decompress(data))
        bare = json.dumps({**whole, "operations": {}, "shapes": {}})
        return gzip.compress(bare.encode(), mtime=0)
    return None
