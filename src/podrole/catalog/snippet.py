"""A snippet as its file holds it: a policy with its truth table, a manifest, or commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from .error import CatalogError
from .parameters import PLACEHOLDER, read_yaml

Kind = Literal[
    "policy", "manifest", "commands", "eksctl", "terraform", "cloudformation", "code", "publishing"
]
#: The folder of each kind, and the language of its text; code and publishing name their own.
FOLDERS: dict[str, tuple[Kind, str | None]] = {
    "policies": ("policy", "json"),
    "manifests": ("manifest", "yaml"),
    "cli": ("commands", "bash"),
    "eksctl": ("eksctl", "yaml"),
    "terraform": ("terraform", "hcl"),
    "cloudformation": ("cloudformation", "yaml"),
    "code": ("code", None),
    "publish": ("publishing", None),
}
LANGUAGES = (
    "python",
    "go",
    "typescript",
    "java",
    "sql",
    "ini",
    "yaml",
    "dockerfile",
    "nginx",
)
LAYERS = ("identity", "trust", "resource", "session", "boundary", "scp", "rcp")
STATUSES = ("documented", "field-reported", "derived")
EFFECTS = ("allow", "implicit_deny", "explicit_deny")
#: What a reader comes for; the catalogue's table filters by it.
USES = (
    "abac",
    "audit",
    "code",
    "controller",
    "cross-account",
    "guardrail",
    "incident",
    "migration",
    "network",
    "permissions",
    "publish",
    "resource",
    "secrets",
    "setup",
    "troubleshooting",
    "trust",
    "workload",
)
MECHANISMS = ("irsa", "pod-identity", "static-key")
#: How a text is proven; a policy is proven by its truth table and by each format's tool.
PROOFS = ("executed", "applied", "schema-checked", "model-checked", "compiled", "cited")
_COMMON = {
    "id",
    "title",
    "for",
    "use",
    "mechanism",
    "sources",
    "seed",
    "notes",
    "antipattern",
}
POLICY_KEYS = _COMMON | {
    "layer",
    "status",
    "holder",
    "policy",
    "request",
    "cases",
    "survivors",
}
TEXT_KEYS = _COMMON | {"proof", "after", "language", "text"}
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
    use: str  # one of USES
    mechanism: tuple[str, ...]  # of MECHANISMS
    body: Any  # a policy's document with placeholders, or a text
    sources: tuple[Mapping[str, Any], ...]
    language: str | None = None
    seed: str | None = None
    notes: str | None = None
    antipattern: Antipattern | None = None
    # Texts only: how it is proven, and the snippets that must have run before.
    proof: str | None = None
    after: tuple[str, ...] = ()
    # Policies only. The holder is what the policy stands on in AWS, one of holders.yml.
    layer: str | None = None
    status: str | None = None
    holder: str | None = None
    cases: tuple[Case, ...] = field(default=())
    survivors: Mapping[str, str] = field(default_factory=dict)  # a mutant's label to the reason

    @property
    def place(self) -> str:
        """Its file, for messages: `policies/trust-irsa-exact.yml`."""
        return f"{self.path.parent.name}/{self.path.name}"

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


def load(path: Path, folder: str | None = None) -> Snippet:
    """Read one file of a folder of FOLDERS. Raises CatalogError, with the file and the key."""
    kind, language = FOLDERS[folder or path.parent.name]
    entry = read_yaml(path)
    place = f"{path.parent.name}/{path.name}"
    known = POLICY_KEYS if kind == "policy" else TEXT_KEYS
    for key in sorted(set(entry) - known):
        raise CatalogError(f"{place}: unknown key {key!r}; known: {', '.join(sorted(known))}")
    for key in ("id", "title", "for", "use", "sources", "policy" if kind == "policy" else "text"):
        if not entry.get(key):
            raise CatalogError(f"{place}: needs {key!r}")
    if entry["id"] != path.stem:
        raise CatalogError(f"{place}: id {entry['id']!r} is not the file's name")
    data = cast(dict[str, Any], entry)
    common: dict[str, Any] = {
        "id": data["id"],
        "kind": kind,
        "path": path,
        "title": data["title"],
        "purpose": data["for"],
        "use": _one_of(data["use"], USES, f"{place}: use"),
        "mechanism": _some_of(data.get("mechanism"), MECHANISMS, f"{place}: mechanism"),
        "sources": _sources(data["sources"], place),
        "seed": data.get("seed"),
        "notes": data.get("notes"),
        "antipattern": _antipattern(data.get("antipattern"), place),
    }
    if kind == "policy":
        return Snippet(
            **common,
            language=language,
            body=data["policy"],
            layer=_one_of(data.get("layer"), LAYERS, f"{place}: layer"),
            status=_one_of(data.get("status"), STATUSES, f"{place}: status"),
            holder=data.get("holder"),
            cases=_cases(data, place),
            survivors=_reasons(data.get("survivors"), place),
        )
    return Snippet(
        **common,
        language=language or _one_of(data.get("language"), LANGUAGES, f"{place}: language"),
        body=data["text"],
        proof=_one_of(data.get("proof"), PROOFS, f"{place}: proof"),
        after=tuple(_listed(data.get("after") or [], f"{place}: after")),
    )


def _one_of(value: Any, allowed: tuple[str, ...], place: str) -> str:
    if value not in allowed:
        raise CatalogError(f"{place} is {value!r}; one of {', '.join(allowed)}")
    return str(value)


def _some_of(value: Any, allowed: tuple[str, ...], place: str) -> tuple[str, ...]:
    return tuple(_one_of(one, allowed, place) for one in _listed(value, place))


def _listed(value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        raise CatalogError(f"{place}: must be a list")
    return value


def _reasons(value: Any, place: str) -> Mapping[str, str]:
    if not all(isinstance(reason, str) and reason for reason in (value or {}).values()):
        raise CatalogError(f"{place}: survivors: each mutant's label needs a reason")
    return value or {}


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
