"""Snippets as data: policies with truth tables, manifests and commands, filled with values."""

from podrole.catalog.catalog import Catalog
from podrole.catalog.error import CatalogError
from podrole.catalog.mutants import Mutant, mutants
from podrole.catalog.notebook import fill_notebook
from podrole.catalog.snippet import Snippet
from podrole.catalog.truth_table import Verdict

__all__ = [
    "Catalog",
    "CatalogError",
    "Mutant",
    "Snippet",
    "Verdict",
    "fill_notebook",
    "mutants",
]
