"""`kubectl get`'s tables: the API server makes them. Source: Kubernetes, "API Concepts"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from podrole.lab.kubernetes.objects.columns import Since
from podrole.lab.kubernetes.objects.kinds import Kind


def table(
    kind: Kind,
    objects: Iterable[Mapping[str, Any]],
    now: datetime,
    include: str = "",
    **meta: Any,
) -> Any:
    """The objects as a `Table`; `meta` is the list's metadata.

    `include` is the request's `includeObject`: with `Object`, as of `kubectl get --sort-by`, each
    row has its whole object, with `None` nothing of it, else its metadata.
    """
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": list(_definitions(kind)),
        "rows": [row(kind, found, now, include) for found in objects],
    }


def _definitions(kind: Kind) -> Iterator[dict[str, Any]]:
    if kind.named:
        yield _definition("Name", form="name")
    if kind.custom is not None and kind.custom.columns is not None:
        for column in kind.custom.columns:
            yield _definition(
                column.name, column.type, column.format, column.description, column.priority
            )
        return
    for title, _ in kind.columns:
        yield _definition(title)
    if kind.age == "Age":
        yield _definition("Age")
    elif kind.age:
        yield _definition(kind.age, "date")
    for title, _ in kind.wide:
        yield _definition(title, priority=0 if title in _ALWAYS else 1)


def _definition(
    name: str, kind: str = "string", form: str = "", description: str = "", priority: int = 0
) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "format": form,
        "description": description,
        "priority": priority,
    }


#: Columns after the age that need no `-o wide`.
_ALWAYS = ("Version", "Message")


def row(kind: Kind, found: Mapping[str, Any], now: datetime, include: str = "") -> dict[str, Any]:
    """One object as a row."""
    metadata = found["metadata"]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    shown: Any = {**partial, "metadata": metadata}
    if include == "Object":
        shown = found
    elif include == "None":
        shown = None
    if kind.custom is not None and kind.custom.columns is not None:
        cells = [metadata["name"]]
        for column in kind.custom.columns:
            value = column.read(found)
            cells.append(_since(value, now) if column.type == "date" and value else value)
        return {"cells": cells, "object": shown}
    cells = [metadata["name"]] if kind.named else []
    cells += [_cell(read(found), now) for _, read in kind.columns]
    if kind.age:
        made = _age(metadata, now) if kind.age == "Age" else metadata.get("creationTimestamp")
        cells.append(made)
    cells += [_cell(read(found), now) for _, read in kind.wide]
    return {"cells": cells, "object": shown}


def _cell(value: Any, now: datetime) -> Any:
    if isinstance(value, Since):
        return _since(value, now) if value else "<unknown>"
    return value


def _age(metadata: Mapping[str, Any], now: datetime) -> str:
    made = metadata.get("creationTimestamp")
    return _since(made, now) if made else "<unknown>"


def _since(made: str, now: datetime) -> str:
    try:
        seconds = int((now - datetime.fromisoformat(made)).total_seconds())
    except (TypeError, ValueError):
        return "<invalid>"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"
