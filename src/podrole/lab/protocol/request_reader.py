"""A request taken apart: service and operation, parameters, and the key that signed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import botocore.exceptions
from botocore.model import OperationModel, ServiceModel
from werkzeug.wrappers import Request

from podrole.lab.aws_error import AwsError, not_carried
from podrole.lab.protocol import codec, unambiguous_request
from podrole.lab.protocol.call import Call, Unreadable
from podrole.lab.protocol.canonical_request import Signed
from podrole.lab.protocol.operations import SERVICES, regions, rest_operation, spoken_model
from podrole.lab.protocol.signature import Signature, read
from podrole.lab.protocol.signature_error import missing_token, wrong_region
from podrole.lab.request_headers import headers_of
from podrole.lab.service_models import service_model

#: The service of a credential scope, before anything is known to be right in it.
_SCOPE = re.compile(r"Credential=[^/,\s]+/[^/,\s]+/[^/,\s]+/([^/,\s]+)/aws4_request")
_S3_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com\Z|(?P<local>.+?)(?:\.s3)?\.localhost\Z"
)
# A Region has letters: the door on a port is called 127.0.0.1.
_SERVICE_HOST = re.compile(r"(?P<service>[a-z0-9-]+)(?:\.(?P<region>[a-z]{2,}-[a-z0-9-]+))?\.")
_FORM = "application/x-www-form-urlencoded"
_LARGEST_XML = 2 * 1024 * 1024
#: Calls that STS takes unsigned: the token is the proof.
_UNSIGNED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}


def read_call(request: Request, default_region: str) -> Call:
    """Take a request apart. Raises Unreadable for what the lab does not carry."""
    environ = dict(request.environ)
    headers = {name.lower(): value for name, value in headers_of(environ)}
    path, _, text = target_of(request.environ).partition("?")
    query = _query(text)
    body = request.get_data(cache=True)
    form = _form(headers, body)
    signature, body = _read_signature(request, headers, query, form, body)
    if signature is not None:
        service, region = signature.service, signature.region
        if region != default_region and region not in regions():
            protocol = _protocol(service, form, headers)
            raise Unreadable(wrong_region(region, default_region, protocol), protocol)
    else:
        host = _SERVICE_HOST.match(headers.get("host", ""))
        region = (host and host["region"]) or default_region
        service = _unsigned_service(query, form, headers)
    if service == "s3":
        virtual = _S3_HOST.match(headers.get("host", "").partition(":")[0])
        bucket = virtual and (virtual["bucket"] or virtual["local"])
        if bucket and bucket != "s3":
            for key in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
                environ[key] = f"/{bucket}{environ[key]}"
            path = f"/{bucket}{path}"
        path = re.sub(r"\A(/[^/]+)/\Z", r"\1", path)
    operation, parameters = _read_operation(
        service, request.method, path, query, headers, form, body
    )
    call = Call(
        environ=environ,
        operation=operation,
        region=region,
        parameters=parameters,
        headers=headers,
        signature=signature,
    )
    unambiguous_request.rewrite(call, query, body)
    return call


def _query(text: str) -> dict[str, Any]:
    """The parameters of a query, read as a form is; a name that stands twice has a list."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def target_of(environ: Mapping[str, Any]) -> str:
    """Path and query as they came over the wire."""
    target: str = environ.get("RAW_URI") or environ["REQUEST_URI"]
    return target if target[:1] == "/" else re.sub(r"\Ahttps?://[^/?]*", "", target) or "/"


def _read_signature(
    request: Request,
    headers: dict[str, str],
    query: Mapping[str, Any],
    form: Mapping[str, str],
    body: bytes,
) -> tuple[Signature | None, bytes]:
    """The request's signature, and its body out of its chunks."""
    service = _named_service(headers, query)
    protocol = _protocol(service, form, headers)
    signed = Signed(request.method, target_of(request.environ), headers, body)
    try:
        signature, chunked = read(signed, protocol)
    except AwsError as error:
        raise Unreadable(error, protocol) from error
    if chunked is None:
        return signature, body
    for name in ("x-amz-trailer", "x-amz-decoded-content-length"):
        headers.pop(name, None)
    headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    headers.update(chunked.trailer)
    encodings = headers.pop("content-encoding", "").split(",")
    kept = [item.strip() for item in encodings if item.strip() not in ("aws-chunked", "")]
    if kept:
        headers["content-encoding"] = ",".join(kept)
    return signature, chunked.body


def _named_service(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The service of a request's credential scope, or S3 where the host says so."""
    scope = _SCOPE.search(
        headers.get("authorization", "") or f"Credential={query.get('X-Amz-Credential', '')}"
    )
    if scope:
        return scope[1]
    return "s3" if _S3_HOST.match(headers.get("host", "").partition(":")[0]) else ""


def likely_service(request: Request) -> str:
    """The service that a request means, by its headers and query; empty where they name none."""
    headers = {name.lower(): value for name, value in headers_of(request.environ)}
    return _named_service(headers, request.args)


def likely_protocol(request: Request) -> str:
    """The protocol of a request that could not be read, by what stands in its headers."""
    headers = {name.lower(): value for name, value in headers_of(request.environ)}
    service = likely_service(request)
    form = {"": ""} if headers.get("content-type", "").startswith(_FORM) else {}
    return _protocol(service, form, headers)


def _form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The form in a body: the last one of two values of a name."""
    if not headers.get("content-type", "").startswith(_FORM):
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _unsigned_service(
    query: Mapping[str, Any], form: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    if str(_asked(query, form).get("Action", "")) in _UNSIGNED:
        return "sts"
    if _S3_HOST.match(headers.get("host", "").partition(":")[0]):
        return "s3"
    protocol = _spoken("", form, headers)
    raise Unreadable(missing_token(protocol), protocol)


def _asked(query: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of the query protocol, in the query of a GET or in the form of a POST.

    Where a name stands in both, the form's counts.
    """
    signed = {name: value for name, value in query.items() if not name.startswith("X-Amz-")}
    return {**signed, **form}


def _read_operation(
    service: str,
    method: str,
    path: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    form: Mapping[str, str],
    body: bytes,
) -> tuple[OperationModel, dict[str, Any]]:
    asked = _asked(query, form)
    if service not in SERVICES:
        name = str(asked.get("Action", "")) or headers.get("x-amz-target", "").rpartition(".")[2]
        error = not_carried(service, name or f"{method} {path}")
        raise Unreadable(error, _spoken(service, form, headers))
    model = spoken_model(service, headers)
    protocol = model.metadata["protocol"]
    found = None
    if protocol == "query":
        name = str(asked.get("Action", ""))
    elif protocol == "json":
        name = headers.get("x-amz-target", "").rpartition(".")[2]
    else:
        found = rest_operation(service, method, path, query, headers)
        name = found[0].name if found else f"{method} {path}"
    if name not in model.operation_names:
        raise _unreadable(not_carried(service, name or "?"), model)
    operation = model.operation_model(name)
    try:
        given = asked if protocol == "query" else query
        if protocol != "rest-json" and any(isinstance(value, list) for value in given.values()):
            raise AwsError("InvalidRequest", "lab: a query parameter is given twice")
        # Smithy, "AWS JSON 1.1 protocol"; IAM user guide, "Calling the IAM API using HTTP query
        # requests" (checked 2026-11-28). The refusal of another method was found nowhere.
        methods = {"query": ("GET", "POST"), "json": ("POST",)}.get(protocol, (method,))
        if method not in methods:
            text = f"lab: {service} takes {' and '.join(methods)}, not {method}"
            raise AwsError("MethodNotAllowed", text, 405)
        if protocol == "query":
            return operation, codec.query_parameters(asked, operation.input_shape)
        if protocol == "json":
            return operation, codec.json_parameters(body)
        assert found is not None
        if service == "s3" and len(body) > _LARGEST_XML and not operation.has_streaming_input:
            # S3 API reference, "Error responses"; it names no figure (checked 2026-11-28).
            text = f"lab: an XML document has at most {_LARGEST_XML} bytes here"
            raise AwsError("MaxMessageLengthExceeded", text)
        return operation, codec.rest_parameters(operation, found[1], query, headers, body)
    except AwsError as error:
        raise _unreadable(error, model) from error


def _protocol(service: str, form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    if service in SERVICES:
        return str(spoken_model(service, headers).metadata["protocol"])
    return _spoken(service, form, headers)


def _spoken(service: str, form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The protocol in which a client of a service that the lab lacks expects its answer."""
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in headers:
        return "json"
    if form:
        return "ec2" if service == "ec2" else "query"
    try:
        protocol = str(service_model(service).metadata["protocol"])
    except botocore.exceptions.UnknownServiceError:
        protocol = ""  # signed with a name that is no service's in botocore
    return protocol if protocol == "rest-xml" else "rest-json"


def _unreadable(error: AwsError, model: ServiceModel) -> Unreadable:
    return Unreadable(error, model.metadata["protocol"], model.metadata.get("xmlNamespace", ""))
