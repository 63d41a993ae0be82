"""A snippet as its file holds it: a policy with its truth table, a manifest, or commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.parameters import PLACEHOLDER, read_yaml
from podrole.catalog.shapes import known, mapping, one_of, text, texts_of
from podrole.terminal import one_line

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
    "rust",
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
#: Members that are texts, wherever they stand.
_TEXTS = {"id", "title", "for", "use", "seed", "notes", "holder", "text"}
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
    place = f"{path.parent.name}/{path.name}"
    data = known(read_yaml(path), POLICY_KEYS if kind == "policy" else TEXT_KEYS, place)
    for key in ("id", "title", "for", "use", "sources", "policy" if kind == "policy" else "text"):
        if not data.get(key):
            raise CatalogError(f"{place}: needs {key!r}")
    for key in _TEXTS & set(data):
        if data[key] is not None:
            text(data[key], f"{place}: {key}")
    if data["id"] != path.stem:
        raise CatalogError(f"{place}: id {shown(data['id'])} must be the file's name")
    common: dict[str, Any] = {
        "id": data["id"],
        "kind": kind,
        "path": path,
        "title": data["title"],
        "purpose": data["for"],
        "use": one_of(data["use"], USES, f"{place}: use"),
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
            body=mapping(data["policy"], f"{place}: policy"),
            layer=one_of(data.get("layer"), LAYERS, f"{place}: layer"),
            status=one_of(data.get("status"), STATUSES, f"{place}: status"),
            holder=data.get("holder"),
            cases=_cases(data, place),
            survivors=_reasons(data.get("survivors"), f"{place}: survivors"),
        )
    return Snippet(
        **common,
        language=language or one_of(data.get("language"), LANGUAGES, f"{place}: language"),
        body=data["text"],
        proof=one_of(data.get("proof"), PROOFS, f"{place}: proof"),
        after=tuple(texts_of(data.get("after") or [], f"{place}: after")),
    )


def _some_of(value: Any, allowed: tuple[str, ...], place: str) -> tuple[str, ...]:
    return tuple(one_of(one, allowed, place) for one in texts_of(value, place))


def _reasons(value: Any, place: str) -> Mapping[str, str]:
    reasons = mapping(value or {}, place)
    if not all(isinstance(reason, str) and reason for reason in reasons.values()):
        raise CatalogError(f"{place}: each mutant's label needs a reason")
    return reasons


def _sources(value: Any, place: str) -> tuple[Mapping[str, Any], ...]:
    for source in value if isinstance(value, list) else [None]:
        if not isinstance(source, dict) or set(source) != {"page", "checked"}:
            raise CatalogError(f"{place}: sources: each needs page and checked (a date)")
        for key, entry in source.items():
            text(entry, f"{place}: sources: {key}")
    return tuple(value)


def _antipattern(value: Any, place: str) -> Antipattern | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value.get("reason") or set(value) - {"reason", "better"}:
        raise CatalogError(f"{place}: antipattern: needs reason, and better if there is one")
    for key in ("reason", "better"):
        if value.get(key) is not None:
            text(value[key], f"{place}: antipattern: {key}")
    return Antipattern(value["reason"], value.get("better"))


def _cases(data: Mapping[str, Any], place: str) -> tuple[Case, ...]:
    base = _request(data.get("request") or {}, f"{place}: request")
    if not data.get("cases"):
        raise CatalogError(f"{place}: needs cases: a policy without a truth table proves nothing")
    if not isinstance(data["cases"], list):
        raise CatalogError(f"{place}: cases: must be a list")
    return tuple(
        _case(entry, base, f"{place}: case {number}")
        for number, entry in enumerate(data["cases"], start=1)
    )


def _case(entry: Any, base: Mapping[str, Any], place: str) -> Case:
    name = text(mapping(entry, place).get("name") or "", f"{place}: name")
    row = f"{place} ({one_line(name, 80) or 'without a name'})"
    known(entry, _CASE_KEYS, row)
    merged = _merged(base, _request(entry.get("request") or {}, f"{row}: request"))
    for key in _REQUEST_KEYS - {"context", "resource_account"}:
        if not merged.get(key):
            raise CatalogError(f"{row}: needs request.{key}")
    companions = known(entry.get("with") or {}, set(LAYERS), f"{row}: with")
    if not all(isinstance(names, list) for names in companions.values()):
        raise CatalogError(f"{row}: with: each layer takes a list of ids")
    return Case(
        name=name or row,
        request=merged,
        companions={
            layer: tuple(texts_of(names, f"{row}: with: {layer}"))
            for layer, names in companions.items()
        },
        expect=one_of(entry.get("expect"), EFFECTS, f"{row}: expect"),
        why=text(entry.get("why") or "", f"{row}: why"),
    )


def _request(value: Any, place: str) -> Mapping[str, Any]:
    """A request, or the changes of one. A context key set to null is absent."""
    request = known(value, _REQUEST_KEYS, place)
    for key in {"principal", "resource", "resource_account"} & set(request):
        if request[key] is not None:
            text(request[key], f"{place}.{key}")
    if request.get("actions") is not None:
        texts_of(request["actions"], f"{place}.actions")
    for key, entry in mapping(request.get("context") or {}, f"{place}.context").items():
        for one in entry if isinstance(entry, list) else [entry]:
            if one is not None and not isinstance(one, str):
                text(one, f"{place}.context.{one_line(key, 80)}")
    return request


def _merged(base: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """The common request with the case's changes; a context key set to null is absent."""
    context = {**(base.get("context") or {}), **(request.get("context") or {})}
    return {
        **base,
        **request,
        "context": {key: value for key, value in context.items() if value is not None},
    }
