"""The lab for programs outside this process: one lab, its doors, and its state file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from werkzeug.wrappers import Request

from podrole.lab import fault, guarded_app
from podrole.lab.clock import Clock
from podrole.lab.eks_auth_states import TAKES
from podrole.lab.guarded_app import App
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.http import tls
from podrole.lab.lab import Lab
from podrole.lab.metadata_modes import Silence
from podrole.lab.moto_adapter.clock import replace_moto_clock
from podrole.lab.process_changes import ProcessChanges
from podrole.lab.protocol.request_reader import target_of
from podrole.lab.request_headers import headers_of
from podrole.lab.serving import lab_control
from podrole.lab.serving.cluster_door import ClusterDoor
from podrole.lab.serving.control_interface import CONTROL_PATH, TOKEN_VARIABLE
from podrole.lab.serving.journal import Journal, JournalError, Line, new_secret
from podrole.lab.serving.journal_entry import DOORS, Entry, Options
from podrole.lab.serving.outside_cluster import OutsideCluster
from podrole.lab.serving.outside_webhook import OutsideWebhook
from podrole.lab.serving.stack_room import same_room
from podrole.lab.serving.state_file import Unwritable
from podrole.lab.settings import Settings

__all__ = ["DOORS", "App", "ServedLab"]


class ServedLab:
    """A lab that runs with the machine's clock and can be reset, moved on, saved and loaded."""

    def __init__(
        self,
        settings: Settings,
        options: Options = Options(),  # noqa: B008
        outside: OutsideCluster | None = None,
    ) -> None:
        """The doors answer from `open()` on. `outside` is a cluster whose webhook the lab is."""
        self.settings = settings
        self._outside = outside
        self._webhook: OutsideWebhook | None = None
        self._options = options
        self._lock = RLock()
        self._journal: Journal | None = None
        self._urls: Mapping[str, str] = {}
        self._changes = ProcessChanges()
        self._secret = ""
        #: Of whoever may use the lab's own interface; it outlives a reset.
        self.control_token = ""
        #: What the clusters' port offers; it outlives a reset.
        self.certificate = tls.ServerCertificate()

    def open(self, urls: Mapping[str, str], state: Path | None = None) -> list[str]:
        """Make the lab, whose doors are at these URLs. Returns what its reader should know of it.

        With `state`, the lab of that file goes on, or a new one is kept there. Raises LabError for
        settings that make no lab, and JournalError for a file that is no lab's, is another lab's
        than the settings ask for, or is open in another lab. Nothing stays of it then.
        """
        self._urls = urls
        try:
            return self._open(state)
        except BaseException:
            self._changes.undo()
            raise

    def _open(self, state: Path | None) -> list[str]:
        if state is None or not os.path.exists(state):
            began = datetime.now(UTC)
            self._secret = new_secret()
            self.lab = self._make(began)
            if state is not None:
                self._journal = Journal.create(
                    state, self.settings, began, self._options, self._secret
                )
            self._set(self._options)
            return []
        journal, lines = Journal.open(state)
        try:
            if journal.settings != self.settings:
                raise JournalError(f"{state}: {_difference(journal.settings, self.settings)}")
            self._secret = journal.secret
            self.lab = self._make(journal.began)
            notes = [journal.note] if journal.note else []
            notes += self._replay(state, lines)
            if self._set(self._options):
                journal.write(self._options)
        except Unwritable as error:
            journal.close()
            raise JournalError(str(error)) from error
        except BaseException:
            journal.close()
            raise
        self._journal = journal
        return notes

    def _make(self, began: datetime) -> Lab:
        clock = Clock(start=None)
        self._changes.undo()  # of the lab before a reset
        replace_moto_clock(clock, self._changes)
        with clock.pinned(began):
            lab = Lab.prepare(self.settings, clock, self._changes, self._secret)
            # Drawn here, where a state file's lab draws it too: before any request.
            self._node_session = lab.node.session()
        lab.agent_url = self.agent_url
        self.control_token = Identifiers(lab.seed, "control").bearer_token()
        authority = self.certificate.issue(self.settings.cluster, lab.seed.private("tls"))
        self._clusters = ClusterDoor(lab, self._urls["kubernetes"], authority)
        if self._outside is not None:
            token = Identifiers(lab.seed, "kubernetes/outside webhook").bearer_token()
            self._webhook = OutsideWebhook(lab, self._outside, f"/outside/{token}", self._doors())
        return lab

    def _set(self, options: Options) -> bool:
        """Let the lab have the options. Returns whether it had others."""
        lab = self.lab
        had = Options(
            lab.node.metadata_mode,
            lab.association_delay,
            lab.throttled,
            lab.longest_session,
            lab.sts_texts,
            lab.trusted_issuers,
            lab.eks_auth,
        )
        lab.node.metadata_mode = options.metadata
        lab.association_delay = options.association_delay
        lab.throttled = options.throttled
        lab.longest_session = options.longest_session
        lab.sts_texts = options.sts_texts
        lab.trusted_issuers = options.trusted_issuers
        lab.eks_auth = options.eks_auth
        return had != options

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
            "webhook": self._clusters.webhook_url(self.settings.cluster),
            "environment": {
                **operator,
                "AWS_ENDPOINT_URL": self._urls["aws"],
                TOKEN_VARIABLE: self.control_token,
            },
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
            **self._doors(),
        }

    def _doors(self) -> dict[str, str]:
        """The same as far as a pod of another cluster needs them."""
        return {
            "AWS_ENDPOINT_URL": self._urls["aws"],
            # Go's SDK takes only this one for the exchange of a token (seen 2026-11-23).
            "AWS_ENDPOINT_URL_STS": self._urls["aws"],
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self._urls["metadata"],
        }

    def _connection(self) -> dict[str, Any] | None:
        if self._webhook is None:
            return None
        return {
            "webhook": f"{self._urls['kubernetes']}{self._webhook.path}",
            "certificate": self.lab.gateway.eks.authority,
            "variables": self._doors(),
        }

    def close(self) -> None:
        """Close the state file, and put back what the lab has replaced in this process."""
        self._changes.undo()
        if self._journal is not None:
            self._journal.close()

    # -- doors ---------------------------------------------------------------------------

    def door(self, name: str) -> App:
        """The WSGI app of a door, one of DOORS. It outlives a reset."""

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if name == "kubernetes" and self._clusters.only_reads(environ):
                return self._clusters(environ, start_response)  # a watch lasts
            webhook = self._webhook
            if name == "kubernetes" and webhook is not None and webhook.called(environ):
                return webhook(environ, start_response)  # it asks another server meanwhile
            noted = _entry(name, self.lab.clock.now(), environ)
            asked = {**noted.environ(), TAKES: []}
            self._read_ahead(name, asked)
            with self._lock:
                entry = replace(noted, at=self.lab.clock.now())
                try:
                    # What a reset makes is a new file, in which it does not stand.
                    if self._journal is not None and not lab_control.is_reset(asked):
                        self._journal.write(entry)
                except Unwritable as error:
                    text = f"lab: {error}: the request was not carried out"
                    return guarded_app.answer(name, Request(asked), 503, text)(
                        environ, start_response
                    )
                answer = self._act(entry, asked, start_response)
            self.lab.clock.sleep(sum(asked[TAKES]))  # others need not wait with it
            return answer

        return guarded_app.guarded(name, app)

    def _read_ahead(self, door: str, environ: dict[str, Any]) -> None:
        """Make sense of a body while nobody waits for it: what came of it counts under the lock."""
        if door == "kubernetes":
            self._clusters.read_ahead(environ)
        elif door == "aws" and not environ["PATH_INFO"].startswith(CONTROL_PATH):
            self.lab.gateway.read_ahead(environ)

    def _act(self, entry: Entry, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Carry out what was noted, and when it comes from the file the same once more."""
        apps: Mapping[str, App] = {
            "aws": self._aws,
            "agent": self.lab.gateway.agent_app,
            "metadata": self.lab.gateway.metadata_app,
            "kubernetes": self._clusters,
        }
        app = guarded_app.guarded(entry.door, apps[entry.door])
        # One instant for all that the request does.
        with self.lab.clock.pinned(entry.at), same_room():
            return app(environ, start_response)

    def _replay(self, state: Path, lines: Iterable[Line]) -> list[str]:
        """Let all happen again. Returns what the lab's reader should know of it."""
        with fault.held() as faults:
            for line in lines:
                if isinstance(line, Options):
                    self._set(line)
                    continue
                with suppress(Silence):
                    self._act(line, line.environ(), _unheard)
        if not faults:
            return []
        last = fault.said(faults[-1])
        return [f"{state}: the lab itself failed at {len(faults)} of its requests, last by {last}"]

    def _aws(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PATH):
            return guarded_app.guarded("control", self._control)(environ, start_response)
        return self.lab.gateway(environ, start_response)  # type: ignore[no-any-return]

    def _control(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        response = lab_control.answer(
            request, self.lab, self.control_token, self._reach(), self._reset, self._connection()
        )
        return response(environ, start_response)

    def _reset(self) -> None:
        """Make the lab new, and its file. Raises Unwritable: all is as it was then."""
        began = datetime.now(UTC)
        if self._journal is not None:
            self._journal.replace(began, self._options)
        self.lab = self._make(began)
        self._set(self._options)


def _entry(door: str, at: datetime, environ: dict[str, Any]) -> Entry:
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    headers = tuple(headers_of(environ))
    return Entry(door, at, environ["REQUEST_METHOD"], target_of(environ), headers, body)


def _unheard(_status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
    """WSGI's start_response for an answer that nobody waits for."""
    return lambda _part: None


def _difference(stored: Settings, wanted: Settings) -> str:
    for name, value in asdict(stored).items():
        if value != asdict(wanted)[name]:
            shown = ",".join(value) if isinstance(value, tuple) else value
            return f"the stored lab has another {name}: give --{name} {shown}, or another file"
    raise AssertionError("no difference")
