"""Check a folder of snippets: the guide's own, or those that a company keeps beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from podrole.catalog.catalog import Catalog
from podrole.catalog.error import CatalogError
from podrole.catalog.snippet import Snippet

#: Of all mutants of a catalogue's policies, as many may survive with a reason.
MOST_SURVIVORS = 0.03


@dataclass(frozen=True)
class Report:
    """What a check found, a line each, and what was checked."""

    findings: tuple[str, ...]
    summary: str


def check(folder: Path | None = None, values: Mapping[str, str] | None = None) -> Report:
    """Every row of every truth table, every mutant, every format.

    Raises CatalogError for a folder that cannot be loaded, with file and key.
    """
    # os.path answers no, and raises nothing, for a name that no file can have.
    if folder is not None and not os.path.isfile(folder / "parameters.yml"):
        raise CatalogError(
            f"{folder}: no parameters.yml here, so this is not a folder of snippets; copy the"
            " file from the guide"
        )
    catalog = Catalog.load(folder, values)
    findings: list[str] = []
    rows = mutants = surviving = rendered = 0
    for snippet in catalog.snippets:
        if snippet.kind == "policy":
            catalog.policy(snippet.id)  # each format takes its grammar for granted
        for format in catalog.formats(snippet.id):
            catalog.render(snippet.id, format)
            rendered += 1
        for verdict in catalog.truth_table(snippet.id):
            rows += 1
            if not verdict.holds:
                findings.append(
                    f"{snippet.place}: case {verdict.name!r}: expected {verdict.expected},"
                    f" the engine says {verdict.effect}: {verdict.decision.reason}"
                )
        if snippet.cases and not snippet.antipattern:
            unnoticed, count = catalog.unnoticed_mutants(snippet.id)
            mutants, surviving = mutants + count, surviving + len(unnoticed)
            findings += _mutants(snippet, unnoticed)
    if surviving > MOST_SURVIVORS * mutants:
        findings.append(f"{surviving} of {mutants} mutants survive: over {MOST_SURVIVORS:.0%}")
    summary = (
        f"podrole: {len(catalog.snippets)} snippets, {rendered} texts, {rows} rows,"
        f" {mutants} mutants of which {surviving} survive; {len(findings)} findings"
    )
    return Report(tuple(findings), summary)


def _mutants(snippet: Snippet, unnoticed: list[str]) -> list[str]:
    found = [
        f"{snippet.place}: no case notices: {label}"
        for label in unnoticed
        if label not in snippet.survivors
    ]
    found += [
        f"{snippet.place}: survivors: {label!r} does not survive, or is not a mutant; remove it"
        for label in snippet.survivors
        if label not in unnoticed
    ]
    return found
