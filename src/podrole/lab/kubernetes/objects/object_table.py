"""Where a cluster's objects are kept: found by name, by kind and namespace, and by owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podrole.lab.kubernetes.objects.kinds import Kind, Object

#: Group and plural, namespace (empty where the kind has none) and name.
Key = tuple[str, str, str, str]


class ObjectTable:
    """Objects in the order of their creation; what it costs to find some does not grow with all."""

    def __init__(self) -> None:
        self._objects: dict[Key, Object] = {}
        #: The number of each in the order of creation.
        self._places: dict[Key, int] = {}
        self._next = 0
        #: By kind, then by namespace, in the order of creation.
        self._spaces: dict[tuple[str, str], dict[str, dict[Key, None]]] = {}
        self._owned: dict[str, dict[Key, None]] = {}

    def get(self, key: Key) -> Object | None:
        """The object of that key, or None."""
        return self._objects.get(key)

    def place(self, key: Key) -> int:
        """The object's number in the order of creation. Raises KeyError for an unknown key."""
        return self._places[key]

    def put(self, key: Key, given: Object, place: int | None = None) -> None:
        """Keep an object under its key; `place` is where one stood that comes back."""
        former = self._objects.get(key)
        if former is None:
            space = self._spaces.setdefault(key[:2], {}).setdefault(key[2], {})
            space[key] = None
            self._places[key] = self._next if place is None else place
            self._next += place is None
            if place is not None:
                ordered = sorted(space, key=self._places.__getitem__)
                self._spaces[key[:2]][key[2]] = dict.fromkeys(ordered)
        else:
            self._forget_owners(key, former)
        self._objects[key] = given
        for uid in owners(given):
            self._owned.setdefault(uid, {})[key] = None

    def remove(self, key: Key) -> None:
        """Forget an object. Raises KeyError for an unknown key."""
        self._forget_owners(key, self._objects.pop(key))
        del self._places[key], self._spaces[key[:2]][key[2]][key]

    def list(self, kind: Kind, namespace: str | None) -> Iterator[Object]:
        """The objects of a kind, oldest first; of one namespace or of all."""
        spaces = self._spaces.get((kind.group, kind.plural), {})
        if namespace is not None:
            keys = list(spaces.get(namespace, ()))
        else:
            filled = [space for space in spaces.values() if space]
            keys = [key for space in filled for key in space]
            if len(filled) > 1:
                keys.sort(key=self._places.__getitem__)
        return (found for key in keys if (found := self._objects.get(key)) is not None)

    def owned(self, uid: str) -> Sequence[tuple[Key, Object]]:
        """What names an object of that uid as an owner, oldest first."""
        keys = sorted(self._owned.get(uid, ()), key=self._places.__getitem__)
        return [(key, self._objects[key]) for key in keys]

    def _forget_owners(self, key: Key, former: Object) -> None:
        for uid in owners(former):
            held = self._owned.get(uid, {})
            held.pop(key, None)
            if not held:
                self._owned.pop(uid, None)


def owners(found: Object) -> set[str]:
    """The uids that an object names as its owners."""
    references = found["metadata"].get("ownerReferences") or ()
    uids = (item.get("uid") for item in references if isinstance(item, Mapping))
    return {uid for uid in uids if isinstance(uid, str)}
