"""All that the site is built from, read once: pages, notebooks and the catalogue's pages.

Whatever builds the site, MkDocs by way of `hooks` or Zensical by way of `staging`, takes from here
the same Markdown and the same facts.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from podrole.catalog import Catalog, CatalogError
from podrole.catalog.notebook import drift
from podrole.catalog.values_file import read_values
from podrole.conformance.suite import export_text
from podrole.site.diagrams.diagram import DiagramError, check_drawings
from podrole.site.markdown.truth_table import TruthTableError
from podrole.site.pages.catalogue_page import (
    FOLDER,
    UnusedError,
    check_use,
    index_markdown,
    shown_by,
    snippet_markdown,
)
from podrole.site.pages.checker_data import checker_data
from podrole.site.pages.markers import MarkerError, expand_markers
from podrole.site.pages.notebook_page import (
    NotebookError,
    RunBar,
    check_notebook,
    notebook_markdown,
)
from podrole.site.pages.page_facts import (
    PageFacts,
    PageFactsError,
    notebook_facts,
    page_facts,
    snippet_facts,
)
from podrole.site.pages.without_python import without_python
from podrole.site.values.value_fields import values_json
from podrole.site.values.value_places import Places, site_places

NOTEBOOKS = "notebooks"
#: One sheet for every page, of these.
_STYLE = Path(__file__).parents[1] / "style"
_SHEETS = ("base.css", "values.css", "reading.css")
_FRONT = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.DOTALL | re.MULTILINE)
_FAULTS = (
    CatalogError,
    DiagramError,
    MarkerError,
    NotebookError,
    PageFactsError,
    TruthTableError,
    UnusedError,
)


class SourceError(ValueError):
    """A fault in the sources; the message names the place and the fix."""


@dataclass(frozen=True)
class SourcePage:
    """One page before it is expanded: its text, its front matter and its facts."""

    text: str
    front: Mapping[str, Any]
    facts: PageFacts


class SiteSource:
    """The pages of a repository's site."""

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.root = root
        self.catalog = catalog
        self.drawings = root / "docs" / "diagrams"
        self.pages: dict[str, SourcePage] = {}
        self._expanded: dict[str, str] = {}

    @classmethod
    def load(cls, root: Path, values: str | None = None) -> "SiteSource":
        """Read and check everything.

        `root`: the repository. `values`: a file with the reader's own values, if there is one.
        Raises SourceError: a fault in the sources.
        """
        try:
            own = read_values(Path(values)) if values else {}
            site = cls(root, Catalog.load(root / "snippets", own))
            for path, page in site._read():
                site.pages[path] = page
        except _FAULTS as error:
            raise SourceError(str(error)) from error
        return site

    def markdown(self, path: str) -> str:
        """The page's Markdown, with its markers expanded and without front matter.

        Raises SourceError: a marker, diagram or notebook that cannot be shown.
        """
        if path not in self._expanded:
            self._expanded[path] = self._markdown(path, self.pages[path].text)
        return self._expanded[path]

    def _markdown(self, path: str, text: str) -> str:
        try:
            if path.startswith(f"{FOLDER}/"):
                return _FRONT.sub("", text)  # made here, from the catalogue
            if path.endswith(".ipynb"):
                return notebook_markdown(text, path, self._expand, self._run_bar(path))
            # Blank lines instead of the front matter keep the numbers right.
            blanked = _FRONT.sub(lambda found: "\n" * found[0].count("\n"), text)
            if not self._python_plan.is_file():
                blanked = without_python(blanked)
            return self._expand(blanked, f"docs/{path}")
        except _FAULTS as error:
            raise SourceError(str(error)) from error

    def _run_bar(self, path: str) -> RunBar | None:
        if not self._python_plan.is_file():
            return None
        size: int = json.loads(self._python_plan.read_text(encoding="utf-8"))["transfer"]
        return RunBar(posixpath.relpath("assets", self.pages[path].facts.url), round(size / 1e6))

    @property
    def _python_plan(self) -> Path:
        return self.root / ".cache" / "python" / "bundle.json"

    @property
    def notebooks(self) -> list[str]:
        """The paths of the notebooks, below the repository."""
        return [path for path in self.pages if path.endswith(".ipynb")]

    def browser_python(self) -> Iterator[tuple[str, Path]]:
        """The files that `make site` has packed for the reader's browser, by their place.

        There are none where Node.js is missing.
        """
        packed = self._python_plan.parent
        for part in sorted(packed.rglob("*")):
            if part.is_file():
                yield f"assets/python/{part.relative_to(packed).as_posix()}", part

    @cached_property
    def places(self) -> Places:
        """Where a reader's own values go in the blocks of all pages."""
        return site_places(self.catalog, self.root)

    def made_assets(self) -> dict[str, str]:
        """The texts that pages fetch, by their place: what may be entered, what can be picked."""
        sheets = [(_STYLE / name).read_text(encoding="utf-8") for name in _SHEETS]
        return {
            "assets/podrole.css": "\n".join(sheets),
            "assets/values.json": values_json(self.catalog),
            "assets/checker.json": checker_data(self.catalog),
            "assets/conformance.json": export_text(),
        }

    def _read(self) -> Iterator[tuple[str, SourcePage]]:
        docs = self.root / "docs"
        for file in sorted(docs.rglob("*.md")):
            path, text = file.relative_to(docs).as_posix(), file.read_text(encoding="utf-8")
            front = _front_matter(text, f"docs/{path}")
            yield path, SourcePage(text, front, page_facts(path, front, text))
        notebooks: dict[str, Any] = {}
        for file in sorted((self.root / NOTEBOOKS).glob("*.ipynb")):
            path, text = file.relative_to(self.root).as_posix(), file.read_text(encoding="utf-8")
            check_notebook(text, path)
            notebooks[path] = json.loads(text)
            for message in drift(notebooks[path], self.catalog, path):
                raise SourceError(f"{message}; run `make notebooks`")
            yield path, SourcePage(text, {}, notebook_facts(path, notebooks[path]))
        yield from self._catalogue(shown_by(docs, notebooks))

    def _catalogue(self, shown: Mapping[str, list[str]]) -> Iterator[tuple[str, SourcePage]]:
        check_use(self.catalog, shown)
        pages = []
        for snippet in self.catalog.snippets:
            path = f"{FOLDER}/{snippet.id}.md"
            text = snippet_markdown(self.catalog, snippet, shown.get(snippet.id, ()))
            pages.append((path, SourcePage(text, {}, snippet_facts(path, snippet))))
        path, text = f"{FOLDER}/index.md", index_markdown(self.catalog)
        newest = max(page.facts.checked for _, page in pages)
        front = {**_front_matter(text, path), "checked": newest}
        yield path, SourcePage(text, front, page_facts(path, front, text))
        for path, page in pages:
            front = {**_front_matter(page.text, path), "description": page.facts.description}
            yield path, SourcePage(page.text, front, page.facts)

    def _expand(self, text: str, place: str) -> str:
        check_drawings(text, self.drawings, place)
        return expand_markers(text, self.catalog, place, self.root)


def _front_matter(text: str, place: str) -> dict[str, Any]:
    found = _FRONT.match(text)
    try:
        front = yaml.safe_load(found["yaml"]) if found else {}
    except yaml.YAMLError as error:
        raise PageFactsError(f"{place}: the front matter is not YAML: {error}") from error
    if not isinstance(front, dict):
        raise PageFactsError(f"{place}: the front matter is not a mapping")
    return front
