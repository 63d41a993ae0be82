"""Build the site with Zensical: `make site BUILDER=zensical`.

Material for MkDocs ends on 5 May 2027. Zensical, by the same people, reads the same Markdown and
the same configuration, and runs neither hooks nor foreign plugins; so it gets the sources as
`staging` writes them. Its own environment is in `.cache/`, by `requirements/zensical.txt`.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from podrole.site.builders.staging import finish_site, write_source
from podrole.site.source.site_config import SiteConfig, read_config
from podrole.site.source.site_source import SiteSource, SourceError

_LOCK = Path("requirements") / "zensical.txt"


class BuildError(RuntimeError):
    """Zensical could not be installed, or refused the site; the message is its own."""


def build(root: Path, target: Path) -> None:
    """Build the repository's site.

    `root`: the repository. `target`: where the site goes; what is there is replaced. Raises
    SourceError: a fault in the sources. Raises BuildError: Zensical is not to be had, or warns.
    """
    stage = root / ".cache" / "zensical" / "stage"
    config = read_config(root / "mkdocs.yml")
    site = SiteSource.load(root, os.environ.get("PODROLE_VALUES"))
    write_source(site, config, stage)
    program = environment(root) / "bin" / "zensical"
    _run(str(program), "build", "--clean", "--strict", "-f", str(stage / "mkdocs.yml"))
    finish_site(site, SiteConfig.of(config), stage / "site")
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(stage / "site", target)


def environment(root: Path) -> Path:
    """Make Zensical's environment by its lock file, once; return its folder.

    Raises BuildError: it could not be installed.
    """
    folder = root / ".cache" / "zensical" / "venv"
    folder.parent.mkdir(parents=True, exist_ok=True)
    done, lock = folder / ".complete", root / _LOCK
    uv = str(Path(sys.executable).with_name("uv"))
    with (folder.parent / "lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
            python = str(folder / "bin" / "python")
            _run(uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(lock))
            done.touch()
    return folder


def main(arguments: list[str] | None = None) -> int:
    """Build the site of the working directory; exit status 2 for a fault in its sources."""
    parser = argparse.ArgumentParser(prog="python -m podrole.site.builders.zensical")
    parser.add_argument("target", type=Path, help="where the site goes")
    asked = parser.parse_args(arguments)
    try:
        build(Path.cwd(), asked.target)
    except (SourceError, BuildError, OSError, ValueError, yaml.YAMLError) as error:
        print(f"podrole: {error}", file=sys.stderr)
        return 2
    return 0


def _run(*command: str) -> None:
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)  # noqa: S603
    if done.returncode:
        raise BuildError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}".strip())


if __name__ == "__main__":
    raise SystemExit(main())
