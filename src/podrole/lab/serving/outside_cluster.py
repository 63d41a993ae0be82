"""A cluster outside the lab, by its kubeconfig: its issuer, its keys and its service accounts.

Source: Kubernetes, "Organizing Cluster Access Using kubeconfig Files", "Service account issuer
discovery" (checked 2026-11-29).
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from podrole.lab.loopback_hosts import LOOPBACK_HOSTS
from podrole.lab.oidc.outside_issuer import InvalidKeys, OutsideIssuer
from podrole.lab.serving.private_folder import POD, private_folder
from podrole.reading import ReadingError
from podrole.reading.yaml_document import read_yaml

#: The API server waits 10 seconds for a webhook, the lab asks it within one.
_SECONDS = 5
_MOST_BYTES = 4 * 2**20


class OutsideClusterError(Exception):
    """A kubeconfig that cannot be used, or a cluster that does not answer: what, and what to do."""


class OutsideCluster:
    """A client of one API server on this machine."""

    def __init__(self, kubeconfig: Path) -> None:
        """Read the kubeconfig's current context. Raises OutsideClusterError."""
        self._file = kubeconfig
        cluster, user = self._entries()
        url = str(cluster.get("server", ""))
        place = urlsplit(url)
        if place.scheme != "https" or place.hostname not in LOOPBACK_HOSTS:
            raise OutsideClusterError(
                f"{kubeconfig}: the cluster's server is {url or 'not given'}: the lab talks to API"
                " servers on this machine only (https://127.0.0.1:PORT); for another cluster give"
                " --issuer and --jwks"
            )
        self.server = url
        self._host, self._path = place.netloc, place.path.rstrip("/")
        try:
            self._context = self._tls(cluster, user)
        except (OSError, ValueError, binascii.Error) as error:
            raise OutsideClusterError(f"{kubeconfig}: its certificates: {error}") from None
        self._headers = self._authorization(user)

    def call(
        self, method: str, path: str, body: Any = None, media: str = "application/json"
    ) -> tuple[int, Any]:
        """The status and the JSON document of an answer. Raises OutsideClusterError."""
        connection = http.client.HTTPSConnection(
            self._host, timeout=_SECONDS, context=self._context
        )
        sent = None if body is None else json.dumps(body)
        headers = {**self._headers, "Accept": "*/*"} | ({"Content-Type": media} if sent else {})
        try:
            connection.request(method, self._path + path, sent, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read(_MOST_BYTES) or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OutsideClusterError(
                f"the API server {self.server} of {self._file} does not answer: {error}"
            ) from None
        finally:
            connection.close()

    def issuer(self) -> dict[str, Any]:
        """The cluster's issuer: its URL to its JSON Web Key Set. Raises OutsideClusterError."""
        url = str(self._read("/.well-known/openid-configuration").get("issuer", ""))
        keys = self._read("/openid/v1/jwks")
        try:
            OutsideIssuer.read(url, keys)
        except InvalidKeys as error:
            raise OutsideClusterError(f"{self.server}: {error}") from None
        return {url: keys}

    def service_account(self, namespace: str, name: str) -> dict[str, Any]:
        """A service account as it is now, empty where there is none. Raises OutsideClusterError."""
        space = quote(namespace, safe="")
        path = f"/api/v1/namespaces/{space}/serviceaccounts/{quote(name, safe='')}"
        status, found = self.call("GET", path)
        if status == 404:
            return {}
        if status != 200 or not isinstance(found, dict):
            raise OutsideClusterError(f"{self.server}: GET {path}: {_said(found, status)}")
        return found

    def _read(self, path: str) -> Mapping[str, Any]:
        status, found = self.call("GET", path)
        if status != 200 or not isinstance(found, dict):
            raise OutsideClusterError(
                f"{self.server}: GET {path}: {_said(found, status)}; an issuer of the form"
                " https://… must be set on the API server, and this user must be able to read it"
            )
        return found

    # -- the kubeconfig ------------------------------------------------------------------

    def _entries(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The cluster and the user of the current context."""
        try:
            documents = [one for one in read_yaml(self._file.read_text()) if one is not None]
        except (OSError, UnicodeDecodeError, ReadingError) as error:
            raise OutsideClusterError(f"{self._file}: {error}") from None
        config = documents[0] if documents and isinstance(documents[0], dict) else {}
        context = self._named(config, "contexts", "context", config.get("current-context"))
        cluster = self._named(config, "clusters", "cluster", context.get("cluster"))
        return cluster, self._named(config, "users", "user", context.get("user"))

    def _named(self, config: Mapping[str, Any], many: str, one: str, name: Any) -> dict[str, Any]:
        listed = config.get(many)
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict) and entry.get("name") == name:
                found = entry.get(one)
                return found if isinstance(found, dict) else {}
        raise OutsideClusterError(
            f"{self._file}: no {one} named {name!r} under `{many}`: is it a kubeconfig with a"
            " current context? Write one with `kubectl config view --flatten --minify`"
        )

    def _tls(self, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
        authority = self._content(cluster, "certificate-authority")
        context = ssl.create_default_context(
            cadata=authority.decode() if authority is not None else None
        )
        certificate = self._content(user, "client-certificate")
        key = self._content(user, "client-key")
        if certificate is not None and key is not None:
            with private_folder(POD) as folder:  # Python's ssl takes files only
                path = folder / "client.pem"
                path.touch(mode=0o600)
                path.write_bytes(certificate + b"\n" + key)
                context.load_cert_chain(path)
        return context

    def _content(self, entry: Mapping[str, Any], name: str) -> bytes | None:
        if entry.get(f"{name}-data"):
            return base64.b64decode(str(entry[f"{name}-data"]), validate=True)
        if entry.get(name):
            return (self._file.parent / str(entry[name])).read_bytes()
        return None

    def _authorization(self, user: Mapping[str, Any]) -> Mapping[str, str]:
        for name in ("exec", "auth-provider", "username"):
            if name in user:
                raise OutsideClusterError(
                    f"{self._file}: its user has `{name}`, which the lab does not run: give one"
                    " with a token or a client certificate, or --issuer and --jwks"
                )
        token = user.get("token")
        if not token and user.get("tokenFile"):
            try:
                token = (self._file.parent / str(user["tokenFile"])).read_text().strip()
            except OSError as error:
                raise OutsideClusterError(f"{self._file}: {error}") from None
        return {"Authorization": f"Bearer {token}"} if token else {}


def _said(found: Any, status: int) -> str:
    message = found.get("message") if isinstance(found, dict) else None
    return str(message or f"status {status}")
