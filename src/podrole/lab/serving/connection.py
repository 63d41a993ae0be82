"""What a cluster outside the lab needs so that its pods use the lab as their AWS.

Source: Kubernetes, "Dynamic Admission Control"; EKS registers its own webhook with the same
selectors (seen on a cluster of EKS 1.34, 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.lab.kubernetes.admission.webhook import SKIP_LABEL
from podrole.lab.serving.outside_cluster import OutsideCluster, OutsideClusterError

#: The name of all that stays in the cluster until it is undone.
NAME = "podrole-lab"
_APPLY = "application/apply-patch+yaml"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
_LABELS = {"app.kubernetes.io/managed-by": "podrole"}


def objects(webhook: str, certificate: str, variables: dict[str, str]) -> list[dict[str, Any]]:
    """The objects, in the order in which they are applied.

    `webhook` is the URL, `certificate` base64 of its authority's PEM, `variables` those by which a
    program finds the lab.
    """
    hook = {
        "name": "lab.podrole.example",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "timeoutSeconds": 10,
        "reinvocationPolicy": "IfNeeded",
        "clientConfig": {"url": webhook, "caBundle": certificate},
        "objectSelector": {"matchExpressions": [{"key": SKIP_LABEL, "operator": "DoesNotExist"}]},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }
        ],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": "default", "labels": _LABELS},
            "data": variables,
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": NAME, "labels": _LABELS},
            "webhooks": [hook],
        },
    ]


def apply(cluster: OutsideCluster, wanted: list[dict[str, Any]]) -> Iterator[str]:
    """Apply the objects to a cluster; a line for each. Raises OutsideClusterError."""
    for found in wanted:
        query = "?fieldManager=podrole&force=true"
        status, answer = cluster.call("PATCH", _path(found) + query, found, _APPLY)
        _check(cluster, status, answer, (200, 201))
        yield f"{_shown(found)} {'created' if status == 201 else 'configured'}"


def undo(cluster: OutsideCluster) -> Iterator[str]:
    """Remove the objects from a cluster; a line for each. Raises OutsideClusterError."""
    for found in reversed(objects("", "", {})):
        status, answer = cluster.call("DELETE", _path(found))
        _check(cluster, status, answer, (200, 202, 404))
        yield f"{_shown(found)} {'not found' if status == 404 else 'deleted'}"


def _check(cluster: OutsideCluster, status: int, answer: Any, good: tuple[int, ...]) -> None:
    if status not in good:
        message = answer.get("message") if isinstance(answer, dict) else answer
        raise OutsideClusterError(f"{cluster.server}: {message}")


def _path(found: dict[str, Any]) -> str:
    if found["kind"] == "ConfigMap":
        return f"/api/v1/namespaces/default/configmaps/{NAME}"
    return f"{_WEBHOOKS}/{NAME}"


def _shown(found: dict[str, Any]) -> str:
    group = ".admissionregistration.k8s.io" if found["kind"] != "ConfigMap" else ""
    return f"{found['kind'].lower()}{group}/{NAME}"
