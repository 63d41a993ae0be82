"""Watches: the events of a kind, as lines of JSON."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.lab.kubernetes.api import MERGE, Api

SECRETS = "/api/v1/namespaces/orders/secrets"


def watched(api: Api, query: str = "", path: str = SECRETS) -> list[tuple[str, str]]:
    """What a watch that ends at once shows: event and name, or its resource version."""
    text = api.raw("GET", f"{path}?watch=1&timeoutSeconds=0{query}").get_data(as_text=True)
    events = [json.loads(line) for line in text.splitlines()]
    return [(event["type"], _name(event["object"])) for event in events]


def _name(found: dict[str, Any]) -> str:
    metadata = found.get("metadata", {})
    return str(metadata.get("name") or metadata.get("resourceVersion") or found.get("message"))


def create(api: Api, name: str, path: str = SECRETS, **labels: str) -> str:
    given = {"metadata": {"name": name, "labels": labels}}
    return str(api("POST", path, given)["metadata"]["resourceVersion"])


def test_what_there_is_then_what_happens(api: Api) -> None:
    first = create(api, "a")
    assert watched(api) == [("ADDED", "a")]
    create(api, "b")
    api("PATCH", f"{SECRETS}/a", {"data": {"x": "MQ=="}}, kind=MERGE)
    api("DELETE", f"{SECRETS}/b")
    since = f"&resourceVersion={first}"
    expected = [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert watched(api, since) == expected
    last = api("GET", SECRETS)["metadata"]["resourceVersion"]
    assert watched(api, f"{since}&allowWatchBookmarks=true") == [*expected, ("BOOKMARK", last)]
    assert watched(api, f"&resourceVersion={last}") == []


def test_a_list_as_a_stream(api: Api) -> None:
    last = create(api, "a")
    assert watched(api, "&sendInitialEvents=true") == [("ADDED", "a"), ("BOOKMARK", last)]


def test_only_the_namespace_the_name_and_the_label_asked_for(api: Api) -> None:
    first = create(api, "a", app="x")
    create(api, "b", app="y")
    create(api, "c", "/api/v1/namespaces/default/secrets")
    assert watched(api) == [("ADDED", "a"), ("ADDED", "b")]
    assert watched(api, path="/api/v1/secrets") == [("ADDED", name) for name in "abc"]
    assert watched(api, "&fieldSelector=metadata.name%3Db") == [("ADDED", "b")]
    by_label = f"&labelSelector=app%3Dx&resourceVersion={first}"
    api("PATCH", f"{SECRETS}/a", {"metadata": {"labels": {"app": "z"}}}, kind=MERGE)
    api("PATCH", f"{SECRETS}/b", {"metadata": {"labels": {"app": "x"}}}, kind=MERGE)
    # What falls out of a selection is deleted for who watches it, and the reverse.
    assert watched(api, by_label) == [("DELETED", "a"), ("ADDED", "b")]


def test_what_is_too_long_ago(api: Api) -> None:
    create(api, "a")
    for number in range(4100):
        api.lab.kubernetes().objects.store.update(*_labelled(api, str(number)))
    ((event, said),) = watched(api, "&resourceVersion=2")
    assert event == "ERROR"
    assert said.startswith("too old resource version: 2 (")


def _labelled(api: Api, value: str) -> Any:
    from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN

    store = api.lab.kubernetes().objects.store
    found = store.get(BUILT_IN["Secret"], "orders", "a")
    return BUILT_IN["Secret"], {**found, "data": {"n": value}, "metadata": {**found["metadata"]}}


@pytest.mark.parametrize("query", ["timeoutSeconds=nan", "timeoutSeconds=x", "resourceVersion=x"])
def test_arguments_that_are_no_numbers(api: Api, query: str) -> None:
    assert "must be numbers" in api.said("GET", f"{SECRETS}?watch=1&{query}", code=400)


def test_a_watch_holds_nobody_up(api: Api) -> None:
    response = api.raw("GET", f"{SECRETS}?watch=1&timeoutSeconds=60")
    lines = (line for line in response.response if line)
    seen = threading.Event()

    def read() -> None:
        found.append(json.loads(next(iter(lines))))
        seen.set()

    found: list[Any] = []
    thread = threading.Thread(target=read)
    thread.start()
    create(api, "a")  # while the watch waits
    assert seen.wait(10)
    thread.join()
    assert (found[0]["type"], found[0]["object"]["metadata"]["name"]) == ("ADDED", "a")
    response.close()
