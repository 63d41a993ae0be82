"""What a cluster without nodes lacks: its pods become ready, and its deployments come to rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.real.api_client import ApiClient

_STRATEGIC = "application/strategic-merge-patch+json"
#: How long a deployment must be as it is: two rounds of the controller and the kubelet below.
_STILL = 1.0


@contextmanager
def kubelet(api: ApiClient) -> Iterator[None]:
    """While the block runs, each pod of the cluster becomes ready."""
    ended = threading.Event()
    thread = threading.Thread(target=_run, args=(api, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)


def _run(api: ApiClient, ended: threading.Event) -> None:
    while not ended.wait(0.1):
        for pod in api("GET /api/v1/pods").document.get("items", ()):
            if not pod["metadata"].get("deletionTimestamp"):
                if (pod.get("status") or {}).get("phase") != "Running":
                    _start(api, pod["metadata"])
            else:
                path = _path(pod["metadata"])
                api(f"DELETE {path}", {"gracePeriodSeconds": 0})


def _start(api: ApiClient, metadata: dict[str, Any]) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": now}
    status = {"phase": "Running", "conditions": [ready], "startTime": now}
    api(f"PATCH {_path(metadata)}/status", {"status": status}, kind=_STRATEGIC)


def _path(metadata: dict[str, Any]) -> str:
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


def settle(api: ApiClient, path: str) -> None:
    """Wait until a deployment stays as it is: its controller has done what it can."""
    last, since = None, time.monotonic()
    end = since + 20
    while time.monotonic() < end:
        found = api(f"GET {path}").document
        version = found["metadata"]["resourceVersion"]
        seen = (found.get("status") or {}).get("observedGeneration")
        if version != last or seen != found["metadata"].get("generation"):
            last, since = version, time.monotonic()
        elif time.monotonic() - since > _STILL:
            return
        time.sleep(0.1)
