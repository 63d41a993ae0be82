"""What must not change a decision, and what must: properties over drawn requests."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podrole.policy import Decision
from podrole.policy.rows import decide_row
from tests.policy.test_differential import Generator

SEEDS = st.integers(min_value=0, max_value=2**32)
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
FAST = settings(max_examples=150)


def drawn(seed: int) -> tuple[dict[str, Any], Decision]:
    row = Generator(seed).row()
    return row, decide_row(row)


def documents(row: dict[str, Any]) -> list[dict[str, Any]]:
    """All policies of a row, wherever they stand."""
    found: list[Any] = list(row["policies"].values())
    flat: list[dict[str, Any]] = []
    while found:
        item = found.pop()
        if isinstance(item, list):
            found += item
        else:
            flat.append(item)
    return flat


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    value = document["Statement"]
    return value if isinstance(value, list) else [value]


@FAST
@given(SEEDS)
def test_the_order_of_statements_does_not_matter(seed: int) -> None:
    row, before = drawn(seed)
    for document in documents(row):
        document["Statement"] = statements(document)[::-1]
    assert decide_row(row).effect == before.effect


@FAST
@given(SEEDS)
def test_a_statement_twice_is_a_statement_once(seed: int) -> None:
    row, before = drawn(seed)
    for document in documents(row):
        document["Statement"] = statements(document) * 2
    assert decide_row(row).effect == before.effect


@FAST
@given(SEEDS)
def test_a_deny_that_fits_denies(seed: int) -> None:
    row, _ = drawn(seed)
    deny: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    if row["request"]["action"].lower().startswith("sts:"):
        deny.pop("Resource")
    row["policies"]["resource"] = {"Version": "2012-10-17", "Statement": [deny]}
    effect = decide_row(row).effect
    if row["request"]["action"].lower() == "sts:getcalleridentity":
        assert effect == "allow"  # cannot be denied
    else:
        assert effect == "explicit_deny"


@FAST
@given(SEEDS, st.text(max_size=8), st.text(max_size=8))
def test_a_key_that_no_policy_names_changes_nothing(seed: int, name: str, value: str) -> None:
    row, before = drawn(seed)
    row["request"]["context"][f"unrelated:{name}"] = value
    assert decide_row(row) == before


@FAST
@given(SEEDS)
def test_key_names_ignore_case(seed: int) -> None:
    row, before = drawn(seed)
    context = row["request"]["context"]
    row["request"]["context"] = {key.swapcase(): value for key, value in context.items()}
    assert decide_row(row) == before


@FAST
@given(SEEDS)
def test_one_value_is_a_list_of_one(seed: int) -> None:
    row, before = drawn(seed)
    context = row["request"]["context"]
    row["request"]["context"] = {
        key: value if isinstance(value, list) else [value] for key, value in context.items()
    }
    for document in documents(row):
        for statement in statements(document):
            for name in ("Action", "NotAction", "Resource", "NotResource"):
                if isinstance(statement.get(name), str):
                    statement[name] = [statement[name]]
    assert decide_row(row) == before


@FAST
@given(SEEDS)
def test_an_action_or_its_complement(seed: int) -> None:
    """Of a statement with Action X and one with NotAction X, exactly one means the action."""
    row, _ = drawn(seed)
    action = random.Random(seed).choice([row["request"]["action"], "x:*", "s3:*", "*:Get*"])
    outcomes = set()
    for name in ("Action", "NotAction"):
        statement = {"Effect": "Allow", name: action, "Resource": "*"}
        request = {
            **row["request"],
            "principal": "arn:aws:iam::111122223333:user/bob",
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k",
            "resource_account": "111122223333",
        }
        policies = {"identity": {"Version": "2012-10-17", "Statement": statement}}
        outcomes.add(decide_row({"request": request, "policies": policies}).effect)
    assert outcomes == {"allow", "implicit_deny"}


@FAST
@given(SEEDS)
def test_explaining_changes_nothing(seed: int) -> None:
    row, before = drawn(seed)
    explained = decide_row(copy.deepcopy(row), explain=True)
    assert (explained.effect, explained.decided_by, explained.reason) == (
        before.effect,
        before.decided_by,
        before.reason,
    )
