"""The pod identity webhook: what EKS adds to a pod at admission.

As aws/amazon-eks-pod-identity-webhook 3bf80a34 answers (run on 2026-11-29): Pod Identity wins where
both are configured, a variable that the pod sets itself is never overwritten, the volume is added
even where each container is skipped, and the decision is made once, when the pod is created.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.kubernetes.objects.json_patch import json_patch
from podrole.lab.node_addresses import AGENT_URL
from podrole.reading.skipped_containers import skipped_containers

PREFIX = "eks.amazonaws.com/"
ROLE_ARN = f"{PREFIX}role-arn"
SKIP_LABEL = f"{PREFIX}skip-pod-identity-webhook"
DEFAULT_LIFETIME = 86400
MINIMUM_LIFETIME = 600
POD_IDENTITY_AUDIENCE = "pods.eks.amazonaws.com"
_NUMBER = re.compile(r"([+-]?)0*([0-9]{1,19})")
_LABEL = f"{PREFIX}pod-identity"


@dataclass(frozen=True)
class WebhookSettings:
    """What EKS tells the webhook of a cluster."""

    #: Written into each pod.
    region: str
    #: `associated(namespace, service_account)`: whether there is a pod identity association now.
    associated: Callable[[str, str], bool]
    #: Where pods find Pod Identity's agent.
    agent_url: Callable[[], str]


@dataclass(frozen=True)
class Injection:
    """What one mechanism adds: a projected volume, its mount, and the variables."""

    volume: str
    mount_path: str
    token_file: str
    audience: str
    variables: tuple[tuple[str, str], ...]  # the pair that names role or agent, and the token file
    lifetime: int
    regional_sts: bool
    region: str | None

    def into(self, container: Mapping[str, Any]) -> dict[str, Any]:
        """The container with what it lacks; left alone if it sets one variable of each group."""
        environment = list(container.get("env") or [])
        present = {variable.get("name") for variable in environment}
        paired = not present.isdisjoint(name for name, _ in self.variables)
        regional = "AWS_STS_REGIONAL_ENDPOINTS" in present
        located = not present.isdisjoint(("AWS_REGION", "AWS_DEFAULT_REGION"))
        if paired and regional and located:
            return dict(container)
        added: list[tuple[str, str]] = []
        if self.regional_sts and not regional:
            added.append(("AWS_STS_REGIONAL_ENDPOINTS", "regional"))
        if self.region and not located:
            added += [("AWS_DEFAULT_REGION", self.region), ("AWS_REGION", self.region)]
        if not paired:
            added += self.variables
        environment += [{"name": name, "value": value} for name, value in added]
        mounts = list(container.get("volumeMounts") or [])
        if all(mount.get("name") != self.volume for mount in mounts):
            mount = {"name": self.volume, "mountPath": self.mount_path, "readOnly": True}
            mounts.append(mount)
        filled = {"env": environment} if environment else {}
        return {**container, **filled, "volumeMounts": mounts}

    @property
    def projected_volume(self) -> dict[str, Any]:
        """The volume, as the webhook sends it; the API server adds its own defaults."""
        projection: dict[str, Any] = {"expirationSeconds": self.lifetime, "path": self.token_file}
        if self.audience:
            projection = {"audience": self.audience, **projection}
        return {
            "name": self.volume,
            "projected": {"sources": [{"serviceAccountToken": projection}]},
        }


def _injection(
    pod: Mapping[str, Any],
    account: Mapping[str, Any],
    associated: bool,
    region: str | None,
    agent_url: str,
) -> Injection | None:
    annotations = _annotations(account)
    if associated:
        mount = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
        file = "eks-pod-identity-token"
        volume, audience = file, POD_IDENTITY_AUDIENCE
        names = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        value = agent_url
    elif annotations.get(ROLE_ARN):
        mount = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
        file, volume = "token", "aws-iam-token"
        audience = annotations.get(f"{PREFIX}audience", "sts.amazonaws.com")
        names = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
        value = annotations[ROLE_ARN]
    else:
        return None
    return Injection(
        volume=volume,
        mount_path=mount,
        token_file=file,
        audience=audience,
        variables=((names[0], value), (names[1], _shown(f"{mount}/{file}", pod))),
        # For Pod Identity, the real webhook draws a default lifetime between 79,200 and 86,400 s;
        # the lab keeps the upper end, so that outputs compare exactly.
        lifetime=_lifetime(_annotations(pod), _lifetime(annotations, DEFAULT_LIFETIME)),
        regional_sts=bool(account) and _regional_sts(annotations),
        region=region,
    )


def _shown(path: str, pod: Mapping[str, Any]) -> str:
    """The path as the variables name it: on Windows with a drive; the mount path stays POSIX."""
    selector = (pod.get("spec") or {}).get("nodeSelector") or {}
    if "windows" in (selector.get("kubernetes.io/os"), selector.get("beta.kubernetes.io/os")):
        return "C:" + path.replace("/", "\\")
    return path


def _regional_sts(annotations: Mapping[str, str]) -> bool:
    """EKS runs its webhook with regional endpoints as the default (EKS user guide, "Configure the
    AWS Security Token Service endpoint for a service account"); what is no boolean is ignored."""
    text = annotations.get(f"{PREFIX}sts-regional-endpoints", "")
    return text not in ("0", "f", "F", "false", "False", "FALSE")  # Go's strconv.ParseBool


def _lifetime(annotations: Mapping[str, str], default: int) -> int:
    """The lifetime in seconds that the annotation asks for; what is no number leaves `default`."""
    number = _NUMBER.fullmatch(annotations.get(f"{PREFIX}token-expiration", ""))
    if number is None:
        return default
    seconds = int(number[1] + number[2])
    if not -(1 << 63) <= seconds < 1 << 63:  # Go's strconv.ParseInt
        return default
    return max(seconds, MINIMUM_LIFETIME)  # raised silently, as the webhook does


def _annotations(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    return (manifest.get("metadata") or {}).get("annotations") or {}


def skipped(pod: Mapping[str, Any]) -> frozenset[str]:
    """The names of the containers that the pod keeps from the webhook, by its annotation."""
    return skipped_containers(_annotations(pod).get(f"{PREFIX}skip-containers", ""))


def patch(
    pod: Mapping[str, Any],
    account: Mapping[str, Any],
    *,
    associated: bool,
    region: str | None,
    agent_url: str = AGENT_URL,
) -> list[dict[str, Any]]:
    """The JSON Patch (RFC 6902) that the webhook answers with for a pod that is to be created.

    `account` is the pod's service account, empty where the cluster has none of that name;
    `associated` says whether it has a pod identity association at this moment; `region` is written
    into the pod where it is known; `agent_url` is where pods find the agent (the webhook's flag
    `--container-credentials-full-uri`). Containers are sent whole, changed or not. No operation
    where neither mechanism is set up, and for a pod with the label
    `eks.amazonaws.com/skip-pod-identity-webhook`, which EKS's registration keeps from the webhook.
    """
    labels = (pod.get("metadata") or {}).get("labels")
    injection = _injection(pod, account, associated, region, agent_url)
    if injection is None or SKIP_LABEL in (labels or {}):
        return []
    specification = pod.get("spec") or {}
    changes: list[dict[str, Any]] = []
    if associated:
        if labels is None:
            changes.append({"op": "add", "path": "/metadata/labels", "value": {_LABEL: "enabled"}})
        else:
            place = f"/metadata/labels/{_LABEL.replace('/', '~1')}"
            changes.append({"op": "add", "path": place, "value": "enabled"})
    volumes = specification.get("volumes")
    if all(volume.get("name") != injection.volume for volume in volumes or ()):
        added = injection.projected_volume
        if volumes is None:
            changes.append({"op": "add", "path": "/spec/volumes", "value": [added]})
        else:
            changes.append({"op": "add", "path": "/spec/volumes/0", "value": added})
    left_alone = skipped(pod)
    for place in ("containers", "initContainers"):
        listed = [
            dict(container) if container.get("name") in left_alone else injection.into(container)
            for container in specification.get(place) or ()
        ]
        if listed or place == "containers":
            changes.append({"op": "add", "path": f"/spec/{place}", "value": listed})
    return changes


def admitted(pod: Mapping[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """The pod as it is stored after admission with what `patch` has answered.

    `pod` stays as it was. The API server fills in the new volume's `defaultMode`.
    """
    given = dict(pod) if pod.get("metadata") is not None else {**pod, "metadata": {}}
    stored: dict[str, Any] = json_patch(given, changes)
    for volume in (stored.get("spec") or {}).get("volumes") or ():
        if "projected" in volume:
            volume["projected"].setdefault("defaultMode", 420)
    return stored
