"""moto behind the gateway: it keeps the state of IAM, of EKS clusters and of the data services.

moto checks no token, no trust policy and hardly a condition (moto 5.2.5: `moto/sts/models.py` and
`moto/iam/access_control.py`), so nothing reaches it before the gateway has decided. Each service's
own functions are called directly: moto's server would also route `/moto-api/…`, which resets
everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import botocore.exceptions
import botocore.parsers
import botocore.serialize
from botocore.model import OperationModel
from moto.moto_api._internal import mock_random
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from podrole.lab import nesting
from podrole.lab.aws_error import AwsError, not_carried, readable_xml
from podrole.lab.moto_adapter import direct, endpoints, shortcuts
from podrole.lab.moto_adapter.asked import Asked
from podrole.lab.moto_adapter.randomness import begin, importing, seed_service
from podrole.lab.process_changes import ProcessChanges
from podrole.lab.seed import Seed
from podrole.lab.service_models import service_model

#: Headers by which moto chooses an account or takes a caller's word: only the gateway sets them.
_OWN_HEADERS = ("HTTP_X_MOTO_ACCOUNT_ID", "HTTP_AUTHORIZATION", "HTTP_X_AMZ_SECURITY_TOKEN")
#: What moto keeps for the lab, each imported at its first call (moto's SSM alone imports 95 MB in a
#: second, measured 2026-11-24).
MOTO_SERVICES = (
    "dynamodb",
    "ecr",
    "eks",
    "iam",
    "kms",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is asked in the block does not count: moto draws a request id for each answer, and its
    next key or role id would be another one."""
    state = mock_random.getstate()
    try:
        yield
    finally:
        mock_random.setstate(state)


class Moto:
    """moto's apps, one a service, emptied and seeded at the start of a lab."""

    def __init__(self, seed: Seed, changes: ProcessChanges) -> None:
        """What it replaces in moto, now and when a service is first called, is in `changes`."""
        self._asked = Asked()
        #: Of the call that is being answered: its answer says it, and the call's record.
        self.request_id = ""
        self._called: set[str] = set()
        self._seed = seed
        self._changes = changes
        begin(seed, changes)
        shortcuts.take(changes, self._say_request_id)
        endpoints.keep(changes)

    def forward(
        self, environ: Mapping[str, Any], service: str, operation: str, region: str, account: str
    ) -> tuple[int, Headers, bytes]:
        """Let moto answer a request, as `account`. Raises AwsError for what moto does not have."""
        self._asked.changed(service, operation)
        if service not in MOTO_SERVICES:
            raise not_carried(service, operation)
        passed = {key: value for key, value in environ.items() if key not in _OWN_HEADERS}
        passed["HTTP_HOST"] = f"{service}.{region}.amazonaws.com"
        passed["HTTP_X_MOTO_ACCOUNT_ID"] = account
        passed["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential=LAB/20260115/{region}/{service}/aws4_request,"
            " SignedHeaders=host, Signature=0"
        )
        if service != "s3" and "json" in passed.get("CONTENT_TYPE", ""):
            # moto looks for a form in any body: `&Action=` in a text would choose the operation.
            body = passed["wsgi.input"].read().replace(b"&", b"\\u0026")
            passed |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        try:
            code, headers, body = direct.answer(self._loaded(service), passed)
        except (NotImplementedError, direct.NoSuchPath):
            raise not_carried(service, operation) from None
        except RecursionError as error:
            protocol = service_model(service).metadata["protocol"]
            raise nesting.too_deep(str(protocol)) from error
        except Exception as error:
            # moto stumbles over some parameters that AWS would refuse; a client sees no traceback.
            reason = f"lab: moto failed at {service}:{operation} ({type(error).__name__}: {error})"
            raise AwsError("InternalFailure", reason, 500) from error
        if "html" in headers.get("Content-Type", "") and code >= 300 and body.startswith(b"<!doc"):
            raise not_carried(service, operation)
        if code >= 400 and body.lstrip().startswith(b"<"):
            body = readable_xml(body)  # moto quotes a name as it came, a NUL too
            headers["Content-Length"] = str(len(body))
        if code >= 400 and not body and passed["REQUEST_METHOD"] != "HEAD":
            reason = f"lab: moto refused {service}:{operation}, and did not say why"
            raise AwsError("InvalidRequest", reason, code)
        return code, headers, body

    def _say_request_id(self, headers: dict[str, Any] | None = None) -> str:
        """The id of the call, in place of one that moto draws."""
        if headers is not None:
            headers["x-amzn-requestid"] = self.request_id
        return self.request_id

    def _loaded(self, service: str) -> str:
        """The service, whose modules are the lab's from its first call on."""
        if service not in self._called:
            with importing(service):
                direct.load(service)
            seed_service(service, self._seed, self._changes)
            shortcuts.take_of_service(service, self._changes)
            self._called.add(service)
        return service

    def ask(
        self, service: str, operation: str, account: str, region: str, **parameters: Any
    ) -> Mapping[str, Any]:
        """What a reading operation answers, empty where moto refuses; not to be changed.

        Kept until something changes in the service: a decision needs it at every call.
        """

        def ask() -> Mapping[str, Any]:
            try:
                return self.call(service, operation, account, region, **parameters)
            except AwsError:
                return {}

        return self._asked.answer(service, operation, (account, region), parameters, ask)

    def call(
        self, service: str, operation: str, account: str, region: str, **parameters: Any
    ) -> dict[str, Any]:
        """Call moto as the lab itself, beside all checks. Raises AwsError as moto answers."""
        model = service_model(service).operation_model(operation)
        environ = request_environ(model, parameters)
        status, headers, answer = self.forward(environ, service, operation, region, account)
        refused = refusal(model, status, headers, answer)
        if refused is not None:
            raise refused
        try:
            members = parsed(model, status, headers, answer)
        except botocore.parsers.ResponseParserError as error:  # a character that no XML can carry
            reason = f"lab: moto failed at {service}:{operation} ({type(error).__name__})"
            raise AwsError("InternalFailure", reason, 500) from error
        members.pop("ResponseMetadata", None)
        return members


def request_environ(model: OperationModel, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The WSGI request that says these parameters (botocore's names) in the operation's protocol.

    Raises AwsError (ValidationException) for parameters that the model does not take.
    """
    protocol = model.service_model.metadata["protocol"]
    serializer = botocore.serialize.create_serializer(protocol)
    try:
        request = serializer.serialize_to_request(dict(parameters), model)
    except botocore.exceptions.ParamValidationError as error:
        raise AwsError("ValidationException", f"lab: {error}") from error
    body = request["body"]
    path, _, constant = request["url_path"].partition("?")  # `?tagging` is in S3's paths
    query = urlencode(request["query_string"], doseq=True)
    builder = EnvironBuilder(
        path,
        method=request["method"],
        query_string="&".join(filter(None, (constant, query))) or None,
        headers=dict(request["headers"]),
        data=urlencode(body) if isinstance(body, dict) else body or b"",
    )
    return builder.get_environ()


def parsed(model: OperationModel, status: int, headers: Headers, body: bytes) -> dict[str, Any]:
    """The members of an answer of moto's, by botocore's names.

    Raises botocore's ResponseParserError for a body that is none of the protocol.
    """
    parser = botocore.parsers.create_parser(model.service_model.metadata["protocol"])
    response = {"status_code": status, "headers": dict(headers), "body": body}
    return parser.parse(response, model.output_shape)  # type: ignore[no-any-return]


def refusal(model: OperationModel, status: int, headers: Headers, body: bytes) -> AwsError | None:
    """What an answer of moto's refuses, None if it is no refusal."""
    if status < 300:
        return None
    try:
        error = parsed(model, status, headers, body).get("Error", {})
    except botocore.parsers.ResponseParserError:
        error = {}
    return AwsError(error.get("Code", "Unknown"), error.get("Message", ""), status)
