"""A change of several objects happens whole or not at all, whatever it has deleted on the way."""

from __future__ import annotations

from contextlib import suppress

import pytest

from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.seed import Seed

NAMESPACE, MAP = BUILT_IN["Namespace"], BUILT_IN["ConfigMap"]


class Failed(Exception):
    """What ends a transaction in these tests."""


def config(name: str, **data: str) -> Object:
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "orders"}, "data": data}


@pytest.fixture
def store() -> ObjectStore:
    made = ObjectStore(Clock(), Identifiers(Seed(7), "objects"))
    made.create(NAMESPACE, {"kind": "Namespace", "metadata": {"name": "orders"}})
    for name in "abc":
        made.create(MAP, config(name))
    return made


def change(store: ObjectStore) -> None:
    """Create, update and delete; create once more under a name that was deleted."""
    store.create(MAP, config("d"))
    store.update(MAP, config("a", changed="yes"))
    store.delete(MAP, "orders", "b")
    store.create(MAP, config("b", second="yes"))
    store.update(MAP, config("b", second="no"))
    store.delete(MAP, "orders", "d")


def fail(store: ObjectStore) -> None:
    with store.transaction():
        change(store)
        raise Failed


def told(store: ObjectStore) -> list[Object]:
    return [*store.list(NAMESPACE), *store.list(MAP)]


def test_what_fails_has_changed_nothing(store: ObjectStore) -> None:
    before, version = told(store), store.version
    with pytest.raises(Failed):
        fail(store)
    assert told(store) == before  # in their order, too
    assert store.version == store.published == version
    assert list(store.since(version)) == []


def test_a_part_that_fails_leaves_the_rest(store: ObjectStore) -> None:
    with store.transaction():
        store.create(MAP, config("first"))
        store.delete(MAP, "orders", "c")
        with suppress(Failed):
            fail(store)
        store.create(MAP, config("last"))
    names = [found["metadata"]["name"] for found in store.list(MAP)]
    assert names == ["a", "b", "first", "last"]
    assert all(not found["data"] for found in store.list(MAP))


def test_what_happens_is_seen_when_all_of_it_has_happened(store: ObjectStore) -> None:
    version = store.version
    with store.transaction():
        change(store)
        assert store.published == version
    assert [event.type for event in store.since(version)] == [
        "ADDED", "MODIFIED", "DELETED", "ADDED", "MODIFIED", "DELETED",
    ]  # fmt: skip
    assert [found["metadata"]["name"] for found in store.list(MAP)] == ["a", "c", "b"]
