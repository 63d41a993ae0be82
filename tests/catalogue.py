"""The guide's catalogue, read once in each process of a run: many modules want it, and none changes it."""

from __future__ import annotations

from podrole.catalog import Catalog

CATALOG = Catalog.load()
