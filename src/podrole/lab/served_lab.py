"""The lab for programs outside this process: one lab, its doors, and its state file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request, Response

from .clock import Clock
from .journal import Entry, Journal, JournalError, Settings
from .kubernetes import KubernetesError
from .lab import Lab
from .pod import PodError

CONTROL_PATH = "/_podrole/"
#: A header that a web page cannot send to another origin without being asked first.
CONTROL_HEADER = "X-Podrole-Lab"
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ServedLab:
    """A lab that runs with the machine's clock and can be reset, moved on, saved and loaded."""

    def __init__(self, settings: Settings, state: Path | None = None) -> None:
        """With `state`, the lab of that file goes on, or a new one is written there.

        Raises LabError for settings that make no lab, and JournalError for a file that is no
        lab's or another lab's than `settings` ask for.
        """
        self._lock = RLock()
        self._state = state
        self._journal: Journal | None = None
        entries: Iterable[Entry] = ()
        began = datetime.now(UTC)
        if state is not None and state.exists():
            self._journal, entries = Journal.open(state)
            began = self._journal.began
            if self._journal.settings != settings:
                self._journal.close()
                raise JournalError(f"{state}: {_difference(self._journal.settings, settings)}")
        self.settings = settings
        self.lab = self._make(began)
        for entry in entries:
            self._replay(entry)
        if state is not None and self._journal is None:
            self._journal = Journal.create(state, settings, began)

    def _make(self, began: datetime) -> Lab:
        clock = Clock(start=None)
        with clock.pinned(began):
            return Lab.prepare(clock, **asdict(self.settings))

    def close(self) -> None:
        """Close the state file."""
        if self._journal is not None:
            self._journal.close()

    # -- doors ---------------------------------------------------------------------------

    def door(self, name: str) -> App:
        """The WSGI app of a door: `aws`, `agent` or `metadata`. It outlives a reset."""

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            request = Request(environ)
            try:
                body = request.get_data(cache=False)  # whole, before anything waits for the lock
            except HTTPException as error:
                return error.get_response(environ)(environ, start_response)
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            with self._lock:
                if self._journal is not None:
                    self._journal.write(_entry(name, self.lab.clock.now(), environ, body))
                return self._app(name)(environ, start_response)

        return app

    def _app(self, name: str) -> App:
        gateway = self.lab.gateway
        doors: Mapping[str, App] = {
            "aws": self._aws,
            "agent": gateway.agent_app,
            "metadata": gateway.metadata_app,
        }
        return doors[name]

    def _aws(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PATH):
            response = self._control(Request(environ))
            return response(environ, start_response)
        return self.lab.gateway(environ, start_response)

    def _replay(self, entry: Entry) -> None:
        builder = EnvironBuilder(
            method=entry.method, path="/", headers=list(entry.headers), data=entry.body
        )
        environ = builder.get_environ()
        path, _, query = entry.target.partition("?")
        plain = EnvironBuilder(path=path).get_environ()
        environ |= {"PATH_INFO": plain["PATH_INFO"], "QUERY_STRING": query}
        environ["RAW_URI"] = environ["REQUEST_URI"] = entry.target
        with self.lab.clock.pinned(entry.at):
            try:
                run_wsgi_app(self._app(entry.door), environ)
            except ConnectionError:
                pass  # the metadata service does not answer a pod at hop limit 1

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
        _, namespace, name = request.path.removeprefix(CONTROL_PATH).split("/", 2)
        pod = self.lab.kubernetes().pod(name, namespace)
        container = request.args.get("container")
        files = {path: read() for path, read in pod.files(container).items()}
        return _json({"name": pod.name, "env": pod.environment(container), "files": files})

    def _reset(self) -> None:
        began = datetime.now(UTC)
        self.lab = self._make(began)
        if self._journal is not None:
            self._journal.close()
            self._journal = Journal.create(self._journal.path, self.settings, began)


def _entry(door: str, at: datetime, environ: Mapping[str, Any], body: bytes) -> Entry:
    request = Request(dict(environ))
    target = environ.get("RAW_URI") or environ["REQUEST_URI"]
    return Entry(door, at, request.method, target, tuple(request.headers.items()), body)


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
