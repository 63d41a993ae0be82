"""The catalogue: everything in `snippets/`, by id."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from podrole.policy import Policy

from . import formats, truth_table
from .error import CatalogError
from .parameters import PLACEHOLDER, Parameters
from .snippet import Kind, Snippet, load, texts
from .truth_table import Verdict

_FOLDERS: dict[str, Kind] = {"policies": "policy", "manifests": "manifest", "cli": "commands"}
FORMATS: dict[Kind, tuple[str, ...]] = {
    "policy": ("json", "yaml", "python"),
    "manifest": ("yaml", "python"),
    "commands": ("bash",),
}


class Catalog:
    """All snippets, checked when loaded."""

    def __init__(self, parameters: Parameters, snippets: Mapping[str, Snippet]) -> None:
        self.parameters = parameters
        self._snippets = dict(snippets)
        self._compiled: dict[str, Policy] = {}  # with the default values

    @classmethod
    def load(cls, folder: Path | None = None) -> Catalog:
        """Read a `snippets/` folder, by default the guide's own.

        Raises CatalogError for any fault in it, with file and key.
        """
        root = folder or _own_folder()
        parameters = Parameters.load(root / "parameters.yml")
        snippets: dict[str, Snippet] = {}
        for name, kind in _FOLDERS.items():
            for path in sorted((root / name).glob("*.yml")):
                snippet = load(path, kind)
                if snippet.id in snippets:
                    raise CatalogError(f"{name}/{path.name}: id {snippet.id!r} is taken")
                for case in snippet.cases:
                    names = PLACEHOLDER.findall("\n".join(texts(case.request)))
                    parameters.require(names, f"{name}/{path.name}: case {case.name!r}")
                parameters.require(snippet.placeholders(), f"{name}/{path.name}")
                snippets[snippet.id] = snippet
        catalog = cls(parameters, snippets)
        catalog._check_references()
        return catalog

    def _check_references(self) -> None:
        for snippet in self._snippets.values():
            place = f"{snippet.path.parent.name}/{snippet.path.name}"
            better = snippet.antipattern.better if snippet.antipattern else None
            if better and better not in self._snippets:
                raise CatalogError(f"{place}: antipattern.better: no snippet {better!r}")
            for case in snippet.cases:
                for name in (name for names in case.companions.values() for name in names):
                    if name not in self._snippets:
                        raise CatalogError(f"{place}: case {case.name!r}: no snippet {name!r}")

    def __getitem__(self, name: str) -> Snippet:
        try:
            return self._snippets[name]
        except KeyError:
            known = ", ".join(sorted(self._snippets))
            raise CatalogError(f"no snippet {name!r}; there are {known}") from None

    def of(self, kind: Kind) -> list[Snippet]:
        """The snippets of one kind, by id."""
        return [snippet for snippet in self._snippets.values() if snippet.kind == kind]

    def render(
        self,
        name: str,
        format: str,
        values: Mapping[str, str] | None = None,
        *,
        variable: str = "snippet",
    ) -> str:
        """A snippet's text in a format, filled with `values` over the defaults.

        In the format `python` placeholders stay fields of f-strings, and `variable` is the name
        that is assigned. Raises CatalogError for an unknown snippet, format, parameter or value.
        """
        snippet = self[name]
        if format not in FORMATS[snippet.kind]:
            known = ", ".join(FORMATS[snippet.kind])
            raise CatalogError(f"{name}: no format {format!r}; a {snippet.kind} has {known}")
        if format == "python":
            if snippet.kind == "policy":
                return formats.python_document(variable, snippet.body)
            return formats.python_text(variable, snippet.body)
        filled = self.parameters.values(values or {})
        try:
            if snippet.kind == "manifest":
                return formats.manifest(snippet.body, filled)
            if snippet.kind == "commands":
                return formats.shell(snippet.body, filled)
        except CatalogError as error:
            raise CatalogError(f"{name}: {error}") from error
        document = formats.filled(snippet.body, filled)
        return formats.as_json(document) if format == "json" else formats.as_yaml(document)

    def truth_table(self, name: str) -> list[Verdict]:
        """Every case of a policy, decided by the engine with the default values."""
        snippet = self[name]
        values = self.parameters.values({})
        return [truth_table.decide(snippet, case, values, self._policy) for case in snippet.cases]

    def _policy(self, name: str) -> Policy:
        if name not in self._compiled:
            self._compiled[name] = truth_table.compiled(self[name], self.parameters.values({}))
        return self._compiled[name]


def _own_folder() -> Path:
    """`snippets/` beside the source tree, else the copy that an installed package carries."""
    here = Path(__file__).resolve()
    for folder in (here.parents[3] / "snippets", here.parents[1] / "snippets"):
        if (folder / "parameters.yml").is_file():
            return folder
    raise CatalogError("no snippets/ beside the package: give Catalog.load() a folder")
