"""Lists a page at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import Api

MAPS = "/api/v1/namespaces/orders/configmaps"


@pytest.fixture
def maps(api: Api) -> Api:
    for number in range(5):
        api("POST", MAPS, {"metadata": {"name": f"m{number}", "labels": {"odd": str(number % 2)}}})
    return api


def names(found: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


def test_pages_hold_each_object_once(maps: Api) -> None:
    everything = [name for name in names(maps("GET", MAPS)) if name.startswith("m")]
    first = maps("GET", f"{MAPS}?limit=2")
    found, meta = names(first), first["metadata"]
    assert meta["remainingItemCount"] == len(names(maps("GET", MAPS))) - 2
    while meta.get("continue"):
        following = maps("GET", f"{MAPS}?limit=2&continue={meta['continue']}")
        found, meta = found + names(following), following["metadata"]
    assert [name for name in found if name.startswith("m")] == everything
    assert "remainingItemCount" not in meta


def test_a_selector_hides_how_many_remain(maps: Api) -> None:
    found = maps("GET", f"{MAPS}?limit=1&labelSelector=odd=1")
    assert names(found) == ["m1"]
    assert found["metadata"]["continue"]
    assert "remainingItemCount" not in found["metadata"]


def test_a_page_after_an_object_that_is_gone(maps: Api) -> None:
    first = maps("GET", f"{MAPS}?limit=2")
    last = names(first)[-1]
    maps("DELETE", f"{MAPS}/{last}")
    path = f"{MAPS}?limit=2&continue={first['metadata']['continue']}"
    assert maps.said("GET", path, code=410).startswith("The provided continue parameter is too old")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("limit=" + "9" * 30, "strconv.ParseInt: parsing "),
        ("continue=x", "continue key is not valid: "),
        ("continue=W10", "continue key is not valid: "),
        ("continue=eyJ2IjoieCIsInN0YXJ0IjoiIn0", "continue key is not valid: server does not"),
    ],
)
def test_what_is_no_page(maps: Api, query: str, said: str) -> None:
    assert maps.said("GET", f"{MAPS}?{query}", code=400).startswith(said)


def test_no_limit_gives_all(maps: Api) -> None:
    assert names(maps("GET", f"{MAPS}?limit=0")) == names(maps("GET", MAPS))
    assert names(maps("GET", f"{MAPS}?limit=-1")) == names(maps("GET", MAPS))
