"""Requests at an API server's door: objects with something that does not belong there."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from podrole.lab.kubernetes.http import protobuf
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from tests import hostile
from tests.lab.fuzz.wsgi_request import WireRequest

_JSON, _APPLY = "application/json", "application/apply-patch+yaml"
_MEDIA = (
    _JSON,
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    _APPLY,
    "application/yaml",
    protobuf.MEDIA_TYPE,
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=nope",
    "",
)
_METHODS = ("GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PARTS = ("api", "apis", "v1", "apps", "namespaces", "default", "pods", "openapi", "v3", "..", "")
_SUBRESOURCES = ("status", "scale", "token", "log", "exec", "eviction", "proxy/x", "x")
_PATHS = (
    "/version", "/healthz", "/readyz", "/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1",
    "/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1", "/openapi/", "/metrics", "/mutate",
    "/mutate", "/mutate", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
)  # fmt: skip
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "watch": ("1", "true", "x"),
    "timeoutSeconds": ("0", "-1", "1e3"),
    "resourceVersion": ("0", "1", "-1", "x"),
    "resourceVersionMatch": ("Exact", "NotOlderThan", "x"),
    "sendInitialEvents": ("true", "x"),
    "allowWatchBookmarks": ("true",),
    "labelSelector": ("app=orders", "app in (a,b)", "!app", "app!=x,b"),
    "fieldSelector": ("metadata.name=orders", "status.phase!=Running", "spec.nodeName=x"),
    "limit": ("1", "0", "-1", "500"),
    "continue": ("x", "eyJ2IjoibWV0YSJ9"),
    "dryRun": ("All", "None"),
    "fieldManager": ("m", "m" * 200),
    "fieldValidation": ("Strict", "Warn", "Ignore"),
    "force": ("true",),
    "propagationPolicy": ("Orphan", "Background", "Foreground"),
    "gracePeriodSeconds": ("0", "-1"),
    "orphanDependents": ("true",),
    "pretty": ("true",),
    "container": ("app",),
}
_LABELS = {"app": "orders"}
_POD = {
    "containers": [
        {
            "name": "app",
            "image": "app:1",
            "env": [{"name": "A", "value": "b"}],
            "ports": [{"containerPort": 80}],
            "volumeMounts": [{"name": "t", "mountPath": "/t"}],
        }
    ],
    "initContainers": [{"name": "init", "image": "x@sha256:0"}],
    "serviceAccountName": "default",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "volumes": [
        {
            "name": "t",
            "projected": {
                "sources": [{"serviceAccountToken": {"path": "t", "audience": "a"}}],
            },
        },
        {"name": "s", "secret": {"secretName": "orders", "items": [{"key": "a", "path": "b"}]}},
    ],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "imagePullSecrets": [{"name": "x"}],
}
_TEMPLATE = {
    "replicas": 1,
    "selector": {"matchLabels": _LABELS},
    "template": {"metadata": {"labels": _LABELS}, "spec": _POD},
}
_RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]}]
_REF = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
_SUBJECTS = [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}]
_CONTENTS: Mapping[str, dict[str, Any]] = {
    "Pod": {"spec": _POD},
    "Deployment": {"spec": {**_TEMPLATE, "revisionHistoryLimit": 1}},
    "ReplicaSet": {"spec": _TEMPLATE},
    "StatefulSet": {"spec": {**_TEMPLATE, "serviceName": "x"}},
    "DaemonSet": {"spec": {name: _TEMPLATE[name] for name in ("selector", "template")}},
    "Job": {"spec": {"template": _TEMPLATE["template"], "backoffLimit": 1}},
    "Secret": {"data": {"a": "eA=="}, "stringData": {"b": "c"}, "type": "Opaque"},
    "ConfigMap": {"data": {"a": "b"}, "binaryData": {"c": "eA=="}},
    "Service": {"spec": {"ports": [{"port": 80, "targetPort": "a"}], "selector": _LABELS}},
    "ServiceAccount": {"secrets": [{"name": "a"}]},
    "NetworkPolicy": {
        "spec": {
            "podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}],
        }
    },
    "Role": {"rules": _RULES},
    "ClusterRole": {"rules": _RULES, "aggregationRule": {"clusterRoleSelectors": [{}]}},
    "RoleBinding": {"roleRef": _REF, "subjects": _SUBJECTS},
    "ClusterRoleBinding": {"roleRef": _REF, "subjects": _SUBJECTS},
    "CronJob": {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": _TEMPLATE}}},
    "PodDisruptionBudget": {"spec": {"minAvailable": "50%", "selector": {"matchLabels": _LABELS}}},
    "MutatingWebhookConfiguration": {
        "webhooks": [
            {
                "name": "a.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {"service": {"name": "a", "namespace": "b"}},
                "rules": [
                    {
                        "apiGroups": ["*"],
                        "apiVersions": ["*"],
                        "resources": ["*/*"],
                        "operations": ["*"],
                    }
                ],
            }
        ]
    },
}
_OTHERS: tuple[Any, ...] = (
    {"spec": {"audiences": ["a"], "expirationSeconds": 600, "boundObjectRef": {"kind": "Pod"}}},
    {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "group": ""}}},
    {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/healthz"}}},
    {"spec": {"namespace": "default"}},
    {"spec": {"replicas": 2}, "metadata": {"resourceVersion": "1"}},
    {"propagationPolicy": "Orphan", "dryRun": ["All"], "gracePeriodSeconds": 0},
    {"status": {"phase": "x", "conditions": [{"type": "a"}]}},
)
_OPERATIONS: tuple[Any, ...] = (
    {"op": "add", "path": "/spec/containers/0", "value": {}},
    {"op": "add", "path": "/metadata/labels/a~1b", "value": "c"},
    {"op": "replace", "path": "/spec/replicas", "value": 2},
    {"op": "remove", "path": "/metadata/labels"},
    {"op": "move", "from": "/spec", "path": "/metadata/spec"},
    {"op": "copy", "from": "/metadata", "path": "/spec/template/metadata"},
    {"op": "test", "path": "", "value": {}},
)
_DIRECTIVES: tuple[Any, ...] = (
    {"$patch": "delete"},
    [{"$patch": "replace"}],
    {"$patch": []},
    {"$retainKeys": ["a"]},
    {"$retainKeys": 1},
    {"$setElementOrder/containers": [{"name": "app"}, "x", 1]},
    {"$setElementOrder/containers": 1},
    {"$setElementOrder/volumes": [[], {}]},
    {"$deleteFromPrimitiveList/finalizers": ["a"]},
    {"$deleteFromPrimitiveList/finalizers": None},
    {"finalizers": [{}, "a"]},
)
_TEXTS = [text for text in hostile.texts() if len(text) < 1_000]
_LONG = [text for text in hostile.texts() if len(text) >= 1_000]
_VALUES = [*hostile.flat(hostile.VALUES), *_DIRECTIVES]


class KubernetesRequests:
    """An endless supply, the same for the same seed."""

    def __init__(self, draw: random.Random, token: str) -> None:
        """`token` is the administrator's."""
        self._draw = draw
        self._token = token

    def create(self, kind: str, content: Mapping[str, Any]) -> WireRequest:
        """A well-formed object's creation, in the namespace `default`."""
        found = next(item for item in BUILT_IN.values() if item.name == kind)
        body = {"metadata": {"name": "orders", "labels": _LABELS}, **content}
        return self._sent("POST", _path(found, "default"), json.dumps(body).encode(), _JSON)

    def draw(self) -> WireRequest:
        """One request."""
        draw = self._draw
        method = draw.choice(_METHODS) if draw.random() < 0.97 else self.text()[:20]
        kind = BUILT_IN["Pod"] if draw.random() < 0.1 else draw.choice(list(BUILT_IN.values()))
        if draw.random() < 0.75:
            space = "default" if draw.random() < 0.9 else draw.choice(("none", self._quoted()))
            name = "orders" if draw.random() < 0.8 else draw.choice(("none", self._quoted()))
            part = draw.choice(_SUBRESOURCES) if draw.random() < 0.15 else ""
            if method == "POST" and not part:
                name = ""
            path = _path(kind, space, name) + _slashed(part)
        elif draw.random() < 0.6:
            path = draw.choice(_PATHS)
        else:
            parts = [
                draw.choice(_PARTS) if draw.random() < 0.8 else self._quoted()
                for _ in range(draw.randrange(8))
            ]
            path = "/" + "/".join(parts)
        media = draw.choice(_MEDIA) if draw.random() < 0.15 or method == "PATCH" else _JSON
        if method == "DELETE" and draw.random() < 0.7:
            path += "-none"  # else there is soon nothing left
        query = "&".join(self._argument() for _ in range(draw.choice((0, 0, 1, 1, 3))))
        if media == _APPLY and draw.random() < 0.8:
            query = f"fieldManager=m&{query}"
        body = b"" if method in ("GET", "HEAD") else self._body(kind.name, media, method)
        if path == "/mutate" and draw.random() < 0.8:
            given = {"uid": "u", "namespace": "default", "object": self._object("Pod", "POST")}
            body = json.dumps({"request": self._spoilt(given, 0.02)}).encode()
        target = f"{path}?{query}" if query else path
        request = self._sent(method, target, body, media)
        self._headers(request)
        return request

    def text(self) -> str:
        """A hostile text, mostly a short one."""
        return self._draw.choice(_TEXTS if self._draw.random() < 0.97 else _LONG)

    def _quoted(self) -> str:
        text = self.text()
        return text if self._draw.random() < 0.2 else quote(hostile.utf8(text), safe="~")

    def _sent(self, method: str, target: str, body: bytes, media: str) -> WireRequest:
        headers = {"Host": "127.0.0.1:4569", "Authorization": f"Bearer {self._token}"}
        if media:
            headers["Content-Type"] = media
        return WireRequest(method, target, headers, body)

    def _argument(self) -> str:
        draw = self._draw
        name = draw.choice(list(_ARGUMENTS))
        value = draw.choice(_ARGUMENTS[name]) if draw.random() < 0.6 else self._quoted()
        return f"{name}={value}"

    def _headers(self, request: WireRequest) -> None:
        draw = self._draw
        if draw.random() < 0.1:
            name = draw.choice(("Impersonate-User", "Impersonate-Group", "Impersonate-Extra-a"))
            request.headers[name] = draw.choice(
                ("nobody", "system:serviceaccount:default:default", self.text())
            )
        if draw.random() < 0.2:
            request.headers["Accept"] = draw.choice(
                (
                    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                    protobuf.MEDIA_TYPE,
                    self.text(),
                )
            )
        if draw.random() < 0.1:
            request.headers["User-Agent"] = draw.choice(("kubectl/v1.34", "", self.text()))
        if draw.random() < 0.04:
            token = draw.choice(hostile.texts("token"))
            forms = (f"Bearer {token}", f"Bearer {self.text()}", self.text(), "Basic YTpi")
            request.headers["Authorization"] = draw.choice(forms)

    # -- bodies --------------------------------------------------------------------------

    def _body(self, kind: str, media: str, method: str) -> bytes:
        draw = self._draw
        if draw.random() < 0.1:
            table = draw.choice((hostile.JSON, hostile.YAML, hostile.PROTOBUF))
            return draw.choice(hostile.flat(table))
        if media == protobuf.MEDIA_TYPE:
            return self._broken(self._protobuf(kind))
        if media == "application/json-patch+json":
            found: Any = [draw.choice(_OPERATIONS) for _ in range(draw.randrange(4))]
        elif draw.random() < 0.1:
            found = draw.choice(_OTHERS)
        else:
            found = self._object(kind, method)
        spoilt = self._spoilt(found, draw.choice((0.0, 0.0, 0.01, 0.03, 0.2)))
        text = json.dumps(spoilt).encode()
        return self._broken(text) if draw.random() < 0.05 else text

    def _object(self, kind: str, method: str) -> dict[str, Any]:
        draw = self._draw
        fresh = f"orders-{draw.randrange(1000)}"
        name = fresh if method == "POST" else "orders"
        metadata: dict[str, Any] = {"name": name if draw.random() < 0.9 else self.text()}
        metadata["labels"] = _LABELS
        if draw.random() < 0.2:
            metadata["ownerReferences"] = [{"kind": "Job", "name": "orders", "uid": "x"}]
        if draw.random() < 0.3:
            metadata["annotations"] = {
                "eks.amazonaws.com/role-arn": "x",
                "eks.amazonaws.com/token-expiration": self.text(),
                "deployment.kubernetes.io/revision": self.text(),
            }
        return {"metadata": metadata, **_CONTENTS.get(kind, {"spec": {}})}

    def _spoilt(self, value: Any, chance: float) -> Any:
        """The value with some parts of it replaced by what does not belong there."""
        draw = self._draw
        if draw.random() < chance:
            return draw.choice(_VALUES) if draw.random() < 0.6 else self.text()
        if isinstance(value, Mapping):
            found = {name: self._spoilt(item, chance) for name, item in value.items()}
            if draw.random() < chance * 2:
                name = draw.choice(("spec", "metadata", "status", "data", "kind", self.text()))
                found[name] = draw.choice(_VALUES)
            if draw.random() < chance:
                directive = draw.choice(_DIRECTIVES)
                found |= directive if isinstance(directive, Mapping) else {}
            return found
        if isinstance(value, list):
            more = [draw.choice(_VALUES)] if draw.random() < chance else []
            return [self._spoilt(item, chance) for item in value] + more
        return value

    def _protobuf(self, kind: str) -> bytes:
        field = protobuf.field
        metadata = field(1, field(1, self.text().encode("utf-8", "replace")))
        types = field(1, "v1") + field(2, kind)
        return b"k8s\0" + field(1, types) + field(2, metadata)

    def _broken(self, body: bytes) -> bytes:
        draw = self._draw
        place = draw.randrange(len(body) + 1)
        forms: tuple[Callable[[], bytes], ...] = (
            lambda: body,
            lambda: body[:place],
            lambda: body[:place] + draw.randbytes(draw.randrange(1, 6)) + body[place:],
            lambda: body[:place] + body[place + 1 :],
        )
        return draw.choice(forms)()


def contents() -> Mapping[str, dict[str, Any]]:
    """A well-formed object of each kind, without its metadata."""
    return _CONTENTS


def _path(kind: Any, space: str, name: str = "") -> str:
    base = f"/clusters/demo/{'apis' if kind.group else 'api'}/{kind.api_version}"
    within = f"/namespaces/{space}" if kind.namespaced else ""
    return f"{base}{within}/{kind.plural}{_slashed(name)}"


def _slashed(part: str) -> str:
    return f"/{part}" if part else ""
