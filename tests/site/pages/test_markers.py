"""Markers on a page become snippets and truth tables of the catalogue."""

import dataclasses
import json
import re
from pathlib import Path

import markdown as python_markdown
import pytest

from podrole.catalog import Catalog, Verdict
from podrole.site.pages.markers import MarkerError, expand_markers
from tests.catalogue import CATALOG

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CATALOG


def fences(markdown: str) -> list[str]:
    return re.findall(r"^ *```\w+[^\n]*\n(.*?)\n *```$", markdown, re.MULTILINE | re.DOTALL)


def test_a_policy_is_the_catalogue_s_text(catalog: Catalog) -> None:
    shown = expand_markers(
        '{{ snippet "trust-irsa-exact" format=json }}', catalog, "docs/x.md", ROOT
    )
    assert shown.startswith('```json title="trust-irsa-exact"\n')
    assert json.loads(fences(shown)[0]) == json.loads(catalog.render("trust-irsa-exact", "json"))


@pytest.mark.parametrize(
    ("name", "language"),
    [("trust-irsa-exact", "json"), ("sa-annotated", "yaml"), ("pia-create", "bash")],
)
def test_without_a_format_each_kind_has_its_own(catalog: Catalog, name: str, language: str) -> None:
    shown = expand_markers(f'{{{{ snippet "{name}" }}}}', catalog, "docs/x.md", ROOT)
    assert shown.startswith(f"```{language} ")


def test_an_antipattern_is_never_shown_without_its_warning(catalog: Catalog) -> None:
    bad = [one for one in catalog.of("policy") if one.antipattern]
    assert bad
    for snippet in bad:
        shown = expand_markers(f'{{{{ snippet "{snippet.id}" }}}}', catalog, "docs/x.md", ROOT)
        assert shown.startswith('!!! danger "Antipattern: do not copy"\n')
        assert snippet.antipattern
        assert snippet.antipattern.reason in shown
        rendered = python_markdown.markdown(
            shown, extensions=["admonition", "pymdownx.superfences"]
        )
        assert rendered.startswith('<div class="admonition danger">')
        assert rendered.endswith("</div>")


def test_a_marker_keeps_its_place_in_a_tab(catalog: Catalog) -> None:
    page = '=== "Tab"\n\n    {{ snippet "trust-irsa-exact" }}\n\nAfter'
    shown = expand_markers(page, catalog, "docs/x.md", ROOT)
    block = shown.removeprefix('=== "Tab"\n\n').removesuffix("\n\nAfter")
    assert all(line.startswith("    ") for line in block.split("\n") if line)


def test_a_truth_table_has_a_row_for_each_case(catalog: Catalog) -> None:
    shown = expand_markers('{{ truth-table "trust-irsa-exact" }}', catalog, "docs/x.md", ROOT)
    rows = shown.split("\n")[2:]
    verdicts = catalog.truth_table("trust-irsa-exact")
    assert ["allowed</span>" in row for row in rows] == [one.allowed for one in verdicts]
    assert ["denied</span>" in row for row in rows] == [not one.allowed for one in verdicts]
    assert [one.name in row for one, row in zip(verdicts, rows, strict=True)] == [True] * len(rows)


def test_a_row_says_how_its_request_differs_from_the_first(catalog: Catalog) -> None:
    shown = expand_markers('{{ truth-table "trust-irsa-exact" }}', catalog, "docs/x.md", ROOT)
    first, *others = shown.split("\n")[2:]
    assert "`sub`: `system:serviceaccount:orders:orders-api`" in first
    assert "`aud`: `sts.amazonaws.com`" in first
    assert "<br>`sub`: `system:serviceaccount:orders:other` |" in others[0]
    assert "<br>`aud`: `vault` |" in others[2]
    assert "sts.amazonaws.com" not in "".join(others[:3])


class OneVerdict:
    """A catalogue whose only truth table has one row."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def truth_table(self, _: str) -> list[Verdict]:
        return [self.verdict]


def one_row(catalog: Catalog, **changes: str) -> str:
    verdict = dataclasses.replace(catalog.truth_table("trust-irsa-exact")[0], **changes)
    stand_in: Catalog = OneVerdict(verdict)  # type: ignore[assignment]
    return expand_markers('{{ truth-table "x" }}', stand_in, "docs/x.md", ROOT)


def test_a_table_that_the_engine_contradicts_is_refused(catalog: Catalog) -> None:
    with pytest.raises(MarkerError, match=r"docs/x\.md:1: .*case 'right service account'.*engine"):
        one_row(catalog, expected="explicit_deny")


def test_what_a_case_says_cannot_break_its_row(catalog: Catalog) -> None:
    shown = one_row(catalog, name="a|b *c* <b> `d*e*`", why="x\ny _z_")
    rendered = python_markdown.markdown(shown, extensions=["tables"])
    assert rendered.count("<td") == 2
    assert "a|b *c* &lt;b&gt; <code>d*e*</code>" in rendered
    assert "x y _z_" in rendered


def test_a_marker_in_a_code_block_is_text(catalog: Catalog) -> None:
    page = '```markdown\n{{ snippet "trust-irsa-exact" }}\n```\n\nIn a line: {{ snippet "x" }} too.'
    assert expand_markers(page, catalog, "docs/x.md", ROOT) == page


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('{{ snippet "no-such" }}', "no-such"),
        ('{{ truth-table "no-such" }}', "no-such"),
        ('{{ snipet "trust-irsa-exact" }}', "unknown marker 'snipet'"),
        ('{{ snippet "trust-irsa-exact" format=cobol }}', "cobol"),
        ('{{ snippet "trust-irsa-exact" shape=json }}', "unknown option 'shape=json'"),
        ("{{ snippet trust-irsa-exact }}", "a marker reads"),
    ],
)
def test_a_marker_that_shows_nothing_is_refused(catalog: Catalog, marker: str, said: str) -> None:
    with pytest.raises(MarkerError, match=r"docs/x\.md:3: ") as caught:
        expand_markers(f"Text\n\n{marker}\n", catalog, "docs/x.md", ROOT)
    assert said in str(caught.value)
