"""Watches: what happens to objects, as lines of JSON, until the client's time is over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from podrole.lab.kubernetes.http import internal_error
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import Event, as_version
from podrole.lab.kubernetes.objects.status import ApiError

_LONGEST = 300
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
        seconds = int(arguments.get("timeoutSeconds") or _LONGEST)
        version = int(arguments.get("resourceVersion") or 0)
        initial = arguments.get("sendInitialEvents") == "true"
    except ValueError:
        raise ApiError(400, "timeoutSeconds and resourceVersion must be numbers") from None
    bookmarks = arguments.get("allowWatchBookmarks") in ("1", "true")
    seconds = min(max(seconds, 0), _LONGEST)
    start = None if initial else version
    return _told(_events(objects, kind, seconds, start, bookmarks, wanted, shown))


def _told(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines; a fault of the lab ends them by an event that says so."""
    try:
        yield from lines
    except Exception as error:
        yield _line("ERROR", internal_error.api_error(error).status())


def _events(
    objects: ObjectApi,
    kind: Kind,
    seconds: float,
    version: int | None,
    bookmarks: bool,
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
            end_of_list = {"k8s.io/initial-events-end": "true"}
            yield _line("BOOKMARK", _bookmark(kind, version, annotations=end_of_list))
    while True:
        try:
            events = list(store.since(version))
        except ApiError as error:
            yield _line("ERROR", error.status())
            return
        for event in events:
            version = event.version
            seen = _as_seen(event, kind, wanted)
            if seen:
                yield _line(seen, shown(as_version(kind, event.found)))
        left = end - time.monotonic()
        if left <= 0:
            if bookmarks:
                yield _line("BOOKMARK", _bookmark(kind, version))
            return
        with store.changed:
            if store.published <= version:
                store.changed.wait(min(left, _STEP))


def _as_seen(event: Event, kind: Kind, wanted: Callable[[Object], bool]) -> str:
    """The event's type for a client that sees only `wanted`: what falls out of that is deleted."""
    if (event.kind.group, event.kind.plural) != (kind.group, kind.plural):
        return ""
    before = event.former is not None and wanted(event.former)
    after = event.type != "DELETED" and wanted(event.found)
    return {
        (False, True): "ADDED",
        (True, True): "MODIFIED",
        (True, False): "DELETED",
        (False, False): "",
    }[before, after]


def _bookmark(kind: Kind, version: int, **metadata: Any) -> Object:
    return {
        "kind": kind.name,
        "apiVersion": kind.api_version,
        "metadata": {"resourceVersion": str(version), **metadata},
    }


def _line(event: str, found: Any) -> bytes:
    return json.dumps({"type": event, "object": found}).encode() + b"\n"
