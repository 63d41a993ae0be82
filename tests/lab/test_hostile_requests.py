"""Requests drawn from kinds of hostile input, at every door: an answer in its shape, no traceback.

Some thousands here; `make fuzz` sends 100,000. A failure prints the request and its number.
"""

from __future__ import annotations

import os
import random
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from podrole.lab.doors.body_limits import LIMITS
from podrole.lab.doors.guards import guarded
from podrole.lab.kubernetes.http import watch
from podrole.lab.protocol.request_body import whole_bodies
from podrole.lab.serving.journal_entry import Options
from podrole.lab.serving.served_lab import DOORS, ServedLab
from podrole.lab.settings import Settings
from tests.lab.fuzz.answers import check
from tests.lab.fuzz.aws_requests import AwsRequests
from tests.lab.fuzz.furnished import furnish
from tests.lab.fuzz.kubernetes_requests import KubernetesRequests, contents
from tests.lab.fuzz.plain_requests import SERVERS, PlainRequests
from tests.lab.fuzz.wsgi_request import WireRequest, ask

REQUESTS = int(os.environ.get("PODROLE_FUZZ_DOORS", "3000"))
SEED = int(os.environ.get("PODROLE_FUZZ_SEED", "20261128"))
#: After so many requests what they removed is made again.
FURNISHED_FOR = 200
App = Callable[..., Any]


@pytest.fixture(scope="module")
def served() -> Iterator[ServedLab]:
    lab = ServedLab(Settings(), Options(metadata="open"))
    lab.open({door: f"https://127.0.0.1:{port}" for port, door in enumerate(DOORS, 4566)})
    yield lab
    lab.close()


@pytest.fixture(autouse=True)
def _no_watch_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_LONGEST", 0)


def send(
    door: str,
    app: App,
    draw: Callable[[], WireRequest],
    share: float,
    prepare: Callable[[], None] | None = None,
) -> dict[int, int]:
    """Send a share of the requests; how often each status came."""
    seen: dict[int, int] = {}
    for number in range(int(REQUESTS * share)):
        if prepare and number % FURNISHED_FOR == 0:
            prepare()
        request = draw()
        try:
            answer = ask(app, request)
            if answer is not None:
                check(door, request, answer)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{number}: {request}\n{_where(error)}")
        if answer is not None:
            seen[answer.status] = seen.get(answer.status, 0) + 1
    return seen


def _where(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)[-3:])


def test_aws(served: ServedLab, capfd: pytest.CaptureFixture[str]) -> None:
    app = whole_bodies(served.door("aws"), LIMITS["aws"])
    requests = AwsRequests(random.Random(SEED), served.described()["environment"])
    seen = send("aws", app, requests.draw, 0.5, lambda: furnish(app, requests))
    assert {200, 400, 403, 404, 501} <= seen.keys()
    assert capfd.readouterr().err == ""


def test_kubernetes(served: ServedLab, capfd: pytest.CaptureFixture[str]) -> None:
    app = whole_bodies(served.door("kubernetes"), LIMITS["kubernetes"])
    token = served.kubeconfig()["users"][0]["user"]["token"]
    requests = KubernetesRequests(random.Random(SEED), token)

    def prepare() -> None:
        for kind, content in contents().items():
            ask(app, requests.create(kind, content))

    seen = send("kubernetes", app, requests.draw, 0.4, prepare)
    assert {200, 201, 400, 401, 403, 404, 405, 415, 422, 501} <= seen.keys()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("door", list(SERVERS))
def test_doors_without_signatures(
    served: ServedLab, capfd: pytest.CaptureFixture[str], door: str
) -> None:
    app = whole_bodies(served.door(SERVERS[door]), LIMITS[SERVERS[door]])
    path = served.lab.kubernetes().issuer.path
    requests = PlainRequests(random.Random(SEED), door, path)
    # What the control path shows of a pod has tokens in it, each signed anew.
    share = 0.003 if door == "control" else 0.02
    seen = send(door, app, requests.draw, share)
    assert len(seen) > 1
    send(door, guarded(app), requests.draw, share)
    assert capfd.readouterr().err == ""
