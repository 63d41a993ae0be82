"""The Kubernetes side of a cluster as a lesson uses it: apply, get, roll out, and run in pods."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission import service_account_volume
from podrole.lab.kubernetes.admission.webhook import WebhookSettings
from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.service_account_tokens import API_AUDIENCE, ServiceAccountTokens
from podrole.lab.kubernetes.controllers.kubelet import NODE_ADDRESS
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects import fields, patch, typing
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind
from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.kubernetes.started_secrets import secret_value
from podrole.lab.kubernetes.version import KUBERNETES_VERSION
from podrole.lab.node import network_policy
from podrole.lab.node.pod import Pod, PodError, Shell
from podrole.lab.oidc.issuer import REFRESH_FRACTION, Issuer
from podrole.lab.seed import Seed
from podrole.reading import ReadingError
from podrole.reading.yaml_document import read_yaml

_DAY = 86400


class KubernetesError(RuntimeError):
    """An answer of the API server, in kubectl's words."""


class Kubernetes:
    """A cluster's API server, webhook and kubelet, as far as identity needs them.

    Pods start at once, on one node.
    """

    def __init__(
        self,
        issuer: Issuer,
        webhook: WebhookSettings,
        seed: Seed,
        clock: Clock,
        shell: Shell | None = None,
        authority: str = "",
    ) -> None:
        """`shell` runs a block of this process as a pod; without it no pod has an `inside()`.

        `authority` is the certificate (PEM) by which pods know the API server.
        """
        self.issuer = issuer
        self._clock = clock
        self._shell = shell
        self._applied: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._tokens: dict[tuple[str, str, str], tuple[str, int]] = {}
        identifiers = Identifiers(seed, f"kubernetes/{issuer.path}")
        self._node = f"ip-10-0-1-23.{webhook.region}.compute.internal"
        admissions = Identifiers(seed, f"kubernetes/{issuer.path}/admission")
        told = Identifiers(seed, f"kubernetes/{issuer.path}/told")
        self.objects = ObjectApi(
            webhook, clock, identifiers, admissions, told, self._node, authority
        )
        self.objects.create(BUILT_IN["Node"], _node(self._node))
        for namespace in ("default", "kube-system"):
            self.objects.create(BUILT_IN["Namespace"], {"metadata": {"name": namespace}})
        rbac.install(self.objects.store)
        self.tokens = ServiceAccountTokens(issuer, self.objects.store, clock, self._node)

    # -- what kubectl does ---------------------------------------------------------------

    def apply(self, manifests: str | Mapping[str, Any]) -> list[str]:
        """`kubectl apply -f`: YAML (one or more documents) or one manifest as a mapping.

        Returns kubectl's lines, one for each object. Raises KubernetesError with the API server's
        reason; the documents before the failing one stay applied, as with kubectl.
        """
        if isinstance(manifests, str):
            try:
                documents = [item for item in read_yaml(manifests) if item is not None]
            except ReadingError as error:
                raise KubernetesError(f"error parsing YAML: {error}") from error
        else:
            documents = [copy.deepcopy(dict(manifests))]
        return [self._apply_one(document) for document in documents]

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """The stored object, a copy. Raises KubernetesError (NotFound)."""
        return copy.deepcopy(self._stored(self._kind(kind), name, namespace))

    def delete(self, kind: str, name: str, namespace: str = "default") -> str:
        """`kubectl delete KIND NAME`; a Deployment takes its pods along."""
        known = self._kind(kind)
        self._stored(known, name, namespace)
        self.objects.delete(known, namespace, name)
        self._applied.pop((known.resource, namespace, name), None)
        return f'{known.singular} "{name}" deleted'

    def rollout_restart(self, deployment: str, namespace: str = "default") -> str:
        """`kubectl rollout restart`: new pods, so that admission decides again.

        Raises KubernetesError for an unknown Deployment, and where admission refuses its pods.
        """
        try:
            self.objects.restart(self._stored(BUILT_IN["Deployment"], deployment, namespace))
        except ApiError as error:
            raise KubernetesError(_said(error)) from error
        return f"deployment.apps/{deployment} restarted"

    def create_token(
        self,
        service_account: str,
        namespace: str = "default",
        *,
        audience: str = API_AUDIENCE,
        duration: int = 3600,
    ) -> str:
        """`kubectl create token SA --audience … --duration …s`: a token bound to no pod."""
        account = self._stored(BUILT_IN["ServiceAccount"], service_account, namespace)
        return self.tokens.sign(account, [audience], duration)

    def pods(self, namespace: str = "default") -> list[Pod]:
        """The running pods of a namespace, oldest first."""
        found = self.objects.store.list(BUILT_IN["Pod"], namespace)
        return [self._pod(manifest) for manifest in found]

    def pod(self, name: str, namespace: str = "default") -> Pod:
        """The pod of that name, or the newest pod of the Deployment of that name.

        Raises KubernetesError (NotFound).
        """
        for pod in reversed(self.pods(namespace)):
            if name in (pod.name, _deployment_of(pod.manifest)):
                return pod
        raise KubernetesError(f'Error from server (NotFound): pods "{name}" not found')

    def _kind(self, name: Any, api_version: Any = None) -> Kind:
        """The kind of that name, of any group where a manifest does not say which."""
        kinds = self.objects.store.kinds
        if api_version is not None:
            found = kinds.of_manifest(api_version, name)
        else:
            found = next((kind for kind in kinds if kind.name == name), None)
        if found is None:
            known = ", ".join(dict.fromkeys(kind.name for kind in kinds))
            named = repr(name) if api_version is None else f"{name!r} of {api_version!r}"
            raise KubernetesError(f"the lab's API server has no kind {named}; it has {known}")
        return found

    def _stored(self, kind: Kind, name: str, namespace: str) -> dict[str, Any]:
        try:
            return self.objects.store.get(kind, namespace, name)
        except ApiError as error:
            raise KubernetesError(_said(error)) from error

    def _apply_one(self, manifest: dict[str, Any]) -> str:
        kind = self._kind(manifest.get("kind"), manifest.get("apiVersion"))
        metadata = manifest.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise KubernetesError(f"error: {kind.name} needs metadata.name")
        name = metadata["name"]
        namespace = metadata.setdefault("namespace", "default") if kind.namespaced else ""
        key = (kind.resource, namespace, name)
        try:
            manifest, unknown = typing.read(kind, manifest)
        except ApiError as error:
            raise KubernetesError(_said(error)) from error
        if unknown:  # as kubectl asks the server to do, if nobody tells it otherwise
            said = ", ".join(fields.described(unknown))
            raise KubernetesError(
                f'Error from server (BadRequest): {kind.name} in version "{kind.version}" cannot be'
                f" handled as a {kind.name}: strict decoding error: {said}"
            )
        before = self.objects.store.find(kind, namespace, name)
        try:
            if before is None:
                self.objects.create(kind, manifest)
                verb = "created"
            else:
                applied = self._applied.get(key)
                merge = patch.strategic_merge if kind.custom is None else patch.merge_patch
                gone = patch.dropped(applied, manifest) if applied else None
                base = merge(before, gone) if gone else before
                after = self.objects.update(kind, merge(base, manifest))
                verb = "unchanged" if after == before else "configured"
        except ApiError as error:
            raise KubernetesError(_said(error)) from error
        self._applied[key] = copy.deepcopy(manifest)
        return f"{kind.singular}/{name} {verb}"

    # -- the kubelet ---------------------------------------------------------------------

    def _pod(self, manifest: dict[str, Any]) -> Pod:
        files: dict[str, Callable[[], str]] = {}
        for volume in manifest["spec"].get("volumes") or []:
            if volume["name"].startswith(service_account_volume.PREFIX):
                continue  # for calls of the API server, of which no program of the lab knows
            for source in (volume.get("projected") or {}).get("sources") or []:
                projection = source.get("serviceAccountToken")
                if projection:
                    files[f"{volume['name']}/{projection['path']}"] = self._reader(
                        manifest, volume["name"], projection
                    )
        return Pod(
            copy.deepcopy(manifest),
            files,
            lambda name, key: secret_value(self.objects.store, manifest, name, key),
            self._shell,
            lambda address, port: self._reaches(manifest, address, port),
        )

    def _reaches(self, pod: dict[str, Any], address: str, port: int) -> bool:
        namespace = pod["metadata"]["namespace"]
        policies = self.objects.store.list(BUILT_IN["NetworkPolicy"], namespace)
        try:
            return network_policy.reaches(pod, policies, address, port)
        except ValueError as error:
            raise PodError(f"a network policy of namespace {namespace}: {error}") from None

    def _reader(
        self, pod: dict[str, Any], volume: str, projection: Mapping[str, Any]
    ) -> Callable[[], str]:
        def read() -> str:
            key = (pod["metadata"]["uid"], volume, projection["path"])
            lifetime = int(projection.get("expirationSeconds", 3600))
            text, issued = self._tokens.get(key, ("", 0))
            age = self._clock.timestamp() - issued
            if not text or age >= min(REFRESH_FRACTION * lifetime, _DAY):
                account = self._stored(
                    BUILT_IN["ServiceAccount"],
                    pod["spec"]["serviceAccountName"],
                    pod["metadata"]["namespace"],
                )
                audience = projection.get("audience") or API_AUDIENCE
                text = self.tokens.sign(account, [audience], lifetime, pod)
                self._tokens[key] = (text, self._clock.timestamp())
            return text

        return read


def _node(name: str) -> dict[str, Any]:
    status = {
        "addresses": [{"type": "InternalIP", "address": NODE_ADDRESS}],
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        "nodeInfo": {
            "architecture": "amd64",
            **dict.fromkeys(("bootID", "machineID", "systemUUID"), "lab"),
            "containerRuntimeVersion": "containerd://lab",
            "kernelVersion": "lab",
            "kubeProxyVersion": "",
            "kubeletVersion": f"v{KUBERNETES_VERSION}.0-lab",
            "operatingSystem": "linux",
            "osImage": "Podrole lab",
        },
    }
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {"metadata": {"name": name, "labels": labels}, "status": status}


def _said(error: ApiError) -> str:
    if error.code == 422:
        return f"The {error.message}"
    return f"Error from server ({error.reason}): {error.message}"


def _deployment_of(pod: Mapping[str, Any]) -> str | None:
    """The Deployment that made a pod: its generated name is DEPLOYMENT-HASH-."""
    generated = pod["metadata"].get("generateName")
    return generated.rsplit("-", 2)[0] if generated else None
