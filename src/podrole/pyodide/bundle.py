"""Pack Python for the reader's browser: `python -m podrole.pyodide.bundle FOLDER`.

Three archives: `python_stdlib.zip` and `policy.tar.xz` for the policy checker, and `lab.tar.xz`,
which a notebook's cells need on top: boto3, moto, the lab, and the rest of the standard library.
Which modules these are is found by importing them (`contents`), not listed by hand. Pyodide, run by
Node.js, makes byte code of them (`pyodide-runtime/compile.mjs`): byte code is of one version of
Python, and the browser's is another than ours.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from podrole.pyodide import nodejs
from podrole.pyodide.contents import (
    BUNDLED,
    CHECKER,
    REPOSITORY,
    ContentsError,
    contents,
    own_files,
)
from podrole.pyodide.nodejs import NodeError

_MODULE = re.compile(r"\.mjs\b")
_STDLIB = "python_stdlib.zip"
#: Loaded by no import of the checker, but by the worker, and where an error is told.
_ALSO = ("tarfile", "lzma", "traceback", "linecache")
#: What wants processes, a terminal or a network that is not there, and what only looks at programs.
_NO_USE = {
    *("cProfile", "compileall", "doctest", "fileinput", "modulefinder", "optparse", "pickletools"),
    *("profile", "pstats", "pyclbr", "tabnanny", "trace", "wave", "zipapp"),
    *("curses", "dbm", "ensurepip", "ftplib", "idlelib", "imaplib", "mailbox", "poplib"),
    *("pydoc_data", "smtplib", "tkinter", "turtle", "turtledemo", "venv", "wsgiref", "xmlrpc"),
}


class BundleError(RuntimeError):
    """The archives cannot be made, though this machine has what that needs."""


def bundle(folder: Path) -> None:
    """Make the folder that the site publishes as `assets/python/`.

    Nothing is done where the folder already holds what the same inputs made.

    Raises NodeError: this machine lacks Node.js or npm, or npm could not install Pyodide. Raises
    BundleError: a step of the build failed.
    """
    nodejs.install(REPOSITORY / "pyodide-runtime")
    pyodide = REPOSITORY / "pyodide-runtime" / "node_modules" / "pyodide"
    version = json.loads((pyodide / "package.json").read_text(encoding="utf-8"))["version"]
    plan = folder / "bundle.json"
    key = _key(version)
    if plan.is_file() and json.loads(plan.read_text(encoding="utf-8"))["key"] == key:
        return
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        _make(Path(made), pyodide, version, key)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)


def _make(folder: Path, pyodide: Path, version: str, key: str) -> None:
    core = folder / f"pyodide-{version}"
    core.mkdir()
    shutil.copy(pyodide / "pyodide.asm.wasm", core)
    for name in ("pyodide.mjs", "pyodide.asm.mjs"):
        # Servers give `.mjs` a type that browsers refuse (nginx before 1.29 knows none for it).
        text = (pyodide / name).read_text(encoding="utf-8")
        (core / _MODULE.sub(".js", name)).write_text(_MODULE.sub(".js", text), encoding="utf-8")
    with ThreadPoolExecutor() as beside:  # of Node.js processes
        library = beside.submit(_compiled, (pyodide / _STDLIB).read_bytes())
        try:
            policy, lab = (contents(name) for name in BUNDLED)
        except ContentsError as error:
            raise BundleError(str(error)) from error
        own = beside.submit(_compiled, _packed({name: lab[name] for name in lab.keys() - policy}))
        checker, loaded = _compiled(_packed(policy), *CHECKER, *_ALSO)
        whole, more = library.result()[0], own.result()[0]
    _write_tar(checker, folder / "policy.tar.xz")
    first = {name: data for name, data in whole.items() if _top(name) in loaded}
    _write_zip(first, core / _STDLIB)
    rest = {name: data for name, data in whole.items() if _top(name) not in loaded | _NO_USE}
    _write_tar({**rest, **more}, folder / "lab.tar.xz")
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    info = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    # As a server sends it that compresses; the archives are compressed already.
    transfer = sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in sizes)
    told = {"key": key, "pyodide": core.name, "info": info, "sizes": sizes, "transfer": transfer}
    (folder / "bundle.json").write_text(json.dumps(told), encoding="utf-8")


def _key(version: str) -> str:
    """What the archives depend on: the locked packages, our own sources, Pyodide."""
    digest = hashlib.sha256(version.encode())
    for path in [
        REPOSITORY / "requirements" / "dev.txt",
        *sorted((REPOSITORY / "pyodide-runtime").glob("*.mjs")),
        *sorted((REPOSITORY / "pyodide-runtime" / "cryptography").rglob("*.py")),
        *own_files(),
    ]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _top(name: str) -> str:
    return name.partition("/")[0].partition(".")[0]


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            archive.writestr(name, files[name])
    return packed.getvalue()


def _compiled(source: bytes, *modules: str) -> tuple[dict[str, bytes], set[str]]:
    """The files with byte code in place of Python texts, and what is loaded with the modules."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "source.zip"), Path(folder, "compiled.zip")
        given.write_bytes(source)
        command = [
            nodejs.node(),
            str(REPOSITORY / "pyodide-runtime" / "compile.mjs"),
            str(given),
            str(made),
        ]
        done = subprocess.run([*command, *modules], capture_output=True, text=True, check=False)
        if done.returncode or not made.is_file():
            raise BundleError(f"pyodide-runtime/compile.mjs: {done.stderr.strip()[-400:]}")
        with zipfile.ZipFile(made) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    return files, set(json.loads(done.stdout.splitlines()[-1]))


def _write_tar(files: Mapping[str, bytes], target: Path) -> None:
    """As .tar.xz: a third smaller than a .zip, since files share what they have in common."""
    with tarfile.open(target, "w:xz", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            place = tarfile.TarInfo(name)
            place.size = len(files[name])
            archive.addfile(place, io.BytesIO(files[name]))


def _write_zip(files: Mapping[str, bytes], target: Path) -> None:
    """As .zip, from which Python can import before it can unpack anything."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            place = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            archive.writestr(place, files[name], zipfile.ZIP_DEFLATED, 9)


def main(arguments: list[str] | None = None) -> int:
    """Make the folder, or say what the site will lack; 2 where CI is set, or where we failed."""
    parser = argparse.ArgumentParser(prog="python -m podrole.pyodide.bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    asked.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        bundle(asked.folder)
    except NodeError as error:
        if os.environ.get("CI"):
            print(f"podrole: {error}", file=sys.stderr)
            return 2
        shutil.rmtree(asked.folder, ignore_errors=True)  # it may be of older sources
        print(f"Building the site without Run buttons and checkers: {error}")
    except BundleError as error:
        print(f"podrole: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
