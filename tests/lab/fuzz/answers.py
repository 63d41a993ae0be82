"""What an answer must be, whatever was asked: its door's own shape, and no fault of the lab."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from tests.lab.fuzz.wsgi_request import Answer, WireRequest

#: Where moto stumbles over parameters that AWS would refuse, the lab says so in one line.
MOTO = "lab: moto failed at "
#: What the API server says of an apply with unknown fields; the code is Kubernetes' own.
_APPLY = "failed to create typed patch object"


def check(door: str, request: WireRequest, answer: Answer) -> None:
    """Fail for an answer that tells of a fault, or that the door's clients cannot read."""
    text = answer.body.decode("utf-8", "replace")
    assert "Traceback" not in text
    assert "<!doctype" not in text.lower()
    assert 200 <= answer.status < 600
    if answer.status < 300 or request.method == "HEAD":
        return
    if answer.kind == "text/plain":
        assert text.endswith("\n") or door in ("metadata", "kubernetes") or "doors" in text
        assert answer.status < 500 or door == "agent"
        return
    message = _MESSAGES[door](answer)
    if answer.status >= 500 and answer.status != 501:
        assert message.startswith((MOTO, _APPLY)), message
    assert "cannot be handled (" not in message


def _aws(answer: Answer) -> str:
    if answer.status == 304:
        return ""
    if answer.kind.endswith("xml"):
        root = ElementTree.fromstring(answer.body)
        found = {item.tag.rpartition("}")[2]: item.text for item in root.iter()}
        assert root.tag.rpartition("}")[2] in ("Error", "ErrorResponse", "Response")
        assert found["Code"]
        return found.get("Message") or ""
    if answer.kind == "application/cbor":
        assert answer.body[:1] == b"\xa2"
        return ""
    document = json.loads(answer.body)
    assert "__type" in document or "x-amzn-errortype" in answer.headers
    return str(document.get("message") or document.get("Message") or "")


def _status(answer: Answer) -> str:
    document: dict[str, Any] = json.loads(answer.body)
    assert document["kind"] == "Status"
    assert document["code"] == answer.status
    assert document["reason"]
    assert document["message"]
    return str(document["message"])


def _text(answer: Answer) -> str:
    return answer.body.decode()


_MESSAGES = {
    "aws": _aws,
    "kubernetes": _status,
    "agent": _text,
    "metadata": _text,
    "issuer": _aws,
    "control": _text,
}
