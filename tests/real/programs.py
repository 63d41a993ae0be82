"""The programs of a real control plane, built by Go from the modules that `go/go.mod` names."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.client_programs import CACHE

_GO = Path(__file__).parent / "go"
PROGRAMS = ("kube-apiserver", "etcd", "kube-controller-manager", "kubectl")
VERSION = "1.37.2"
_MODULE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = VERSION.split(".")
_LINKED = " ".join(
    ["-s", "-w"]
    + [
        f"-X {module}.{name}={value}"
        for module in (_MODULE, "k8s.io/client-go/pkg/version")
        for name, value in (
            ("gitVersion", f"v{VERSION}"),
            ("gitMajor", _MAJOR),
            ("gitMinor", _MINOR),
        )
    ]
)


def built() -> Path:
    """The folder with the programs; built the first time, and again when `go/` changes."""
    folder = Path(os.environ.get("PODROLE_REAL", CACHE / "real"))
    folder.mkdir(parents=True, exist_ok=True)
    key, noted = _key(), folder / "key"
    if noted.exists() and noted.read_text() == key:
        return folder
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    print(f"Building Kubernetes {VERSION} into {folder} (once; 10 to 15 minutes on two cores)")
    for program in PROGRAMS:
        began = time.monotonic()
        try:
            subprocess.run(
                ["go", "build", "-trimpath", f"-ldflags={_LINKED}", "-o", folder, f"./{program}"],
                cwd=_GO,
                env=environment,
                check=True,
            )
        except FileNotFoundError:
            sys.exit("real: no go found. Install Go 1.26 or newer: https://go.dev/dl")
        except subprocess.CalledProcessError:
            sys.exit(f"real: {program} was not built: Go says why above")
        print(f"{program}: {time.monotonic() - began:.0f} s", flush=True)
    noted.write_text(key)
    return folder


def _key() -> str:
    """A hash of all that the programs are made of."""
    digest = hashlib.sha256(_LINKED.encode())
    for path in sorted(_GO.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
