"""The webhooks of a cluster: which are asked about a request, and what comes of their answers.

Source: Kubernetes, "Dynamic Admission Control"; words: k8s.io/apiserver v0.37.2,
`pkg/admission/plugin/webhook` (read 2026-11-29). Configurations are asked in the order of their
names; a webhook with `reinvocationPolicy: IfNeeded` is asked once more if a later one changed the
object.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission import webhook_client, webhook_rules
from podrole.lab.kubernetes.admission.asking import Asking
from podrole.lab.kubernetes.admission.webhook_client import CallFailed
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.json_patch import json_patch
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError

_MUTATING = BUILT_IN["MutatingWebhookConfiguration"]
_VALIDATING = BUILT_IN["ValidatingWebhookConfiguration"]
_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
_INTERNAL = "Internal error occurred: "


@dataclass(frozen=True)
class Attempt:
    """A change that webhooks may look at.

    Attributes:
        kind: of the object.
        operation: `CREATE`, `UPDATE` or `DELETE`.
        found: the object as it is to be, None where it is deleted.
        former: what is stored, None where nothing is.
        asking: who asks.
    """

    kind: Kind
    operation: str
    found: Object | None
    former: Object | None
    asking: Asking

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of the object as it is to be, else as it was."""
        metadata: Mapping[str, Any] = (self.found or self.former or {})["metadata"]
        return metadata


class Webhooks:
    """Asks the webhooks of one cluster."""

    def __init__(self, store: ObjectStore, identifiers: Identifiers) -> None:
        """`identifiers` gives each request to a webhook its uid."""
        self._store = store
        self._identifiers = identifiers
        #: The path of the lab's own webhook, which admission runs in any case.
        self.own_path = ""

    def mutate(self, attempt: Attempt) -> Object | None:
        """The object after the mutating webhooks. Raises ApiError where one says no."""
        found = attempt.found
        again: list[tuple[Mapping[str, Any], Kind]] = []
        asked: list[tuple[Mapping[str, Any], Kind]] = []
        for hook, kind in self._hooks(_MUTATING, attempt):
            changed = self._mutated(hook, kind, attempt, found)
            if changed != found:
                again += [one for one in asked if one not in again]
                found = changed
            if hook.get("reinvocationPolicy") == "IfNeeded":
                asked.append((hook, kind))
        for hook, kind in again:
            found = self._mutated(hook, kind, attempt, found)
        return found

    def validate(self, attempt: Attempt) -> None:
        """Raise ApiError where a validating webhook says no."""
        for hook, kind in self._hooks(_VALIDATING, attempt):
            self._asked(hook, kind, attempt, attempt.found, mutating=False)

    def _hooks(self, of: Kind, attempt: Attempt) -> Iterator[tuple[Mapping[str, Any], Kind]]:
        if attempt.kind.group == of.group:
            return  # nobody can lock themselves out of the configurations
        namespace = self._namespace(attempt)
        configurations = sorted(self._store.list(of), key=lambda one: one["metadata"]["name"])
        for hook in (one for found in configurations for one in found.get("webhooks") or ()):
            kind = webhook_rules.matching(
                hook,
                self._store.kinds,
                attempt.kind,
                attempt.operation,
                attempt.asking.subresource,
            )
            objects = (attempt.found, attempt.former)
            if kind is None or not webhook_rules.selects(hook, objects, namespace):
                continue
            config = hook.get("clientConfig") or {}
            if self.own_path and (config.get("url") or "").endswith(self.own_path):
                continue
            if webhook_client.reachable(config):
                yield hook, kind
            else:
                attempt.asking.warnings.append(_unreachable(hook, config))

    def _namespace(self, attempt: Attempt) -> Object | None:
        if attempt.kind is BUILT_IN["Namespace"]:
            return attempt.found or attempt.former
        if not attempt.kind.namespaced:
            return None
        return self._store.find(BUILT_IN["Namespace"], "", attempt.metadata["namespace"])

    def _mutated(
        self, hook: Mapping[str, Any], kind: Kind, attempt: Attempt, found: Object | None
    ) -> Object | None:
        response = self._asked(hook, kind, attempt, found, mutating=True)
        if response is None or not response.get("patch"):
            return found
        try:
            operations = json.loads(base64.b64decode(response["patch"]))
        except (binascii.Error, ValueError, TypeError) as error:
            raise ApiError(500, f"{_INTERNAL}{error}") from None
        if found is None:
            said = "attempted to modify the object, which is not supported for this operation"
            raise ApiError(500, f'{_INTERNAL}admission webhook "{hook["name"]}" {said}')
        try:
            changed = json_patch({**found, "apiVersion": kind.api_version}, operations)
        except ApiError as error:
            raise ApiError(500, f"{_INTERNAL}{error.message}") from None
        if not isinstance(changed, dict) or not isinstance(changed.get("metadata"), dict):
            raise ApiError(500, f"{_INTERNAL}the patched object is none")
        return {**changed, "apiVersion": attempt.kind.api_version}

    def _asked(
        self,
        hook: Mapping[str, Any],
        kind: Kind,
        attempt: Attempt,
        found: Object | None,
        *,
        mutating: bool,
    ) -> Object | None:
        """A webhook's response, None where it could not be asked and that does not matter."""
        name, asking = hook["name"], attempt.asking
        if asking.dry_run and hook.get("sideEffects") not in ("None", "NoneOnDryRun"):
            raise ApiError(400, f'admission webhook "{name}" does not support dry run')
        request = self._request(kind, attempt, found)
        seconds = hook.get("timeoutSeconds") or 10
        try:
            response = webhook_client.ask(hook["clientConfig"], seconds, request, mutating=mutating)
        except CallFailed as error:
            if hook.get("failurePolicy") == "Ignore":
                return None
            raise ApiError(500, f'{_INTERNAL}failed calling webhook "{name}": {error}') from None
        asking.warnings.extend(str(text) for text in response.get("warnings") or ())
        if not response.get("allowed"):
            raise _denied(name, response.get("status") or response.get("result") or {})
        return response

    def _request(self, kind: Kind, attempt: Attempt, found: Object | None) -> Object:
        asking, metadata = attempt.asking, attempt.metadata
        user: Object = {"username": asking.user.name, "groups": list(asking.user.groups)}
        request: Object = {
            "uid": self._identifiers.uuid(),
            **_names(kind),
            **{f"request{name.title()}": shown for name, shown in _names(attempt.kind).items()},
            "name": metadata.get("name", ""),
            "operation": attempt.operation,
            "userInfo": user,
            "object": _in_version(kind, found),
            "oldObject": _in_version(kind, attempt.former),
            "dryRun": asking.dry_run,
            "options": {
                "kind": _OPTIONS[attempt.operation],
                "apiVersion": "meta.k8s.io/v1",
                **asking.options,
            },
        }
        if attempt.kind.namespaced:
            request["namespace"] = metadata.get("namespace", "")
        if asking.subresource:
            request |= {"subResource": asking.subresource, "requestSubResource": asking.subresource}
        return request


def _names(kind: Kind) -> dict[str, dict[str, str]]:
    version = {"group": kind.group, "version": kind.version}
    return {
        "kind": {**version, "kind": kind.name},
        "resource": {**version, "resource": kind.plural},
    }


def _in_version(kind: Kind, found: Object | None) -> Object | None:
    return None if found is None else {**found, "apiVersion": kind.api_version, "kind": kind.name}


def _denied(name: str, result: Mapping[str, Any]) -> ApiError:
    """The refusal of a webhook: its own code and words, as far as it gave them."""
    given, reason = result.get("code"), result.get("reason")
    code = given if isinstance(given, int) and 400 <= given < 600 else 400
    why = result.get("message") or reason
    said = f": {why}" if why else " without explanation"
    error = ApiError(code, f'admission webhook "{name}" denied the request{said}', "Unknown")
    error.reason = str(reason or "")
    return error


def _unreachable(hook: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    service = config.get("service") or {}
    if service:
        place = f"Service {service.get('namespace')}/{service.get('name')}"
        why = f"{place} has no container that runs in the lab"
    else:
        why = f"the lab reaches nothing but this machine, and its URL is {config.get('url')}"
    return f'lab: webhook "{hook["name"]}" was not asked: {why}'
