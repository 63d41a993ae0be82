"""A request as it came over the wire, and the form in which it is signed.

Source: IAM user guide, "Create a signed AWS API request", step 1 (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_to_bytes


@dataclass(frozen=True)
class Signed:
    """The signed parts of a request, before the gateway has made anything of it."""

    method: str
    target: str  # path and query as they came
    headers: Mapping[str, str]  # small-letter names
    body: bytes

    @property
    def path(self) -> str:
        """The path as it came, percent-encoded."""
        return self.target.partition("?")[0] or "/"

    def query(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded."""
        pairs = (part.partition("=") for part in self.target.partition("?")[2].split("&") if part)
        # A `+` is a space, as everything behind the gateway reads it.
        return [
            (unquote(name.replace("+", " ")), unquote(value.replace("+", " ")))
            for name, _, value in pairs
        ]

    def canonical(
        self, service: str, names: Sequence[str], payload: str, *, in_header: bool
    ) -> str:
        """The canonical request: `names` are the signed headers, `payload` its hash."""
        return "\n".join(
            [
                self.method,
                _canonical_path(self.path, service),
                _canonical_query(self.target.partition("?")[2], in_header),
                *(f"{name}:{_trimmed(self.headers[name])}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )


def _canonical_path(path: str, service: str) -> str:
    """S3 encodes once and keeps every segment; the others normalise and encode twice."""
    segments = [_encoded(segment) for segment in path.split("/")]
    if service == "s3":
        return "/".join(segments)
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    text = "/" + "/".join(kept)
    if kept and segments[-1] in ("", ".", ".."):
        text += "/"
    return quote(text, safe="-_.~/")


def _canonical_query(query: str, in_header: bool) -> str:
    pairs = sorted(
        (_encoded(name.replace("+", " ")), _encoded(value.replace("+", " ")))
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    )
    return "&".join(
        f"{name}={value}" for name, value in pairs if in_header or name != "X-Amz-Signature"
    )


def _encoded(part: str) -> str:
    """The part's own bytes, which need be no UTF-8, encoded as signatures want them."""
    return quote(unquote_to_bytes(part), safe="-_.~")


def _trimmed(value: str) -> str:
    return " ".join(value.split())
