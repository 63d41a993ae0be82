"""Bodies in Kubernetes' protobuf, which kubectl sends from its typed commands.

Field numbers: `generated.proto` of k8s.io/api and k8s.io/apimachinery (checked 2026-11-24). Only
the fields that those commands can set are named; an unknown one is refused rather than lost.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from podrole.lab.kubernetes.objects.status import ApiError

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
#: Number to (name, form). A form is `text`, `int`, `bool`, `int-or-text`, `map`, `bytes-map`, the
#: name of a message, or `skip`; a `*` before it makes a list.
Message = dict[int, tuple[str, str]]
_MESSAGES: dict[str, Message] = {
    "ObjectMeta": {
        1: ("name", "text"),
        2: ("generateName", "text"),
        3: ("namespace", "text"),
        4: ("selfLink", "skip"),
        5: ("uid", "text"),
        6: ("resourceVersion", "text"),
        7: ("generation", "skip"),
        8: ("creationTimestamp", "skip"),
        11: ("labels", "map"),
        12: ("annotations", "map"),
    },
    "Namespace": {1: ("metadata", "ObjectMeta"), 2: ("spec", "skip"), 3: ("status", "skip")},
    "ServiceAccount": {1: ("metadata", "ObjectMeta"), 4: ("automountServiceAccountToken", "bool")},
    "Secret": {
        1: ("metadata", "ObjectMeta"),
        2: ("data", "bytes-map"),
        3: ("type", "text"),
        4: ("stringData", "map"),
        5: ("immutable", "bool"),
    },
    "ConfigMap": {
        1: ("metadata", "ObjectMeta"),
        2: ("data", "map"),
        3: ("binaryData", "bytes-map"),
        4: ("immutable", "bool"),
    },
    "TokenRequest": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "TokenRequestSpec"),
        3: ("status", "skip"),
    },
    "TokenRequestSpec": {
        1: ("audiences", "*text"),
        3: ("boundObjectRef", "BoundObjectReference"),
        4: ("expirationSeconds", "int"),
    },
    "BoundObjectReference": {
        1: ("kind", "text"),
        2: ("apiVersion", "text"),
        3: ("name", "text"),
        4: ("uid", "text"),
    },
    "Role": {1: ("metadata", "ObjectMeta"), 2: ("rules", "*PolicyRule")},
    "ClusterRole": {
        1: ("metadata", "ObjectMeta"),
        2: ("rules", "*PolicyRule"),
        3: ("aggregationRule", "skip"),
    },
    "PolicyRule": {
        1: ("verbs", "*text"),
        2: ("apiGroups", "*text"),
        3: ("resources", "*text"),
        4: ("resourceNames", "*text"),
        5: ("nonResourceURLs", "*text"),
    },
    "RoleBinding": {
        1: ("metadata", "ObjectMeta"),
        2: ("subjects", "*Subject"),
        3: ("roleRef", "RoleRef"),
    },
    "ClusterRoleBinding": {
        1: ("metadata", "ObjectMeta"),
        2: ("subjects", "*Subject"),
        3: ("roleRef", "RoleRef"),
    },
    "Subject": {
        1: ("kind", "text"),
        2: ("apiGroup", "text"),
        3: ("name", "text"),
        4: ("namespace", "text"),
    },
    "RoleRef": {1: ("apiGroup", "text"), 2: ("kind", "text"), 3: ("name", "text")},
    "SelfSubjectAccessReview": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "SelfSubjectAccessReviewSpec"),
        3: ("status", "skip"),
    },
    "SelfSubjectAccessReviewSpec": {
        1: ("resourceAttributes", "ResourceAttributes"),
        2: ("nonResourceAttributes", "NonResourceAttributes"),
    },
    "NonResourceAttributes": {1: ("path", "text"), 2: ("verb", "text")},
    "ResourceAttributes": {
        1: ("namespace", "text"),
        2: ("verb", "text"),
        3: ("group", "text"),
        4: ("version", "text"),
        5: ("resource", "text"),
        6: ("subresource", "text"),
        7: ("name", "text"),
    },
    "SelfSubjectRulesReview": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "SelfSubjectRulesReviewSpec"),
        3: ("status", "skip"),
    },
    "SelfSubjectRulesReviewSpec": {1: ("namespace", "text")},
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta"), 2: ("status", "skip")},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "int"),
        2: ("preconditions", "skip"),
        3: ("orphanDependents", "bool"),
        4: ("propagationPolicy", "text"),
        5: ("dryRun", "*text"),
    },
    "Service": {1: ("metadata", "ObjectMeta"), 2: ("spec", "ServiceSpec"), 3: ("status", "skip")},
    "ServiceSpec": {
        1: ("ports", "*ServicePort"),
        2: ("selector", "map"),
        3: ("clusterIP", "text"),
        4: ("type", "text"),
        7: ("sessionAffinity", "text"),
        8: ("loadBalancerIP", "text"),
        10: ("externalName", "text"),
        11: ("externalTrafficPolicy", "text"),
        12: ("healthCheckNodePort", "skip"),
        13: ("publishNotReadyAddresses", "bool"),
    },
    "ServicePort": {
        1: ("name", "text"),
        2: ("protocol", "text"),
        3: ("port", "int"),
        4: ("targetPort", "int-or-text"),
        5: ("nodePort", "skip"),
    },
    "Deployment": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "DeploymentSpec"),
        3: ("status", "skip"),
    },
    "DeploymentSpec": {
        1: ("replicas", "int"),
        2: ("selector", "LabelSelector"),
        3: ("template", "PodTemplateSpec"),
        4: ("strategy", "skip"),
        5: ("minReadySeconds", "int"),
        7: ("paused", "bool"),
    },
    "LabelSelector": {1: ("matchLabels", "map")},
    "PodTemplateSpec": {1: ("metadata", "ObjectMeta"), 2: ("spec", "PodSpec")},
    "PodSpec": {
        2: ("containers", "*Container"),
        3: ("restartPolicy", "text"),
        6: ("dnsPolicy", "text"),
        8: ("serviceAccountName", "text"),
        9: ("serviceAccount", "text"),
        10: ("nodeName", "text"),
        11: ("hostNetwork", "bool"),
        12: ("hostPID", "bool"),
        13: ("hostIPC", "bool"),
        14: ("securityContext", "skip"),
        16: ("hostname", "text"),
        17: ("subdomain", "text"),
        19: ("schedulerName", "text"),
        24: ("priorityClassName", "text"),
    },
    "Container": {
        1: ("name", "text"),
        2: ("image", "text"),
        3: ("command", "*text"),
        4: ("args", "*text"),
        5: ("workingDir", "text"),
        6: ("ports", "*ContainerPort"),
        8: ("resources", "skip"),
        13: ("terminationMessagePath", "text"),
        14: ("imagePullPolicy", "text"),
        16: ("stdin", "bool"),
        17: ("stdinOnce", "bool"),
        18: ("tty", "bool"),
        20: ("terminationMessagePolicy", "text"),
    },
    "ContainerPort": {
        1: ("name", "text"),
        2: ("hostPort", "int"),
        3: ("containerPort", "int"),
        4: ("protocol", "text"),
        5: ("hostIP", "text"),
    },
    "Job": {1: ("metadata", "ObjectMeta"), 2: ("spec", "JobSpec"), 3: ("status", "skip")},
    "JobSpec": {
        1: ("parallelism", "int"),
        2: ("completions", "int"),
        3: ("activeDeadlineSeconds", "int"),
        4: ("selector", "LabelSelector"),
        5: ("manualSelector", "bool"),
        6: ("template", "PodTemplateSpec"),
        7: ("backoffLimit", "int"),
    },
}


def decode(body: bytes) -> dict[str, Any]:
    """The object of a body. Raises ApiError (415) for what the lab cannot read, so that nothing a
    client has set is lost."""
    if not body.startswith(_MAGIC):
        raise ApiError(400, "the body is not Kubernetes protobuf")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        type_meta = dict(_fields(envelope[1]))
        kind, version = type_meta[2].decode(), type_meta[1].decode()
        if kind not in _MESSAGES:
            raise _unreadable(kind)
        found = _message(kind, envelope[2])
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise ApiError(400, "the body breaks off or is not Kubernetes protobuf") from error
    return {"kind": kind, "apiVersion": version, **found}


def _message(name: str, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _fields(data):
        if number not in _MESSAGES[name]:
            raise _unreadable(f"field {number} of {name}")
        member, form = _MESSAGES[name][number]
        if form == "skip":
            continue
        if form in ("map", "bytes-map"):
            pair = dict(_fields(value))
            text = pair.get(2, b"")
            shown = _base64(text) if form == "bytes-map" else text.decode()
            found.setdefault(member, {})[pair.get(1, b"").decode()] = shown
        elif form.startswith("*"):
            found.setdefault(member, []).append(_value(form[1:], value))
        else:
            found[member] = _value(form, value)
    # Go writes empty texts too; an absent one means the same.
    return {key: value for key, value in found.items() if value not in ("", None)}


def _value(form: str, value: Any) -> Any:
    if form == "text":
        return value.decode()
    if form == "int":
        return value - (1 << 64) if value >= 1 << 63 else int(value)
    if form == "bool":
        return bool(value)
    if form == "int-or-text":
        given = dict(_fields(value))
        return given.get(3, b"").decode() if given.get(1) else given.get(2, 0)
    return _message(form, value)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field (protobuf wire format, "Encoding")."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        wire = key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield key >> 3, value
        elif wire == 2:
            size, position = _varint(data, position)
            if position + size > len(data):
                raise ValueError("breaks off")
            yield key >> 3, data[position : position + size]
            position += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position
        if shift > 63:
            raise ValueError("no number")


def field(number: int, value: str | bytes) -> bytes:
    """A text or a message as a field of a message."""
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unreadable(what: str) -> ApiError:
    return ApiError(415, f"lab: {what} cannot be read as protobuf; send JSON")
