"""Parameters out of requests and results into responses, by botocore's models.

The four protocols of the services that the lab carries: query (sts, iam, sns, SQS's older clients),
json (most others), rest-json (eks, eks-auth) and rest-xml (s3, read only: moto writes its answers).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape
from werkzeug.wrappers import Response

from podrole.lab.aws_error import AwsError, is_xml_text, xml_text
from podrole.lab.clock import stamp
from podrole.lab.json_document import TooDeep, read_json
from podrole.lab.protocol.parameter_types import faults

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def query_parameters(form: Mapping[str, str], shape: Shape | None) -> dict[str, Any]:
    """The nested parameters of a form (`Tags.member.1.Key=…`), by the operation's input shape."""
    return _from_form(form, "", shape) if shape else {}


def _from_form(form: Mapping[str, str], prefix: str, shape: Shape) -> Any:
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            key = member.serialization.get("name", name)
            value = _from_form(form, f"{prefix}.{key}" if prefix else key, member)
            if value is not None:
                found[name] = value
        return found if found or not prefix else None
    if shape.type_name == "list":
        return list(_items(form, prefix, shape)) or None
    if shape.type_name == "map":
        return dict(_entries(form, prefix, shape)) or None
    text = form.get(prefix)
    if text is None:
        return None
    if not is_xml_text(text):  # the answers of this protocol could not say it again
        raise AwsError("ValidationError", f"lab: {prefix} has a character that no XML can carry")
    if shape.type_name in ("integer", "long"):
        if not _NUMBER.fullmatch(text):
            raise AwsError("MalformedInput", f"{prefix} is not a number", 400)
        return int(text)
    return text.lower() == "true" if shape.type_name == "boolean" else text


def _items(form: Mapping[str, str], prefix: str, shape: Shape) -> Iterator[Any]:
    """`Tags.member.1`; flattened, `AttributeName.1` with the name of the list or of its items."""
    start = _list_start(prefix, shape)
    for number in itertools.count(1):
        item = _from_form(form, f"{start}.{number}", shape.member)
        if item is None:
            return
        yield item


def _entries(form: Mapping[str, str], prefix: str, shape: Shape) -> Iterator[tuple[str, Any]]:
    """`Attributes.entry.1.key` and `.value`; flattened without `entry`, names as in the model."""
    start, key, value = _map_names(prefix, shape)
    for number in itertools.count(1):
        name = _from_form(form, f"{start}.{number}.{key}", shape.key)
        if name is None:
            return
        yield name, _from_form(form, f"{start}.{number}.{value}", shape.value)


def query_form(parameters: Mapping[str, Any], shape: Shape | None) -> dict[str, str]:
    """The form that says these parameters and nothing else: `query_parameters` the other way."""
    return dict(_to_form(parameters, "", shape)) if shape else {}


def _to_form(value: Any, prefix: str, shape: Shape) -> Iterator[tuple[str, str]]:
    if value is None:  # a map's key without its value, which `validate` refuses
        return
    if shape.type_name == "structure":
        for name, item in value.items():
            member = shape.members[name]
            key = member.serialization.get("name", name)
            yield from _to_form(item, f"{prefix}.{key}" if prefix else key, member)
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from _to_form(item, f"{_list_start(prefix, shape)}.{number}", shape.member)
    elif shape.type_name == "map":
        start, key_name, value_name = _map_names(prefix, shape)
        for number, (name, item) in enumerate(value.items(), 1):
            yield f"{start}.{number}.{key_name}", name
            yield from _to_form(item, f"{start}.{number}.{value_name}", shape.value)
    else:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)


def _list_start(prefix: str, shape: Shape) -> str:
    if not shape.serialization.get("flattened"):
        return f"{prefix}.member"
    name = shape.member.serialization.get("name")
    return ".".join([*prefix.split(".")[:-1], name]) if name else prefix


def _map_names(prefix: str, shape: Shape) -> tuple[str, str, str]:
    """What stands before the number of an entry, and the names of its key and its value."""
    start = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
    key = shape.key.serialization.get("name", "key")
    return start, key, shape.value.serialization.get("name", "value")


def json_parameters(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body; empty for no body. Raises AwsError.

    Code and status: Smithy's protocol tests, restJson1, "MalformedRequestBody" (2026-11-28).
    """
    try:
        document = read_json(body or b"{}")
    except TooDeep as error:
        raise AwsError("SerializationException", str(error), 400) from error
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AwsError("SerializationException", "the body is not a JSON object", 400)
    return document


def rest_parameters(
    operation: OperationModel,
    path: Mapping[str, str],
    query: Mapping[str, Any],
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, Any]:
    """The parameters of a REST request from path, query, headers and, for rest-json, the body.

    A name that stands more than once in the query has a list of texts there.
    """
    found: dict[str, Any] = {}
    shape = operation.input_shape
    for name, member in shape.members.items() if shape else []:
        location = member.serialization.get("location")
        key = member.serialization.get("name", name)
        if location == "uri" and key in path:
            found[name] = path[key]
        elif location == "querystring" and key in query:
            found[name] = _from_text(query[key], member, key)
        elif location == "header" and key.lower() in headers:
            found[name] = _from_text(headers[key.lower()], member, key)
    if operation.service_model.metadata["protocol"] == "rest-json" and operation.http[
        "method"
    ] not in ("GET", "DELETE"):
        given = json_parameters(body)
        for name, key in names_in(shape.members if shape else {}, None).items():
            if key in given:
                found[name] = given[key]
    return found


def names_in(members: Mapping[str, Shape], location: str | None) -> dict[str, str]:
    """The name that each member has in a part of a request: `querystring`, or None for the body."""
    return {
        name: member.serialization.get("name", name)
        for name, member in members.items()
        if member.serialization.get("location") == location
    }


def _from_text(text: Any, shape: Shape, name: str) -> Any:
    if shape.type_name == "list":
        return text if isinstance(text, list) else [text]
    if isinstance(text, list):
        raise AwsError("InvalidRequest", f"lab: the parameter {name} is given twice")
    if shape.type_name in ("integer", "long") and _NUMBER.fullmatch(text):
        return int(text)
    if shape.type_name == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text  # what is no number stays a text, which the model's check refuses


def json_type(model: ServiceModel) -> str:
    """The content type of a JSON service's bodies: DynamoDB and SQS are at version 1.0."""
    return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"


def error_headers(operation: OperationModel, error: AwsError) -> dict[str, str]:
    """What an error's headers say beside its body: in SQS's JSON, the code of the query protocol.

    Source: Smithy 2.0, "AWS query compatible trait" (checked 2026-11-24).
    """
    model = operation.service_model
    if model.metadata["protocol"] != "json":
        return {}
    headers = {"Content-Type": json_type(model)}
    if "awsQueryCompatible" in model.metadata:
        fault = "Sender" if error.status < 500 else "Receiver"
        headers["x-amzn-query-error"] = f"{error.code};{fault}"
    return headers


def refusal(error: AwsError, protocol: str, namespace: str, request_id: str) -> Response:
    """The HTTP response that says an error to a client of `protocol`."""
    content_type, body = error.body(protocol, namespace, request_id)
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
    if protocol == "smithy-rpc-v2-cbor":
        headers["smithy-protocol"] = "rpc-v2-cbor"
    return Response(body, error.status, headers, content_type=content_type)


def validate(operation: OperationModel, parameters: Mapping[str, Any]) -> None:
    """Check parameters against the operation's model, as AWS's front end does. Raises AwsError."""
    shape = operation.input_shape
    if shape is None:
        return
    protocol = operation.service_model.metadata["protocol"]
    found = faults(parameters, shape, protocol)
    if found:
        code = "ValidationError" if protocol == "query" else "InvalidParameterException"
        raise AwsError(code, f"lab: {found}")


def response_body(
    operation: OperationModel, result: Mapping[str, Any], request_id: str
) -> tuple[str, str]:
    """The content type and body for a result, in the operation's protocol."""
    model = operation.service_model
    protocol = model.metadata["protocol"]
    shape = operation.output_shape
    if protocol == "query":
        inner = _to_xml(result, shape) if shape else ""
        if wrapper := (shape.serialization.get("resultWrapper") if shape else None):
            inner = f"<{wrapper}>{inner}</{wrapper}>"
        return "text/xml", (
            f'<{operation.name}Response xmlns="{model.metadata["xmlNamespace"]}">{inner}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{operation.name}Response>"
        )
    content_type = "application/json" if protocol == "rest-json" else json_type(model)
    return content_type, json.dumps(_to_json(result, shape) if shape else {})


def _to_xml(value: Any, shape: Shape) -> str:
    if shape.type_name == "structure":
        return "".join(
            f"<{name}>{_to_xml(value[name], member)}</{name}>"
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    if shape.type_name == "list":
        return "".join(f"<member>{_to_xml(item, shape.member)}</member>" for item in value)
    if shape.type_name == "map":
        return "".join(
            f"<entry><key>{xml_text(key)}</key><value>{_to_xml(item, shape.value)}</value></entry>"
            for key, item in value.items()
        )
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return xml_text(str(value))


def _to_json(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise TypeError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
        return {
            member.serialization.get("name", name): _to_json(value[name], member)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list":
        return [_to_json(item, shape.member) for item in value]
    if shape.type_name == "map":
        return dict(value)
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value
