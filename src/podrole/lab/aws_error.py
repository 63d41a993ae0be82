"""Refusals in AWS's shapes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass
class AwsError(Exception):
    """A refusal: AWS's code, the HTTP status, and the message.

    `shape` is the error's name in a JSON body, where that is not the code.
    """

    code: str
    message: str
    status: int = 400
    shape: str | None = None

    def body(self, protocol: str, namespace: str, request_id: str) -> tuple[str, str | bytes]:
        """The content type and the body that a client of `protocol` can read.

        `protocol` is the name in botocore's models: query, ec2, rest-xml, json, rest-json,
        smithy-rpc-v2-cbor.
        """
        # A message may quote what no UTF-8 can carry: half of a surrogate pair out of JSON.
        text = self.message.encode(errors="replace").decode()
        code, message = xml_text(self.code), xml_text(text)
        if protocol == "rest-xml":
            return "application/xml", (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Error><Code>{code}</Code><Message>{message}</Message>"
                f"<RequestId>{request_id}</RequestId></Error>"
            )
        if protocol == "ec2":
            return "text/xml", (
                f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>"
            )
        if protocol == "query":
            fault = "Sender" if self.status < 500 else "Receiver"
            return "text/xml", (
                f'<ErrorResponse xmlns="{namespace}"><Error><Type>{fault}</Type>'
                f"<Code>{code}</Code><Message>{message}</Message></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        document = {"__type": self.shape or self.code, "message": text}
        if protocol == "smithy-rpc-v2-cbor":
            return "application/cbor", _cbor(document)
        content_type = (
            "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
        )
        return content_type, json.dumps(document)


#: What XML 1.0 has no way to write, not even by its number (section 2.2, "Characters").
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def is_xml_text(text: str) -> bool:
    """Whether XML 1.0 has a way to write each character of the text."""
    return _NOT_XML.search(text) is None


def xml_text(text: str) -> str:
    """A text as it stands between two tags; `\ufffd` where XML has no such character."""
    return escape(_NOT_XML.sub("\ufffd", text))


def readable_xml(document: bytes) -> bytes:
    """A document of XML with `\ufffd` in place of the characters that XML does not have."""
    return _NOT_XML.sub("\ufffd", document.decode("utf-8", "replace")).encode()


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts as CBOR (RFC 8949): major type 5, then texts of major type 3."""
    encoded = bytes([0xA0 | len(texts)])
    for text in (part for pair in texts.items() for part in pair):
        data = text.encode()
        encoded += b"\x7a" + len(data).to_bytes(4, "big") + data
    return encoded


#: What the guide's steps have in place of a service that tools ask for: prowler, the CDK,
#: Terraform's provider and others (run on 2026-11-28).
_INSTEAD = {
    "athena": "`aws cloudtrail lookup-events` finds the records",
    "cloudcontrolapi": "`aws cloudformation deploy` or the service's own commands make resources",
    "cloudfront": "`make serve` serves the guide; the lab carries the bucket",
    "ec2": "`podrole lab serve --metadata` says what a pod reaches of its node; VPC endpoints are"
    " decided by `podrole explain --endpoint`",
    "guardduty": "`aws cloudtrail lookup-events` has the records that findings are made of",
    "logs": "`aws cloudtrail lookup-events` has the records",
    "tagging": "each service lists its own tags, as `aws iam list-role-tags` does",
}


def not_carried(service: str, operation: str) -> AwsError:
    """A call that the lab has no answer for. The words are the lab's, AWS has no such error."""
    instead = f". Instead: {_INSTEAD[service]}" if service in _INSTEAD else ""
    return AwsError(
        "NotImplemented",
        f"the lab does not carry {service}:{operation}; this is not an answer of AWS{instead}",
        501,
    )
