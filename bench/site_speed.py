"""How long the site takes to build, beside plain MkDocs with mkdocs-jupyter on the same input.

python bench/site_speed.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from podrole.site.builders.staging import write_source
from podrole.site.source.site_config import read_config
from podrole.site.source.site_source import SiteSource

ROOT = Path(__file__).resolve().parents[1]


def _seconds(*arguments: str, cwd: Path) -> float:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", *arguments]
    begun = time.perf_counter()
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=cwd, check=True, env=quiet)
    return time.perf_counter() - begun


def plain(folder: Path) -> None:
    """The same pages with all markers expanded, the notebooks as they are, and no hook of ours."""
    config = read_config(ROOT / "mkdocs.yml")
    write_source(SiteSource.load(ROOT), config, folder)
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        (folder / "docs" / "notebooks" / f"{notebook.stem}.md").unlink()
        shutil.copy(notebook, folder / "docs" / "notebooks")
    made = yaml.safe_load((folder / "mkdocs.yml").read_text(encoding="utf-8"))
    made["plugins"] = ["search", {"mkdocs-jupyter": {"execute": False, "include_source": True}}]
    made["nav"] = config["nav"]
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")


def main() -> None:
    """Print both, and their ratio."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made, "plain")
        plain(folder)
        peer = min(_seconds(cwd=folder) for _ in range(2))
        ours = min(_seconds("--site-dir", f"{made}/ours", cwd=ROOT) for _ in range(2))
    print(f"site: {ours:.1f} s; plain MkDocs and mkdocs-jupyter: {peer:.1f} s; {ours / peer:.2f}")


if __name__ == "__main__":
    main()
