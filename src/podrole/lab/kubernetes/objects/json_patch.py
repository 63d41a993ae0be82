"""JSON Patch. Source: RFC 6902 and RFC 6901 (checked 2026-11-24).

Bounds: Kubernetes, `apiserver/pkg/endpoints/handlers/patch.go` (at most 10,000 operations) and
`apiserver/pkg/server/config.go` (JSONPatchMaxCopyBytes); the words of the second one are those of
gopkg.in/evanphx/json-patch.v4 (checked 2026-11-28).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.json_document import DEEPEST, TooDeep, check_depth
from podrole.lab.kubernetes.objects.status import ApiError

_MOST_OPERATIONS = 10_000
_MOST_COPIED = 3 * 1024 * 1024
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class _Impossible(Exception):
    """Why an operation cannot be done."""


def json_patch(document: Any, operations: Any) -> Any:
    """The document after the operations; it stays as it is. Raises ApiError for one that cannot be
    done."""
    if not isinstance(operations, list):
        raise ApiError(400, "error decoding patch: a JSON patch is a list of operations")
    if len(operations) > _MOST_OPERATIONS:
        raise ApiError(
            413,
            "Request entity too large: The allowed maximum operations in a JSON patch is"
            f" {_MOST_OPERATIONS}, got {len(operations)}",
        )
    result = copy.deepcopy(document)
    copied = 0
    for operation in operations:
        try:
            copied += _copied(result, operation)
            if copied > _MOST_COPIED:
                raise _Impossible(
                    "Unable to complete the copy, the accumulated size increase of copy is"
                    f" {copied}, exceeding the limit {_MOST_COPIED}"
                )
            result = _operate(result, operation)
        except (_Impossible, ValueError):
            raise ApiError(
                422, "the server rejected our request due to an error in our request"
            ) from None
    return result


def _operate(document: Any, operation: Any) -> Any:
    name = operation.get("op") if isinstance(operation, Mapping) else None
    if not isinstance(name, str) or name not in _OPERATIONS:
        raise _Impossible(f"Unexpected kind: {json.dumps(operation)}")
    return _OPERATIONS[name](document, operation)


def _copied(document: Any, operation: Any) -> int:
    """How much a copy adds to the document: a few of them, each of the whole, fill any memory."""
    if not isinstance(operation, Mapping) or operation.get("op") != "copy":
        return 0
    return len(json.dumps(_at(document, _path(operation, "from"))))


def _add(document: Any, operation: Mapping[str, Any]) -> Any:
    return _insert(document, _path(operation, "path"), copy.deepcopy(_value_of(operation)))


def _insert(document: Any, path: list[str], value: Any) -> Any:
    check_depth(value)
    if not path:
        return value
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        index = len(parent) if path[-1] == "-" else _index(path, len(parent) + 1)
        parent.insert(index, value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise _missing(path)
    return document


def _remove(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _path(operation, "path")
    _at(document, path)
    if not path:
        raise _Impossible("the whole document cannot be removed")
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        del parent[_index(path, len(parent))]
    else:
        del parent[path[-1]]
    return document


def _replace(document: Any, operation: Mapping[str, Any]) -> Any:
    path, value = _path(operation, "path"), copy.deepcopy(_value_of(operation))
    _at(document, path)
    if not path:
        return value
    parent = _at(document, path[:-1])
    parent[_index(path, len(parent)) if isinstance(parent, list) else path[-1]] = value
    return document


def _move(document: Any, operation: Mapping[str, Any]) -> Any:
    source, path = _path(operation, "from"), _path(operation, "path")
    if path[: len(source)] == source and path != source:
        raise _Impossible("a value cannot be moved into itself")
    value = _at(document, source)
    return _insert(_remove(document, {"path": operation["from"]}), path, value)


def _copy(document: Any, operation: Mapping[str, Any]) -> Any:
    value = copy.deepcopy(_at(document, _path(operation, "from")))
    return _insert(document, _path(operation, "path"), value)


def _test(document: Any, operation: Mapping[str, Any]) -> Any:
    found = _at(document, _path(operation, "path"))
    # As JSON: to Python, 1 and true are equal.
    shown = [json.dumps(item, sort_keys=True) for item in (found, _value_of(operation))]
    if shown[0] != shown[1]:
        raise _Impossible(f"testing value {operation['path']} failed")
    return document


_OPERATIONS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _value_of(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise _Impossible(f"{operation['op']} needs a value")
    return operation["value"]


def _path(operation: Mapping[str, Any], member: str) -> list[str]:
    pointer = operation.get(member)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise _Impossible(f"{member} must be a JSON pointer, not {json.dumps(pointer)}")
    if pointer.count("/") > DEEPEST:
        raise TooDeep
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _at(document: Any, path: list[str]) -> Any:
    found = document
    for depth, part in enumerate(path, 1):
        if isinstance(found, list):
            found = found[_index(path[:depth], len(found))]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            raise _missing(path)
    return found


def _index(path: list[str], end: int) -> int:
    if not _INDEX.fullmatch(path[-1]) or int(path[-1]) >= end:
        raise _missing(path)
    return int(path[-1])


def _missing(path: list[str]) -> _Impossible:
    return _Impossible(f"doc is missing path: /{'/'.join(path)}: missing value")
