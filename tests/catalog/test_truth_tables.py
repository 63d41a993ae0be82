"""Every row of every policy's truth table holds."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from podrole.catalog import Catalog, Verdict
from podrole.catalog import truth_table as runner
from podrole.catalog.formats import filled
from podrole.policy import parse_policy

CATALOG = Catalog.load()
ROWS = [
    pytest.param(snippet.id, verdict, id=f"{snippet.id}::{verdict.name}")
    for snippet in CATALOG.of("policy")
    for verdict in CATALOG.truth_table(snippet.id)
]


@pytest.mark.parametrize(("name", "verdict"), ROWS)
def test_row(name: str, verdict: Verdict) -> None:
    assert verdict.holds, (
        f"snippets/policies/{name}.yml: case {verdict.name!r}: expected {verdict.expected},"
        f" the engine says {verdict.decision}"
    )


def test_there_is_a_catalogue() -> None:
    assert len(CATALOG.of("policy")) >= 30
    assert len(CATALOG.of("manifest")) >= 6


def mutants(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """One-step widenings: each of them a mistake that somebody makes."""
    found = []

    def mutate(label: str, change: Any) -> None:
        mutant = copy.deepcopy(document)
        change(mutant["Statement"])
        found.append((label, mutant))

    for i, statement in enumerate(document["Statement"]):
        if statement["Effect"] != "Allow":
            mutate(
                f"[{i}] Deny dropped",
                lambda s, i=i: s.pop(i) if len(s) > 1 else s[i].update(Effect="Allow"),
            )
            continue
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                mutate(
                    f"[{i}] {operator} {key} dropped",
                    lambda s, i=i, o=operator, k=key: s[i]["Condition"][o].pop(k),
                )
        if "Resource" in statement and statement["Resource"] != "*":
            mutate(f"[{i}] Resource widened", lambda s, i=i: s[i].update(Resource="*"))
        if statement.get("Action") not in ("*", ["*"]) and "Action" in statement:
            mutate(f"[{i}] Action widened", lambda s, i=i: s[i].update(Action="*"))
    return found


TRUST_AND_IDENTITY = [
    pytest.param(snippet.id, label, mutant, id=f"{snippet.id} {label}")
    for snippet in CATALOG.of("policy")
    if snippet.antipattern is None and snippet.layer in ("trust", "identity")
    for label, mutant in mutants(snippet.body)
]


@pytest.mark.parametrize(("name", "label", "mutant"), TRUST_AND_IDENTITY)
def test_a_widening_changes_a_row(name: str, label: str, mutant: dict[str, Any]) -> None:
    snippet = CATALOG[name]
    values = CATALOG.parameters.values({})
    wide = parse_policy(filled(mutant, values), kind=snippet.layer, name=name)  # type: ignore[arg-type]

    def policy_of(wanted: str) -> Any:
        return wide if wanted == name else runner.compiled(CATALOG[wanted], values)

    assert not all(
        runner.decide(snippet, case, values, policy_of).holds for case in snippet.cases
    ), f"snippets/policies/{name}.yml: {label}: no row of the truth table notices"
