"""`make notebooks`: fill the snippet cells, run the notebooks, store their outputs.

A notebook whose run fails keeps its old outputs, and the command says which cell failed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from podrole.catalog import Catalog, CatalogError, fill_notebook

#: What a run may add and nobody needs: it would change with the machine.
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def execute(path: Path, catalog: Catalog) -> str | None:
    """Run one notebook and store it; the reason if it failed."""
    notebook: Any = nbformat.read(path, as_version=4)
    fill_notebook(notebook, catalog)
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # else the kernel's flushing shows, and no two runs are alike
        extra_arguments=["--log-level=40"],
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{path}: {error.ename}: {error.evalue}\n{error}"
    kept = {"podrole": notebook.metadata["podrole"]} if "podrole" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": _KERNEL, "language_info": {"name": "python"}, **kept}
    )
    draft = path.with_suffix(".draft")
    nbformat.write(notebook, draft)
    os.replace(draft, path)
    return None


def main() -> int:
    """Run the notebooks that are named; exit code 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", type=Path, nargs="+")
    failures = 0
    try:
        catalog = Catalog.load()
        for path in parser.parse_args().notebooks:
            reason = execute(path, catalog)
            print(reason or f"{path}: stored", file=sys.stderr if reason else sys.stdout)
            failures += reason is not None
    except CatalogError as error:
        print(f"podrole: {error}", file=sys.stderr)
        return 2
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
