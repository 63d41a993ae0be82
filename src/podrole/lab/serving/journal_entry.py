"""The lines of a state file: a request, and the options that a lab was started with."""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from podrole.lab.clock import EARLIEST, LATEST, stamp
from podrole.lab.eks_auth_states import EKS_AUTH_STATES
from podrole.lab.metadata_modes import METADATA_MODES
from podrole.lab.oidc.outside_issuer import InvalidKeys, OutsideIssuer
from podrole.lab.sts_texts import STS_TEXTS
from podrole.lab.throttle import RATE_LIMITS

DOORS = ("aws", "agent", "metadata", "kubernetes")
#: The machine's clock goes on after the lab's was moved as far as it goes.
_LATEST = LATEST + timedelta(days=36_525)
#: A year, for how long anything takes or lives.
LONGEST_SECONDS = 366 * 24 * 3600
_T = TypeVar("_T")


class Malformed(ValueError):
    """What is wrong with a line, in a few words."""


@dataclass(frozen=True)
class Options:
    """How a lab behaves beside what it is made from; another start may choose others.

    `metadata` is one of METADATA_MODES; the rest as Lab's own of that name.
    """

    metadata: str = METADATA_MODES[0]
    association_delay: timedelta = timedelta()
    throttled: frozenset[str] = frozenset()
    longest_session: timedelta | None = None
    sts_texts: str = STS_TEXTS[0]
    trusted_issuers: Mapping[str, Any] = field(default_factory=dict)
    eks_auth: str = EKS_AUTH_STATES[0]

    def document(self) -> dict[str, Any]:
        """The options as JSON has them."""
        longest = self.longest_session
        return {
            "options": {
                "metadata": self.metadata,
                "association_delay": self.association_delay.total_seconds(),
                "throttled": sorted(self.throttled),
                "longest_session": None if longest is None else longest.total_seconds(),
                "sts_texts": self.sts_texts,
                "trusted_issuers": dict(self.trusted_issuers),
                "eks_auth": self.eks_auth,
            }
        }

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Options:
        """The options of a line. Raises Malformed."""
        found = member(line, "options", dict)
        only(found, set(Options().document()["options"]))
        throttled = member(found, "throttled", list)
        if not all(isinstance(place, str) and place in RATE_LIMITS for place in throttled):
            raise Malformed(f'"throttled" is not a list of {", ".join(RATE_LIMITS)}')
        longest = found.get("longest_session")
        texts = found.get("sts_texts", STS_TEXTS[0])  # older files do not have it
        if texts not in STS_TEXTS:
            raise Malformed(f'"sts_texts" is not one of {", ".join(STS_TEXTS)}')
        if found.get("metadata") not in METADATA_MODES:
            raise Malformed(f'"metadata" is not one of {", ".join(METADATA_MODES)}')
        eks_auth = found.get("eks_auth", EKS_AUTH_STATES[0])  # likewise
        if eks_auth not in EKS_AUTH_STATES:
            raise Malformed(f'"eks_auth" is not one of {", ".join(EKS_AUTH_STATES)}')
        trusted = found.get("trusted_issuers", {})  # likewise
        if not isinstance(trusted, dict):
            raise Malformed('"trusted_issuers" is no object')
        try:
            for url, keys in trusted.items():
                OutsideIssuer.read(url, keys)
        except InvalidKeys as error:
            raise Malformed(f'"trusted_issuers": {error}') from None
        return cls(
            metadata=found["metadata"],
            association_delay=_seconds(found, "association_delay"),
            throttled=frozenset(throttled),
            longest_session=None if longest is None else _seconds(found, "longest_session", 0.001),
            sts_texts=texts,
            trusted_issuers=trusted,
            eks_auth=eks_auth,
        )


@dataclass(frozen=True)
class Entry:
    """One request: the door it came through, when, and its bytes."""

    door: str
    at: datetime
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The request as JSON has it."""
        # Not by asdict(): it copies each part, at a sixth of the cost of a whole request.
        found = {
            "door": self.door,
            "at": self.at.isoformat(),
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
        }
        if not self.body:
            return found
        try:
            return {**found, "body": self.body.decode()}
        except UnicodeDecodeError:
            return {**found, "base64": base64.b64encode(self.body).decode()}

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Entry:
        """The request of a line. Raises Malformed."""
        only(line, {"door", "at", "method", "target", "headers", "body", "base64"})
        if member(line, "door", str) not in DOORS:
            raise Malformed(f'"door" is not one of {", ".join(DOORS)}')
        if "body" in line and "base64" in line:
            raise Malformed('"body" and "base64" stand side by side')
        try:
            body = base64.b64decode(line["base64"], validate=True) if "base64" in line else b""
        except (TypeError, ValueError, binascii.Error):
            raise Malformed('"base64" is no base64') from None
        headers = member(line, "headers", list)
        for pair in headers:
            if not isinstance(pair, list) or [_on_wire(part) for part in pair] != [True, True]:
                raise Malformed('"headers" is not a list of pairs of texts in Latin-1')
        if not _on_wire(member(line, "method", str)) or not _on_wire(member(line, "target", str)):
            raise Malformed('"method" or "target" is no text in Latin-1')
        return cls(
            door=line["door"],
            at=instant(line, "at"),
            method=line["method"],
            target=line["target"],
            headers=tuple((name, value) for name, value in headers),
            body=member(line, "body", str).encode() if "body" in line else body,
        )

    def environ(self) -> dict[str, Any]:
        """The request for a WSGI app. What is carried out is this, at once and from the file."""
        path, _, query = self.target.partition("?")
        found: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.target,
            "REQUEST_URI": self.target,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.door == "kubernetes" else "http",
            "wsgi.input": BytesIO(self.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            key = name.upper().replace("-", "_")
            found[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        found["CONTENT_LENGTH"] = str(len(self.body))
        return found


def member(found: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    """The member of an object, which is of the type. Raises Malformed."""
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        names = {str: "text", int: "whole number", list: "list", dict: "object"}
        raise Malformed(f'"{name}" is no {names[kind]}')
    return value


def only(found: Mapping[str, Any], known: set[str]) -> None:
    """Raise Malformed for an object with another member than these."""
    for name in found:
        if name not in known:
            raise Malformed(f"{name[:40]!r} is not a member of it")


def instant(found: Mapping[str, Any], name: str) -> datetime:
    """The member that is a date with a time zone, in the clock's range. Raises Malformed."""
    try:
        when = datetime.fromisoformat(member(found, name, str))
        if when.tzinfo is not None and EARLIEST <= when <= _LATEST:
            return when
    except (ValueError, OverflowError):
        pass
    between = f"between {stamp(EARLIEST)} and {stamp(LATEST)}"
    raise Malformed(f'"{name}" is no instant with a time zone {between}')


def _seconds(found: Mapping[str, Any], name: str, least: float = 0) -> timedelta:
    value: Any = found.get(name)
    if type(value) in (int, float) and least <= value <= LONGEST_SECONDS:
        return timedelta(seconds=value)
    raise Malformed(f'"{name}" is no number of seconds')


def _on_wire(text: Any) -> bool:
    return isinstance(text, str) and max(map(ord, text), default=0) < 256
