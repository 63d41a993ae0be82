"""What the API server refuses in a pod's specification: volumes, mounts and variables.

Source: kubernetes/kubernetes v1.35.0, `pkg/apis/core/validation/validation.go`, functions
ValidateVolumes, validateProjectionSources, validateKeyToPath, ValidateLocalNonReservedPath,
ValidateVolumeMounts and ValidateEnv, with their texts (read 2026-11-28). A real kube-apiserver
1.37.2 says the same of `../t`, of a missing path and of 599 seconds.

A mount path is checked for nothing but being there and being the only one of its text: API server
and kubelet take `..` and `:` in it, and the container's runtime resolves it inside the container.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Fault
from podrole.lab.kubernetes.objects.metadata_validation import SUBDOMAIN

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_RESTARTS = ("Always", "OnFailure", "Never")
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    '"': '\\"', "\\": "\\\\",
}  # fmt: skip


def faults(
    specification: Mapping[str, Any], place: str = "spec", added: Iterable[str] = ()
) -> list[Fault]:
    """What is wrong with a PodSpec whose fields have their types, in Kubernetes' order and words.

    `place` is where it stands in its object, `added` the volumes that its controller adds to it.
    """
    found: list[Fault] = []
    volumes = set(added)
    for index, volume in enumerate(specification.get("volumes") or ()):
        wrong = list(_volume(volume, f"{place}.volumes[{index}]", volumes))
        found += wrong
        if not wrong:
            volumes.add(volume["name"])
    if not specification.get("containers"):
        found.append((f"{place}.containers", "Required value"))
    names: set[str] = set()
    for member in ("containers", "initContainers"):
        for index, container in enumerate(specification.get(member) or ()):
            inside = f"{place}.{member}[{index}]"
            found += label(container.get("name"), f"{inside}.name")
            if not container.get("image"):
                found.append((f"{inside}.image", "Required value"))
            found += _variables(container.get("env") or (), f"{inside}.env")
            found += _mounts(container.get("volumeMounts") or (), f"{inside}.volumeMounts", volumes)
            name = container.get("name") or ""
            if name in names:
                found.append((f"{inside}.name", f"Duplicate value: {quoted(name)}"))
            names.add(name)
    policy = specification.get("restartPolicy", "Always")
    if policy not in _RESTARTS:
        known = ", ".join(map(quoted, _RESTARTS))
        why = f"Unsupported value: {quoted(policy)}: supported values: {known}"
        found.append((f"{place}.restartPolicy", why))
    return found


def label(name: str | None, place: str) -> Iterator[Fault]:
    """What is wrong with a name that must be a DNS label, as a container's and a namespace's."""
    if not name:
        yield place, "Required value"
        return
    if len(name.encode(errors="replace")) > 63:
        yield place, _invalid(name, "must be no more than 63 bytes")
    if not _LABEL.match(name):
        yield place, _invalid(name, _LABEL_RULE)


def claims(specification: Mapping[str, Any]) -> Iterator[str]:
    """The volumes of which a StatefulSet's specification makes one for each pod."""
    for claim in specification.get("volumeClaimTemplates") or ():
        metadata = claim.get("metadata") if isinstance(claim, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str):
            yield name


def _volume(volume: Mapping[str, Any], place: str, before: set[str]) -> Iterator[Fault]:
    if "hostPath" in volume:
        path = volume["hostPath"].get("path")
        yield from _required(path, f"{place}.hostPath.path")
        yield from _no_backsteps(path, f"{place}.hostPath.path")
    if "secret" in volume:
        yield from _required(volume["secret"].get("secretName"), f"{place}.secret.secretName")
        yield from _items(volume["secret"], f"{place}.secret")
    if "configMap" in volume:
        yield from _required(volume["configMap"].get("name"), f"{place}.configMap.name")
        yield from _items(volume["configMap"], f"{place}.configMap")
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        yield from _file(item, f"{place}.downwardAPI")
    if "projected" in volume:
        yield from _projected(volume["projected"], f"{place}.projected")
    name = volume.get("name")
    if not name:
        yield f"{place}.name", "Required value"
        return
    if len(name.encode(errors="replace")) > 63:
        yield f"{place}.name", _invalid(name, "must be no more than 63 bytes")
    if not _LABEL.match(name):
        why = "must not contain dots" if SUBDOMAIN.match(name) else _LABEL_RULE
        yield f"{place}.name", _invalid(name, why)
    if name in before:
        yield f"{place}.name", f"Duplicate value: {quoted(name)}"


def _projected(projected: Mapping[str, Any], place: str) -> Iterator[Fault]:
    paths: set[str] = set()

    def twice(path: str | None, shown: str) -> Iterator[Fault]:
        if path and path in paths:
            yield place, _invalid(shown, "conflicting duplicate paths")
        elif path:
            paths.add(path)

    for index, source in enumerate(projected.get("sources") or ()):
        inside = f"{place}.sources[{index}]"
        for member in ("secret", "configMap"):
            if member in source:
                name = source[member].get("name")
                yield from _required(name, f"{inside}.{member}.name")
                yield from _items(source[member], f"{inside}.{member}")
                for item in source[member].get("items") or ():
                    yield from twice(item.get("path"), name or "")
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            yield from _file(item, f"{inside}.downwardAPI")
            yield from twice(item.get("path"), item.get("path") or "")
        if "serviceAccountToken" in source:
            yield from _token(source["serviceAccountToken"], place, inside)
        if len(source) > 1:
            yield inside, "Forbidden: may not specify more than 1 volume type per source"


def _token(token: Mapping[str, Any], place: str, inside: str) -> Iterator[Fault]:
    seconds = token.get("expirationSeconds", 3600)
    lifetime = f"{inside}.serviceAccountToken.expirationSeconds"
    if seconds < 600:
        yield lifetime, f"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
    if seconds > 2**32:
        why = "may not specify a duration larger than 2^32 seconds"
        yield lifetime, f"Invalid value: {seconds}: {why}"
    # Kubernetes names the volume's `path`, not the source's.
    yield from _file(token, place)


def _items(source: Mapping[str, Any], place: str) -> Iterator[Fault]:
    for index, item in enumerate(source.get("items") or ()):
        yield from _required(item.get("key"), f"{place}.items[{index}].key")
        yield from _file(item, f"{place}.items[{index}]")


def _file(item: Mapping[str, Any], place: str) -> Iterator[Fault]:
    path = item.get("path")
    yield from _required(path, f"{place}.path")
    yield from _descending(path, f"{place}.path")
    if path and path.startswith("..") and not path.startswith("../"):
        yield f"{place}.path", _invalid(path, "must not start with '..'")


def _mounts(mounts: Sequence[Mapping[str, Any]], place: str, volumes: set[str]) -> Iterator[Fault]:
    paths: set[str] = set()
    for index, mount in enumerate(mounts):
        inside = f"{place}[{index}]"
        name, path = mount.get("name") or "", mount.get("mountPath") or ""
        yield from _required(name, f"{inside}.name")
        if name not in volumes:
            yield f"{inside}.name", f"Not found: {quoted(name)}"
        yield from _required(path, f"{inside}.mountPath")
        if path in paths:
            yield f"{inside}.mountPath", _invalid(path, "must be unique")
        paths.add(path)
        below, expression = mount.get("subPath"), mount.get("subPathExpr")
        # Kubernetes leaves the index out of these two places.
        yield from _descending(below, f"{place}.subPath")
        if below and expression:
            why = "subPathExpr and subPath are mutually exclusive"
            yield f"{inside}.subPathExpr", _invalid(expression, why)
        yield from _descending(expression, f"{place}.subPathExpr")


def _variables(variables: Sequence[Mapping[str, Any]], place: str) -> Iterator[Fault]:
    for index, variable in enumerate(variables):
        name = variable.get("name") or ""
        yield from _required(name, f"{place}[{index}].name")
        if any(not " " <= one <= "~" or one == "=" for one in name):
            why = (
                "a valid environment variable name must consist only of printable ASCII characters"
                " other than '='"
            )
            yield f"{place}[{index}].name", _invalid(name, why)


def _descending(path: str | None, place: str) -> Iterator[Fault]:
    if path and path.startswith("/"):
        yield place, _invalid(path, "must be a relative path")
    yield from _no_backsteps(path, place)


def _no_backsteps(path: str | None, place: str) -> Iterator[Fault]:
    if path and ".." in path.split("/"):
        yield place, _invalid(path, "must not contain '..'")


def _required(value: str | None, place: str) -> Iterator[Fault]:
    if not value:
        yield place, "Required value"


def _invalid(value: str, why: str) -> str:
    return f"Invalid value: {quoted(value)}: {why}"


def quoted(text: str) -> str:
    """The text as Go's `%q` has it."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable():
        return one
    code = ord(one)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
