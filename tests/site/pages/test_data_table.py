"""Facts as data: every row on its page, and a clear word for a row that cannot be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from podrole.catalog import Catalog
from podrole.site.pages.coverage import coverage_markdown, read_promises
from podrole.site.pages.data_table import DataError, read_data, table_markdown
from tests.files import files

ROOT = Path(__file__).parents[3]
DATA = ROOT / "docs/data"
TABLES = [path for path in files(DATA, "*.yml") if path.stem not in {"coverage", "links"}]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_each_row_has_a_source_and_a_date(path: Path) -> None:
    rows = table_markdown(path).split("\n")[2:]
    assert len(rows) == len(read_data(path)["rows"])
    for row in rows:
        assert row.rstrip(" |").endswith(")"), row


def write(folder: Path, text: str) -> Path:
    path = folder / "facts.yml"
    path.write_text(text)
    return path


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "columns: {what: What}\nrows:\n- {what: no, source: a | b, checked: 2026-11-23}\n",
    )
    assert table_markdown(path).split("\n")[2] == "| no | a \\| b (2026-11-23) |"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("columns: {a: A}\nrows:\n- {a: x, checked: 2026-11-23}", "row 1: source is missing"),
        ("columns: {a: A}\nrows:\n- {source: s, checked: 2026-11-23}", "row 1: a is missing"),
        ("columns: {a: A}\nrows:\n- {a: x, source: s, checked: May}", "row 1: checked: write a"),
        ("columns: {a: A}\nrows:\n- {a: x, b: y, source: s, checked: 2026-11-23}", "no column b"),
        ("columns: {a: A}\nrows:\n- text", "row 1: write a mapping"),
        ("rows: []", "write columns"),
        ("{", "no YAML"),
    ],
)
def test_a_fault_names_file_and_row(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=r"^facts\.yml: ") as error:
        table_markdown(write(tmp_path, text))
    assert says in str(error.value)


def test_a_missing_file_lists_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(DataError, match=r"there are facts"):
        table_markdown(tmp_path / "none.yml")


class TestPromises:
    def test_all_are_kept_and_snippets_keep_known_ones(self) -> None:
        catalog = Catalog()
        promises = read_promises(DATA / "coverage.yml", ROOT)
        assert len(promises) == 89
        known = {promise.id for promise in promises}
        for snippet in catalog.snippets:
            if snippet.seed and not snippet.seed.startswith("missing:"):
                assert snippet.seed in known, snippet.place
        table = coverage_markdown(promises, catalog)
        assert len(table.split("\n")) == 2 + 89

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("- {id: a, owes: b, page: c.md}", "write id, owes, page, proof"),
            ("- {id: a, owes: '', page: c.md, proof: d}", "owes is empty"),
            ("- {id: a, owes: b, page: c.md, proof: tests/none.py}", "a: no proof tests/none.py"),
            ("a: b", "write a list"),
            (
                "- {id: a, owes: b, page: c.md, proof: d}\n- {id: a, owes: b, page: c, proof: d}",
                "a is there twice",
            ),
        ],
    )
    def test_a_fault_names_the_item(self, tmp_path: Path, text: str, says: str) -> None:
        with pytest.raises(DataError) as error:
            read_promises(write(tmp_path, text), ROOT)
        assert says in str(error.value)
