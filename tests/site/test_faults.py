"""A fault in the sources fails the build, and the message names the place."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.site_build import build_in_process, build_site, copy_source

Plant = Callable[[Path], None]


def append(path: str, text: str) -> Plant:
    def plant(root: Path) -> None:
        page = root / path
        page.write_text(page.read_text(encoding="utf-8") + text, encoding="utf-8")

    return plant


def replace(path: str, old: str, new: str) -> Plant:
    def plant(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return plant


def remove(path: str) -> Plant:
    return lambda root: (root / path).unlink()


def create(path: str, text: str) -> Plant:
    return lambda root: (root / path).write_text(text, encoding="utf-8") and None


def append_cell(path: str, text: str) -> Plant:
    def plant(root: Path) -> None:
        notebook = json.loads((root / path).read_text(encoding="utf-8"))
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": text})
        (root / path).write_text(json.dumps(notebook), encoding="utf-8")

    return plant


def changed_diagram(root: Path) -> None:
    page = root / "docs/index.md"
    text = page.read_text(encoding="utf-8")
    assert "flowchart TB" in text
    page.write_text(text.replace("flowchart TB", "flowchart LR"), encoding="utf-8")


def stale_copy(root: Path) -> None:
    path = root / IRSA
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(one for one in notebook["cells"] if one["metadata"].get("podrole"))
    cell["source"] = "changed = 1"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def lonely_snippet(root: Path) -> None:
    text = (root / "snippets/cli/whoami.yml").read_text(encoding="utf-8")
    lines = text.replace("id: whoami", "id: lonely").splitlines(keepends=True)
    kept = "".join(one for one in lines if not one.startswith("seed:"))
    (root / "snippets/cli/lonely.yml").write_text(kept, encoding="utf-8")


HOWTO = "docs/howto/irsa-trust.md"
IRSA = "notebooks/02-irsa.ipynb"
FRONT = "description: A page that the navigation has forgotten, for this test alone.\n"

#: They end the build where it meets them.
FAULTS: dict[str, tuple[Plant, list[str]]] = {
    "a promise without its proof": (
        replace("docs/data/coverage.yml", "notebooks/12-migrate.ipynb", "notebooks/13.ipynb"),
        ["docs/reference/coverage.md:", "coverage.yml: item", "no proof notebooks/13.ipynb"],
    ),
    "a fact without its source": (
        append("docs/data/limits.yml", "  - {what: a, limit: b, change: c, checked: 2026-11-23}\n"),
        ["docs/reference/limits.md:", "limits.yml: row 17: source is missing"],
    ),
    "a program's file that is not there": (
        append("docs/index.md", '\n{{ file "apps/go/../../parameters.yml" }}\n'),
        ["docs/index.md:", "no file apps/go/../../parameters.yml below snippets/apps/"],
    ),
    "an unknown snippet": (
        append("docs/index.md", '\n{{ snippet "no-such-snippet" format=json }}\n'),
        ["docs/index.md:", "no-such-snippet"],
    ),
    "an unknown snippet in a notebook": (
        append_cell(IRSA, 'Text\n\n{{ truth-table "no-such-policy" }}'),
        ["notebooks/02-irsa.ipynb, cell", ":3:", "no-such-policy"],
    ),
    "an unknown marker": (
        append("docs/index.md", '\n{{ snipet "trust-irsa-exact" }}\n'),
        ["docs/index.md:", "snipet"],
    ),
    "an unknown format": (
        append("docs/index.md", '\n{{ snippet "trust-irsa-exact" format=cobol }}\n'),
        ["docs/index.md:", "cobol"],
    ),
    "a copy of a snippet that is stale": (
        stale_copy,
        ["notebooks/02-irsa.ipynb, cell", "is not snippet", "make notebooks"],
    ),
    "a snippet that nothing uses": (
        lonely_snippet,
        ["snippets/cli/lonely.yml", "nothing shows it"],
    ),
    "a notebook of the navigation that is missing": (
        remove("notebooks/03-pod-identity.ipynb"),
        ["notebooks/03-pod-identity.ipynb"],
    ),
    "a page that does not say when it was checked": (
        create("docs/howto/lost.md", f"---\n{FRONT}---\n\n# Lost\n"),
        ["docs/howto/lost.md: front matter needs `checked: YYYY-MM-DD`"],
    ),
    "a page that does not say what it holds": (
        replace("docs/howto/irsa.md", "description: >-", "summary: >-"),
        ["docs/howto/irsa.md: front matter needs `description:`"],
    ),
    "a notebook that was checked on no day": (
        replace(IRSA, '"checked": "2026-', '"checked": "2026-13-'),
        ["notebooks/02-irsa.ipynb: metadata.podrole needs `checked: YYYY-MM-DD`"],
    ),
    "a second title in a notebook": (
        append_cell(IRSA, "# Another title"),
        ["notebooks/02-irsa.ipynb", "# Title"],
    ),
    "something that is no notebook": (
        create("notebooks/03-pod-identity.ipynb", "{}"),
        ["notebooks/03-pod-identity.ipynb", "nbformat"],
    ),
    "a diagram that was changed and not drawn": (
        changed_diagram,
        ["docs/index.md:", "has no drawing", "podrole.site.diagrams.draw"],
    ),
    "a diagram without its words": (
        append("docs/index.md", "\n```mermaid\nflowchart LR\n  a --> b\n```\n"),
        ["docs/index.md:", "accDescr"],
    ),
}
#: Of these the build tells at its end, of all at once; so one build shows each of them.
LINKS: dict[str, tuple[Plant, list[str]]] = {
    "a link to a page that is not there": (
        append(HOWTO, "\n[x](no-such-page.md)\n"),
        ["howto/irsa-trust.md", "no-such-page.md"],
    ),
    "a link to a section that is not there": (
        append(HOWTO, "\n[x](../notebooks/02-irsa.ipynb#no-such-section)\n"),
        ["howto/irsa-trust.md", "#no-such-section"],
    ),
    "a promise whose anchor is not there": (
        replace("docs/data/coverage.yml", "irsa.md#what-you-need", "irsa.md#no-such-anchor"),
        ["reference/coverage.md", "#no-such-anchor"],
    ),
    "a notebook's link to a page that is not there": (
        append_cell(IRSA, "[x](../docs/howto/no-such-page.md)"),
        ["notebooks/02-irsa.ipynb", "no-such-page.md"],
    ),
    "a page that the navigation forgets": (
        create("docs/howto/lost.md", f"---\n{FRONT}checked: 2026-11-24\n---\n\n# Lost\n"),
        ["howto/lost.md", "nav"],
    ),
}


@pytest.mark.parametrize(("plant", "named"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_fails_the_build_and_is_named(
    plant: Plant, named: list[str], tmp_path: Path
) -> None:
    source = copy_source(tmp_path / "source")
    plant(source)
    built, said = build_in_process(source, tmp_path / "site")
    assert not built, said
    assert [name for name in named if name not in said] == [], said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def said_of_links(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the build says of all faulty links together."""
    folder = tmp_path_factory.mktemp("links")
    source = copy_source(folder / "source")
    for plant, _ in LINKS.values():
        plant(source)
    built, said = build_in_process(source, folder / "site")
    assert not built, said
    assert f"Aborted with {len(LINKS)} warnings" in said, "each of them, and nothing else"
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("named", [named for _, named in LINKS.values()], ids=LINKS.keys())
def test_a_faulty_link_fails_the_build_and_is_named(said_of_links: str, named: list[str]) -> None:
    # A warning is a line, or a line and its list.
    warnings = re.sub(r"\n *- ", " ", said_of_links).splitlines()
    assert [one for one in warnings if all(name in one for name in named)], said_of_links


def test_the_command_fails_and_its_line_counts_front_matter(tmp_path: Path) -> None:
    source = copy_source(tmp_path / "source")
    page = source / "docs/index.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("---\n")
    page.write_text(f'{text}{{{{ snippet "no-such" }}}}\n', encoding="utf-8")
    result = build_site(source, tmp_path / "site")
    assert result.returncode != 0
    assert f"docs/index.md:{text.count(chr(10)) + 1}:" in result.stderr
