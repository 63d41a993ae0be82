"""The pod identity webhook: what EKS adds to a pod at admission.

Behaviour read from aws/amazon-eks-pod-identity-webhook (2026-08-11): Pod Identity wins where both
are configured, a variable that the pod sets itself is never overwritten, and the decision is made
once, when the pod is created.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "eks.amazonaws.com/"
ROLE_ARN = f"{PREFIX}role-arn"
SKIP_LABEL = f"{PREFIX}skip-pod-identity-webhook"
DEFAULT_LIFETIME = 86400
MINIMUM_LIFETIME = 600
POD_IDENTITY_AUDIENCE = "pods.eks.amazonaws.com"
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
AGENT_URL = "http://169.254.170.23/v1/credentials"


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
    lifetime: int
    variables: tuple[tuple[str, str], ...]  # the pair that names role or agent, and the token file
    regional_sts: bool = False
    region: str | None = None

    def variables_for(self, present: set[str | None]) -> list[tuple[str, str]]:
        """The variables for a container that already sets `present`, in the webhook's order."""
        added: list[tuple[str, str]] = []
        if self.regional_sts and "AWS_STS_REGIONAL_ENDPOINTS" not in present:
            added.append(("AWS_STS_REGIONAL_ENDPOINTS", "regional"))
        if self.region and not present & {"AWS_REGION", "AWS_DEFAULT_REGION"}:
            added += [("AWS_DEFAULT_REGION", self.region), ("AWS_REGION", self.region)]
        if not present & {name for name, _ in self.variables}:
            added += self.variables
        return added

    @property
    def projected_volume(self) -> dict[str, Any]:
        """The volume, as the pod's specification holds it."""
        projection = {
            "audience": self.audience,
            "expirationSeconds": self.lifetime,
            "path": self.token_file,
        }
        return {
            "name": self.volume,
            "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": projection}]},
        }


def irsa(annotations: Mapping[str, str], pod: Mapping[str, Any], region: str | None) -> Injection:
    """The injection for a service account that carries `eks.amazonaws.com/role-arn`."""
    mount = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
    return Injection(
        volume="aws-iam-token",
        mount_path=mount,
        token_file="token",  # noqa: S106  (a file's name)
        audience=annotations.get(f"{PREFIX}audience", "sts.amazonaws.com"),
        lifetime=_lifetime(annotations, pod),
        variables=(
            ("AWS_ROLE_ARN", annotations[ROLE_ARN]),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", _shown(f"{mount}/token", pod)),
        ),
        regional_sts=_regional_sts(annotations),
        region=region,
    )


def pod_identity(
    annotations: Mapping[str, str], pod: Mapping[str, Any], region: str | None, agent_url: str
) -> Injection:
    """The injection for a service account with a pod identity association."""
    mount = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
    file = "eks-pod-identity-token"
    return Injection(
        volume=file,
        mount_path=mount,
        token_file=file,
        audience=POD_IDENTITY_AUDIENCE,
        # The real webhook draws a default lifetime between 79,200 and 86,400 s; the lab keeps the
        # upper end, so that outputs compare exactly.
        lifetime=_lifetime(annotations, pod),
        variables=(
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent_url),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", _shown(f"{mount}/{file}", pod)),
        ),
        regional_sts=_regional_sts(annotations),
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


def _lifetime(annotations: Mapping[str, str], pod: Mapping[str, Any]) -> int:
    key = f"{PREFIX}token-expiration"
    text = _annotations(pod).get(key) or annotations.get(key) or str(DEFAULT_LIFETIME)
    if not _NUMBER.fullmatch(text) or abs(int(text)) >= 1 << 63:  # Go's strconv.ParseInt
        return DEFAULT_LIFETIME
    return max(int(text), MINIMUM_LIFETIME)  # raised silently, as the webhook does


def _annotations(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    return manifest.get("metadata", {}).get("annotations") or {}


def admit(
    pod: Mapping[str, Any],
    service_account: Mapping[str, Any],
    *,
    associated: bool,
    region: str | None,
    agent_url: str = AGENT_URL,
) -> dict[str, Any]:
    """The pod as it is stored after admission; `pod` itself stays as it was.

    `associated` says whether the service account has a pod identity association at this moment;
    `region` is written into the pod where it is known; `agent_url` is where pods find the agent
    (the webhook's flag `--container-credentials-full-uri`). A service account with neither
    mechanism, and a pod with the label `eks.amazonaws.com/skip-pod-identity-webhook`, leave the
    pod unchanged.
    """
    annotations = _annotations(service_account)
    if SKIP_LABEL in (pod.get("metadata", {}).get("labels") or {}):
        return copy.deepcopy(dict(pod))
    if associated:
        injection = pod_identity(annotations, pod, region, agent_url)
    elif annotations.get(ROLE_ARN):
        injection = irsa(annotations, pod, region)
    else:
        return copy.deepcopy(dict(pod))

    admitted = copy.deepcopy(dict(pod))
    if associated:
        admitted.setdefault("metadata", {}).setdefault("labels", {})[f"{PREFIX}pod-identity"] = (
            "enabled"
        )
    specification = admitted.setdefault("spec", {})
    skipped = {
        name.strip() for name in _annotations(pod).get(f"{PREFIX}skip-containers", "").split(",")
    }
    changed = False
    for container in [
        *specification.get("containers", []),
        *specification.get("initContainers", []),
    ]:
        if container.get("name") not in skipped:
            changed |= _inject(container, injection)
    volumes = specification.setdefault("volumes", [])
    if changed and all(volume.get("name") != injection.volume for volume in volumes):
        volumes.insert(0, injection.projected_volume)
    if not volumes:
        del specification["volumes"]
    return admitted


def _inject(container: dict[str, Any], injection: Injection) -> bool:
    environment = container.get("env") or []
    added = injection.variables_for({variable.get("name") for variable in environment})
    if not added:
        return False
    container["env"] = environment + [{"name": name, "value": value} for name, value in added]
    mounts = container.setdefault("volumeMounts", [])
    if all(mount.get("name") != injection.volume for mount in mounts):
        mounts.append(
            {"name": injection.volume, "mountPath": injection.mount_path, "readOnly": True}
        )
    return True
