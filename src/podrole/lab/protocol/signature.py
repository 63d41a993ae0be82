"""Signature Version 4: what a request claims to be signed with, and whether it is.

Algorithm: IAM user guide, "Create a signed AWS API request"; chunked bodies: S3 API reference,
"Signature calculations … in multiple chunks" and "… including trailing headers" (checked
2026-11-24). What is signed is built from the bytes that came over the wire, never from what the
gateway made of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.aws_chunked import Chunk, Chunked, decode
from podrole.lab.protocol.canonical_request import Signed
from podrole.lab.protocol.signature_error import signature_error

ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()
_UNSIGNED = "UNSIGNED-PAYLOAD"
_STAMP = "%Y%m%dT%H%M%SZ"
_PART = re.compile(r"\s*([A-Za-z]+)=(.*?)\s*\Z", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,9}")
_LONGEST = 7 * 24 * 3600  # a presigned URL's X-Amz-Expires
_STS_LONGEST = 900
_SKEW, _S3_SKEW = timedelta(minutes=5), timedelta(minutes=15)


@dataclass(frozen=True)
class Signature:
    """A signature as the request states it."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed: datetime
    expires: int | None  # seconds, of a presigned URL
    token: str | None
    given: str
    canonical_request: str
    unsigned_headers: tuple[str, ...] = ()
    chunks: tuple[Chunk, ...] = field(default=(), repr=False)

    @property
    def _ends(self) -> datetime:
        # STS takes a presigned GetCallerIdentity for 15 minutes whatever it says (documented by
        # aws-iam-authenticator, whose tokens say 60 seconds).
        seconds = max(self.expires or 0, _STS_LONGEST if self.service == "sts" else 0)
        return self.signed + timedelta(seconds=seconds if self.expires is not None else 0)

    @property
    def scope(self) -> str:
        """The credential scope: day/region/service/aws4_request."""
        return f"{self.day}/{self.region}/{self.service}/aws4_request"

    def near(self, instant: datetime) -> bool:
        """Whether it was made about then, to within the skew that AWS takes."""
        return self.expires is None and abs(instant - self.signed) <= _S3_SKEW

    def check_age(self, now: datetime, protocol: str) -> None:
        """Raise AwsError for a signature from too long ago or from the future."""
        if self.expires is not None and now > self._ends:
            raise signature_error("presigned", protocol, self._old(now, timedelta()))
        skew = _S3_SKEW if self.service == "s3" else _SKEW
        if self.expires is None and now > self.signed + skew:
            raise signature_error("skewed", protocol, self._old(now, skew))
        if now < self.signed - skew:
            minutes = int(skew.total_seconds() // 60)
            text = (
                f"Signature not yet current: {self.signed:{_STAMP}} is still later than"
                f" {now + skew:{_STAMP}} ({now:{_STAMP}} + {minutes} min.)"
            )
            raise signature_error("skewed", protocol, text)

    def _old(self, now: datetime, skew: timedelta) -> str:
        minutes = int(skew.total_seconds() // 60)
        return (
            f"Signature expired: {self._ends:{_STAMP}} is now earlier than {now - skew:{_STAMP}}"
            f" ({now:{_STAMP}} - {minutes} min.)"
        )

    def check(self, secret: str, protocol: str) -> None:
        """Raise AwsError unless the key's secret gives this signature, and each chunk's."""
        key = _signing_key(secret, self.day, self.region, self.service)
        stamp = self.signed.strftime(_STAMP)
        digest = hashlib.sha256(self.canonical_request.encode()).hexdigest()
        wanted = _sign(key, f"{ALGORITHM}\n{stamp}\n{self.scope}\n{digest}")
        if not hmac.compare_digest(wanted.encode(), self.given.encode()):
            raise signature_error("signature", protocol)
        if self.service == "s3" and self.unsigned_headers:
            raise signature_error("unsigned headers", protocol)
        for chunk in self.chunks:
            seed = f"{ALGORITHM}-{chunk.kind}\n{stamp}\n{self.scope}\n{wanted}\n"
            if chunk.kind == "PAYLOAD":
                seed += f"{_EMPTY}\n"
            wanted = _sign(key, seed + chunk.digest)
            if not hmac.compare_digest(wanted.encode(), chunk.signature.encode()):
                raise signature_error("signature", protocol)


@lru_cache(256)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sign(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def read(signed: Signed, protocol_of: str) -> tuple[Signature | None, Chunked | None]:
    """The signature of a request, None where it has none, and its body if that came in chunks.

    `protocol_of` is the protocol in which a refusal is worded. Raises AwsError for a signature
    that cannot be read.
    """
    header = signed.headers.get("authorization")
    query = dict(signed.query())
    if header is not None and "X-Amz-Algorithm" in query:
        raise signature_error("two signatures", protocol_of)
    if header is not None:
        given = _header_parts(header, signed.headers, protocol_of)
    elif "X-Amz-Algorithm" in query:
        given = _query_parts(query, protocol_of)
    elif "AWSAccessKeyId" in query:
        raise signature_error("algorithm", protocol_of)
    else:
        return None, None
    chunked = decode(signed.headers, signed.body)
    return _signature(signed, given, protocol_of, chunked, "authorization" in signed.headers)


def _header_parts(header: str, headers: Mapping[str, str], protocol: str) -> dict[str, str]:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise signature_error("algorithm", protocol)
    found = {}
    for part in rest.split(","):
        match = _PART.match(part)
        if not match:
            text = (
                f"'{part.strip()}' not a valid key=value pair (missing equal-sign) in"
                f" Authorization header: '{header}'."
            )
            raise signature_error("incomplete", protocol, text)
        found[match[1]] = match[2]
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not found.get(name)
    ]
    date = headers.get("x-amz-date") or headers.get("date")
    if not date:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        text = " ".join([*missing, f"Authorization={header.partition(' ')[0]}"])
        raise signature_error("incomplete", protocol, text)
    return {**found, "Date": date or ""}


def _query_parts(query: Mapping[str, str], protocol: str) -> dict[str, str]:
    names = ("Algorithm", "Credential", "Date", "SignedHeaders", "Signature")
    found = {name: query.get(f"X-Amz-{name}", "") for name in names}
    if found["Algorithm"] != ALGORITHM:
        raise signature_error("algorithm", protocol)
    missing = [f"X-Amz-{name}" for name, value in found.items() if not value]
    expires = query.get("X-Amz-Expires", "" if protocol == "rest-xml" else "900")
    if not expires:
        missing.append("X-Amz-Expires")
    if missing:
        text = " ".join(
            f"AWS query-string parameters must include '{name}'." for name in sorted(missing)
        )
        raise signature_error("incomplete", protocol, text)
    # The tokens of aws-iam-authenticator say 0 seconds, and STS takes them for 15 minutes.
    least = 1 if protocol == "rest-xml" else 0
    if not _SECONDS.fullmatch(expires) or not least <= int(expires) <= _LONGEST:
        raise signature_error("expires", protocol)
    return found | {"Expires": expires}


def _signature(
    signed: Signed,
    given: Mapping[str, str],
    protocol: str,
    chunked: Chunked | None,
    in_header: bool,
) -> tuple[Signature, Chunked | None]:
    scope = given["Credential"].rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request":
        text = (
            "Credential must have exactly 5 slash-delimited elements, e.g."
            f" keyid/date/region/service/term, got '{given['Credential']}'"
        )
        raise signature_error("incomplete", protocol, text)
    key_id, day, region, service, _ = scope
    when = _date(given["Date"], protocol)
    if when.strftime("%Y%m%d") != day:
        text = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            f" HTTP: '{day}' != '{when:%Y%m%d}', from '{when:{_STAMP}}'."
        )
        raise signature_error("scope", protocol, text)
    names = given["SignedHeaders"].lower().split(";")
    if "host" not in names:
        text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise signature_error("scope", protocol, text)
    missing = [name for name in names if name not in signed.headers]
    if missing:
        raise signature_error("signature", protocol)
    payload = _payload(signed, service, chunked, in_header, protocol)
    query = dict(signed.query())
    signature = Signature(
        access_key_id=key_id,
        day=day,
        region=region,
        service=service,
        signed=when,
        expires=int(given["Expires"]) if "Expires" in given else None,
        token=signed.headers.get("x-amz-security-token") or query.get("X-Amz-Security-Token"),
        given=given["Signature"],
        canonical_request=signed.canonical(service, names, payload, in_header=in_header),
        unsigned_headers=tuple(
            name for name in signed.headers if name.startswith("x-amz-") and name not in names
        ),
        chunks=chunked.chunks if chunked else (),
    )
    return signature, chunked


def _payload(
    signed: Signed, service: str, chunked: Chunked | None, in_header: bool, protocol: str
) -> str:
    stated = signed.headers.get("x-amz-content-sha256")
    if chunked is not None or stated == _UNSIGNED:
        return stated or _UNSIGNED
    if service == "s3" and not in_header:
        return stated or _UNSIGNED
    computed = hashlib.sha256(signed.body).hexdigest()
    if service != "s3":
        return computed
    if stated is None:
        raise AwsError(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if stated != computed:
        raise signature_error("payload", protocol)
    return stated


@lru_cache(256)
def _instant(text: str) -> datetime | None:
    for form in (_STAMP, "%a, %d %b %Y %H:%M:%S GMT"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _date(text: str, protocol: str) -> datetime:
    found = _instant(text)
    if found is not None:
        return found
    raise signature_error(
        "incomplete", protocol, f"Date must be in ISO-8601 'basic format'. Got '{text}'."
    )
