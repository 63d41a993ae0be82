"""The layers of `.importlinter` hold, and a wrong import or a module without a layer is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: File, what is planted there, and what the check says of it.
PLANTED = {
    "policy/index.py": (
        "import podrole.lab",
        "podrole.policy is not allowed to import podrole.lab",
    ),
    "lab/clock.py": (
        "from podrole.lab.gateway import Gateway",
        "podrole.lab.clock is not allowed to import podrole.lab.gateway",
    ),
    "lab/services/kms.py": (
        "from podrole.lab.services.sns.service import Sns",
        "podrole.lab.services.kms is not allowed to import podrole.lab.services.sns",
    ),
    "lab/kubernetes/objects/patch.py": (
        "def late():\n    from podrole.lab.kubernetes.object_api import ObjectApi",
        "podrole.lab.kubernetes.objects is not allowed to import",
    ),
    "lab/services/ssm.py": ("import moto.ssm", "podrole.lab.services.ssm -> moto"),
    "site/markdown/fence.py": (
        "import podrole.site.pages.markers",
        "podrole.site.markdown is not allowed to import podrole.site.pages",
    ),
    "lab/services/route53.py": ("", "route53"),
}


def linted(folder: Path) -> tuple[int, str]:
    """Exit code and words of `lint-imports` for the sources in a folder."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    shutil.copy(ROOT / ".importlinter", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "podrole", tmp_path / "src" / "podrole", ignore=ignored)
    return tmp_path


def test_the_layers_hold(sources: Path) -> None:
    code, said = linted(sources)
    assert code == 0, said
    assert "0 broken" in said


def test_a_planted_import_is_noticed(sources: Path) -> None:
    for name, (text, _) in PLANTED.items():
        with (sources / "src" / "podrole" / name).open("a") as file:
            file.write(f"\n{text}\n")
    code, said = linted(sources)
    assert code == 1, said
    missed = [name for name, (_, noticed) in PLANTED.items() if noticed not in said]
    assert not missed, said
