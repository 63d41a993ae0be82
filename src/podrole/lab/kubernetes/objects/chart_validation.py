"""What the API server refuses of the kinds that charts bring along.

Words: kubernetes/kubernetes v1.37.2, `pkg/apis/*/validation/validation.go` (read 2026-11-29): the
refusals that a reader of a chart meets, not all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Fault, Object

Check = Callable[[Object, Object | None], Iterator[Fault]]
_HIGHEST_PRIORITY = 1_000_000_000
_ACCESS = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_CONCURRENT = ("Allow", "Forbid", "Replace")
_PATHS = ("Exact", "ImplementationSpecific", "Prefix")
_ADDRESSES = ("FQDN", "IPv4", "IPv6")
#: Members of a volume's `spec` that name no place for its data.
_NO_SOURCE = {
    "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity",
    "persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName", "volumeMode",
}  # fmt: skip


def faults(kind: str, given: Object, former: Object | None) -> list[Fault]:
    """What is refused of an object of a kind; `former` is what is stored."""
    check = _OF.get(kind)
    return [] if check is None else list(check(given, former))


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unsupported(value: Any, known: Sequence[str]) -> str:
    listed = ", ".join(map(_shown, known))
    return f"Unsupported value: {_shown(value)}: supported values: {listed}"


def _budget(given: Object, _: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    if None not in (specification.get("minAvailable"), specification.get("maxUnavailable")):
        why = "minAvailable and maxUnavailable cannot be both set"
        yield "spec", f"Invalid value: {_shown(specification)}: {why}"


def _autoscaler(given: Object, _: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    most, least = specification.get("maxReplicas") or 0, specification.get("minReplicas") or 0
    if least < 1:
        why = "must be greater than or equal to 1"
        yield "spec.minReplicas", f"Invalid value: {least}: {why}"
    if most == 0:
        yield "spec.maxReplicas", "Required value: must be set and greater than 0"
    elif most < least:
        why = "must be greater than or equal to `minReplicas`"
        yield "spec.maxReplicas", f"Invalid value: {most}: {why}"
    target = specification.get("scaleTargetRef") or {}
    for name in ("kind", "name"):
        if not target.get(name):
            yield f"spec.scaleTargetRef.{name}", "Required value"


def _ingress(given: Object, _: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    rules = specification.get("rules") or []
    if not rules and not specification.get("defaultBackend"):
        why = "either `defaultBackend` or `rules` must be specified"
        yield "spec", f"Invalid value: {_shown(rules)}: {why}"
    if specification.get("defaultBackend"):
        yield from _backend(specification["defaultBackend"], "spec.defaultBackend")
    for index, rule in enumerate(rules):
        http = rule.get("http")
        if http is None:
            continue
        place = f"spec.rules[{index}].http.paths"
        if not http.get("paths"):
            yield place, "Required value"
        for number, path in enumerate(http.get("paths") or ()):
            yield from _path(path, f"{place}[{number}]")


def _path(path: Mapping[str, Any], at: str) -> Iterator[Fault]:
    kind, text = path.get("pathType"), path.get("path") or ""
    if kind is None:
        yield f"{at}.pathType", "Required value: pathType must be specified"
        return
    if kind not in _PATHS:
        yield f"{at}.pathType", _unsupported(kind, _PATHS)
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        yield f"{at}.path", f"Invalid value: {_shown(text)}: must be an absolute path"
    yield from _backend(path.get("backend") or {}, f"{at}.backend")


def _backend(backend: Mapping[str, Any], at: str) -> Iterator[Fault]:
    service, resource = backend.get("service"), backend.get("resource")
    if service and resource:
        yield at, 'Invalid value: "": cannot set both resource and service backends'
    elif service:
        if not service.get("name"):
            yield f"{at}.service.name", "Required value"
        port = service.get("port") or {}
        if port.get("name") and port.get("number"):
            yield at, 'Invalid value: "": cannot set both port name & port number'
        elif not port.get("name") and not port.get("number"):
            yield at, "Required value: port name or number is required"
    elif not resource:
        yield at, 'Invalid value: "": resource or service backend is required'


def _cron_job(given: Object, _: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    if not specification.get("schedule"):
        yield "spec.schedule", "Required value"
    policy = specification.get("concurrencyPolicy")
    if policy not in _CONCURRENT:
        yield "spec.concurrencyPolicy", _unsupported(policy, _CONCURRENT)
    template = ((specification.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    place = "spec.jobTemplate.spec.template.spec"
    pod = template.get("spec") or {}
    if not pod.get("containers"):
        yield f"{place}.containers", "Required value"
    if pod.get("restartPolicy") not in ("OnFailure", "Never"):
        known = ("OnFailure", "Never")
        yield f"{place}.restartPolicy", _unsupported(pod.get("restartPolicy"), known)


def _modes(specification: Mapping[str, Any]) -> Iterator[Fault]:
    for mode in specification.get("accessModes") or ():
        if mode not in _ACCESS:
            yield "spec.accessModes", _unsupported(mode, _ACCESS)


def _claim(given: Object, former: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    if not specification.get("accessModes"):
        yield "spec.accessModes", "Required value: at least 1 access mode is required"
    yield from _modes(specification)
    requests = (specification.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        yield "spec.resources[storage]", "Required value"
    if former is not None:
        before, now = dict(former.get("spec") or {}), dict(specification)
        for one in (before, now):
            one.pop("resources", None)
            one.pop("volumeAttributesClassName", None)
        if before != now:
            yield (
                "spec",
                (
                    "Forbidden: spec is immutable after creation except resources.requests and"
                    " volumeAttributesClassName for bound claims"
                ),
            )


def _volume(given: Object, _: Object | None) -> Iterator[Fault]:
    specification = given.get("spec") or {}
    if not specification.get("accessModes"):
        yield "spec.accessModes", "Required value"
    yield from _modes(specification)
    if not specification.get("capacity"):
        yield "spec.capacity", "Required value"
    if not specification.keys() - _NO_SOURCE:
        yield "spec", "Required value: must specify a volume type"


def _storage_class(given: Object, former: Object | None) -> Iterator[Fault]:
    if not given.get("provisioner"):
        yield "provisioner", "Required value"
    if given.get("reclaimPolicy") not in ("Delete", "Retain"):
        yield "reclaimPolicy", _unsupported(given.get("reclaimPolicy"), ("Delete", "Retain"))
    for name in ("parameters", "provisioner", "reclaimPolicy"):
        if former is not None and (given.get(name) or None) != (former.get(name) or None):
            yield name, f"Forbidden: updates to {name} are forbidden."


def _priority(given: Object, former: Object | None) -> Iterator[Fault]:
    value = given.get("value") or 0
    name = given["metadata"]["name"]
    if name.startswith("system-") and former is None:
        why = "priority class names with 'system-' prefix are reserved for system use only"
        yield (
            "metadata.name",
            f"Forbidden: {why}. error: {name} is not a known system priority class",
        )
    elif value > _HIGHEST_PRIORITY and former is None:
        why = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        yield "value", f"Forbidden: {why}"
    if former is not None and value != (former.get("value") or 0):
        yield "value", "Forbidden: may not be changed in an update."


def _slice(given: Object, former: Object | None) -> Iterator[Fault]:
    kind = given.get("addressType")
    if not kind:
        yield "addressType", "Required value"
    elif kind not in _ADDRESSES:
        yield "addressType", _unsupported(kind, _ADDRESSES)
    if former is not None and kind != former.get("addressType"):
        yield "addressType", f"Invalid value: {_shown(kind)}: field is immutable"


def _webhooks(given: Object, _: Object | None) -> Iterator[Fault]:
    for index, hook in enumerate(given.get("webhooks") or ()):
        place = f"webhooks[{index}]"
        name, effects = hook.get("name") or "", hook.get("sideEffects")
        if len(name.split(".")) < 3:
            why = "should be a domain with at least three segments separated by dots"
            word = f"Invalid value: {_shown(name)}: {why}" if name else "Required value"
            yield f"{place}.name", word
        if not hook.get("admissionReviewVersions"):
            why = "must specify one of v1, v1beta1"
            yield f"{place}.admissionReviewVersions", f"Required value: {why}"
        if effects is None:
            why = "must specify one of None, NoneOnDryRun"
            yield f"{place}.sideEffects", f"Required value: {why}"
        elif effects not in ("None", "NoneOnDryRun"):
            yield f"{place}.sideEffects", _unsupported(effects, ("None", "NoneOnDryRun"))
        for member, known in (
            ("failurePolicy", ("Fail", "Ignore")),
            ("matchPolicy", ("Equivalent", "Exact")),
        ):
            if hook.get(member) not in known:
                yield f"{place}.{member}", _unsupported(hook.get(member), known)
        seconds = hook.get("timeoutSeconds") or 0
        if not 1 <= seconds <= 30:
            why = "the timeout value must be between 1 and 30 seconds"
            yield f"{place}.timeoutSeconds", f"Invalid value: {seconds}: {why}"
        config = hook.get("clientConfig") or {}
        if bool(config.get("url")) == bool(config.get("service")):
            why = "exactly one of url or service is required"
            yield f"{place}.clientConfig", f"Required value: {why}"


_OF: Mapping[str, Check] = {
    "CronJob": _cron_job,
    "EndpointSlice": _slice,
    "HorizontalPodAutoscaler": _autoscaler,
    "Ingress": _ingress,
    "MutatingWebhookConfiguration": _webhooks,
    "PersistentVolume": _volume,
    "PersistentVolumeClaim": _claim,
    "PodDisruptionBudget": _budget,
    "PriorityClass": _priority,
    "StorageClass": _storage_class,
    "ValidatingWebhookConfiguration": _webhooks,
}
