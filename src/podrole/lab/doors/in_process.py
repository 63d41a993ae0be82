"""The in-process door: everything that botocore sends in this process goes to the lab's app.

`URLLib3Session.send` is the one place that all of botocore's traffic passes, its credential
providers' included, so unmodified code talks to AWS's real host names and nothing leaves. The
SDK's clock and its reading of token files are the lab's too: credentials that the lab issues would
otherwise look expired, and `/var/run/secrets/…` does not exist on a laptop.
"""

from __future__ import annotations

import builtins
import io
import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import IO, Any
from urllib.parse import unquote_to_bytes, urlsplit
from weakref import WeakSet

import boto3
import botocore.awsrequest
import botocore.compat
import botocore.credentials
import botocore.endpoint
import botocore.handlers
import botocore.httpsession
import botocore.loaders
import botocore.monitoring
import botocore.session
import botocore.signers
import botocore.utils
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from podrole.lab.clock import Clock
from podrole.lab.doors import common_runtime
from podrole.lab.doors.aws_variables import replace_aws_variables
from podrole.lab.eks_auth_states import TAKES
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter.clock import as_modules, changed, replace_moto_clock
from podrole.lab.node.pod import PodError, Reaches
from podrole.lab.node_addresses import AGENT_ADDRESSES, METADATA_ADDRESSES
from podrole.lab.process_changes import ProcessChanges

#: A pod starts with a session of its own, and each session would read the models again, which takes
#: a fifth of a second. Not the gateway's loader: clients change the models that they have read.
_models = cache(botocore.loaders.create_loader)


class InProcessDoor:
    """Hands botocore's requests to a WSGI app while it is open."""

    def __init__(
        self,
        app: Callable[..., Any],
        serves: Callable[[str], bool],
        clock: Clock,
        environment: Mapping[str, str],
        identifiers: Identifiers,
    ) -> None:
        """`serves(host)` says which hosts exist; `environment` is the operator's variables."""
        self._app = app
        self._serves = serves
        self._clock = clock
        self._environment = environment
        self._identifiers = identifiers
        self._signers: WeakSet[Any] = WeakSet()
        self._files: Mapping[str, Callable[[], str]] = {}
        self._reaches: Reaches = _everywhere

    def open(self, changes: ProcessChanges) -> None:
        """Take over this process's botocore. Whoever undoes the changes closes the door."""
        self._changes = changes
        changes.afterwards(self._disarm)
        self._changes.replace(botocore.httpsession.URLLib3Session, "send", self._bound_send())
        self._patch_clock()
        self._patch_signers()
        self._patch_files()
        self._changes.replace(botocore.session, "create_loader", _models)
        self._changes.replace(boto3, "DEFAULT_SESSION", None)
        self._patch_what_else_sends()
        former = replace_aws_variables(self._environment)
        self._changes.afterwards(replace_aws_variables, former)

    def _disarm(self) -> None:
        """Take the credentials from the clients that were made in the lab."""
        for signer in self._signers:
            signer._credentials = None  # so that none of them ever calls the real AWS

    # -- requests ------------------------------------------------------------------------

    def _bound_send(self) -> Callable[..., Any]:
        def send(session: Any, request: Any) -> botocore.awsrequest.AWSResponse:
            patience = session._timeout
            return self._send(request, getattr(patience, "read_timeout", patience))

        return send

    def _send(self, request: Any, patience: float | None) -> botocore.awsrequest.AWSResponse:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        of_node = host in (*AGENT_ADDRESSES, *METADATA_ADDRESSES)
        if of_node and not self._reaches(host, parts.port or 80):  # a network policy drops it
            raise ConnectTimeoutError(endpoint_url=request.url, error="network policy")
        if not self._serves(host):
            if host in METADATA_ADDRESSES:  # a pod's packets do not survive the node's hop limit
                raise ConnectTimeoutError(endpoint_url=request.url, error="hop limit 1")
            raise EndpointConnectionError(
                endpoint_url=request.url, error=f"the lab serves no host {host}"
            )
        status, headers, body, takes = self._call_app(request)
        if takes > (patience or math.inf):  # no one waits: the lab's clock stands
            raise ReadTimeoutError(endpoint_url=request.url, error="read timed out")
        if status == 503 and host in AGENT_ADDRESSES:  # no agent on the node: nothing listens there
            raise EndpointConnectionError(endpoint_url=request.url, error="connection refused")
        response = botocore.awsrequest.AWSResponse(request.url, status, headers, _Body(body))
        if not request.stream_output:
            _ = response.content
        return response

    def _call_app(self, request: Any) -> tuple[int, dict[str, str], bytes, float]:
        """Status, headers and body, and how many seconds that takes."""
        parts = urlsplit(request.url)
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        elif isinstance(body, str):
            body = body.encode()
        elif body is not None and not isinstance(body, bytes | bytearray):
            body = b"".join(body)
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            # The body is whole here; with the header left in, moto stores an empty object.
            if name.lower() not in ("transfer-encoding", "content-length")
        }
        builder = EnvironBuilder(
            method=request.method,
            base_url=f"{parts.scheme}://{parts.netloc}",
            query_string=parts.query,
            headers=headers,
            data=bytes(body or b""),
        )
        environ = builder.get_environ()
        environ["RAW_URI"] = environ["REQUEST_URI"] = parts.path + (
            f"?{parts.query}" if parts.query else ""
        )
        environ["PATH_INFO"] = _latin1(parts.path)
        environ[TAKES] = []
        result, status, response_headers = run_wsgi_app(self._app, environ)
        seconds = sum(environ[TAKES])
        return int(status.split()[0]), dict(response_headers), b"".join(result), seconds

    def _patch_what_else_sends(self) -> None:
        """What leaves this process beside requests: transfers by awscrt, names, and a monitor."""
        common_runtime.close(self._changes)
        # Whether a proxy is to be asked may take a look into DNS (urllib.request on macOS).
        for module in (botocore.endpoint, botocore.utils):
            self._changes.replace(module, "get_environ_proxies", lambda _url: {})
        # Of a session made before the lab with AWS_CSM_ENABLED: datagrams with keys' ids.
        self._changes.replace(
            botocore.monitoring.SocketPublisher, "publish", lambda _self, _event: None
        )

    # -- time ----------------------------------------------------------------------------

    def _patch_clock(self) -> None:
        clock = self._clock

        lab_datetime, lab_time = as_modules(clock)
        for module in (botocore.compat, botocore.credentials):
            self._changes.replace(module, "datetime", lab_datetime)
        replace_moto_clock(clock, self._changes)
        # The SDK fills in idempotency tokens, and Secrets Manager makes version ids of them.
        seeded = changed(uuid, uuid4=lambda: uuid.UUID(self._identifiers.uuid()))
        self._changes.replace(botocore.handlers, "uuid", seeded)
        for module in (botocore.credentials, botocore.endpoint):
            self._changes.replace(module, "time", lab_time)
        # The container provider sleeps between its attempts through a default argument.
        self._changes.replace(
            botocore.utils.ContainerMetadataFetcher.__init__,
            "__defaults__",
            (None, clock.sleep),
        )

    # -- credentials ---------------------------------------------------------------------

    def _patch_signers(self) -> None:
        """A client made before the lab has credentials of another world: it acts as operator."""
        signer_class = botocore.signers.RequestSigner
        made, get_auth = signer_class.__init__, signer_class.get_auth_instance
        born_here = self._signers
        operator = botocore.credentials.Credentials(
            self._environment["AWS_ACCESS_KEY_ID"],
            self._environment["AWS_SECRET_ACCESS_KEY"],
            self._environment["AWS_SESSION_TOKEN"],
        )

        def init(signer: Any, *args: Any, **kwargs: Any) -> None:
            made(signer, *args, **kwargs)
            born_here.add(signer)

        def get_auth_instance(signer: Any, *args: Any, **kwargs: Any) -> Any:
            if signer not in born_here:
                kwargs["request_credentials"] = operator
            return get_auth(signer, *args, **kwargs)

        self._changes.replace(signer_class, "__init__", init)
        self._changes.replace(signer_class, "get_auth_instance", get_auth_instance)
        self._changes.replace(signer_class, "get_auth", get_auth_instance)

    # -- pods ----------------------------------------------------------------------------

    @contextmanager
    def shell(
        self,
        environment: Mapping[str, str],
        files: Mapping[str, Callable[[], str]],
        reaches: Reaches,
    ) -> Iterator[None]:
        """Run the block with exactly these variables, and with these files and ways in place.

        Raises PodError inside of another such block.
        """
        if self._files:
            raise PodError("already inside a pod: leave its block first")
        outside = dict(os.environ)
        session = boto3.DEFAULT_SESSION
        try:
            self._files = dict(files) or {"": str}
            self._reaches = reaches
            os.environ.clear()
            os.environ.update(environment)
            boto3.DEFAULT_SESSION = None
            yield
        finally:
            self._files = {}
            self._reaches = _everywhere
            boto3.DEFAULT_SESSION = session
            os.environ.clear()
            os.environ.update(outside)

    def _patch_files(self) -> None:
        real_open = builtins.open

        def pod_open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
            read = self._files.get(os.fspath(file)) if self._is_path(file) else None
            if read is None:
                return real_open(file, mode, *args, **kwargs)
            if set(mode) & set("wax+"):
                raise OSError(30, "Read-only file system", os.fspath(file))
            return io.BytesIO(read().encode()) if "b" in mode else io.StringIO(read())

        self._changes.replace(builtins, "open", pod_open)
        self._changes.replace(io, "open", pod_open)  # pathlib opens through it
        self._changes.replace(
            botocore.utils.FileWebIdentityTokenLoader.__init__, "__defaults__", (pod_open,)
        )

    @staticmethod
    def _is_path(file: Any) -> bool:
        return isinstance(file, str | os.PathLike)


class _Body(io.BytesIO):
    """A response body as urllib3 offers it."""

    def stream(self, *_args: Any, **_kwargs: Any) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk


def _everywhere(_address: str, _port: int) -> bool:
    """The reach of a program that is in no pod."""
    return True


def _latin1(path: str) -> str:
    """A WSGI path: percent-decoded bytes shown as Latin-1 (PEP 3333)."""
    return unquote_to_bytes(path).decode("latin-1")
