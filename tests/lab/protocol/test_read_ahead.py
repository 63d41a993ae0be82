"""What a request says is read before the lock is taken: nobody waits while a large one is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from werkzeug.test import Client, TestResponse

from podrole.lab import gateway
from podrole.lab.kubernetes.admission import admission_review
from podrole.lab.kubernetes.http import api_request, protobuf
from podrole.lab.serving.served_lab import DOORS, ServedLab
from podrole.lab.settings import Settings

NAMESPACES = "/api/v1/namespaces"


class Doors:
    """A served lab's doors in this process, and what is seen of its locks."""

    def __init__(self, lab: ServedLab) -> None:
        self._lab = lab
        self.admin = f"Bearer {lab._clusters.admin_token}"
        self.webhook = lab.described()["webhook"].partition("4569")[2]

    def free(self) -> bool:
        """Whether another thread could take the lab's locks now."""
        taken: list[bool] = []

        def take() -> None:
            for lock in (self._lab._lock, self._lab.lab.gateway.lock):
                taken.append(lock.acquire(blocking=False))
                if taken[-1]:
                    lock.release()

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        return all(taken)

    def ask(self, door: str, method: str, path: str, **more: Any) -> TestResponse:
        return Client(self._lab.door(door)).open(path, method=method, **more)


@pytest.fixture
def doors() -> Iterator[Doors]:
    lab = ServedLab(Settings())
    lab.open({door: f"https://127.0.0.1:{4566 + number}" for number, door in enumerate(DOORS)})
    yield Doors(lab)
    lab.close()


def watched(monkeypatch: pytest.MonkeyPatch, doors: Doors, owner: Any, name: str) -> list[bool]:
    """Whether the locks are free at each call of a function."""
    seen: list[bool] = []
    real = getattr(owner, name)

    def read(*given: Any, **named: Any) -> Any:
        seen.append(doors.free())
        return real(*given, **named)

    monkeypatch.setattr(owner, name, read)
    return seen


def test_a_call_of_aws(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch, doors, gateway, "read_call")
    asked = {"Authorization": "AWS4-HMAC-SHA256 Credential=A/20260115/us-west-2/kms/aws4_request"}
    answer = doors.ask("aws", "POST", "/", data=b"{}", headers=asked)
    assert json.loads(answer.data)["__type"] == "IncompleteSignatureException"
    assert seen == [True]


@pytest.mark.parametrize(
    ("owner", "name", "method", "media", "path", "status"),
    [
        (api_request.json, "loads", "POST", "application/json", NAMESPACES, 201),
        (yaml, "load", "PATCH", api_request.APPLY, f"{NAMESPACES}/n?fieldManager=t", 201),
        (protobuf, "decode", "POST", protobuf.MEDIA_TYPE, NAMESPACES, 400),
    ],
)
def test_an_object(
    doors: Doors,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    method: str,
    media: str,
    path: str,
    status: int,
) -> None:
    seen = watched(monkeypatch, doors, owner, name)
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    asked: dict[str, Any] = {"data": json.dumps(manifest), "content_type": media}
    # Of someone whom the server does not know nothing is read at all.
    assert doors.ask("kubernetes", method, path, **asked).status_code == 401
    assert seen == []
    answer = doors.ask("kubernetes", method, path, headers={"Authorization": doors.admin}, **asked)
    assert answer.status_code == status
    assert seen == [True]


def test_a_review(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch, doors, api_request.json, "loads")
    typed = watched(monkeypatch, doors, admission_review.fields, "read")
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    asked = {"uid": "1", "namespace": "default", "object": pod}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}
    for path, status in (("/clusters/demo/mutate/guessed", 401), (doors.webhook, 200)):
        assert doors.ask("kubernetes", "POST", path, json=review).status_code == status
    assert (seen, typed) == ([True], [True])
