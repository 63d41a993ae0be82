"""`kubectl get`'s tables: the API server makes them. Source: Kubernetes, "API Concepts"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Kind


def table(kind: Kind, objects: Iterable[Mapping[str, Any]], now: datetime, **meta: Any) -> Any:
    """The objects as a `Table`; `meta` is the list's metadata."""
    columns = [("Name", "name", 0), *((title, "", 0) for title, _ in kind.columns), _AGE]
    columns += [(title, "", 0 if title in _ALWAYS else 1) for title, _ in kind.wide]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": [
            {
                "name": title,
                "type": "string",
                "format": form,
                "description": "",
                "priority": priority,
            }
            for title, form, priority in columns
        ],
        "rows": [row(kind, found, now) for found in objects],
    }


_AGE = ("Age", "", 0)
#: Columns after the age that need no `-o wide`.
_ALWAYS = ("Version",)


def row(kind: Kind, found: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One object as a row."""
    metadata = found["metadata"]
    cells = [metadata["name"], *(read(found) for _, read in kind.columns), _age(metadata, now)]
    cells += [read(found) for _, read in kind.wide]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {"cells": cells, "object": {**partial, "metadata": metadata}}


def _age(metadata: Mapping[str, Any], now: datetime) -> str:
    made = metadata.get("creationTimestamp")
    if not made:
        return "<unknown>"
    seconds = int((now - datetime.fromisoformat(made)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"
