"""The catalogue: everything in `snippets/`, by id."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from podrole.catalog import formats as format_modules
from podrole.catalog import truth_table
from podrole.catalog.error import CatalogError, shown
from podrole.catalog.mutants import survivors
from podrole.catalog.parameters import PLACEHOLDER, Parameters
from podrole.catalog.snippet import FOLDERS, Kind, Snippet, load, texts
from podrole.catalog.truth_table import Verdict
from podrole.policy import Policy, PolicyError


class Catalog:
    """A `snippets/` folder and the values that fill it; a file is read when it is asked for.

    `values` stand over the defaults of parameters.yml. Raises CatalogError for values that do not
    fit, and for an id that two files bear.
    """

    def __init__(self, folder: Path | None = None, values: Mapping[str, str] | None = None) -> None:
        self.folder = folder or own_folder()
        self.parameters = Parameters.load(self.folder / "parameters.yml")
        self.values = self.parameters.values(values or {})
        self._given = dict(values or {})
        self._paths: dict[str, Path] = {}
        for name in FOLDERS:
            for path in sorted((self.folder / name).glob("*.yml")):
                if path.stem in self._paths:
                    raise CatalogError(
                        f"{name}/{path.name}: another snippet already has the id {path.stem!r}"
                    )
                self._paths[path.stem] = path
        self._snippets: dict[str, Snippet] = {}
        self._compiled: dict[str, Policy] = {}

    @classmethod
    def load(cls, folder: Path | None = None, values: Mapping[str, str] | None = None) -> Catalog:
        """All of a folder, checked, by default the guide's own.

        Raises CatalogError for any fault in it, with file and key.
        """
        catalog = cls(folder, values)
        for snippet in catalog.snippets:
            catalog._check_references(snippet)
        return catalog

    def _check_references(self, snippet: Snippet) -> None:
        self.parameters.require(snippet.placeholders(), snippet.place)
        named = list(snippet.after)
        if snippet.antipattern and snippet.antipattern.better:
            named.append(snippet.antipattern.better)
        for case in snippet.cases:
            place = f"{snippet.place}: case {case.name!r}"
            self.parameters.require(PLACEHOLDER.findall("\n".join(texts(case.request))), place)
            named += [name for names in case.companions.values() for name in names]
        for name in named:
            if name not in self._paths:
                raise CatalogError(f"{snippet.place}: no snippet {name!r}")
        format_modules.check_holder(snippet)

    def __getitem__(self, name: str) -> Snippet:
        if name not in self._snippets:
            if name not in self._paths:
                near = difflib.get_close_matches(name, self._paths)
                mean = f"did you mean {' or '.join(near)}? " if near else ""
                raise CatalogError(
                    f"no snippet {shown(name)}; {mean}`podrole snippet list` lists all"
                )
            self._snippets[name] = load(self._paths[name])
        return self._snippets[name]

    @cached_property
    def snippets(self) -> list[Snippet]:
        """All of them, by folder and id."""
        return [self[name] for name in self._paths]

    def of(self, kind: Kind) -> list[Snippet]:
        """The snippets of one kind, by id."""
        return [snippet for snippet in self.snippets if snippet.kind == kind]

    def formats(self, name: str) -> tuple[str, ...]:
        """The formats that a snippet is to be had in; the first is its own."""
        return format_modules.of(self[name])

    def render(
        self,
        name: str,
        format: str,
        values: Mapping[str, str] | None = None,
        *,
        variable: str = "snippet",
    ) -> str:
        """A snippet's text in a format, filled with `values` over the catalogue's.

        In the format `python` placeholders stay fields of f-strings, and `variable` is the name
        that is assigned. Raises CatalogError for an unknown snippet, format, parameter or value.
        """
        snippet = self[name]
        filled = self.parameters.values({**self._given, **values}) if values else self.values
        try:
            return format_modules.render(snippet, format, filled, variable)
        except CatalogError as error:
            raise CatalogError(f"{name}: {error}") from error

    def truth_table(self, name: str) -> list[Verdict]:
        """Every case of a policy, decided by the engine with the catalogue's values."""
        snippet = self[name]
        return [
            truth_table.decide(snippet, case, self.values, self.policy) for case in snippet.cases
        ]

    def unnoticed_mutants(self, name: str) -> tuple[list[str], int]:
        """The changes of a policy that none of its cases notices, and how many were tried."""
        return survivors(self[name], self.values, self.policy)

    def policy(self, name: str) -> Policy:
        """A policy, filled and parsed. Raises CatalogError with the file and the place."""
        if name not in self._compiled:
            snippet = self[name]
            try:
                self._compiled[name] = truth_table.compiled(snippet, self.values)
            except PolicyError as error:
                raise CatalogError(f"{snippet.place}: {error}") from error
        return self._compiled[name]


def own_folder() -> Path:
    """`snippets/` beside the source tree, else the copy that an installed package carries.

    Raises CatalogError where there is neither.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[3] / "snippets", here.parents[1] / "snippets"):
        if (folder / "parameters.yml").is_file():
            return folder
    raise CatalogError("no snippets/ folder next to the package: pass a folder to Catalog()")
