"""What the API server refuses of labels and annotations.

Words: k8s.io/apimachinery v0.37.2, `pkg/api/validate/content/kube.go` and
`pkg/api/validation/objectmeta.go` (read 2026-11-29).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Fault

#: A DNS subdomain of RFC 1123, as names of objects are.
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
    " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_KEY_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY, _VALUE = re.compile(rf"{_KEY_FORM}\Z"), re.compile(rf"({_KEY_FORM})?\Z")
_LONGEST, _LONGEST_PREFIX = 63, 253
_EMPTY = "must be non-empty"
_ALPHANUMERIC = (
    "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. '{0}',  or '{1}',  or '{2}', regex used for validation is '{3}')"
)
_KEY_RULE = f"must consist of {_ALPHANUMERIC.format('MyName', 'my.name', '123-abc', _KEY_FORM)}"
_VALUE_RULE = "a valid label must be an empty string or consist of " + _ALPHANUMERIC.format(
    "MyValue", "my_value", "12345", f"({_KEY_FORM})?"
)
_LARGEST_ANNOTATIONS = 256 * 1024


def faults(metadata: Mapping[str, Any], place: str = "metadata") -> Iterator[Fault]:
    """What is wrong with the labels and annotations of an object or of a template."""
    for key, value in (metadata.get("labels") or {}).items():
        for why in _of_key(key):
            yield f"{place}.labels", f"Invalid value: {_quoted(key)}: {why}"
        for why in _of_value(value):
            yield f"{place}.labels", f"Invalid value: {_quoted(value)}: {why}"
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        for why in _of_key(key.lower()):
            yield f"{place}.annotations", f"Invalid value: {_quoted(key)}: {why}"
    size = sum(_bytes(key) + _bytes(value) for key, value in annotations.items())
    if size > _LARGEST_ANNOTATIONS:
        why = f"Too long: may not be more than {_LARGEST_ANNOTATIONS} bytes"
        yield f"{place}.annotations", why


def _of_key(key: str) -> Iterator[str]:
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        example = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        yield f"a valid label key {_KEY_RULE} {example}"
        return
    if slash and not prefix:
        yield f"prefix part {_EMPTY}"
    elif slash:
        if _bytes(prefix) > _LONGEST_PREFIX:
            yield f"prefix part must be no more than {_LONGEST_PREFIX} bytes"
        if not SUBDOMAIN.match(prefix):
            yield f"prefix part {SUBDOMAIN_RULE}"
    if not name:
        yield f"name part {_EMPTY}"
    elif _bytes(name) > _LONGEST:
        yield f"name part must be no more than {_LONGEST} bytes"
    if not _KEY.match(name):
        yield f"name part {_KEY_RULE}"


def _of_value(value: str) -> Iterator[str]:
    if _bytes(value) > _LONGEST:
        yield f"must be no more than {_LONGEST} bytes"
    if not _VALUE.match(value):
        yield _VALUE_RULE


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
