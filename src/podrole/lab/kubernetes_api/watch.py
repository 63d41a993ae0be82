"""Watches: what happens to objects, as lines of JSON, until the client's time is over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .kinds import Kind, Object
from .object_api import ObjectApi
from .status import ApiError

_LONGEST = 300.0
#: How long a thread waits before it looks whether its time is over.
_STEP = 1.0


def watch(
    objects: ObjectApi,
    kind: Kind,
    arguments: Mapping[str, str],
    wanted: Callable[[Object], bool],
    shown: Callable[[Object], Any],
) -> Iterator[bytes]:
    """The events of a kind after `resourceVersion`; without one, first what there is.

    Raises ApiError for arguments that are no numbers. Holds no lock while it waits.
    """
    try:
        seconds = float(arguments.get("timeoutSeconds") or _LONGEST)
        version = int(arguments.get("resourceVersion") or 0)
        initial = arguments.get("sendInitialEvents") == "true"
    except ValueError:
        raise ApiError(400, "timeoutSeconds and resourceVersion must be numbers") from None
    return _events(
        objects, kind, min(seconds, _LONGEST), None if initial else version, wanted, shown
    )


def _events(
    objects: ObjectApi,
    kind: Kind,
    seconds: float,
    version: int | None,
    wanted: Callable[[Object], bool],
    shown: Callable[[Object], Any],
) -> Iterator[bytes]:
    yield b""  # the headers at once: kubectl waits for them before it can be stopped
    store = objects.store
    end = time.monotonic() + seconds
    streamed = version is None  # the list as a stream, which a bookmark ends (KEP-3157)
    if not version:
        with objects.lock:
            version = store.version
            present = [found for found in store.list(kind) if wanted(found)]
        for found in present:
            yield _line("ADDED", shown(found))
        if streamed:
            yield _line("BOOKMARK", _end_of_list(kind, version))
    while True:
        try:
            events = list(store.since(version))
        except ApiError as error:
            yield _line("ERROR", error.status())
            return
        for happened, event, found in events:
            version = happened
            if found["kind"] == kind.name and wanted(found):
                yield _line(event, shown(found))
        left = end - time.monotonic()
        if left <= 0:
            return
        with store.changed:
            if store.version <= version:
                store.changed.wait(min(left, _STEP))


def _end_of_list(kind: Kind, version: int) -> Object:
    return {
        "kind": kind.name,
        "apiVersion": kind.api_version,
        "metadata": {
            "resourceVersion": str(version),
            "annotations": {"k8s.io/initial-events-end": "true"},
        },
    }


def _line(event: str, found: Any) -> bytes:
    return json.dumps({"type": event, "object": found}).encode() + b"\n"
