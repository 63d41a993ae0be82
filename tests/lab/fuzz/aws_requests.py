"""Requests at AWS's door: half of what an SDK would send, half of what none would."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from botocore.model import OperationModel, ServiceModel, Shape

import podrole.lab
from podrole.lab.access.action_table import ActionTable
from podrole.lab.protocol.operations import SERVICES, spoken_model
from podrole.lab.service_models import service_model
from tests import hostile
from tests.files import files
from tests.lab.fuzz.sigv4 import sign
from tests.lab.fuzz.wsgi_request import WireRequest

REGION, ACCOUNT = "us-west-2", "111122223333"
HERE = f"{REGION}:{ACCOUNT}"
_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW")
_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
    "application/cbor",
    "application/xml",
    "multipart/form-data; boundary=x",
    "text/plain; charset=nope",
)
_STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "X-Amz-Content-Sha256": (
        "UNSIGNED-PAYLOAD",
        _STREAMING,
        f"{_STREAMING}-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-",
    ),
    "X-Amz-Decoded-Content-Length": ("0", "1", "-1", "x", "9" * 30),
    "X-Amz-Trailer": ("x-amz-checksum-crc32", "host", "content-length"),
    "Content-Encoding": ("aws-chunked", "gzip", "aws-chunked,gzip", "x"),
    "Smithy-Protocol": ("rpc-v2-cbor", "x"),
    "X-Amz-Copy-Source": ("", "/", "orders", "/orders/orders", "orders/orders?versionId=null"),
    "X-Amz-Copy-Source-Range": ("bytes=0-", "bytes=9-1", "x"),
    "X-Amz-Tagging": ("a=b", "a", "=", "%ff=%ff", "a=b&a=c"),
    "X-Amz-Tagging-Directive": ("COPY", "REPLACE", "x"),
    "X-Amz-Metadata-Directive": ("COPY", "REPLACE", "x"),
    "X-Amz-Meta-A": ("b", "é"),
    "X-Amz-Acl": ("private", "public-read", "bucket-owner-full-control"),
    "X-Amz-Grant-Read": ("id=x", 'uri="http://acs.amazonaws.com/groups/global/AllUsers"', "x"),
    "X-Amz-Server-Side-Encryption": ("AES256", "aws:kms", "x"),
    "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": ("alias/orders", "x", "arn:"),
    "X-Amz-Server-Side-Encryption-Customer-Algorithm": ("AES256", "x"),
    "X-Amz-Server-Side-Encryption-Customer-Key": ("eA==", "x"),
    "X-Amz-Expected-Bucket-Owner": (ACCOUNT, "1"),
    "X-Amz-Checksum-Crc32": ("AAAAAA==", "x"),
    "X-Amz-Sdk-Checksum-Algorithm": ("CRC32", "SHA256", "x"),
    "X-Amz-Object-Lock-Mode": ("GOVERNANCE", "x"),
    "X-Amz-Object-Lock-Retain-Until-Date": ("2030-01-01T00:00:00Z", "x"),
    "X-Amz-Storage-Class": ("STANDARD", "GLACIER", "x"),
    "X-Amz-Website-Redirect-Location": ("/x", "\x7f"),
    "X-Amz-Bucket-Object-Lock-Enabled": ("true", "x"),
    "X-Amz-Object-Ownership": ("ObjectWriter", "x"),
    "X-Amz-Security-Token": ("x",),
    "X-Amz-Target": ("x", "a.b.c", "DynamoDB_20120810.", ".GetItem", "AmazonSQS.SendMessage"),
    "X-Amz-Date": ("20260115T090000Z", "x", "20260230T000000Z"),
    "Date": ("x", "Thu, 15 Jan 2026 09:00:00 GMT", "Thu, 99 Jan 2026 09:00:00 GMT"),
    "Range": ("bytes=0-0", "bytes=-1", "bytes=5-1", "bytes=0-0,1-1", "x", "bytes=", "bytes=a-b"),
    "If-Match": ("*", "x", '"x"'),
    "If-None-Match": ("*", "x", '""'),
    "If-Modified-Since": ("x", "Thu, 15 Jan 2026 09:00:00 GMT", "Thu, 15 Jan 99999 09:00:00 GMT"),
    "If-Unmodified-Since": ("x", "0"),
    "Content-Md5": ("x", "XrY7u+Ae7tCTyyK7j1rNww=="),
    "Content-Type": _TYPES,
    "Cookie": ("a=b", ";", "=", 'a="'),
    "Expect": ("100-continue", "x"),
    "Accept-Encoding": ("gzip", "x"),
    "User-Agent": ("", "[aws-cli/1]", "%s%n"),
    "Origin": ("null", "http://127.0.0.1", "x"),
    "X-Forwarded-For": ("127.0.0.1", "x"),
    "X-Forwarded-Host": ("x",),
    "X-Moto-Account-Id": ("444455556666", "x"),
    "X-HTTP-Method-Override": ("DELETE", "x"),
}
_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
#: Values by which a call finds what is there; `made` in the test makes these.
_KNOWN: Mapping[str, tuple[Any, ...]] = {
    "Bucket": ("orders", "none"),
    "Key": ("orders", "a/b", "none"),
    "RoleName": ("orders", "none"),
    "UserName": ("orders", "none"),
    "RoleArn": (f"arn:aws:iam::{ACCOUNT}:role/orders",),
    "roleArn": (f"arn:aws:iam::{ACCOUNT}:role/orders",),
    "PolicyArn": (
        f"arn:aws:iam::{ACCOUNT}:policy/orders",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ),
    "TopicArn": (f"arn:aws:sns:{HERE}:orders",),
    "TargetArn": (f"arn:aws:sns:{HERE}:orders",),
    "SubscriptionArn": (f"arn:aws:sns:{HERE}:orders:0a1b",),
    "QueueUrl": (f"http://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders",),
    "TableName": ("orders", f"arn:aws:dynamodb:{HERE}:table/orders"),
    "SecretId": ("orders", f"arn:aws:secretsmanager:{HERE}:secret:orders-abcdef"),
    "KeyId": ("alias/orders", "alias/aws/s3", f"arn:aws:kms:{HERE}:alias/orders"),
    "Name": ("orders", "/orders"),
    "name": ("orders", "demo"),
    "clusterName": ("demo", "none"),
    "repositoryName": ("orders",),
    "resourceArn": (f"arn:aws:ecr:{HERE}:repository/orders", f"arn:aws:eks:{HERE}:cluster/demo"),
    "ResourceArn": (f"arn:aws:dynamodb:{HERE}:table/orders", f"arn:aws:sns:{HERE}:orders"),
    "PolicyDocument": (_POLICY, "{}", "[]", '{"Statement":5}'),
    "AssumeRolePolicyDocument": (_POLICY, "null"),
    "Policy": (_POLICY, "{}", '{"Statement":[{"Effect":[]}]}'),
    "CiphertextBlob": ("eA==", "===", "AQIDAA=="),
    "WebIdentityToken": ("a.b.c", "e30.e30.e30"),
    "CopySource": ("orders/orders", "/orders/orders"),
    "ActionNames": ("s3:GetObject",),
    "DurationSeconds": (900, 3600),
    "nextToken": ("x",),
    "NextToken": ("x",),
    "Marker": ("x",),
    "ContinuationToken": ("x",),
    "PaginationToken": ("x",),
    "MaxItems": (1, 1000),
}
#: A text of hundreds of characters is a test of one code, a short one of many.
_TEXTS = [text for text in hostile.texts() if len(text) < 1_000]
_LONG = [text for text in hostile.texts() if len(text) >= 1_000]
_VALUES = hostile.flat(hostile.VALUES)


class AwsRequests:
    """An endless supply, the same for the same seed but for the date in its signatures."""

    def __init__(self, draw: random.Random, variables: Mapping[str, str]) -> None:
        """`variables` are those of an operator, with AWS_ACCESS_KEY_ID and so on."""
        self._draw = draw
        self._hostile = 0.1
        self.use(variables)

    def use(self, variables: Mapping[str, str]) -> None:
        """Sign as this operator from here on."""
        self._keys = variables

    def text(self) -> str:
        """A hostile text, mostly a short one."""
        return self._draw.choice(_TEXTS if self._draw.random() < 0.95 else _LONG)

    def draw(self) -> WireRequest:
        """One request."""
        draw = self._draw
        service = draw.choice(_SERVICES)
        request = self._call(service) if draw.random() < 0.75 else self._noise(service)
        for name in draw.sample(list(_HEADERS), draw.choice((0, 0, 0, 1, 1, 2, 4))):
            value = draw.choice(_HEADERS[name]) if draw.random() < 0.7 else self.text()
            request.headers[name] = value
        if "Content-Encoding" in request.headers and draw.random() < 0.5:
            request.headers["X-Amz-Content-Sha256"] = draw.choice(_HEADERS["X-Amz-Content-Sha256"])
        if request.headers.get("X-Amz-Content-Sha256", "").startswith("STREAMING"):
            request.body = self._chunks(request)
        form = draw.random()
        if form < 0.75:
            sign(request, service, self._keys, presigned=False)
        elif form < 0.85:
            self._presign(request, service)
        elif form < 0.95:
            self._claim(request, service)
        if draw.random() < 0.05:
            self._spoil(request)
        if draw.random() < 0.05:
            self._frame(request)
        return request

    # -- calls that an SDK could make ----------------------------------------------------

    def call(self, service: str, name: str, given: Mapping[str, Any]) -> WireRequest:
        """A well-formed and signed call."""
        self._hostile = 0.0
        request = self._spelled(spoken_model(service, {"x-amz-target": ""}), name, given)
        sign(request, service, self._keys, presigned=False)
        return request

    def _call(self, service: str) -> WireRequest:
        draw = self._draw
        self._hostile = draw.choice((0.02, 0.1, 0.5))
        model = spoken_model(service, {} if draw.random() < 0.5 else {"x-amz-target": ""})
        carried = _CARRIED.get(service, model.operation_names)
        name = draw.choice(carried)
        shape = model.operation_model(name).input_shape
        given = self._structure(shape, 0) if shape else {}
        if draw.random() < self._hostile and given:
            given[draw.choice(list(given))] = draw.choice(_VALUES)
        if name == "DeleteCluster":  # its API server has a test of its own
            given["name"] = "none"
        return self._spelled(model, name, given)

    def _spelled(self, model: ServiceModel, name: str, given: Mapping[str, Any]) -> WireRequest:
        protocol, operation = model.metadata["protocol"], model.operation_model(name)
        host = {"Host": f"{model.service_name}.{REGION}.amazonaws.com"}
        if protocol == "query":
            return self._by_form(operation, given, host)
        if protocol == "json":
            headers = {**host, "X-Amz-Target": f"{model.metadata['targetPrefix']}.{name}"}
            headers["Content-Type"] = "application/x-amz-json-1.1"
            return WireRequest("POST", "/", headers, _json(given))
        return self._by_path(operation, given, host)

    def form(self, model: ServiceModel, name: str, hostile_share: float) -> list[tuple[str, str]]:
        """A drawn form of an operation of the query protocol."""
        self._hostile = hostile_share
        shape = model.operation_model(name).input_shape
        return _form(model.operation_model(name), self._structure(shape, 0) if shape else {})

    def _by_form(self, operation: OperationModel, given: Any, host: dict[str, str]) -> WireRequest:
        pairs = _form(operation, given)
        text = urlencode([tuple(map(hostile.utf8, pair)) for pair in pairs])
        if self._draw.random() < 0.3:
            return WireRequest("GET", f"/?{text}", host)
        host["Content-Type"] = "application/x-www-form-urlencoded"
        return WireRequest("POST", "/", host, text.encode())

    def _by_path(self, operation: OperationModel, given: Any, host: dict[str, str]) -> WireRequest:
        path, _, constant = operation.http["requestUri"].partition("?")
        query, body = ([constant] if constant else []), {}
        shape = operation.input_shape
        for name, value in given.items():
            member = shape.members.get(name)
            key = member.serialization.get("name", name) if member is not None else name
            where = member.serialization.get("location") if member is not None else None
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            if where == "uri":
                for pattern, safe in (("{%s+}", "/~"), ("{%s}", "~")):
                    path = path.replace(pattern % key, quote(hostile.utf8(text), safe=safe))
            elif where == "querystring":
                query.append(f"{quote(key)}={quote(hostile.utf8(text), safe='~')}")
            elif where in ("header", "headers"):
                host[key] = text
            else:
                body[key] = value
        target = path + ("?" + "&".join(query) if query else "")
        if operation.service_model.metadata["protocol"] == "rest-json":
            host["Content-Type"] = "application/json"
            return WireRequest(operation.http["method"], target, host, _json(body) if body else b"")
        return WireRequest(operation.http["method"], target, host, self._xml(body))

    def _xml(self, given: Mapping[str, Any]) -> bytes:
        draw = self._draw
        if draw.random() < self._hostile:
            return draw.choice(hostile.flat(hostile.XML))
        if not given:
            return b""
        name, value = next(iter(given.items()))
        return hostile.utf8(f"<{name}>{_elements(value)}</{name}>")

    def _structure(self, shape: Shape, depth: int) -> dict[str, Any]:
        draw = self._draw
        wanted = {}
        for name, member in shape.members.items():
            required = name in shape.required_members
            if draw.random() < (0.95 if required else 0.25) and depth < 5:
                wanted[name] = self._value(member, name, depth + 1)
        return wanted

    def _value(self, shape: Shape, name: str, depth: int) -> Any:
        draw = self._draw
        if draw.random() < self._hostile / 5:
            return draw.choice(_VALUES)
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, depth)
        if kind == "list":
            many = draw.choice((0, 1, 1, 2))
            return [self._value(shape.member, name, depth + 1) for _ in range(many)]
        if kind == "map":
            key = "orders" if draw.random() < 0.7 else self.text()
            return {key: self._value(shape.value, name, depth + 1)}
        if name in _KNOWN and draw.random() > self._hostile:
            return draw.choice(_KNOWN[name])
        if kind == "string":
            if shape.enum and draw.random() > self._hostile:
                return draw.choice(shape.enum)
            return "orders" if draw.random() > self._hostile else self.text()
        if kind in ("integer", "long", "float", "double") and draw.random() > self._hostile:
            return draw.choice((1, 5, 900))
        if kind in ("integer", "long", "float", "double"):
            return draw.choice((0, 1, -1, 5, 1000, 2**31, 2**63, 10**30, 1.5, "x"))
        if kind == "boolean":
            return draw.choice((True, False, "true", 1))
        if kind == "timestamp":
            return draw.choice((0, 1e300, -1, 1768467600, "2026-01-15T09:00:00Z", "x", 10**400))
        return draw.choice(("eA==", "x", "é", "===="))  # blob

    # -- what no SDK would send ----------------------------------------------------------

    def _noise(self, service: str) -> WireRequest:
        draw = self._draw
        host = draw.choice(
            (f"{service}.{REGION}.amazonaws.com", "127.0.0.1:4566", "orders.localhost", self.text())
        )
        headers = {"Host": host, "Content-Type": draw.choice(_TYPES)}
        model = service_model(service) if service in SERVICES else None
        prefix = model.metadata.get("targetPrefix") if model else None
        if prefix and draw.random() < 0.7:
            headers["X-Amz-Target"] = f"{prefix}.{draw.choice(model.operation_names)}"
        bodies = draw.choice((hostile.JSON, hostile.XML, hostile.YAML, hostile.PROTOBUF, None))
        if bodies is None:
            names = model.operation_names if model else ["GetUser"]
            action = draw.choice(names) if draw.random() < 0.9 else self.text()
            pairs = [("Action", action)]
            pairs += [(draw.choice(list(_KNOWN)), self.text()) for _ in range(draw.randrange(3))]
            body = urlencode([(name, hostile.utf8(text)) for name, text in pairs]).encode()
        else:
            body = draw.choice(hostile.flat(bodies))
        return WireRequest(draw.choice(_METHODS), self._target(), headers, body)

    def _target(self) -> str:
        draw = self._draw
        parts = [
            draw.choice(_PARTS) if draw.random() < 0.6 else self._quoted(self.text())
            for _ in range(draw.choice((0, 1, 1, 2, 3)))
        ]
        query = [
            f"{draw.choice(_ARGUMENTS)}={self._quoted(self.text())}"
            for _ in range(draw.choice((0, 0, 1, 2)))
        ]
        return "/" + "/".join(parts) + ("?" + "&".join(query) if query else "")

    def _quoted(self, text: str) -> str:
        return text if self._draw.random() < 0.3 else quote(hostile.utf8(text), safe="~")

    # -- signatures ----------------------------------------------------------------------

    def _presign(self, request: WireRequest, service: str) -> None:
        sign(request, service, self._keys, presigned=True)
        if self._draw.random() < 0.3:
            name = self._draw.choice(_PRESIGNED)
            value = self._draw.choice((self.text(), "0", "-1", "604801", "²"))
            request.target += f"&X-Amz-{name}={self._quoted(value)}"

    def _claim(self, request: WireRequest, service: str) -> None:
        """A signature that is none."""
        draw = self._draw
        key = draw.choice((self._keys["AWS_ACCESS_KEY_ID"], "AKIAX", self.text()))
        scope = f"{key}/20260115/{draw.choice((REGION, self.text()))}/{service}/aws4_request"
        given = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        forms = (given, given[: draw.randrange(len(given))], f"{given}, {self.text()}", self.text())
        request.headers["Authorization"] = draw.choice(forms)
        request.headers.setdefault("X-Amz-Date", "20260115T090000Z")

    # -- bodies that break off -----------------------------------------------------------

    def _chunks(self, request: WireRequest) -> bytes:
        """The body in chunks of aws-chunked, often with a fault."""
        draw, body = self._draw, request.body
        sign = (
            f";chunk-signature={'0' * 64}"
            if "HMAC" in request.headers["X-Amz-Content-Sha256"]
            else ""
        )
        cut = draw.randrange(len(body) + 1)
        text = b"".join(
            f"{len(part):x}{sign}\r\n".encode() + part + b"\r\n"
            for part in (body[:cut], body[cut:])
            if part
        )
        text += f"0{sign}\r\n".encode()
        if "TRAILER" in request.headers["X-Amz-Content-Sha256"]:
            name = draw.choice(("x-amz-checksum-crc32", "host", "content-length", "", self.text()))
            value = draw.choice(("AAAAAA==", "x", self.text()))
            text += hostile.utf8(f"{name}:{value}\r\n")
            if sign:
                text += f"x-amz-trailer-signature:{'0' * 64}\r\n".encode()
        text += b"\r\n"
        request.headers.setdefault("X-Amz-Decoded-Content-Length", str(len(body)))
        return self._broken(text) if draw.random() < 0.5 else text

    def _broken(self, body: bytes) -> bytes:
        draw = self._draw
        place = draw.randrange(len(body) + 1)
        form = draw.randrange(4)
        if form == 0:
            return body[:place]
        if form == 1:
            return body[:place] + draw.randbytes(draw.randrange(1, 6)) + body[place:]
        if form == 2:
            return body[:place] + body[place + 1 :]
        return (
            body[:place]
            + draw.choice((b"ffffffffffffffff", b"-1", b"\r\n", b"0x", b"\xb2"))
            + body[place:]
        )

    def _spoil(self, request: WireRequest) -> None:
        """Change what was signed."""
        draw = self._draw
        form = draw.randrange(4)
        if form == 0:
            request.body = self._broken(request.body)
        elif form == 1:
            request.method = draw.choice(_METHODS)
        elif form == 2:
            place = draw.randrange(1, len(request.target) + 1)
            request.target = request.target[:place] + self.text() + request.target[place:]
        else:
            name = draw.choice(list(request.headers) or ["Host"])
            request.headers[name] = request.headers.get(name, "") + self.text()

    def _frame(self, request: WireRequest) -> None:
        """HTTP's own chunks in the place of a length."""
        body = request.body
        framed = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if body else b"0\r\n\r\n"
        request.body = self._broken(framed) if self._draw.random() < 0.7 else framed
        request.chunked = True


_CARRIED = {
    **{service: sorted(service_model(service).operation_names) for service in SERVICES},
    **{
        path.stem: sorted(ActionTable.of(path.stem).operations)
        for path in files(Path(podrole.lab.__file__).parent / "access" / "actions", "*.yaml")
        if path.stem in SERVICES
    },
}
_SERVICES = [*sorted(SERVICES), "iam", "sts", "s3", "eks"] * 3 + ["lambda", "ec2"]
_PARTS = (
    "orders", "none", "a", "b", "clusters", "demo", "pod-identity-associations", "v1", "id", "keys",
    "assume-role-for-pod-identity", "addons", "access-entries", "tags", "moto-api", "reset", "%2f",
    "%00", "%ff", "..", ".", "", "_podrole", "pods", ".well-known", "openid-configuration",
)  # fmt: skip
_ARGUMENTS = (
    "Action", "Version", "list-type", "max-keys", "prefix", "delimiter", "marker", "delete", "acl",
    "policy", "tagging", "uploads", "uploadId", "partNumber", "versionId", "versions", "x-id",
    "encoding-type", "continuation-token", "start-after", "X-Amz-Algorithm", "X-Amz-Credential",
    "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "AWSAccessKeyId",
    "X-Amz-Security-Token", "maxResults", "nextToken", "tagKeys", "response-content-type",
    "response-expires", "select",
)  # fmt: skip
_PRESIGNED = (
    "Algorithm",
    "Credential",
    "Date",
    "Expires",
    "SignedHeaders",
    "Signature",
    "Security-Token",
)


def _json(given: Any) -> bytes:
    return json.dumps(given, default=str).encode("ascii")


def _form(operation: OperationModel, given: Any) -> list[tuple[str, str]]:
    pairs = [("Action", operation.name), ("Version", operation.service_model.api_version)]
    return pairs + (list(_flat("", operation.input_shape, given)) if operation.input_shape else [])


def _flat(prefix: str, shape: Shape, value: Any) -> Iterator[tuple[str, str]]:
    """A value as the query protocol spells it; one of another type than the shape's as it is."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, item in value.items():
            member = shape.members.get(name)
            key = member.serialization.get("name", name) if member is not None else str(name)
            inner = f"{prefix}.{key}" if prefix else key
            if member is None:
                yield inner, str(item)
            else:
                yield from _flat(inner, member, item)
    elif kind == "list" and isinstance(value, list):
        flattened = shape.serialization.get("flattened")
        for number, item in enumerate(value, 1):
            yield from _flat(
                f"{prefix}{'' if flattened else '.member'}.{number}", shape.member, item
            )
    elif kind == "map" and isinstance(value, Mapping):
        entry = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
        for number, (key, item) in enumerate(value.items(), 1):
            yield f"{entry}.{number}.{shape.key.serialization.get('name', 'key')}", str(key)
            name = shape.value.serialization.get("name", "value")
            yield from _flat(f"{entry}.{number}.{name}", shape.value, item)
    else:
        yield prefix, value if isinstance(value, str) else _short(value)


def _short(value: Any) -> str:
    return json.dumps(value, default=str)[:2_000]


def _elements(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_elements(item)}</{name}>" for name, item in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_elements(item)}</member>" for item in value)
    text = value if isinstance(value, str) else _short(value)
    return text.replace("&", "&amp;").replace("<", "&lt;")
