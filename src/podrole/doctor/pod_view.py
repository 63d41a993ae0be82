"""A pod as the cluster shows it: what the webhook wrote, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from podrole.doctor.evidence import Tree, mapping, namespace_of, text, trees

WEB_IDENTITY = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
AGENT = ("169.254.170.23", "fd00:ec2::23")


@dataclass(frozen=True)
class PodView:
    """One container of a pod; by default its first that the webhook does not skip."""

    pod: Tree
    service_account: Tree | None
    container: Tree

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """Names and values; a value from elsewhere is empty."""
        return {
            text(item, "name"): text(item, "value")
            for item in trees(self.container.get("env"))
            if text(item, "name")
        }

    @property
    def name(self) -> str:
        """The pod's name."""
        return text(self.pod, "metadata", "name")

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return namespace_of(self.pod)

    @property
    def account_name(self) -> str:
        """The service account that the pod runs as: `default` where none is named."""
        return account_name(self.pod)

    @property
    def subject(self) -> str:
        """The `sub` claim of its tokens."""
        return f"system:serviceaccount:{self.namespace}:{self.account_name}"

    @property
    def by_web_identity(self) -> bool:
        """Whether the container has IRSA's variables."""
        return all(name in self.environment for name in WEB_IDENTITY)

    @property
    def by_container(self) -> bool:
        """Whether the container has Pod Identity's variables."""
        return all(name in self.environment for name in CONTAINER)

    @property
    def skipped(self) -> bool:
        """Whether the annotation tells the webhook to leave this container out."""
        listed = text(self.pod, "metadata", "annotations", "eks.amazonaws.com/skip-containers")
        return text(self.container, "name") in [name.strip() for name in listed.split(",")]

    @property
    def platform(self) -> str:
        """`fargate`, `windows`, or empty."""
        labels = mapping(mapping(self.pod.get("metadata")).get("labels"))
        if "eks.amazonaws.com/fargate-profile" in labels:
            return "fargate"
        selector = mapping(mapping(self.pod.get("spec")).get("nodeSelector"))
        named = text(self.pod, "spec", "os", "name") or selector.get("kubernetes.io/os")
        return "windows" if named == "windows" else ""

    @property
    def proxied(self) -> bool:
        """Whether the call to the agent goes to a proxy."""
        values = {name.upper(): value for name, value in self.environment.items()}
        if not values.get("HTTP_PROXY") and not values.get("ALL_PROXY"):
            return False
        except_for = [one.strip() for one in values.get("NO_PROXY", "").split(",")]
        return "*" not in except_for and AGENT[0] not in except_for

    def token_audience(self) -> str:
        """The audience of the projected token that the web identity file is, empty if unknown."""
        path = self.environment.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
        folder, _, file = path.rpartition("/")
        for mount in trees(self.container.get("volumeMounts")):
            if text(mount, "mountPath").rstrip("/") != folder:
                continue
            for volume in trees(mapping(self.pod.get("spec")).get("volumes")):
                if text(volume, "name") != text(mount, "name"):
                    continue
                for source in trees(mapping(volume.get("projected")).get("sources")):
                    token = mapping(source.get("serviceAccountToken"))
                    if text(token, "path") == file:
                        return text(token, "audience")
        return ""


def account_name(pod: Tree) -> str:
    """The service account that a pod runs as: `default` where none is named."""
    return text(pod, "spec", "serviceAccountName") or "default"
