"""What the Pod Identity Agent says of a token before it asks EKS Auth.

The agent verifies nothing: it takes the token apart and looks at `exp` and `nbf`. Source:
aws/eks-pod-identity-agent d4dc0f3 with github.com/golang-jwt/jwt/v5 5.2.2, run on 2026-11-29.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from podrole.lab.go_json import GoSyntaxError, check_syntax

_PARSED = "Service account token cannot be parsed"
_CLAIMS = "Service account token failed basic claim validations"
_OUTSIDE = re.compile(r"[^A-Za-z0-9_-]")
_METHODS = {f"{family}{bits}" for family in ("HS", "RS", "ES", "PS") for bits in (256, 384, 512)}
_METHODS |= {"none", "EdDSA"}
_GO_NAMES = {dict: "object", list: "array", str: "string", bool: "bool", int: "number"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class _Unreadable(Exception):
    """Why a token cannot be taken apart, in the library's words."""


def fault_of(token: str, now: float) -> str | None:
    """What is wrong with `token` at `now` (seconds since 1970), or None if EKS Auth is asked."""
    if not token:
        return "Service account token cannot be empty"
    try:
        dates = _dates(token)
    except _Unreadable as error:
        return f"{_PARSED}: {error}"
    late = "exp" in dates and now >= dates["exp"]
    early = "nbf" in dates and now < dates["nbf"]
    wrong = ["token is expired"] * late + ["token is not valid yet"] * early
    return f"{_CLAIMS}: {', '.join(wrong)}" if wrong else None


def _dates(token: str) -> dict[str, float]:
    """The token's `exp`, `nbf` and `iat`, where it has them, in seconds since 1970."""
    parts = token.split(".")
    if len(parts) != 3:
        raise _malformed("token contains an invalid number of segments")
    header = _document(parts[0], "header")
    if header is not None and not isinstance(header, _Pairs):
        raise _no_object(header, "header", "map[string]interface {}")
    claims = _document(parts[1], "claim")
    if claims is not None and not isinstance(claims, _Pairs):
        raise _no_object(claims, "claim", "jwt.RegisteredClaims")
    dates: dict[str, float] = {}
    for name, value in claims or ():
        _note_claim(name.lower(), value, dates)  # Go finds a struct's fields in any case
    algorithm = dict(header or ()).get("alg")
    if not isinstance(algorithm, str):
        raise _Unreadable("token is unverifiable: signing method (alg) is unspecified")
    if algorithm not in _METHODS:
        raise _Unreadable("token is unverifiable: signing method (alg) is unavailable")
    return dates


class _Pairs(list[tuple[str, Any]]):
    """An object's members in their order, doubles too."""


class _Float(float):
    """A number; the text of a great one would be read into memory as an integer."""


def _document(part: str, name: str) -> Any:
    wrong = _OUTSIDE.search(part)
    if wrong or len(part) % 4 == 1:
        at = wrong.start() if wrong else len(part) - 1
        reason = f"illegal base64 data at input byte {at}"
        raise _malformed(f"could not base64 decode {name}: {reason}")
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
    try:
        check_syntax(text)
        return json.loads(text, object_pairs_hook=_Pairs, parse_int=_Float, parse_float=_Float)
    except GoSyntaxError as error:
        raise _malformed(f"could not JSON decode {name}: {error}") from None
    except RecursionError:
        raise _malformed(f"could not JSON decode {name}: exceeded max depth") from None


def _note_claim(name: str, value: Any, dates: dict[str, float]) -> None:
    if value is None:
        return
    if name in ("iss", "sub", "jti") and not isinstance(value, str):
        field = f"Go struct field RegisteredClaims.{name} of type string"
        raise _malformed(
            f"could not JSON decode claim: json: cannot unmarshal {_kind(value)} into {field}"
        )
    if name == "aud":
        listed = value if isinstance(value, list) and not isinstance(value, _Pairs) else [value]
        if not all(isinstance(item, str) for item in listed):
            raise _malformed("could not JSON decode claim: invalid type for claim")
    if name in ("exp", "nbf", "iat"):
        dates[name] = _date(value)


def _date(value: Any) -> float:
    """A NumericDate, cut to whole seconds; Go's json.Number is a number or a text of one."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = _Float(value)
    if isinstance(value, _Float):
        return float(value // 1)
    said = f"json: cannot unmarshal {_kind(value)} into Go value of type json.Number"
    if isinstance(value, str):
        shown = json.dumps(json.dumps(value))
        said = f"json: invalid number literal, trying to unmarshal {shown} into Number"
    raise _malformed(f"could not JSON decode claim: could not parse NumericData: {said}")


def _no_object(value: Any, name: str, wanted: str) -> _Unreadable:
    said = f"json: cannot unmarshal {_kind(value)} into Go value of type {wanted}"
    return _malformed(f"could not JSON decode {name}: {said}")


def _kind(value: Any) -> str:
    """The name that Go gives a value's kind."""
    if isinstance(value, _Pairs):
        return "object"
    if isinstance(value, _Float):
        return "number"
    return _GO_NAMES[type(value)]


def _malformed(reason: str) -> _Unreadable:
    return _Unreadable(f"token is malformed: {reason}")
