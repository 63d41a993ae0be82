"""The webhook as an endpoint: AdmissionReview in, AdmissionReview with a JSON patch out.

Patch and order as aws/amazon-eks-pod-identity-webhook makes them (read 2026-08-11); form:
Kubernetes, "Dynamic Admission Control" (checked 2026-11-24).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.kubernetes.admission.webhook import PREFIX
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError

_LABEL = f"{PREFIX}pod-identity"


def review(given: Any, admit: Callable[[Object, str], Object]) -> dict[str, Any]:
    """The answer to a review; `admit(pod, namespace)` is the webhook. Raises ApiError for a body
    that is no review of a pod's creation."""
    request = given.get("request") if isinstance(given, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("object"), dict):
        raise ApiError(400, "the body is no AdmissionReview with a request and an object")
    response: dict[str, Any] = {"uid": request.get("uid", ""), "allowed": True}
    created = request.get("operation", "CREATE") == "CREATE"
    if created and request["object"].get("kind", "Pod") == "Pod":
        # Typed, as the webhook reads it: what is no field of a pod's is not in its patch.
        pod, _ = fields.read("Pod", "v1", request["object"])
        if "spec" not in pod:
            raise ApiError(400, "the body is no AdmissionReview of a pod with a spec")
        namespace = request.get("namespace") or pod.get("metadata", {}).get("namespace", "default")
        if not isinstance(namespace, str):
            raise ApiError(400, "the namespace of an AdmissionReview is a text")
        changes = _changes(pod, admit(pod, namespace))
        if changes:
            text = json.dumps(changes).encode()
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(text).decode()}
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response}


def _changes(pod: Mapping[str, Any], admitted: Mapping[str, Any]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    before, after = pod.get("spec") or {}, admitted["spec"]
    labels = pod.get("metadata", {}).get("labels")
    if _LABEL in (admitted.get("metadata", {}).get("labels") or {}) and _LABEL not in (
        labels or {}
    ):
        if labels is None:
            changes.append({"op": "add", "path": "/metadata/labels", "value": {_LABEL: "enabled"}})
        else:
            place = _LABEL.replace("/", "~1")
            changes.append({"op": "add", "path": f"/metadata/labels/{place}", "value": "enabled"})
    volumes = before.get("volumes") or []
    added = [item for item in after.get("volumes") or [] if item not in volumes]
    if added and volumes:
        changes.append({"op": "add", "path": "/spec/volumes/0", "value": added[0]})
    elif added:
        changes.append({"op": "add", "path": "/spec/volumes", "value": added})
    if before == after:
        return changes
    for place in ("containers", "initContainers"):
        if after.get(place):  # the webhook sends them whole, changed or not
            changes.append({"op": "add", "path": f"/spec/{place}", "value": after[place]})
    return changes
