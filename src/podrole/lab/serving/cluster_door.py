"""The API servers of the lab's clusters behind one TLS port, each under `/clusters/NAME`."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Any

from podrole.lab.gateway import Gateway
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.auth.rbac import ADMINS, User
from podrole.lab.kubernetes.auth.service_account_tokens import API_AUDIENCE
from podrole.lab.kubernetes.client import Kubernetes
from podrole.lab.kubernetes.http.api_request import read_ahead, read_review_ahead
from podrole.lab.kubernetes.http.api_server import ApiServer
from podrole.lab.lab import Lab
from podrole.lab.lab_error import LabError
from podrole.lab.services.eks.authenticator import PREFIX, user_of
from podrole.lab.services.eks.cluster import Cluster

_PATH = re.compile(r"/clusters/([^/]+)(/.*)?\Z", re.DOTALL)
_LIST = {"kind": "Config", "apiVersion": "v1"}


class ClusterDoor:
    """The API servers of one lab, as a WSGI app."""

    def __init__(self, lab: Lab, url: str, authority: str) -> None:
        """`url` is the port's, `authority` the certificate (base64 of PEM) that clients trust."""
        self._lab = lab
        self._url = url
        self._authority = authority
        self._servers: dict[str, ApiServer] = {}
        self.admin_token = Identifiers(lab.seed, "kubernetes/admin").bearer_token()
        webhook_token = Identifiers(lab.seed, "kubernetes/webhook").bearer_token()
        self._webhook_path = f"/mutate/{webhook_token}"
        lab.gateway.eks.listens(lambda name: f"{url}/clusters/{name}", authority)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (WSGI, PEP 3333)."""
        name, path = _named(environ["PATH_INFO"])
        try:
            server = self._server(name or self._lab.default_cluster)
        except LabError as error:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [f"{error}\n".encode()]
        return server({**environ, "PATH_INFO": path}, start_response)

    def only_reads(self, environ: dict[str, Any]) -> bool:
        """Whether a request changes nothing, not even what is drawn later.

        A cluster's first request makes its API server. The token of an IAM principal is a call of
        AWS's: it notes when the key was used.
        """
        name, _ = _named(environ["PATH_INFO"])
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and self._is_made(name or self._lab.default_cluster)
            and not token.strip().startswith(PREFIX)
        )

    def read_ahead(self, environ: dict[str, Any]) -> None:
        """Read a request's body before the lock is taken under which the door is called.

        Not that of a stranger. Changes nothing in the lab.
        """
        name, path = _named(environ["PATH_INFO"])
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return
        if hmac.compare_digest(path.encode(), self._webhook_path.encode()):
            read_review_ahead(environ)
        elif self._may_know(environ, name or self._lab.default_cluster):
            read_ahead(environ)

    def _may_know(self, environ: dict[str, Any], name: str) -> bool:
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2].strip()
        if hmac.compare_digest(token.encode(), self.admin_token.encode()):
            return True
        if token.startswith(PREFIX):  # a call of AWS's, which is verified and noted under the lock
            return True
        # A cluster's first request, under the lock, makes what knows its service accounts.
        if not self._is_made(name):
            return False
        try:
            return self._lab.kubernetes(name).tokens.user_of(token) is not None
        except LabError:
            return False

    def webhook_url(self, cluster: str) -> str:
        """Where a cluster's pod identity webhook is called: whoever knows it may call it."""
        return f"{self._url}/clusters/{cluster}{self._webhook_path}"

    def kubeconfig(self, cluster: str) -> dict[str, Any]:
        """A kubeconfig of the cluster's administrator, with a token and no key."""
        return {
            **_LIST,
            "clusters": [
                {
                    "name": cluster,
                    "cluster": {
                        "server": f"{self._url}/clusters/{cluster}",
                        "certificate-authority-data": self._authority,
                    },
                }
            ],
            "users": [{"name": "admin", "user": {"token": self.admin_token}}],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": "admin"}}],
            "current-context": cluster,
        }

    def _is_made(self, name: str) -> bool:
        """Whether the cluster of that name has its API server, or cannot have one."""
        try:
            return self._lab.cluster(name).issuer.url in self._servers
        except LabError:
            return True

    def _server(self, name: str) -> ApiServer:
        kubernetes = self._lab.kubernetes(name)
        url = kubernetes.issuer.url
        if url not in self._servers:
            cluster = self._lab.gateway.eks.by_issuer(url)
            assert cluster is not None
            self._servers[url] = ApiServer(
                kubernetes.objects,
                self._lab.clock,
                _Authentication(
                    self._lab.gateway,
                    kubernetes,
                    cluster,
                    self.admin_token,
                    f"{self._url}/clusters/{name}",
                ),
                kubernetes.tokens.issue,
                self._webhook_path,
            )
        return self._servers[url]


def _named(path: str) -> tuple[str, str]:
    """The cluster that a path names, empty for the lab's own, and the rest of the path."""
    match = _PATH.match(path)
    return (match[1], match[2] or "/") if match else ("", path)


class _Authentication:
    """Whose bearer token it is: the administrator's, an IAM principal's or a service account's."""

    def __init__(
        self,
        gateway: Gateway,
        kubernetes: Kubernetes,
        cluster: Cluster,
        admin_token: str,
        url: str,
    ) -> None:
        self.issuer = kubernetes.issuer
        self.url = url
        self._gateway = gateway
        self._kubernetes = kubernetes
        self._cluster = cluster
        self._admin_token = admin_token

    def __call__(self, token: str) -> User | None:
        if hmac.compare_digest(token.encode(), self._admin_token.encode()):
            return User("podrole-admin", (ADMINS, "system:authenticated"))
        if token.startswith(PREFIX):
            return user_of(token, self._cluster, self._gateway.authentication.signer)
        return self._kubernetes.tokens.user_of(token)

    def review(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]] | None:
        """Whose token it is and for which of the audiences, None for one that is not good.

        Tokens that are no service account's are for the API server alone.
        """
        if not hmac.compare_digest(token.encode(), self._admin_token.encode()):
            account = self._kubernetes.tokens.review(token, audiences)
            if account is not None or not token.startswith(PREFIX):
                return account
        if audiences and API_AUDIENCE not in audiences:
            return None
        user = self(token)
        return None if user is None else (user, [API_AUDIENCE])
