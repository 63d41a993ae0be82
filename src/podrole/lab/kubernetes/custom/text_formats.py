"""The formats of texts that a schema may ask for, as far as Python's own library can tell.

Source: k8s.io/kube-openapi, `pkg/validation/strfmt` (read 2026-11-29). Others are not looked at.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime

_DURATION = re.compile(r"[-+]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+\Z")
_WORDS = re.compile(r"\s*[0-9]+(\.[0-9]+)?\s*(seconds?|minutes?|hours?|days?|weeks?)\s*\Z")
_MAC = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\Z")
_UUID = re.compile(r"(?i)[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}\Z")
_HOST = re.compile(r"([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.?)+\Z")
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}")


def _parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            read(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return test


_TESTS: dict[str, Callable[[str], bool]] = {
    "date": _parses(date.fromisoformat),
    "date-time": lambda text: bool(_RFC3339.match(text)) and _parses(datetime.fromisoformat)(text),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "cidr": lambda text: "/" in text and _parses(
        lambda given: ipaddress.ip_network(given, strict=False)
    )(text),
    "byte": _parses(lambda text: base64.b64decode(text, validate=True)),
    "duration": lambda text: bool(_DURATION.match(text) or _WORDS.match(text)),
    "mac": lambda text: bool(_MAC.match(text)),
    "uuid": lambda text: bool(_UUID.match(text)),
    "hostname": lambda text: len(text) <= 255 and bool(_HOST.match(text)),
    "email": lambda text: re.match(r"[^@\s]+@[^@\s]+\Z", text) is not None,
}  # fmt: skip
_TESTS["datetime"] = _TESTS["date-time"]


def fits(name: str, text: str) -> bool:
    """Whether a text has the format of that name; a format that nobody knows fits all."""
    test = _TESTS.get(name)
    return test is None or test(text)
