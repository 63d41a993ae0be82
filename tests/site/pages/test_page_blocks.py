"""What a reader does with each block of a page."""

from __future__ import annotations

import pytest

from podrole.catalog import CatalogError
from podrole.site.pages.followed_table import followed_markdown
from podrole.site.pages.markers import expand_markers
from podrole.site.pages.page_blocks import BlockError, choices, marker_options, read_blocks
from tests.catalogue import CATALOG
from tests.files import files
from tests.site.pages.test_markers import ROOT

PAGE = """\
# Title

{{ snippet "namespace" format=kubectl }}

## The role

=== "AWS CLI"

    {{ snippet "trust-irsa-exact" format=cli }}

    === "Inner"

        {{ snippet "whoami" }}

=== "Terraform"

    {{ snippet "trust-irsa-exact" format=terraform }}

## Look

=== "AWS CLI"

    {{ snippet "trust-irsa-exact" format=json file=trust.json }}

    ```output title="It fails"
    …
      nobody
    ```

{{ snippet "trust-irsa-exact" format=json }}

{{ truth-table "trust-irsa-exact" }}

{{ snippet "whoami" not-run="it rains" }}
"""


def test_what_a_reader_does_with_each() -> None:
    found = [(one.use, one.name, one.section, one.tabs) for one in read_blocks(PAGE, CATALOG)]
    assert found == [
        ("command", "namespace", "", ()),
        ("command", "trust-irsa-exact", "The role", ((1, "AWS CLI"),)),
        ("command", "whoami", "The role", ((1, "AWS CLI"), (2, "Inner"))),
        ("not run", "trust-irsa-exact", "The role", ((1, "Terraform"),)),
        ("file", "trust-irsa-exact", "Look", ((3, "AWS CLI"),)),
        ("output", "It fails", "Look", ((3, "AWS CLI"),)),
        ("policy", "trust-irsa-exact", "Look", ()),
        ("table", "trust-irsa-exact", "Look", ()),
        ("not run", "whoami", "Look", ()),
    ]


def test_a_block_has_its_text_its_file_and_its_reason() -> None:
    blocks = read_blocks(PAGE, CATALOG)
    assert blocks[0].text.startswith("kubectl apply -f - <<'EOF'\napiVersion: v1\n")
    assert blocks[0].text.endswith("\nEOF")
    assert "Terraform" in blocks[3].reason
    assert blocks[4].file == "trust.json"
    assert (blocks[5].text, blocks[5].fails) == ("…\n  nobody", True)
    assert blocks[8].reason == "it rains"


def test_only_tabs_with_something_to_run_are_chosen() -> None:
    assert choices(read_blocks(PAGE, CATALOG)) == {1: ["AWS CLI"], 2: ["Inner"], 3: ["AWS CLI"]}


def test_a_page_says_why_a_block_is_not_run() -> None:
    shown = expand_markers(PAGE, CATALOG, "docs/x.md", ROOT)
    assert "    <small>Not run when this page is followed: the lab runs no Terraform" in shown
    assert "<small>Not run when this page is followed: it rains.</small>" in shown
    assert shown.count("<small>") == 2
    assert 'title="trust.json"' in shown


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ('{{ snippet "whoami" run=no }}', "unknown option 'run=no'"),
        ('```output title="Perhaps"\n…\n```', 'line 1: write title="It prints"'),
        ("```output\n…\n```", 'line 1: write title="It prints"'),
        ('=== "A"\n\n=== "B"\n\n    text', 'line 1: the tab "A" is empty'),
        ('# x\n\n=== "A"\n\ntext', 'line 3: the tab "A" is empty'),
        ('=== "A"\n\n    === "B"\n\n    text', 'line 3: the tab "B" is empty'),
        ('=== "A"\n', 'line 1: the tab "A" is empty'),
    ],
)
def test_what_cannot_be_read_is_named(page: str, says: str) -> None:
    with pytest.raises(BlockError, match=says):
        read_blocks(page, CATALOG)


def test_a_manifest_that_nobody_applies_is_named() -> None:
    with pytest.raises(CatalogError, match="line 1: sa-plain: save it by file=…"):
        read_blocks('{{ snippet "sa-plain" format=yaml }}', CATALOG)


def test_options() -> None:
    assert marker_options(' format=json not-run="a b" ') == {"format": "json", "not-run": "a b"}


def test_each_block_of_each_how_to_is_counted() -> None:
    table = followed_markdown(ROOT / "docs/howto", CATALOG)
    pages = files(ROOT / "docs/howto", "*.md")
    rows = [line for line in table.split("\n") if line.startswith("| [")]
    assert len(rows) == len(pages)
    numbers = [sum(map(int, row.split("|")[2:5])) for row in rows]
    assert f"Of {sum(numbers)} blocks " in table
    assert sum(numbers) == sum(len(read_blocks(one.read_text(), CATALOG)) for one in pages)
