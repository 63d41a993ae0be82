"""The lab for programs outside this process: one lab, its doors, and its state file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request, Response

from .call import target_of
from .clock import Clock
from .clock_modules import replace_moto_clock
from .cluster_door import ClusterDoor
from .journal import Entry, Journal, JournalError, Settings
from .kubernetes import KubernetesError
from .kubernetes_api import tls
from .lab import Lab
from .pod import PodError
from .served_lab_interface import CONTROL_HEADER, CONTROL_PATH

DOORS = ("aws", "agent", "metadata", "kubernetes")
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ServedLab:
    """A lab that runs with the machine's clock and can be reset, moved on, saved and loaded."""

    def __init__(
        self,
        settings: Settings,
        hop_limit: int = 1,
        association_delay: timedelta = timedelta(),
        throttled: Iterable[str] = (),
        longest_session: timedelta | None = None,
    ) -> None:
        """`hop_limit` is the metadata service's, 1 or 2. The doors answer from `open()` on.

        The others are as Lab's own of that name.
        """
        self.settings = settings
        self._hop_limit = hop_limit
        self._association_delay = association_delay
        self._throttled = frozenset(throttled)
        self._longest_session = longest_session
        self._lock = RLock()
        self._journal: Journal | None = None
        self._urls: Mapping[str, str] = {}
        self._moto = ExitStack()
        #: What the clusters' port offers; it outlives a reset.
        self.certificate = tls.make(settings.cluster)

    def open(self, urls: Mapping[str, str], state: Path | None = None) -> None:
        """Make the lab, whose doors are at these URLs.

        With `state`, the lab of that file goes on, or a new one is kept there. Raises LabError for
        settings that make no lab, and JournalError for a file that is no lab's or another lab's
        than the settings ask for.
        """
        self._urls = urls
        if state is None or not state.exists():
            began = datetime.now(UTC)
            self.lab = self._make(began)
            self._journal = Journal.create(state, self.settings, began) if state else None
            return
        journal, entries = Journal.open(state)
        if journal.settings != self.settings:
            journal.close()
            raise JournalError(f"{state}: {_difference(journal.settings, self.settings)}")
        self.lab = self._make(journal.began)
        for entry in entries:
            self._replay(entry)
        self._journal = journal

    def _make(self, began: datetime) -> Lab:
        clock = Clock(start=None)
        self._moto.close()  # of the lab before a reset
        replace_moto_clock(clock, self._patch)
        with clock.pinned(began):
            lab = Lab.prepare(clock, **asdict(self.settings))
            # Drawn here, where a state file's lab draws it too: before any request.
            self._node_session = lab.node.session()
        lab.node.hop_limit = self._hop_limit
        lab.association_delay = self._association_delay
        lab.throttled = self._throttled
        lab.longest_session = self._longest_session
        lab.agent_url = self.agent_url
        self._clusters = ClusterDoor(lab, self._urls["kubernetes"], self.certificate.authority)
        return lab

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig of the administrator of the lab's own cluster."""
        return self._clusters.kubeconfig(self.settings.cluster)

    @property
    def agent_url(self) -> str:
        """Where pods find Pod Identity's agent."""
        return f"{self._urls['agent']}/v1/credentials"

    def described(self) -> dict[str, Any]:
        """What a client outside needs to know: the doors' URLs and the operator's variables."""
        operator = self.lab.environment(self.lab.accounts[0])
        return {
            "endpoint": self._urls["aws"],
            "agent": self.agent_url,
            "metadata": self._urls["metadata"],
            "environment": {**operator, "AWS_ENDPOINT_URL": self._urls["aws"]},
            # The operator of each account, for what takes two.
            "accounts": {account: self.lab.environment(account) for account in self.lab.accounts},
            # With these AWS's own agent can be run against the lab.
            "node": self._node_session.variables,
        }

    def _reach(self) -> dict[str, str]:
        """The variables by which a pod's program finds the lab in AWS's place."""
        return {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # The first Java SDK has a name of its own for it (SDK for Java 2.x developer guide,
            # "Credentials provider changes", 2026-11-28).
            "AWS_CREDENTIAL_PROFILES_FILE": os.devnull,
            "AWS_ENDPOINT_URL": self._urls["aws"],
            # Go's SDK takes only this one for the exchange of a token (seen 2026-11-23).
            "AWS_ENDPOINT_URL_STS": self._urls["aws"],
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self._urls["metadata"],
        }

    def _patch(self, owner: Any, name: str, value: Any) -> None:
        self._moto.callback(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, value)

    def close(self) -> None:
        """Close the state file, and give moto the machine's clock back."""
        self._moto.close()
        if self._journal is not None:
            self._journal.close()

    # -- doors ---------------------------------------------------------------------------

    def door(self, name: str) -> App:
        """The WSGI app of a door, one of DOORS. It outlives a reset."""

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if name == "kubernetes" and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
                return self._app(name)(environ, start_response)  # a watch lasts
            with self._lock:
                now = self.lab.clock.now()
                if self._journal is not None:
                    self._journal.write(_entry(name, now, environ))
                # One instant for all that the request does: from the file it must come the same.
                with self.lab.clock.pinned(now):
                    return self._app(name)(environ, start_response)

        return app

    def _app(self, name: str) -> App:
        gateway = self.lab.gateway
        doors: Mapping[str, App] = {
            "aws": self._aws,
            "agent": gateway.agent_app,
            "metadata": gateway.metadata_app,
            "kubernetes": self._clusters,
        }
        return doors[name]

    def _aws(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PATH):
            response = self._control(Request(environ))
            return response(environ, start_response)
        answer: Iterable[bytes] = self.lab.gateway(environ, start_response)
        return answer

    def _replay(self, entry: Entry) -> None:
        builder = EnvironBuilder(
            method=entry.method, path="/", headers=list(entry.headers), data=entry.body
        )
        environ = builder.get_environ()
        path, _, query = entry.target.partition("?")
        plain = EnvironBuilder(path=path).get_environ()
        environ |= {"PATH_INFO": plain["PATH_INFO"], "QUERY_STRING": query}
        environ["RAW_URI"] = environ["REQUEST_URI"] = entry.target
        # ConnectionError is the metadata service's silence at hop limit 1.
        with self.lab.clock.pinned(entry.at), suppress(ConnectionError):
            run_wsgi_app(self._app(entry.door), environ)

    # -- the lab's own interface, which is none of AWS's ---------------------------------

    def _control(self, request: Request) -> Response:
        if CONTROL_HEADER not in request.headers:
            return _said(f"send the header {CONTROL_HEADER}", 403)
        action = (request.method, request.path.removeprefix(CONTROL_PATH).partition("/")[0])
        try:
            if action == ("GET", "pods"):
                return self._pod(request)
            if action == ("POST", "clock"):
                now = self.lab.clock.move(**request.get_json(force=True))
                return _json({"now": now.isoformat()})
            if action == ("POST", "reset"):
                self._reset()
                return _json({})
        except (TypeError, ValueError) as error:
            return _said(f'clock: {error}; give for example {{"hours": 1}}', 400)
        except (KubernetesError, PodError) as error:
            return _said(str(error), 404)
        return _said(f"the lab has no {request.method} {request.path}", 404)

    def _pod(self, request: Request) -> Response:
        """What `podrole lab exec` needs: the container's variables and the files it mounts."""
        parts = request.path.removeprefix(CONTROL_PATH).split("/", 2)
        if len(parts) < 3:
            raise PodError("ask for pods/NAMESPACE/NAME")
        _, namespace, name = parts
        pod = self.lab.kubernetes().pod(name, namespace)
        container = request.args.get("container")
        files = {path: read() for path, read in pod.files(container).items()}
        found = {"name": pod.name, "env": pod.environment(container), "files": files}
        return _json({**found, "reach": self._reach()})

    def _reset(self) -> None:
        began = datetime.now(UTC)
        self.lab = self._make(began)
        if self._journal is not None:
            self._journal.close()
            self._journal = Journal.create(self._journal.path, self.settings, began)


def _entry(door: str, at: datetime, environ: dict[str, Any]) -> Entry:
    request = Request(environ)
    body = request.get_data(cache=False)
    environ["wsgi.input"].seek(0)
    headers = tuple(request.headers.items())
    return Entry(door, at, request.method, target_of(request), headers, body)


def _difference(stored: Settings, wanted: Settings) -> str:
    for name, value in asdict(stored).items():
        if value != asdict(wanted)[name]:
            shown = ",".join(value) if isinstance(value, tuple) else value
            return f"the lab in it has another {name}: give --{name} {shown}, or another file"
    raise AssertionError("no difference")


def _json(document: Mapping[str, Any]) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def _said(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
