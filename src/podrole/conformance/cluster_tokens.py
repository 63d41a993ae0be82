"""Tokens of a cluster's service accounts, from the cluster's own API server by EKS's login.

The login is a presigned GetCallerIdentity (kubernetes-sigs/aws-iam-authenticator 0.6.13, README).
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from podrole.conformance.endpoint import Endpoint, Keys
from podrole.lab.loopback_hosts import LOOPBACK_HOSTS


class NoCluster(RuntimeError):
    """The endpoint's cluster has no API server that can be asked, and why."""


class ClusterTokens:
    """Service accounts of one cluster."""

    def __init__(self, endpoint: Endpoint, keys: Keys, cluster: Mapping[str, Any]) -> None:
        """`cluster` as DescribeCluster answers. Raises NoCluster."""
        self._endpoint, self._keys, self._name = endpoint, keys, str(cluster.get("name"))
        self._url = str(cluster.get("endpoint") or "")
        hosts = {urlsplit(endpoint.url).hostname, *LOOPBACK_HOSTS}
        if urlsplit(self._url).scheme != "https" or urlsplit(self._url).hostname not in hosts:
            raise NoCluster("the cluster has no API server on this machine or on the endpoint's")
        try:
            authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
            context = ssl.create_default_context(cadata=authority)
        except (KeyError, ValueError, ssl.SSLError) as error:
            raise NoCluster(
                f"the cluster's certificate authority cannot be read: {error}"
            ) from None
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))

    def create_account(self, namespace: str, name: str) -> None:
        """Make a service account and its namespace. Raises NoCluster."""
        for path, kind in (
            (
                "namespaces",
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            ),
            (
                f"namespaces/{namespace}/serviceaccounts",
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
            ),
        ):
            self._post(path, kind, may_exist=True)

    def token(self, namespace: str, name: str, audience: str) -> str:
        """A token of the service account for the audience. Raises NoCluster."""
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": 3600},
        }
        path = f"namespaces/{namespace}/serviceaccounts/{name}/token"
        return str(self._post(path, asked)["status"]["token"])

    def _post(self, path: str, body: Mapping[str, Any], *, may_exist: bool = False) -> Any:
        signed = self._endpoint.presigned_identity(self._keys, {"x-k8s-aws-id": self._name})
        bearer = base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")
        request = Request(  # noqa: S310  (https, as checked above)
            f"{self._url}/api/v1/{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer k8s-aws-v1.{bearer}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            if may_exist and error.code == 409:
                return {}
            raise NoCluster(f"the cluster's API server refuses {path}: {error}") from None
        except (URLError, OSError, ValueError) as error:
            raise NoCluster(f"the cluster's API server does not answer: {error}") from None
