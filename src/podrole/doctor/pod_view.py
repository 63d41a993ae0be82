"""A pod as the cluster shows it: what the webhook wrote, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from podrole.doctor.tree import Tree, mapping, namespace_of, text, trees
from podrole.reading.skipped_containers import skipped_containers

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience"
WEB_IDENTITY = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
AGENT = ("169.254.170.23", "fd00:ec2::23")


@dataclass(frozen=True)
class PodView:
    """A pod, and the container of it that matters.

    Attributes:
        pod: as Kubernetes shows it, or as a workload's template writes it.
        service_account: the one that it runs as, where a file shows it.
        container: the one that has the webhook's variables, or should have them.
        written: the kind of the manifest, where only what was written is known; else empty.
        partial: whether only the environment of a container is known, and not the pod.
        alike: the names of other pods that are judged by this one.
    """

    pod: Tree
    service_account: Tree | None
    container: Tree
    written: str = ""
    partial: bool = False
    alike: tuple[str, ...] = ()

    @property
    def containers(self) -> list[Tree]:
        """All containers, those that run before the program too."""
        spec = mapping(self.pod.get("spec"))
        return [*trees(spec.get("containers")), *trees(spec.get("initContainers"))]

    @property
    def annotated(self) -> str:
        """The role that the service account's annotation names; empty if it has none."""
        metadata = (self.service_account or {}).get("metadata")
        return text(metadata, "annotations", ROLE_ANNOTATION)

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """Names and values; a value from elsewhere is empty."""
        return environment_of(self.container)

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
    def described(self) -> bool:
        """Whether the volumes are those of `kubectl describe`, which leaves audiences out."""
        return bool(self.pod.get("described"))

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
        return skips(self.pod, self.container)

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
        # On Windows `C:\\var\\run\\…` is mounted at `/var/run/…`.
        path = path.removeprefix("C:").replace("\\", "/")
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


def environment_of(container: Tree) -> Mapping[str, str]:
    """A container's variables: names and values; a value from elsewhere is empty."""
    return {
        text(item, "name"): text(item, "value")
        for item in trees(container.get("env"))
        if text(item, "name")
    }


def set_in(container: Tree, name: str) -> bool:
    """Whether a container's variable has a value: its own, or one from a Secret or a ConfigMap."""
    return any(
        text(item, "name") == name and (text(item, "value") != "" or "valueFrom" in item)
        for item in trees(container.get("env"))
    )


def skips(pod: Tree, container: Tree) -> bool:
    """Whether the pod's annotation tells the webhook to leave a container out."""
    listed = text(pod, "metadata", "annotations", "eks.amazonaws.com/skip-containers")
    return text(container, "name") in skipped_containers(listed)


def account_name(pod: Tree) -> str:
    """The service account that a pod runs as: `default` where none is named.

    `serviceAccount` is the field's old name; the API server fills in the other.
    """
    return (
        text(pod, "spec", "serviceAccountName") or text(pod, "spec", "serviceAccount") or "default"
    )
