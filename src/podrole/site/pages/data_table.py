"""Tables of facts that pages show: `docs/data/<name>.yml`, each row with its source and date.

A file names its columns and holds rows:

    columns: {what: What, limit: Limit}
    rows:
      - {what: Roles per account, limit: "1,000", source: IAM quotas, checked: 2026-11-23}
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from podrole.site.markdown.markdown_table import markdown_table

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DataError(ValueError):
    """A data file that no page can show; the message names file, row and fix."""


def read_data(path: Path) -> Any:
    """Read a YAML file in which every value is text: `no` is a word, a date stays as written.

    Raises DataError: no such file, or no YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.yml")))
        raise DataError(
            f"{path.name}: no such file in {path.parent.name}/; there are {known}"
        ) from error
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 # makes texts only
    except yaml.YAMLError as error:
        raise DataError(f"{path.name}: no YAML: {' '.join(str(error).split())}") from error


def table_markdown(path: Path) -> str:
    """Render a file as a Markdown table; the last column is source and date of each row.

    Raises DataError: a missing cell, an unknown one, or a row without source or date.
    """
    data = read_data(path)
    columns, rows = _parts(data, path)
    cells = []
    for number, row in enumerate(rows, start=1):
        place = f"{path.name}: row {number}"
        if not isinstance(row, dict):
            raise DataError(f"{place}: write a mapping of {', '.join(columns)}, source, checked")
        for key in (*columns, "source", "checked"):
            if not isinstance(row.get(key), str) or not row[key].strip():
                raise DataError(f"{place}: {key} is missing")
        if unknown := row.keys() - columns.keys() - {"source", "checked"}:
            raise DataError(f"{place}: no column {', '.join(sorted(unknown))}")
        if not _DATE.fullmatch(row["checked"]):
            raise DataError(f"{place}: checked: write a date as 2026-11-23")
        source = f"{row['source']} ({row['checked']})"
        cells.append([*(row[key] for key in columns), source])
    return markdown_table([*columns.values(), "Source, and when it was checked"], cells)


def _parts(data: Any, path: Path) -> tuple[dict[str, str], list[Any]]:
    if isinstance(data, dict) and data.keys() == {"columns", "rows"}:
        columns, rows = data["columns"], data["rows"]
        if isinstance(columns, dict) and columns and isinstance(rows, list) and rows:
            return columns, rows
    raise DataError(f"{path.name}: write columns, a mapping of keys to headings, and rows, a list")
