"""What `kubectl describe pod` and `describe serviceaccount` print, as the objects that they show.

The text leaves out a token's audience and whatever its tables have no room for. Source of the
shape: kubectl's `describe.go` (read 2026-11-28).
"""

from __future__ import annotations

import re
from typing import Any

_KEY = re.compile(r"[A-Za-z][\w ()./-]*\Z")
_CONTAINERS = {"Containers": "containers", "Init Containers": "initContainers"}


def described(text: str) -> dict[str, Any]:
    """The pod or the service account that a text describes."""
    top = _sections(text.splitlines())
    metadata: dict[str, Any] = {"name": _first(top, "Name")}
    if namespace := _first(top, "Namespace"):
        metadata["namespace"] = namespace
    metadata["annotations"] = _pairs(top.get("Annotations", []), ": ")
    metadata["labels"] = _pairs(top.get("Labels", []), "=")
    if "Containers" not in top:
        kind = "ServiceAccount" if "Tokens" in top or "Mountable secrets" in top else "Described"
        return {"kind": kind, "metadata": metadata}
    spec: dict[str, Any] = {
        field: _containers(top[name]) for name, field in _CONTAINERS.items() if name in top
    }
    if account := _first(top, "Service Account"):
        spec["serviceAccountName"] = account
    if node := _first(top, "Node").partition("/")[0]:
        spec["nodeName"] = node
    spec["volumes"] = _volumes(top.get("Volumes", []))
    controlled = _first(top, "Controlled By").partition("/")
    if controlled[2]:
        metadata["ownerReferences"] = [{"kind": controlled[0], "name": controlled[2]}]
    return {"kind": "Pod", "described": True, "metadata": metadata, "spec": spec}


def _sections(lines: list[str]) -> dict[str, list[str]]:
    """Each field at the left margin with its lines, the first being what stands behind it."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        field = _field(line)
        if field and not line[:1].isspace():
            current = found.setdefault(field[0], [])
            current.append(field[1])
        elif line.strip():
            current.append(line)
    return found


def _field(line: str) -> tuple[str, str] | None:
    """A line's key and what stands behind it; None for a line that has no key."""
    key, colon, value = line.strip().partition(":")
    if not colon or (value and not value[0].isspace()) or not _KEY.match(key):
        return None
    return key, value.strip()


def _first(top: dict[str, list[str]], name: str) -> str:
    value = top.get(name, [""])[0].strip()
    return "" if value == "<none>" else value


def _pairs(lines: list[str], between: str) -> dict[str, str]:
    found = {}
    for line in lines:
        key, mark, value = line.strip().partition(between)
        if mark:
            found[key] = value.strip()
    return found


def _blocks(lines: list[str]) -> list[tuple[str, list[str]]]:
    """The fields one step in, each with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    margin: int | None = None
    for line in lines[1:]:
        indent = len(line) - len(line.lstrip())
        margin = indent if margin is None else margin
        field = _field(line)
        if indent <= margin and field:
            found.append((field[0], [field[1]]))
        elif found:
            found[-1][1].append(line)
    return found


def _containers(lines: list[str]) -> list[dict[str, Any]]:
    containers = []
    for name, below in _blocks(lines):
        fields = dict(_blocks(below))
        environment = [
            _variable(name, value.strip())
            for name, mark, value in (
                line.strip().partition(":") for line in _under(fields, "Environment")
            )
            if mark
        ]
        container: dict[str, Any] = {
            "name": name,
            "env": environment,
            "volumeMounts": [
                {"mountPath": words[0], "name": words[2]}
                for line in _under(fields, "Mounts")
                if len(words := line.split()) > 2 and words[1] == "from"
            ],
        }
        if several := _under(fields, "Environment Variables from"):
            container["envFrom"] = [{"described": line.strip()} for line in several]
        containers.append(container)
    return containers


def _variable(name: str, value: str) -> dict[str, Any]:
    """A variable; of one that a Secret or a ConfigMap sets, the text has no value."""
    taken = value.startswith("<set to")
    return {"name": name, "valueFrom": {}} if taken else {"name": name, "value": value}


def _under(fields: dict[str, list[str]], name: str) -> list[str]:
    return fields.get(name, [""])[1:]


def _volumes(lines: list[str]) -> list[dict[str, Any]]:
    """Volumes by name; a projected token's audience is not in the text."""
    return [{"name": name} for name, _ in _blocks(lines)]
