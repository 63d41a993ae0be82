"""A request as moto gets it: with one way to read it, the one that is decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from podrole.lab.protocol import codec
from podrole.lab.protocol.call import Call

#: Headers besides `X-Amz-Target` by which moto would choose what to do, or unpack a body.
_CHOOSING = {"HTTP_CONTENT_ENCODING", "HTTP_X_HTTP_METHOD_OVERRIDE"}


def rewrite(call: Call, query: Mapping[str, Any], body: bytes) -> None:
    """Leave moto one way to read the request: the one that is going to be decided.

    What the gateway has read is written again, and nothing else goes along: moto prefers `Action`
    in the query to `X-Amz-Target` and that to the path, the first of two parameters of one name to
    the last, the body of a POST to the query of a GET, finds parameters where the model has none,
    and takes headers for parameters where there are none.
    """
    environ, headers, parameters = call.environ, call.headers, call.parameters
    operation, protocol = call.operation, call.protocol
    model = operation.service_model
    for name in [name for name in environ if name.startswith("HTTP_")]:
        if protocol != "rest-xml" or name.startswith("HTTP_X_AMZ_") or name in _CHOOSING:
            del environ[name]
    environ |= {
        _environ_name(name): value
        for name, value in headers.items()
        if name.startswith("x-amz-") and name != "x-amz-target"
    }
    kept: Mapping[str, Any] = {}
    if protocol == "query":
        form = {"Action": operation.name, "Version": model.api_version}
        form |= codec.query_form(parameters, operation.input_shape)
        body = urlencode(form).encode()
        environ["REQUEST_METHOD"] = "POST"
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded; charset=utf-8"
    elif protocol == "json":
        prefix = model.metadata["targetPrefix"]
        body = json.dumps(parameters).encode()
        environ["HTTP_X_AMZ_TARGET"] = f"{prefix}.{operation.name}"
        environ["CONTENT_TYPE"] = codec.json_type(model)
    elif protocol == "rest-json":
        members = operation.input_shape.members if operation.input_shape else {}
        names = codec.names_in(members, "querystring")
        kept = {key: query[key] for key in names.values() if key in query}
        in_body = {
            key: parameters[name]
            for name, key in codec.names_in(members, None).items()
            if name in parameters
        }
        body = json.dumps(in_body).encode() if in_body or body else b""
        environ["CONTENT_TYPE"] = "application/json"
    if protocol == "rest-xml":  # S3 reads its query by itself; repeated names were refused
        if "content-encoding" in headers:
            environ["HTTP_CONTENT_ENCODING"] = headers["content-encoding"]
    else:
        environ["QUERY_STRING"] = urlencode(kept, doseq=True)
        for key in ("RAW_URI", "REQUEST_URI"):
            path = environ[key].partition("?")[0]
            environ[key] = f"{path}?{urlencode(kept, doseq=True)}" if kept else path
    call.replace_body(body)


def _environ_name(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
