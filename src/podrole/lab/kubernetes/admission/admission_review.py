"""The webhook as an endpoint: AdmissionReview in, AdmissionReview with a JSON patch out.

As aws/amazon-eks-pod-identity-webhook 3bf80a34 answers (run on 2026-11-29); form: Kubernetes,
"Dynamic Admission Control" (checked 2026-11-24).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError


class Review(NamedTuple):
    """An AdmissionReview.

    Attributes:
        version: the `apiVersion` of the review, which the answer repeats with its kind.
        uid: the request's own id, which the answer repeats.
        pod: the pod that is to be created, typed as the webhook reads it: what is no field of a
            pod's is not in its patch. None for another object, and for another operation.
        namespace: the pod's.
        fault: why nothing can be admitted, or "".
    """

    version: str
    uid: str
    pod: Object | None
    namespace: str
    fault: str = ""


def read(given: Any) -> Review:
    """The review in a body that is JSON.

    Looks at no object of the cluster, so nobody need wait while a large pod is read.
    """
    version = given.get("apiVersion") if isinstance(given, dict) else None
    request = given.get("request") if isinstance(given, dict) else None
    if not isinstance(version, str) or not isinstance(request, dict):
        return Review(version if isinstance(version, str) else "", "", None, "", "bad content")
    uid, namespace = request.get("uid") or "", request.get("namespace") or ""
    if not isinstance(uid, str) or not isinstance(namespace, str):
        return Review(version, "", None, "", "uid and namespace of an AdmissionReview are texts")
    given_pod = request.get("object")
    if given_pod is None:
        return Review(version, uid, None, namespace, "unexpected end of JSON input")
    created = request.get("operation", "CREATE") == "CREATE"
    if not created or (isinstance(given_pod, dict) and given_pod.get("kind", "Pod") != "Pod"):
        return Review(version, uid, None, "")
    try:
        pod, _ = fields.read("Pod", "v1", given_pod)
    except ApiError as error:
        _, _, said = error.message.partition("cannot be handled as a Pod: ")
        return Review(version, uid, None, namespace, said or error.message)
    return Review(version, uid, pod, namespace)


def answer(review: Review, patch: Callable[[Object, str], list[dict[str, Any]]]) -> dict[str, Any]:
    """The answer to a review; `patch(pod, namespace)` is the webhook."""
    response: dict[str, Any] = {"uid": review.uid, "allowed": not review.fault}
    if review.fault:
        response["status"] = {"metadata": {}, "message": review.fault}
    changes = [] if review.pod is None else patch(review.pod, review.namespace)
    if changes:
        for change in changes:
            if change["path"] in ("/spec/containers", "/spec/initContainers"):
                change["value"] = [_as_go_writes(container) for container in change["value"]]
        text = json.dumps(changes).encode()
        response |= {"patch": base64.b64encode(text).decode(), "patchType": "JSONPatch"}
    named = {"kind": "AdmissionReview", "apiVersion": review.version} if review.version else {}
    return {**named, "response": response}


def _as_go_writes(container: Object) -> Object:
    """The container as the webhook's typed structs become JSON: no empty member but `resources`,
    which is there always."""
    kept = {name: value for name, value in container.items() if value not in (None, "", [], {})}
    return {**kept, "resources": container.get("resources") or {}}
