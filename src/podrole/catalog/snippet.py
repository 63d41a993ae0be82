"""A snippet as its file holds it: a policy with its truth table, a manifest, or commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from .error import CatalogError
from .parameters import PLACEHOLDER, read_yaml

Kind = Literal["policy", "manifest", "commands"]
LAYERS = ("identity", "trust", "resource", "session", "boundary", "scp", "rcp")
STATUSES = ("documented", "field-reported", "derived")
EFFECTS = ("allow", "implicit_deny", "explicit_deny")
_COMMON = {"id", "title", "for", "sources", "seed", "notes", "antipattern"}
_BODY: dict[Kind, str] = {"policy": "policy", "manifest": "manifest", "commands": "commands"}
_KEYS: dict[Kind, set[str]] = {
    "policy": _COMMON | {"layer", "status", "policy", "request", "cases"},
    "manifest": _COMMON | {"proof", "manifest"},
    "commands": _COMMON | {"proof", "commands"},
}
_REQUEST_KEYS = {"principal", "actions", "resource", "resource_account", "context"}
_CASE_KEYS = {"name", "request", "with", "expect", "why"}


@dataclass(frozen=True)
class Antipattern:
    """Why nobody should copy this, and what to copy instead (a snippet's id, if there is one)."""

    reason: str
    better: str | None


@dataclass(frozen=True)
class Case:
    """One row of a truth table. Placeholders in `request` are filled when it runs."""

    name: str
    request: Mapping[str, Any]
    companions: Mapping[str, tuple[str, ...]]  # layer to ids of policies
    expect: str
    why: str


@dataclass(frozen=True)
class Snippet:
    """One file of the catalogue."""

    id: str
    kind: Kind
    path: Path
    title: str
    purpose: str
    body: Any  # a policy's document with placeholders, or the text of a manifest or of commands
    sources: tuple[Mapping[str, Any], ...]
    seed: str | None = None
    notes: str | None = None
    proof: str | None = None
    antipattern: Antipattern | None = None
    layer: str | None = None
    status: str | None = None
    cases: tuple[Case, ...] = field(default=())

    def placeholders(self) -> list[str]:
        """The names of the placeholders in the body, in order of their first use."""
        return list(dict.fromkeys(PLACEHOLDER.findall("\n".join(texts(self.body)))))


def texts(value: Any) -> Iterator[str]:
    """All texts in a document, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def load(path: Path, kind: Kind) -> Snippet:
    """Read one file. Raises CatalogError, with the file and the key."""
    entry = read_yaml(path)
    place = f"{path.parent.name}/{path.name}"
    for key in sorted(set(entry) - _KEYS[kind]):
        raise CatalogError(f"{place}: unknown key {key!r}; known: {', '.join(sorted(_KEYS[kind]))}")
    for key in ("id", "title", "for", "sources", _BODY[kind]):
        if not entry.get(key):
            raise CatalogError(f"{place}: needs {key!r}")
    if entry["id"] != path.stem:
        raise CatalogError(f"{place}: id {entry['id']!r} is not the file's name")
    data = cast(dict[str, Any], entry)
    return Snippet(
        id=data["id"],
        kind=kind,
        path=path,
        title=data["title"],
        purpose=data["for"],
        body=data[_BODY[kind]],
        sources=_sources(data["sources"], place),
        seed=data.get("seed"),
        notes=data.get("notes"),
        proof=data.get("proof"),
        antipattern=_antipattern(data.get("antipattern"), place),
        layer=_one_of(data.get("layer"), LAYERS, f"{place}: layer") if kind == "policy" else None,
        status=_one_of(data.get("status"), STATUSES, f"{place}: status")
        if kind == "policy"
        else None,
        cases=_cases(data, place) if kind == "policy" else (),
    )


def _one_of(value: Any, allowed: tuple[str, ...], place: str) -> str:
    if value not in allowed:
        raise CatalogError(f"{place} is {value!r}; one of {', '.join(allowed)}")
    return str(value)


def _sources(value: Any, place: str) -> tuple[Mapping[str, Any], ...]:
    for source in value if isinstance(value, list) else [None]:
        if not isinstance(source, dict) or set(source) != {"page", "checked"}:
            raise CatalogError(f"{place}: sources: each needs page and checked (a date)")
    return tuple(value)


def _antipattern(value: Any, place: str) -> Antipattern | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value.get("reason") or set(value) - {"reason", "better"}:
        raise CatalogError(f"{place}: antipattern: needs reason, and better if there is one")
    return Antipattern(value["reason"], value.get("better"))


def _cases(data: Mapping[str, Any], place: str) -> tuple[Case, ...]:
    base = data.get("request") or {}
    _known(base, _REQUEST_KEYS, f"{place}: request")
    if not data.get("cases"):
        raise CatalogError(f"{place}: needs cases: a policy without a truth table proves nothing")
    cases = []
    for number, entry in enumerate(data["cases"], start=1):
        row = f"{place}: case {number} ({entry.get('name', 'without a name')})"
        _known(entry, _CASE_KEYS, row)
        request = entry.get("request") or {}
        _known(request, _REQUEST_KEYS, f"{row}: request")
        merged = _merged(base, request)
        for key in _REQUEST_KEYS - {"context", "resource_account"}:
            if not merged.get(key):
                raise CatalogError(f"{row}: needs request.{key}")
        companions = entry.get("with") or {}
        _known(companions, set(LAYERS), f"{row}: with")
        if not all(isinstance(names, list) for names in companions.values()):
            raise CatalogError(f"{row}: with: each layer takes a list of ids")
        cases.append(
            Case(
                name=entry.get("name") or row,
                request=merged,
                companions={layer: tuple(names) for layer, names in companions.items()},
                expect=_one_of(entry.get("expect"), EFFECTS, f"{row}: expect"),
                why=entry.get("why", ""),
            )
        )
    return tuple(cases)


def _known(value: Any, known: set[str], place: str) -> None:
    if not isinstance(value, dict):
        raise CatalogError(f"{place}: must be a mapping")
    for key in sorted(set(value) - known):
        raise CatalogError(f"{place}: unknown key {key!r}; known: {', '.join(sorted(known))}")


def _merged(base: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """The common request with the case's changes; a context key set to null is absent."""
    context = {**(base.get("context") or {}), **(request.get("context") or {})}
    return {
        **base,
        **request,
        "context": {key: value for key, value in context.items() if value is not None},
    }
