"""A CustomResourceDefinition: its defaults, and what is refused of it.

Rules and words: k8s.io/apiextensions-apiserver v0.37.2, `pkg/apis/apiextensions/v1/defaults.go` and
`pkg/apis/apiextensions/validation/validation.go` (read 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from podrole.lab.kubernetes.custom import json_path, schema_structure
from podrole.lab.kubernetes.custom.definition_status import (
    APPROVED,
    is_established,
    is_protected,
)
from podrole.lab.kubernetes.custom.schema_validation import quoted
from podrole.lab.kubernetes.objects.kinds import Fault, Object

_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
    " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123',"
    " regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
    " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SCOPES = ("Cluster", "Namespaced")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")


def fill(given: Object) -> None:
    """Fill in what a definition leaves open."""
    specification = given.get("spec")
    if not isinstance(specification, dict):
        return
    names = specification.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    conversion = specification.setdefault("conversion", {})
    conversion.setdefault("strategy", "None")
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if isinstance(service, dict):
        service.setdefault("port", 443)


def faults(given: Object, former: Object | None) -> list[Fault]:
    """What the API server refuses of a definition that is filled in."""
    specification = given.get("spec") or {}
    return [
        *_name(given, specification),
        *_specification(specification),
        *_immutable(specification, former),
        *_approval(given, specification, former),
    ]


def _name(given: Object, specification: Mapping[str, Any]) -> Iterator[Fault]:
    name = given["metadata"]["name"]
    names = specification.get("names") or {}
    if name != f"{names.get('plural', '')}.{specification.get('group', '')}":
        why = 'must be spec.names.plural+"."+spec.group'
        yield "metadata.name", f"Invalid value: {quoted(name)}: {why}"


def _specification(specification: Mapping[str, Any]) -> Iterator[Fault]:
    group = specification.get("group")
    if not group:
        yield "spec.group", "Required value"
    elif not _SUBDOMAIN.match(group):
        yield "spec.group", f"Invalid value: {quoted(group)}: {_SUBDOMAIN_RULE}"
    elif "." not in group:
        why = "should be a domain with at least one dot"
        yield "spec.group", f"Invalid value: {quoted(group)}: {why}"
    scope = specification.get("scope")
    if not scope:
        yield "spec.scope", "Required value"
    elif scope not in _SCOPES:
        known = ", ".join(map(quoted, _SCOPES))
        yield "spec.scope", f"Unsupported value: {quoted(scope)}: supported values: {known}"
    versions = specification.get("versions") or []
    for index, version in enumerate(versions):
        yield from _version(version, f"spec.versions[{index}]")
    named = [version.get("name") for version in versions]
    if len(set(named)) < len(named):
        why = "must contain unique version names"
        yield "spec.versions", f"Invalid value: {quoted(versions)}: {why}"
    if sum(bool(version.get("storage")) for version in versions) != 1:
        why = "must have exactly one version marked as storage version"
        yield "spec.versions", f"Invalid value: {quoted(versions)}: {why}"
    yield from _names(specification.get("names") or {})
    if specification.get("preserveUnknownFields"):
        why = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in"
            " spec.versions[*].schema instead"
        )
        yield "spec.preserveUnknownFields", f"Invalid value: true: {why}"
    yield from _conversion(specification.get("conversion") or {})


def _version(version: Mapping[str, Any], at: str) -> Iterator[Fault]:
    name = version.get("name") or ""
    if not _LABEL.match(name):
        yield f"{at}.name", f"Invalid value: {quoted(name)}: {_LABEL_RULE}"
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        yield f"{at}.schema.openAPIV3Schema", "Required value"
    else:
        yield from schema_structure.faults(schema, f"{at}.schema.openAPIV3Schema")
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        place = f"{at}.subresources.scale"
        yield from _scale_path(scale, place, "specReplicasPath", (".spec.",))
        yield from _scale_path(scale, place, "statusReplicasPath", (".status.",))
        if scale.get("labelSelectorPath"):
            yield from _scale_path(scale, place, "labelSelectorPath", (".spec.", ".status."))
    for index, field in enumerate(version.get("selectableFields") or ()):
        if not field.get("jsonPath"):
            yield f"{at}.selectableFields[{index}].jsonPath", "Required value"
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        yield from _column(column, f"{at}.additionalPrinterColumns[{index}]")


def _scale_path(
    scale: Mapping[str, Any], at: str, name: str, below: tuple[str, ...]
) -> Iterator[Fault]:
    path = scale.get(name)
    if not path:
        yield f"{at}.{name}", "Required value"
        return
    try:
        json_path.names(path)
    except json_path.JsonPathError:
        why = "must be a simple json path starting with ."
        yield f"{at}.{name}", f"Invalid value: {quoted(path)}: {why}"
        return
    if not path.startswith(below):
        where = "either .spec or .status" if len(below) > 1 else below[0].rstrip(".")
        why = f"should be a json path under {where}"
        yield f"{at}.{name}", f"Invalid value: {quoted(path)}: {why}"


def _column(column: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if not column.get("name"):
        yield f"{at}.name", "Required value"
    kind, form, path = (column.get(name) for name in ("type", "format", "jsonPath"))
    known = f"must be one of {','.join(_COLUMN_TYPES)}"
    if not kind:
        yield f"{at}.type", f"Required value: {known}"
    elif kind not in _COLUMN_TYPES:
        yield f"{at}.type", f"Invalid value: {quoted(kind)}: {known}"
    if form and form not in _COLUMN_FORMATS:
        known = f"must be one of {','.join(_COLUMN_FORMATS)}"
        yield f"{at}.format", f"Invalid value: {quoted(form)}: {known}"
    if not path:
        yield f"{at}.JSONPath", "Required value"
    elif not path.startswith("."):
        why = "must be a simple json path starting with ."
        yield f"{at}.JSONPath", f"Invalid value: {quoted(path)}: {why}"


def _names(names: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("plural", "singular", "kind", "listKind"):
        given = names.get(name)
        mixed = name in ("kind", "listKind")
        if not given:
            yield f"spec.names.{name}", "Required value"
        elif not _LABEL.match(given.lower() if mixed else given):
            said = "may have mixed case, but should otherwise match: " if mixed else ""
            yield f"spec.names.{name}", f"Invalid value: {quoted(given)}: {said}{_LABEL_RULE}"
    for member in ("shortNames", "categories"):
        for index, given in enumerate(names.get(member) or ()):
            if not _LABEL.match(given):
                place = f"spec.names.{member}[{index}]"
                yield place, f"Invalid value: {quoted(given)}: {_LABEL_RULE}"
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        why = "kind and listKind may not be the same"
        yield "spec.names.listKind", f"Invalid value: {quoted(names['listKind'])}: {why}"


def _conversion(conversion: Mapping[str, Any]) -> Iterator[Fault]:
    strategy, webhook = conversion.get("strategy"), conversion.get("webhook")
    at = "spec.conversion"
    if strategy not in ("None", "Webhook"):
        known = 'supported values: "None", "Webhook"'
        yield f"{at}.strategy", f"Unsupported value: {quoted(strategy)}: {known}"
    if strategy == "None" and webhook:
        why = "should not be set when strategy is not set to Webhook"
        yield f"{at}.webhookClientConfig", f"Forbidden: {why}"
    if strategy == "Webhook":
        config = (webhook or {}).get("clientConfig")
        if not config:
            why = "required when strategy is set to Webhook"
            yield f"{at}.webhookClientConfig", f"Required value: {why}"
        elif bool(config.get("url")) == bool(config.get("service")):
            why = "exactly one of url or service is required"
            yield f"{at}.webhookClientConfig", f"Required value: {why}"
        if not (webhook or {}).get("conversionReviewVersions"):
            yield f"{at}.conversionReviewVersions", "Required value"


def _immutable(specification: Mapping[str, Any], former: Object | None) -> Iterator[Fault]:
    if former is None:
        return
    before = former["spec"]
    pairs = [("group", specification.get("group"), before.get("group"))]
    names, named = specification.get("names") or {}, before.get("names") or {}
    if is_established(former):
        pairs.append(("scope", specification.get("scope"), before.get("scope")))
        pairs.append(("names.kind", names.get("kind"), named.get("kind")))
    pairs.append(("names.plural", names.get("plural"), named.get("plural")))
    for place, given, stood in pairs:
        if given != stood:
            yield f"spec.{place}", f"Invalid value: {quoted(given)}: field is immutable"
    versions = {version.get("name") for version in specification.get("versions") or ()}
    for index, name in enumerate((former.get("status") or {}).get("storedVersions") or ()):
        if name not in versions:
            why = (
                f"missing from spec.versions; {name} was previously a storage version, and must"
                " remain in spec.versions until a storage migration ensures no data remains"
                f" persisted in {name} and removes {name} from status.storedVersions"
            )
            yield f"status.storedVersions[{index}]", f"Invalid value: {quoted(name)}: {why}"


def _approval(
    given: Object, specification: Mapping[str, Any], former: Object | None
) -> Iterator[Fault]:
    if former is not None or not is_protected(specification.get("group") or ""):
        return
    text = (given["metadata"].get("annotations") or {}).get(APPROVED)
    place = f"metadata.annotations[{APPROVED}]"
    see = "see https://github.com/kubernetes/enhancements/pull/1111"
    said = f"protected groups must have approval annotation {quoted(APPROVED)}"
    if not text:
        yield place, f"Required value: {said}, {see}"
    elif not text.startswith(("unapproved", "http://", "https://")):
        how = 'with either a URL or a reason starting with "unapproved"'
        yield place, f"Invalid value: {quoted(text)}: {said} {how}, {see}"
