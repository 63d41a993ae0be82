"""Merge patches: the plain one, and Kubernetes' strategic one.

Source: Kubernetes, "Update API Objects in Place Using kubectl patch", community document "Strategic
Merge Patch"; RFC 7396 (checked 2026-11-24). Refusals: kubernetes/kubernetes,
`apimachinery/pkg/util/mergepatch/errors.go` and `apiserver/pkg/endpoints/handlers/patch.go`
(checked 2026-11-28).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from podrole.lab.kubernetes.objects.status import ApiError

#: By which member the items of a list are told apart; other lists are replaced whole.
_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
    "secrets": "name",
    "ownerReferences": "uid",
    "conditions": "type",
    "hostAliases": "ip",
}
_PRIMITIVE_LISTS = {"finalizers"}


def merge_key(name: str, items: list[Any]) -> str | None:
    """By which member the items of a list are told apart, None for a list that is one value."""
    if name == "ports" and any(isinstance(item, Mapping) and "port" in item for item in items):
        return "port"  # a service's
    return _MERGE_KEYS.get(name)


def merge_patch(document: Any, change: Any) -> Any:
    """RFC 7396: null removes, objects merge, anything else replaces."""
    if not isinstance(change, Mapping):
        return copy.deepcopy(change)
    result = dict(document) if isinstance(document, Mapping) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def strategic_merge(document: Any, change: Any, key: str = "") -> Any:
    """Lists of named things merge by their names; `$patch` and `$setElementOrder` are obeyed.

    Raises ApiError (BadRequest) for a directive of another form.
    """
    if isinstance(change, list):
        return _merge_list(document if isinstance(document, list) else [], change, key)
    if not isinstance(change, Mapping):
        return copy.deepcopy(change)
    directive = change.get("$patch")
    if directive == "replace":
        return {name: copy.deepcopy(value) for name, value in change.items() if name != "$patch"}
    result = dict(document) if isinstance(document, Mapping) else {}
    retained = change.get("$retainKeys")
    if retained is not None:
        if not isinstance(retained, list):
            raise ApiError(400, "invalid patch format of retainKeys")
        result = {name: value for name, value in result.items() if name in retained}
    for name, value in change.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            _delete_from(result, name.partition("/")[2], value)
        elif name.startswith("$"):
            continue
        elif value is None or (isinstance(value, Mapping) and value.get("$patch") == "delete"):
            result.pop(name, None)
        else:
            result[name] = strategic_merge(result.get(name), value, name)
    for name, order in change.items():
        if name.startswith("$setElementOrder/"):
            listed = name.partition("/")[2]
            former = document.get(listed) if isinstance(document, Mapping) else None
            _order(result, listed, order, len(former) if isinstance(former, list) else 0)
    return result


def _merge_list(document: list[Any], change: list[Any], key: str) -> list[Any]:
    if key in _PRIMITIVE_LISTS:
        return document + [item for item in change if item not in document]
    by = merge_key(key, change)
    if by is None or any(not isinstance(item, Mapping) for item in change):
        return copy.deepcopy(change)
    if any(item.get("$patch") == "replace" for item in change):
        return [copy.deepcopy(item) for item in change if "$patch" not in item]
    result = list(document)
    for item in change:
        places = [
            index
            for index, former in enumerate(result)
            if isinstance(former, Mapping) and former.get(by) == item.get(by, object())
        ]
        if item.get("$patch") == "delete":
            result = [former for index, former in enumerate(result) if index not in places]
        elif places:
            result[places[0]] = strategic_merge(result[places[0]], item)
        else:
            result.append(strategic_merge({}, item))
    return result


def _delete_from(result: dict[str, Any], name: str, gone: Any) -> None:
    if not isinstance(gone, list):
        raise ApiError(400, "invalid patch format of primitive list")
    if isinstance(result.get(name), list):
        result[name] = [item for item in result[name] if item not in gone]


def _order(result: dict[str, Any], name: str, order: Any, known: int) -> None:
    """The order of the patch; what only the server has keeps its place among what it knew.

    `known`: how many items the list had. A webhook's volumes so stay where they are when their pod
    is applied again (apimachinery, strategicpatch, normalizeElementOrder).
    """
    if not isinstance(order, list):
        raise ApiError(400, "invalid patch format of setElementOrder list")
    items = result.get(name)
    by = merge_key(name, items) if isinstance(items, list) else None
    if by is None or not isinstance(items, list):
        return
    ranks = {_named(item, by): rank for rank, item in enumerate(order)}
    places = list(enumerate(items))
    named = [place for place in places if _named(place[1], by) in ranks]
    named.sort(key=lambda place: ranks[_named(place[1], by)])
    rest = [place for place in places if _named(place[1], by) not in ranks]
    ordered = []
    while named and rest:
        first_of_server = named[0][0] < known and rest[0][0] < named[0][0]
        ordered.append((rest if first_of_server else named).pop(0)[1])
    result[name] = ordered + [item for _, item in named + rest]


def _named(item: Any, by: str) -> str:
    """By what an item is told apart, as a text: what is no object stands for itself."""
    return repr(item.get(by)) if isinstance(item, Mapping) else repr(item)


def dropped(former: Any, now: Any, key: str = "") -> Any:
    """What a manager applied formerly and no longer applies, as a strategic merge patch of nulls;
    None where there is nothing."""
    if isinstance(former, Mapping) and isinstance(now, Mapping):
        change: dict[str, Any] = {}
        for name, value in former.items():
            if name not in now:
                change[name] = None
            else:
                inner = dropped(value, now[name], name)
                if inner is not None:
                    change[name] = inner
        return change or None
    by = merge_key(key, former) if isinstance(former, list) else None
    if by is not None and isinstance(former, list) and isinstance(now, list):
        kept = {item.get(by): item for item in now}
        changes: list[Any] = []
        for item in former:
            if item.get(by) not in kept:
                changes.append({by: item.get(by), "$patch": "delete"})
            else:
                inner = dropped(item, kept[item.get(by)])
                if inner is not None:
                    changes.append({by: item.get(by), **inner})
        return changes or None
    return None
