"""The clock's bounds: one clear error, and the lab goes on, from its state file too."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from podrole.lab.clock import Clock
from tests.lab.wsgi_doors import opened

FURTHEST = "the clock moves to 3000-01-01T00:00:00Z at most: give a smaller step"


def test_the_clock_moves_forward_only() -> None:
    clock = Clock()
    before = clock.now()
    clock.move(hours=1, minutes=30)
    assert (clock.now() - before).total_seconds() == 5400
    with pytest.raises(ValueError, match="only moves forward"):
        clock.move(seconds=-1)


@pytest.mark.parametrize(
    "step",
    [
        {"days": 400_000},
        {"days": 1e300},
        {"weeks": float("inf")},
        {"days": 999_999_999},
        {"days": 10**400},
    ],
    ids=str,
)
def test_a_step_beyond_the_range_is_one_clear_error(step: dict[str, Any]) -> None:
    clock = Clock()
    before = clock.now()
    with pytest.raises(ValueError, match=FURTHEST):
        clock.move(**step)
    assert clock.now() == before


@pytest.mark.parametrize("year", [1, 1969, 3001, 9999])
def test_a_lab_starts_within_the_range(year: int) -> None:
    said = "the clock must be between 1970-01-01T00:00:00Z and 3000-01-01T00:00:00Z"
    with pytest.raises(ValueError, match=said):
        Lab.start(now=datetime(year, 6, 1, tzinfo=UTC))


BAD_STEPS = {
    b"": "clock: Expecting value",
    b"{": "clock: Expecting property name",
    b"[]": "clock: the body is not a JSON object",
    b"null": "clock: the body is not a JSON object",
    b"[" * 100_000: "clock: lab: nested deeper than 100 levels",
    b'{"hours": -1}': "clock: the clock only moves forward",
    b'{"hours": "1"}': "clock: unsupported type for timedelta hours component: str",
    b'{"hours": NaN}': "clock: invalid character: NaN is not JSON",
    b'{"hours": 1e400}': "clock: 1e400 is outside the range of numbers",
    b'{"hours": 1e300}': f"clock: {FURTHEST}",
    b'{"days": 999999999}': f"clock: {FURTHEST}",
    b'{"days": ' + b"9" * 5000 + b"}": "clock: Exceeds the limit",
    b'{"fortnights": 1}': "clock: ",
    b'{"self": 1}': "clock: ",
    b"\xff": "clock: 'utf-8' codec can't decode byte 0xff",
}


def test_bad_steps_are_one_line_each_and_the_lab_goes_on(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        for body, said in BAD_STEPS.items():
            answer = lab.control("POST", "clock", body)
            assert answer.status == 400, body[:40]
            assert answer.text.startswith(said), body[:40]
            assert answer.text.endswith('; give for example {"hours": 1}\n')
            assert answer.text.count("\n") == 1
        assert lab.call("sts", "GetCallerIdentity").status == 200
        assert lab.control("POST", "clock", b'{"hours": 3}').status == 200
    with opened(state) as again:
        assert again.notes == []
        ahead = again.served.lab.clock.now() - datetime.now(UTC)
        assert timedelta(hours=2, minutes=59) < ahead <= timedelta(hours=3)


def test_at_the_end_of_the_range_a_lab_works_and_can_be_loaded_and_reset(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    with opened(state) as lab:
        days = (datetime(2999, 12, 31, 23, tzinfo=UTC) - datetime.now(UTC)).days
        assert lab.control("POST", "clock", b'{"days": %d}' % days).status == 200
        # The machine's clock carries the lab's past the end.
        lab.served.lab.clock._moved += timedelta(days=3)
        # Even the operator's keys, which live for ten years, have expired by then.
        assert "ExpiredToken" in lab.call("iam", "ListUsers").text
        assert lab.kubernetes("POST", accounts, {"metadata": {"name": "a"}}).status == 201
        longest = {"spec": {"expirationSeconds": 1 << 32}}
        assert lab.kubernetes("POST", f"{accounts}/a/token", longest).status == 201
    with opened(state) as again:
        assert again.notes == []
        assert again.kubernetes("GET", f"{accounts}/a").status == 200
        assert again.control("POST", "reset").status == 200
        assert again.kubernetes("GET", f"{accounts}/a").status == 404
        assert again.call("iam", "ListUsers").status == 200


_NOT_STARTED = """
import datetime, sys
from podrole import cli
code = cli.main(["lab", "serve", "--port", "0", "--state", sys.argv[1]])
import moto.s3.models
sys.exit(f"{code} {moto.s3.models.datetime is datetime}")
"""


def test_a_served_lab_that_does_not_start_gives_moto_the_machines_clock_back(
    tmp_path: Path,
) -> None:
    run = [sys.executable, "-c", _NOT_STARTED, str(tmp_path / "no" / "lab.json")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[1:] == ["2 True"]


def test_the_newest_lab_of_a_process_has_its_own_clock() -> None:
    with opened(), Lab.start() as lab:
        s3 = boto3.client("s3")
        s3.create_bucket(
            Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        assert s3.list_buckets()["Buckets"][0]["CreationDate"] == lab.clock.now()
