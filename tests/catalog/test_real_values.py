"""Values that people really have: AWS takes them, so the catalogue does."""

from __future__ import annotations

import pytest

from tests.catalogue import CATALOG


@pytest.mark.parametrize(
    ("snippet", "name", "value"),
    [
        ("identity-sqs-consumer", "queue", "invoices.fifo"),
        ("identity-secretsmanager-read", "secret_name", "rds!cluster-0a1b2c3d"),
        ("identity-s3-read", "prefix", "events/app.v2/day=2026-02-03"),
        ("trust-irsa-exact", "region", "eusc-de-east-1"),
    ],
)
def test_a_real_value_is_taken(snippet: str, name: str, value: str) -> None:
    assert value in CATALOG.render(snippet, "json", {name: value})
