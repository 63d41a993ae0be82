"""Who set which field: `metadata.managedFields`, by which server-side apply finds conflicts.

Source: Kubernetes, "Server-Side Apply"; form of `fieldsV1`: API reference, ManagedFieldsEntry
(checked 2026-11-24). What controllers of the lab write has no manager.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.patch import merge_key
from podrole.lab.kubernetes.objects.status import ApiError

#: Parts of a path as fieldsV1 writes them: `f:NAME`, `k:{"name":"app"}`, `.` for an item itself.
Path = tuple[str, ...]
_ITEM = "."
#: These belong to nobody.
_TOP = {"apiVersion", "kind", "status"}
_METADATA = {
    "creationTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
}
#: kubectl's two ways of applying: the second takes over from the first without a conflict.
_CLIENT_SIDE, _SERVER_SIDE = "kubectl-client-side-apply", "kubectl"


@dataclass(frozen=True)
class Writer:
    """Who changes an object; `applied` is the configuration of a server-side apply."""

    manager: str
    applied: Object | None = None
    force: bool = False

    @property
    def operation(self) -> str:
        """`Apply` or `Update`, as managedFields tells them apart."""
        return "Update" if self.applied is None else "Apply"


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The smallest parts of an object that can be owned, and their values."""
    if isinstance(value, Mapping) and (value or not at):
        for name, inner in value.items():
            if (not at and name in _TOP) or (at == ("f:metadata",) and name in _METADATA):
                continue
            yield from leaves(inner, (*at, f"f:{name}"))
    elif (by := _key(value, at)) is not None:
        for item in value:
            place = (*at, _item_part(by, item))
            yield (*place, _ITEM), item[by]
            yield from leaves(item, place)
    else:
        yield at, value


def after(former: Object | None, now: Object, writer: Writer, time: str) -> list[dict[str, Any]]:
    """The entries of `managedFields` after a write. `time` is RFC 3339."""
    entries = _entries(former)
    before, present = dict(leaves(former or {})), dict(leaves(now))
    changed = {path for path, value in present.items() if before.get(path, ...) != value}
    owned = {who: fields & present.keys() - changed for who, fields in entries.items()}
    me = (writer.manager, writer.operation)
    if writer.applied is None:
        owned[me] = owned.get(me, set()) | changed
    else:
        owned[me] = {path for path, _ in leaves(writer.applied) if path in present}
        if writer.manager == _SERVER_SIDE:
            owned.pop((_CLIENT_SIDE, "Update"), None)
    times = {
        _who(entry): entry.get("time", time) for entry in (former or now)["metadata"].get(
            "managedFields"
        ) or ()
    }  # fmt: skip
    return [
        {
            "manager": who[0],
            "operation": who[1],
            "apiVersion": now["apiVersion"],
            "time": times.get(who, time) if fields == entries.get(who) else time,
            "fieldsType": "FieldsV1",
            "fieldsV1": _nested(fields),
        }
        for who, fields in owned.items()
        if fields
    ]


def check_conflicts(former: Object, given: Object, writer: Writer) -> None:
    """Raise ApiError (Conflict) where an apply would change what others have set."""
    if writer.force:
        return
    present = dict(leaves(former))
    wanted = {path for path, value in leaves(given) if path in present and present[path] != value}
    found: dict[str, set[Path]] = {}
    for (manager, operation), fields in _entries(former).items():
        mine = (manager, operation) == (writer.manager, "Apply")
        if mine or (manager, writer.manager) == (_CLIENT_SIDE, _SERVER_SIDE):
            continue
        if fields & wanted:
            using = f" using {given['apiVersion']}" if operation == "Update" else ""
            found[f'"{manager}"{using}'] = fields & wanted
    if not found:
        return
    count = sum(len(paths) for paths in found.values())
    said = [f"conflict{'s' if len(paths) > 1 else ''} with {who}:{_listed(paths)}"
            for who, paths in found.items()]  # fmt: skip
    raise ApiError(
        409,
        f"Apply failed with {count} conflict{'s' if count > 1 else ''}: " + "\n".join(said),
        causes=[
            {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": shown}
            for who, paths in found.items()
            for shown in map(_shown, sorted(paths))
        ],
    )


def without_dropped(former: Object, given: Object, writer: Writer) -> Object:
    """The object without what the manager has applied before, no longer applies, and nobody else
    has set."""
    entries = _entries(former)
    mine = entries.pop((writer.manager, "Apply"), set())
    if writer.manager == _SERVER_SIDE:
        mine |= entries.pop((_CLIENT_SIDE, "Update"), set())
    others = set().union(*entries.values()) if entries else set()
    kept = others | {path for path, _ in leaves(given)}
    gone = mine - kept
    found = _without(former, gone, kept, ()) if gone else former
    assert isinstance(found, dict)
    return found


def _without(value: Any, gone: set[Path], kept: set[Path], at: Path) -> Any:
    if isinstance(value, Mapping):
        found = {}
        for name, inner in value.items():
            place = (*at, f"f:{name}")
            if place in gone:
                continue
            rest = _without(inner, gone, kept, place)
            if rest or not inner or not isinstance(inner, Mapping | list):
                found[name] = rest
        return found
    by = _key(value, at)
    if by is None:
        return value
    items = []
    for item in value:
        place = (*at, _item_part(by, item))
        # What defaults have added to an item goes with it.
        if (*place, _ITEM) not in gone or any(path[: len(place)] == place for path in kept):
            items.append({by: item[by], **_without(item, gone, kept, place)})
    return items


def _key(value: Any, at: Path) -> str | None:
    """By which member the items of a list are told apart, None where it is owned whole."""
    if not at or not isinstance(value, list) or not value:
        return None
    by = merge_key(at[-1].removeprefix("f:"), value)
    if by is None:
        return None
    keyed = all(isinstance(item, Mapping) and item.get(by) is not None for item in value)
    return by if keyed else None


def _item_part(by: str, item: Mapping[str, Any]) -> str:
    return "k:" + json.dumps({by: item[by]}, separators=(",", ":"))


def _who(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["manager"], entry["operation"]


def _entries(found: Object | None) -> dict[tuple[str, str], set[Path]]:
    given = (found or {}).get("metadata", {}).get("managedFields") or ()
    return {_who(entry): set(_flat(entry["fieldsV1"], ())) for entry in given}


def _nested(paths: Iterable[Path]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(paths):
        place = root
        for part in path:
            place = place.setdefault(part, {})
    return root


def _flat(nested: Mapping[str, Any], at: Path) -> Iterator[Path]:
    for part, inner in nested.items():
        if inner:
            yield from _flat(inner, (*at, part))
        else:
            yield (*at, part)


def _shown(path: Path) -> str:
    text = ""
    for part in path:
        if part.startswith("k:"):
            ((name, value),) = json.loads(part[2:]).items()
            text += f"[{name}={json.dumps(value)}]"
        elif part != _ITEM:
            text += "." + part[2:]
    return text


def _listed(paths: set[Path]) -> str:
    shown = sorted(_shown(path) for path in paths)
    return f" {shown[0]}" if len(shown) == 1 else "".join(f"\n- {name}" for name in shown)
