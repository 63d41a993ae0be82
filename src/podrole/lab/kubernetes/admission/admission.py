"""What happens to an object on its way into the store: defaults, validation, the webhook.

Source: Kubernetes, "Managing Service Accounts" (admission), "Object Names and IDs", and validation
messages of the API server (checked 2026-11-24).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission import service_account_volume, webhook
from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.custom import definition
from podrole.lab.kubernetes.objects import (
    chart_validation,
    defaults,
    metadata_validation,
    pod_validation,
    workload_validation,
)
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Fault, Kind, Object
from podrole.lab.kubernetes.objects.metadata_validation import SUBDOMAIN, SUBDOMAIN_RULE
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError, forbidden, invalid, invalid_in

_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=\r\n]|=(?=[^=\r\n])")
_REFERENCE = (("apiGroup", "APIGroup"), ("kind", "Kind"), ("name", "Name"))
_POD_UPDATES = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only"
    " additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set"
    " to 1 if it was previously negative)"
)
#: The classes that every cluster has.
SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}


class Admission:
    """Admission of a cluster."""

    def __init__(
        self, store: ObjectStore, settings: webhook.WebhookSettings, identifiers: Identifiers
    ) -> None:
        """`identifiers` names the volumes of service accounts, in a stream of their own."""
        self._store = store
        self._identifiers = identifiers
        self._webhook = settings

    def admit(
        self, kind: Kind, given: Object, former: Object | None, mutate: Callable[[Object], Object]
    ) -> Object:
        """The object as it is to be stored, made of `given`, which is changed.

        `former` is what is stored under its name, `mutate` what the cluster's mutating webhooks
        make of an object with its defaults. Raises ApiError.
        """
        metadata = given["metadata"]
        name = metadata["name"]
        if kind is BUILT_IN["Namespace"]:
            if wrong := list(pod_validation.label(name, "metadata.name")):
                raise invalid_in(kind, name, wrong)
        elif kind.group != rbac.GROUP and (not SUBDOMAIN.match(name) or len(name) > 253):
            raise invalid(kind, name, "metadata.name", f'Invalid value: "{name}": {SUBDOMAIN_RULE}')
        if wrong := list(metadata_validation.faults(metadata)):
            raise invalid_in(kind, name, wrong)
        if kind.custom is not None:
            kind.custom.fill(given)
            given = mutate(given)
            kind.custom.fill(given)
            if wrong := kind.custom.faults(given, former):
                raise invalid_in(kind, name, wrong)
            return given
        if kind.name == "CustomResourceDefinition":
            definition.fill(given)
            given = mutate(given)
            if wrong := definition.faults(given, former):
                raise invalid_in(kind, name, wrong)
            return given
        defaults.fill(kind, given)
        if kind.name == "Secret":
            _encode(kind, given, "stringData")
            given.setdefault("type", "Opaque")
        if kind.name == "Pod":
            return self._pod(kind, given, former, mutate)
        given = mutate(given)
        defaults.fill(kind, given)
        wrong = chart_validation.faults(kind.name, given, former)
        wrong += workload_validation.faults(kind, given)
        if former is not None and kind.name in workload_validation.SCALED:
            wrong += _selector_change(given, former)
        if wrong:
            raise invalid_in(kind, name, wrong)
        if kind.name in ("RoleBinding", "ClusterRoleBinding"):
            _binding(kind, given)
        if former is not None:
            _immutable(kind, given, former)
        if kind.name == "Namespace":
            given["status"] = {"phase": "Active"}
            given["spec"] = {"finalizers": ["kubernetes"]}
            given.setdefault("metadata", {}).setdefault("labels", {})[
                "kubernetes.io/metadata.name"
            ] = name
        return given

    def _pod(
        self, kind: Kind, given: Object, former: Object | None, mutate: Callable[[Object], Object]
    ) -> Object:
        name = given["metadata"]["name"]
        specification = given.get("spec")
        if not isinstance(specification, dict) or not specification.get("containers"):
            raise invalid(kind, name, "spec.containers", "Required value")
        if former is not None:
            given = mutate(given)
            specification = given["spec"]
            if _without_images(specification) != _without_images(former["spec"]):
                raise invalid(kind, name, "spec", _POD_UPDATES)
            given["status"] = former["status"]
            return given
        return given

    def mutate(self, kind: Kind, given: Object, mutate: Callable[[Object], Object]) -> Object:
        """An object that is to be created, with what nobody asked for; only a pod gets such.

        Service account admission, then the pod identity webhook, then `mutate`: the cluster's own
        webhooks. Raises ApiError.
        """
        if kind is not BUILT_IN["Pod"]:
            return given
        specification, metadata = given["spec"], given["metadata"]
        # Who refuses before the name is drawn has only what it begins with.
        name = metadata.get("generateName") or metadata["name"]
        self._priority(kind, name, specification)
        account_name = specification.get("serviceAccountName") or specification.get(
            "serviceAccount"
        )
        specification["serviceAccountName"] = account_name or "default"
        specification["serviceAccount"] = specification["serviceAccountName"]  # the former name
        namespace = metadata["namespace"]
        account = self._store.find(
            BUILT_IN["ServiceAccount"], namespace, specification["serviceAccountName"]
        )
        if account is None:
            shown = specification["serviceAccountName"]
            raise forbidden(
                kind,
                name,
                f'error looking up service account {namespace}/{shown}: serviceaccount "{shown}"'
                " not found",
            )
        defaults.tolerate(specification)
        service_account_volume.add(specification, account, self._identifiers.pod_suffix)
        admitted = mutate(webhook.admitted(given, self.patch(given, namespace)))
        defaults.fill(kind, admitted)
        if wrong := pod_validation.faults(admitted["spec"]):
            raise invalid_in(kind, metadata["name"], wrong)
        return admitted

    def _priority(self, kind: Kind, name: str, specification: Object) -> None:
        """Raise ApiError for a class that there is not; a pod of a class gets its priority."""
        wanted = specification.get("priorityClassName")
        if not wanted or wanted in SYSTEM_PRIORITIES:
            value = SYSTEM_PRIORITIES.get(wanted or "", 0)
            preemption = "PreemptLowerPriority"
        else:
            found = self._store.find(BUILT_IN["PriorityClass"], "", wanted)
            if found is None:
                raise forbidden(kind, name, f"no PriorityClass with name {wanted} was found")
            value, preemption = found.get("value") or 0, found["preemptionPolicy"]
        specification["priority"] = value
        specification["preemptionPolicy"] = preemption

    def patch(self, pod: Object, namespace: str) -> list[dict[str, Any]]:
        """What the pod identity webhook alone answers for a pod, as a JSON Patch."""
        name = (pod.get("spec") or {}).get("serviceAccountName") or ""
        account = self._store.find(BUILT_IN["ServiceAccount"], namespace, name)
        return webhook.patch(
            pod,
            account or {},
            associated=self._webhook.associated(namespace, name),
            region=self._webhook.region,
            agent_url=self._webhook.agent_url(),
        )


def _encode(kind: Kind, secret: Object, member: str) -> None:
    """Kubernetes keeps what `stringData` says as base64 in `data`."""
    texts = secret.pop(member, None) or {}
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    if encoded:
        secret["data"] = {**(secret.get("data") or {}), **encoded}
    for text in (secret.get("data") or {}).values():
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise ApiError(
                400,
                f'{kind.name} in version "v1" cannot be handled as a {kind.name}: illegal base64'
                f" data at input byte {_first_wrong(text)}",
            ) from error


def _first_wrong(text: Any) -> int:
    """Where Go's decoder stops: at the first letter that base64 does not have, else at the end."""
    match = _NO_BASE64.search(str(text))
    return match.start() if match else len(str(text))


def _binding(kind: Kind, given: Object) -> None:
    """Raise ApiError for a binding of nothing or of nobody: `pkg/apis/rbac/validation`."""
    name, role = given["metadata"]["name"], given.get("roleRef") or {}
    if role.get("kind") not in ("Role", "ClusterRole"):
        shown = json.dumps(role.get("kind") or "")
        why = f'Unsupported value: {shown}: supported values: "Role", "ClusterRole"'
        raise invalid(kind, name, "roleRef.kind", why)
    if not role.get("name"):
        raise invalid(kind, name, "roleRef.name", "Required value")
    for index, subject in enumerate(given.get("subjects") or ()):
        if not subject.get("name"):
            raise invalid(kind, name, f"subjects[{index}].name", "Required value")


def _immutable(kind: Kind, given: Object, former: Object) -> None:
    """Raise ApiError where an update changes what is for good."""
    name = given["metadata"]["name"]
    if "roleRef" in former and given.get("roleRef") != former["roleRef"]:
        reference = given.get("roleRef") or {}
        members = {shown: reference.get(member, "") for member, shown in _REFERENCE}
        shown = json.dumps(members, separators=(",", ":"))
        raise invalid(kind, name, "roleRef", f"Invalid value: {shown}: field is immutable")


def _selector_change(given: Object, former: Object) -> list[Fault]:
    selector = (former.get("spec") or {}).get("selector")
    changed = (given.get("spec") or {}).get("selector")
    if selector is None or changed == selector:
        return []
    shown = json.dumps(changed, separators=(",", ":"))
    return [("spec.selector", f"Invalid value: {shown}: field is immutable")]


def _without_images(specification: dict[str, Any]) -> dict[str, Any]:
    changed = {**specification}
    for place in ("containers", "initContainers"):
        if place in changed:
            changed[place] = [{**item, "image": None} for item in changed[place]]
    for name in ("activeDeadlineSeconds", "tolerations", "serviceAccount"):
        changed.pop(name, None)
    return changed
