"""Snippets as data: policies with truth tables, manifests and commands, filled with values."""

from .catalog import FORMATS, Catalog
from .error import CatalogError
from .snippet import Snippet
from .truth_table import Verdict

__all__ = ["FORMATS", "Catalog", "CatalogError", "Snippet", "Verdict"]
