"""An answer without what differs between any two clusters: uids, times, versions, drawn names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.real.api_client import Answer

_DROPPED = {
    *("uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"),
    *("lastTransitionTime", "lastUpdateTime", "firstTimestamp", "lastTimestamp", "eventTime"),
    *("retryAfterSeconds",),
}
_WORDS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\b(web|orders-api)-[a-z0-9]{5,10}-[a-z0-9]{5}\b"), r"\1-SET-POD"),
    (re.compile(r"\b(web|orders-api)-[a-z0-9]{8,10}(-?)\b"), r"\1-SET\2"),
    (re.compile(r"kube-api-access-[a-z0-9]{5}"), "kube-api-access-DRAWN"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"(ResourceVersion in record) \(\d+\)"), r"\1 (VERSION)"),
    (re.compile(r"current: \d+"), "current: VERSION"),
)
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_REVISION = "deployment.kubernetes.io/revision"


def plain(answer: Answer, only: list[str]) -> dict[str, Any]:
    """The answer as flat places and values: `code`, `message`, `warnings`, `.spec.replicas`."""
    found: dict[str, Any] = {"code": answer.status}
    if answer.warnings:
        found["warnings"] = _text(" | ".join(answer.warnings))
    document = answer.document
    if not isinstance(document, Mapping):
        return found
    if document.get("kind") == "Status" or answer.status >= 400:
        for name in ("reason", "message"):
            found[name] = _text(str(document.get(name) or ""))
        return found
    if "events" in only:
        return found | {"events": _events(document)}
    if "replicas" in only:
        return found | {"sets": _sets(document)}
    kept = {name: document.get(name) for name in only} if only else dict(document)
    if not only and "token" not in str(document.get("status", "")):
        # Controllers and kubelet write it when they come to it; `only: [status]` compares it.
        kept.pop("status", None)
    return found | dict(_flat("", kept))


def _sets(document: Mapping[str, Any]) -> list[list[Any]]:
    """Revision and wanted replicas of each replica set."""
    return sorted(
        [one["metadata"]["annotations"][_REVISION], one["spec"].get("replicas")]
        for one in document["items"]
    )


def _events(document: Mapping[str, Any]) -> list[str]:
    return sorted(
        {
            f"{one['type']} {one['reason']} {_text(one['message'])}"
            for one in document["items"]
            if one["involvedObject"]["kind"] in ("Deployment", "ReplicaSet")
        }
    )


def _flat(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _DROPPED and inner not in (None, {}, []):
                yield from _flat(f"{place}.{name}", inner)
    elif isinstance(value, list):
        named = all(isinstance(one, Mapping) and "type" in one for one in value)
        for index, inner in enumerate(value):
            key = inner["type"] if named else index
            yield from _flat(f"{place}[{key}]", inner)
    else:
        yield place, _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    text = _TOKEN.sub("TOKEN", text)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


def differences(real: Mapping[str, Any], lab: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The places where two plain answers differ, with the real value and the lab's."""
    places = dict.fromkeys([*real, *lab])
    if real["code"] != lab["code"]:
        places = dict.fromkeys(("code", "reason", "message", "output"))
    return {
        place: (real.get(place), lab.get(place))
        for place in places
        if real.get(place) != lab.get(place)
    }
