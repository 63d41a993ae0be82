"""The guide's catalogue, read once in each process of a run; none of the tests changes it."""

from __future__ import annotations

from typing import get_args

from podrole.catalog import Catalog
from podrole.catalog.snippet import Kind

CATALOG = Catalog.load()

for kind in get_args(Kind):
    assert CATALOG.of(kind), f"no {kind} is left: tests of each of them would pass"
