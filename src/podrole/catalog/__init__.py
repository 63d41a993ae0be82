"""Snippets as data: policies with truth tables, manifests and commands, filled with values."""

from .catalog import Catalog
from .error import CatalogError
from .snippet import Snippet
from .truth_table import Verdict

__all__ = ["Catalog", "CatalogError", "Snippet", "Verdict"]
