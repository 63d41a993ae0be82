"""Reading and changing a cluster's objects: what every client of the API server does.

Controllers run at once: when a call returns, deployments have their pods. A call that raises has
changed nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any

from podrole.lab.clock import Clock, stamp
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission.admission import Admission
from podrole.lab.kubernetes.admission.asking import Asking, controller
from podrole.lab.kubernetes.admission.webhook import WebhookSettings
from podrole.lab.kubernetes.admission.webhooks import Attempt, Webhooks
from podrole.lab.kubernetes.controllers import disruption_budgets
from podrole.lab.kubernetes.controllers.controllers import Controllers
from podrole.lab.kubernetes.objects import managed_fields, typing
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.managed_fields import Writer
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import (
    ApiError,
    already_exists,
    conflict,
    forbidden,
    invalid_in,
)
from podrole.lab.seed import Seed

#: Who makes what no client asked for.
_CONTROLLER = "replicaset-controller"
_ANY: Mapping[str, Any] = {}
_KEPT_NAMESPACES = ("default", "kube-system")
#: Kinds of built-in objects whose changes are counted in `metadata.generation`.
_COUNTED = (
    *("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Ingress"),
    *("PodDisruptionBudget", "CustomResourceDefinition", "MutatingWebhookConfiguration"),
    *("ValidatingWebhookConfiguration", "IngressClass", "PriorityClass"),
)


class ObjectApi:
    """The API server behind its HTTP interface."""

    def __init__(
        self,
        webhook: WebhookSettings,
        clock: Clock,
        identifiers: Identifiers,
        admissions: Identifiers,
        told: Identifiers,
        node: str,
        authority: str = "",
    ) -> None:
        """`admissions` names what admission makes, `told` events and what each namespace has;
        `node` is the name of the one node, `authority` the certificate (PEM) of the API server's.
        """
        self.lock = RLock()
        self.authority = authority
        self.store = ObjectStore(clock, identifiers)
        self._clock = clock
        self._identifiers = identifiers
        self._admission = Admission(self.store, webhook, admissions)
        self.webhooks = Webhooks(self.store, admissions)
        self._has_budgets = False
        self._controllers = Controllers(self, clock, identifiers, told, node)

    def create(
        self,
        kind: Kind,
        given: Any,
        namespace: str | None = None,
        *,
        dry_run: bool = False,
        writer: Writer | None = None,
        asking: Asking | None = None,
    ) -> Object:
        """Store a new object; as stored. `dry_run` does everything but store. Raises ApiError.

        Without `asking` it is a controller's.
        """
        wanted = self._own(kind, given, namespace)
        metadata = wanted["metadata"]
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise ApiError(
                    422,
                    f'{kind.name} "" is invalid: metadata.name: Required value: name or'
                    " generateName is required",
                )
            # What only asks must not shift the names of later pods.
            drawn = (
                Identifiers(Seed(0), f"dry run/{self.store.version}")
                if dry_run
                else self._identifiers
            )
            metadata["name"] = metadata["generateName"] + drawn.pod_suffix()
        with self.lock, self.store.transaction():
            if kind.namespaced:
                self.store.get(BUILT_IN["Namespace"], "", metadata["namespace"])
            attempt = Attempt(kind, "CREATE", wanted, None, asking or controller(_CONTROLLER))
            mutate = self._mutating(attempt)
            wanted = self._admission.admit(kind, wanted, None, mutate)
            if kind.custom is not None or kind.name in _COUNTED:
                wanted["metadata"]["generation"] = 1
            self._note_writer(None, wanted, writer)
            # Managers are noted before: what a webhook adds belongs to nobody.
            wanted = self._admission.mutate(kind, wanted, mutate)
            self.webhooks.validate(replace(attempt, found=wanted))
            metadata = wanted["metadata"]
            if dry_run:
                if self.store.find(kind, metadata.get("namespace", ""), metadata["name"]):
                    raise already_exists(kind, metadata["name"])
                metadata["creationTimestamp"] = self._now()
                return wanted
            stored = self.store.create(kind, wanted)
            self._controllers.created(kind, stored)
            self._settle(kind)
            return self.store.find(kind, metadata.get("namespace", ""), metadata["name"]) or stored

    def update(
        self,
        kind: Kind,
        given: Any,
        namespace: str | None = None,
        *,
        dry_run: bool = False,
        status: bool = False,
        writer: Writer | None = None,
        asking: Asking | None = None,
    ) -> Object:
        """Put an object in the place of the stored one; as stored. Raises ApiError."""
        wanted = self._own(kind, given, namespace)
        metadata = wanted["metadata"]
        with self.lock, self.store.transaction():
            former = self.store.get(kind, metadata.get("namespace", ""), metadata.get("name", ""))
            attempt = Attempt(kind, "UPDATE", wanted, former, asking or controller(_CONTROLLER))
            mutate = self._mutating(attempt)
            if status:
                own = {"metadata": {**former["metadata"]}, "status": wanted.get("status") or {}}
                wanted = mutate({**former, **own})
                if kind.custom is not None and (wrong := kind.custom.faults(wanted, former)):
                    raise invalid_in(kind, metadata["name"], wrong)
            else:
                if kind.custom is not None and kind.custom.has_status:
                    _keep_status(wanted, former)
                wanted = self._admission.admit(kind, wanted, former, mutate)
                if kind.custom is None and "status" in former:
                    wanted["status"] = former["status"]
                if "generation" in former["metadata"]:
                    changed = _differs(kind, wanted, former)
                    wanted["metadata"]["generation"] = former["metadata"]["generation"] + changed
            self.webhooks.validate(replace(attempt, found=wanted))
            self._note_writer(former, wanted, writer)
            if dry_run:
                self.store.check_version(kind, wanted, former)
                return wanted
            stored = self.store.update(kind, wanted)
            if stored is not former and not status:
                self._controllers.updated(kind, former, stored)
                self._settle(kind)
            name = metadata["name"]
            return self.store.find(kind, metadata.get("namespace", ""), name) or stored

    def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        orphan: bool = False,
        only: Mapping[str, Any] = _ANY,
        dry_run: bool = False,
        asking: Asking | None = None,
    ) -> Object:
        """Remove the object and, unless `orphan`, what it owns; what it was.

        `only` has the `uid` and the `resourceVersion` that it must have, where a client says so.
        Raises ApiError.
        """
        with self.lock, self.store.transaction():
            found = self.store.get(kind, namespace, name)
            _check_preconditions(kind, found, only)
            if kind is BUILT_IN["Namespace"] and name in _KEPT_NAMESPACES:
                raise forbidden(kind, name, "this namespace may not be deleted")
            attempt = Attempt(kind, "DELETE", None, found, asking or controller(_CONTROLLER))
            self.webhooks.mutate(attempt)
            self.webhooks.validate(attempt)
            if dry_run:
                return found
            gone = self.store.delete(kind, namespace, name)
            self._controllers.deleted(kind, gone, orphan=orphan)
            self._settle(kind)
            return gone

    def webhook_patch(self, pod: Object, namespace: str) -> list[dict[str, Any]]:
        """What the pod identity webhook answers for a pod of a namespace, as a JSON Patch."""
        with self.lock:
            return self._admission.patch(pod, namespace)

    def evict(
        self,
        namespace: str,
        name: str,
        *,
        only: Mapping[str, Any],
        dry_run: bool,
        asking: Asking,
    ) -> None:
        """Remove a pod unless a disruption budget holds it; `only` as `delete` has it.

        Raises ApiError.
        """
        kind = BUILT_IN["Pod"]
        with self.lock, self.store.transaction():
            disruption_budgets.check(self.store, self.store.get(kind, namespace, name))
            self.delete(kind, namespace, name, only=only, dry_run=dry_run, asking=asking)

    def restart(self, deployment: Object) -> None:
        """New pods for a deployment whose template stays as it is."""
        with self.lock, self.store.transaction():
            self._controllers.restart(deployment)

    def _settle(self, kind: Kind) -> None:
        """Count the pods of disruption budgets again, in a cluster that has had one."""
        self._has_budgets = self._has_budgets or kind is disruption_budgets.BUDGET
        if self._has_budgets:
            disruption_budgets.refresh(self.store, self._now())

    def _mutating(self, attempt: Attempt) -> Callable[[Object], Object]:
        """What the cluster's mutating webhooks make of an object with its defaults."""

        def mutate(given: Object) -> Object:
            changed = self.webhooks.mutate(replace(attempt, found=given)) or given
            return changed if changed is given else typing.read(attempt.kind, changed)[0]

        return mutate

    def _note_writer(self, former: Object | None, wanted: Object, writer: Writer | None) -> None:
        metadata = wanted["metadata"]
        managed = list((former or {}).get("metadata", {}).get("managedFields") or ())
        if writer is not None:
            managed = managed_fields.after(former, wanted, writer, self._now())
        if managed:
            metadata["managedFields"] = managed

    def _now(self) -> str:
        return stamp(self._clock.now())

    def _own(self, kind: Kind, given: Any, namespace: str | None) -> Object:
        """A copy of what a client sent, in its place."""
        if not isinstance(given, dict) or not isinstance(given.get("metadata", {}), dict):
            raise ApiError(400, f"the body is not a {kind.name}")
        wanted: Object = copy.deepcopy(given)
        version = str(wanted.get("apiVersion", "")).rpartition("/")[2]
        if wanted.setdefault("kind", kind.name) != kind.name:
            raise ApiError(
                400,
                f'{wanted["kind"]} in version "{version}" cannot be handled as a {kind.name}:'
                f" converting ({version}.{wanted['kind']}) to ({kind.group or 'core'}.{kind.name}):"
                " unknown conversion",
            )
        if wanted.setdefault("apiVersion", kind.api_version) != kind.api_version:
            raise ApiError(
                400,
                f"the API version in the data ({wanted['apiVersion']}) does not match the expected"
                f" API version ({kind.api_version})",
            )
        metadata = wanted.setdefault("metadata", {})
        metadata.pop("managedFields", None)
        if kind.namespaced:
            place = namespace or metadata.get("namespace") or "default"
            if metadata.setdefault("namespace", place) != place:
                raise ApiError(
                    400,
                    "the namespace of the provided object does not match the namespace sent on the"
                    " request",
                )
        else:
            metadata.pop("namespace", None)
        return wanted


def _check_preconditions(kind: Kind, found: Object, only: Mapping[str, Any]) -> None:
    """Raise ApiError (Conflict) where an object that is to go is another than the client means.

    Words: k8s.io/apiserver v0.37.2, `pkg/registry/rest/delete.go` (read 2026-11-29).
    """
    for member, word, what in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        wanted, has = only.get(member), found["metadata"][member]
        if wanted is not None and wanted != has:
            why = (
                f"the {word} in the precondition ({wanted}) does not match the {word} in record"
                f" ({has}). The object might have been {what}"
            )
            raise conflict(kind, found["metadata"]["name"], why, by_kind=True)


def _keep_status(wanted: Object, former: Object) -> None:
    """Whoever writes the object does not write its status."""
    wanted.pop("status", None)
    if "status" in former:
        wanted["status"] = former["status"]


def _differs(kind: Kind, wanted: Object, former: Object) -> bool:
    """Whether a write counts as a new generation: of a custom resource all but metadata does."""
    if kind.custom is None:
        return bool(wanted.get("spec") != former.get("spec"))
    return {**wanted, "metadata": None} != {**former, "metadata": None}
