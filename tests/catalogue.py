"""The guide's catalogue, read once in each process of a run; none of the tests changes it."""

from __future__ import annotations

from podrole.catalog import Catalog

CATALOG = Catalog.load()
