"""Building the site as `make site` does, for the tests of the built pages."""

import functools
import io
import logging
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

REPOSITORY = Path(__file__).resolve().parents[2]
COPIED = ("mkdocs.yml", "docs", "notebooks", "snippets")


def build_site(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the source tree into the target folder; the result is not checked."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict", "--clean"),
            *("--config-file", str(source / "mkdocs.yml"), "--site-dir", str(target)),
        ],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@functools.cache
def built_once(folder: Path) -> Path:
    """The site of the repository as it is: the one that `make test` has just built, or a new one.

    Args:
        folder: where a new one is built, once a run.
    """
    if made := os.environ.get("PODROLE_SITE"):
        return Path(made)
    target = folder / "built-site"
    result = build_site(REPOSITORY, target)
    assert result.returncode == 0, f"the site does not build:\n{result.stdout}{result.stderr}"
    return target


def build_in_process(source: Path, target: Path) -> tuple[bool, str]:
    """Build the site without a new process, which spends seconds on imports.

    Returns:
        Whether the build went well, and all that it said.
    """
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other packages' own
            config = load_config(str(source / "mkdocs.yml"), site_dir=str(target), strict=True)
            config.plugins.on_startup(command="build", dirty=False)
            build(config)
    except Abort as refused:
        return False, f"{said.getvalue()}{refused}"
    finally:
        logger.removeHandler(handler)
    return True, said.getvalue()


def copy_source(target: Path) -> Path:
    """Copy what the site is built from, so that a test can plant a fault in it."""
    target.mkdir()
    for part in ("src", "tests"):  # code, and the proofs that the guide's promises name
        (target / part).symlink_to(REPOSITORY / part)
    for part in COPIED:
        if (REPOSITORY / part).is_dir():
            ignored = shutil.ignore_patterns("node_modules")
            shutil.copytree(REPOSITORY / part, target / part, ignore=ignored)
        else:
            shutil.copy(REPOSITORY / part, target / part)
    return target
