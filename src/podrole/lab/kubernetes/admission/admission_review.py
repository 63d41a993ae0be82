"""The webhook as an endpoint: AdmissionReview in, AdmissionReview with a JSON patch out.

Patch and order as aws/amazon-eks-pod-identity-webhook makes them (read 2026-08-11); form:
Kubernetes, "Dynamic Admission Control" (checked 2026-11-24).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from podrole.lab.kubernetes.admission.webhook import PREFIX
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError

_LABEL = f"{PREFIX}pod-identity"


class Review(NamedTuple):
    """An AdmissionReview.

    Attributes:
        uid: the request's own id, which the answer repeats.
        pod: the pod that is to be created, typed as the webhook reads it: what is no field of a
            pod's is not in its patch. None for another object, and for another operation.
        namespace: the pod's.
    """

    uid: Any
    pod: Object | None
    namespace: str


def read(given: Any) -> Review:
    """The review in a body. Raises ApiError for a body that is no review of a pod's creation.

    Looks at no object of the cluster, so nobody need wait while a large pod is read.
    """
    request = given.get("request") if isinstance(given, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("object"), dict):
        raise ApiError(400, "the body is not an AdmissionReview with a request and an object")
    uid = request.get("uid", "")
    created = request.get("operation", "CREATE") == "CREATE"
    if not created or request["object"].get("kind", "Pod") != "Pod":
        return Review(uid, None, "")
    pod, _ = fields.read("Pod", "v1", request["object"])
    if "spec" not in pod:
        raise ApiError(400, "the body is not an AdmissionReview of a pod with a spec")
    namespace = request.get("namespace") or pod.get("metadata", {}).get("namespace", "default")
    if not isinstance(namespace, str):
        raise ApiError(400, "the namespace of an AdmissionReview is a text")
    return Review(uid, pod, namespace)


def answer(review: Review, admit: Callable[[Object, str], Object]) -> dict[str, Any]:
    """The answer to a review; `admit(pod, namespace)` is the webhook."""
    response: dict[str, Any] = {"uid": review.uid, "allowed": True}
    if review.pod is not None:
        changes = _changes(review.pod, admit(review.pod, review.namespace))
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
