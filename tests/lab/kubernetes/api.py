"""The API server of a lab in this process, asked over WSGI."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from podrole.lab import Lab
from podrole.lab.serving.cluster_door import ClusterDoor

DEPLOYMENTS = "/apis/apps/v1/namespaces/orders/deployments"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


def deployment(name: str = "orders-api", **pod: Any) -> dict[str, Any]:
    """A deployment whose pod's specification has these members too."""
    labels = {"app": name}
    specification = {"containers": [{"name": "app", "image": "app:1"}], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": specification},
        },
    }


class Api:
    """Calls as the administrator, or as whoever a token stands for."""

    def __init__(self, lab: Lab, token: str | None = None) -> None:
        self.lab = lab
        self.door = ClusterDoor(lab, "https://127.0.0.1:1", "")
        self.token = token or self.door.admin_token
        #: The webhook's path, which is its secret.
        self.webhook = urlsplit(self.door.webhook_url("demo")).path.removeprefix("/clusters/demo")
        self._client = Client(self.door)

    def raw(
        self, method: str, path: str, body: Any = None, kind: str = "", **headers: str
    ) -> TestResponse:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given.setdefault("Authorization", f"Bearer {self.token}")
        return self._client.open(
            f"/clusters/demo{path}",
            method=method,
            data=data,
            headers=given,
            content_type=kind or ("application/json" if data is not None else None),
        )

    def __call__(
        self, method: str, path: str, body: Any = None, code: int = 0, kind: str = "", **more: str
    ) -> Any:
        """The answer's document. `code` is what it must come with, 2xx by default."""
        response = self.raw(method, path, body, kind, **more)
        text = response.get_data(as_text=True)
        assert response.status_code == code or (not code and response.status_code < 300), text
        return json.loads(text)

    def said(self, method: str, path: str, body: Any = None, code: int = 0, **more: Any) -> str:
        """A refusal's message; it must come with this code and be a whole Status."""
        status = self(method, path, body, code, **more)
        assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code)
        return str(status["message"])

    def user(self, namespace: str, name: str, **specification: Any) -> Api:
        """The API as a service account sees it."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        token = self("POST", path, {"spec": specification})["status"]["token"]
        other = Api.__new__(Api)
        other.lab, other.door, other.token, other._client = self.lab, self.door, token, self._client
        return other
