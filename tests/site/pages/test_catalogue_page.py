"""The catalogue's pages: nothing is missing on them, and nothing in the catalogue is unused."""

from pathlib import Path

import pytest

from podrole.catalog import Catalog
from podrole.site.markdown.format_label import LABELS
from podrole.site.pages.catalogue_page import (
    UnusedError,
    check_use,
    index_markdown,
    shown_by,
    snippet_markdown,
)
from tests.catalogue import CATALOG


def test_the_table_lists_every_snippet() -> None:
    table = index_markdown(CATALOG)
    for snippet in CATALOG.snippets:
        assert f"[{snippet.id}]({snippet.id}.md)" in table


@pytest.mark.parametrize("name", ["trust-irsa-exact", "identity-admin", "pia-create", "app-go"])
def test_a_page_shows_every_format_every_case_and_every_source(name: str) -> None:
    snippet = CATALOG[name]
    page = snippet_markdown(CATALOG, snippet, ["howto/irsa-trust.md"])
    for format in CATALOG.formats(name):
        assert CATALOG.render(name, format).split("\n")[0].strip() in page
        if len(CATALOG.formats(name)) > 1 and format != "python":
            assert f'=== "{LABELS[format]}"' in page
    for verdict in CATALOG.truth_table(name):
        assert verdict.name in page.replace("\\", "")
    for source in snippet.sources:
        assert source["page"] in page
    assert "](../howto/irsa-trust.md)" in page
    assert ("do not copy" in page) == bool(snippet.antipattern)


def test_a_company_s_values_reach_the_page() -> None:
    own = Catalog.load(values={"account_id": "999988887777", "namespace": "payments"})
    page = snippet_markdown(own, own["trust-irsa-exact"], [])
    assert "arn:aws:iam::999988887777:oidc-provider/" in page
    assert "111122223333" not in page


def test_what_nothing_shows_or_needs_is_named() -> None:
    shown = {snippet.id: ["index.md"] for snippet in CATALOG.snippets}
    check_use(CATALOG, shown)
    del shown["namespace"]  # other snippets need it
    check_use(CATALOG, shown)
    del shown["whoami"]  # a seed is no use of it
    with pytest.raises(UnusedError, match=r"snippets/cli/whoami\.yml: nothing shows it"):
        check_use(CATALOG, shown)


def test_pages_and_notebooks_that_show_a_snippet(tmp_path: Path) -> None:
    (tmp_path / "howto").mkdir()
    (tmp_path / "howto" / "x.md").write_text(
        '{{ snippet "sa-plain" }}\n{{ truth-table "a" }}\n'
        "[here](../catalogue/b-c.md), [all](../catalogue/index.md)"
    )
    cell = {"cell_type": "code", "metadata": {"podrole": {"snippet": "sa-plain", "as": "x"}}}
    assert shown_by(tmp_path, {"notebooks/1.ipynb": {"cells": [cell]}}) == {
        "sa-plain": ["howto/x.md", "notebooks/1.ipynb"],
        "a": ["howto/x.md"],
        "b-c": ["howto/x.md"],
    }
