"""The Kubernetes side of a cluster: objects, admission, and the kubelet's tokens."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import yaml

from . import webhook
from .clock import Clock
from .identifiers import Identifiers
from .issuer import REFRESH_FRACTION, Issuer
from .pod import Pod, PodError

_DAY = 86400
_PLURALS = {
    "Namespace": "namespaces",
    "ServiceAccount": "serviceaccounts",
    "Secret": "secrets",
    "Pod": "pods",
    "Deployment": "deployments",
}
_API_GROUPS = {"Deployment": ".apps"}
_IMMUTABLE = {"Pod"}


class KubernetesError(RuntimeError):
    """An answer of the API server, in kubectl's words."""


class Kubernetes:
    """A cluster's API server, webhook and kubelet, as far as identity needs them.

    Kinds: Namespace, ServiceAccount, Secret, Pod, Deployment. Pods start at once, on one node.
    """

    def __init__(
        self,
        issuer: Issuer,
        region: str,
        seed: int,
        clock: Clock,
        associated: Callable[[str, str], bool],
        agent_url: Callable[[], str],
        shell: Callable[
            [Mapping[str, str], Mapping[str, Callable[[], str]]], AbstractContextManager[None]
        ]
        | None = None,
    ) -> None:
        """`associated(namespace, service_account)` asks EKS for a pod identity association;
        `agent_url()` says where pods find the agent."""
        self.issuer = issuer
        self._region = region
        self._clock = clock
        self._identifiers = Identifiers(seed, f"kubernetes/{issuer.path}")
        self._associated = associated
        self._agent_url = agent_url
        self._shell = shell
        self._objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._tokens: dict[tuple[str, str], tuple[str, int]] = {}
        self._node = {
            "name": f"ip-10-0-1-23.{region}.compute.internal",
            "uid": self._identifiers.uuid(),
        }
        for namespace in ("default", "kube-system"):
            self._apply_one({"kind": "Namespace", "metadata": {"name": namespace}})

    # -- what kubectl does ---------------------------------------------------------------

    def apply(self, manifests: str | Mapping[str, Any]) -> list[str]:
        """`kubectl apply -f`: YAML (one or more documents) or one manifest as a mapping.

        Returns kubectl's lines, one for each object. Raises KubernetesError with the API server's
        reason; the documents before the failing one stay applied, as with kubectl.
        """
        if isinstance(manifests, str):
            try:
                documents = [item for item in yaml.safe_load_all(manifests) if item is not None]
            except yaml.YAMLError as error:
                raise KubernetesError(f"error parsing YAML: {error}") from error
        else:
            documents = [copy.deepcopy(dict(manifests))]
        return [self._apply_one(document) for document in documents]

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """The stored object, a copy. Raises KubernetesError (NotFound)."""
        return copy.deepcopy(self._stored(kind, name, namespace))

    def delete(self, kind: str, name: str, namespace: str = "default") -> str:
        """`kubectl delete KIND NAME`; a Deployment takes its pods along."""
        self._stored(kind, name, namespace)
        del self._objects[self._key(kind, name, namespace)]
        if kind == "Deployment":
            self._remove_pods(name, namespace)
        return f"{kind.lower()}{_API_GROUPS.get(kind, '')} {name!r} deleted".replace("'", '"')

    def rollout_restart(self, deployment: str, namespace: str = "default") -> str:
        """`kubectl rollout restart`: new pods, so that admission decides again."""
        manifest = self._stored("Deployment", deployment, namespace)
        self._remove_pods(deployment, namespace)
        self._create_pods(manifest)
        return f"deployment.apps/{deployment} restarted"

    def create_token(
        self,
        service_account: str,
        namespace: str = "default",
        *,
        audience: str = "https://kubernetes.default.svc",
        duration: int = 3600,
    ) -> str:
        """`kubectl create token SA --audience … --duration …s`: a token bound to no pod."""
        account = self._stored("ServiceAccount", service_account, namespace)
        return self._sign(account, audience, duration)

    def pods(self, namespace: str = "default") -> list[Pod]:
        """The running pods of a namespace, oldest first."""
        return [
            self._pod(manifest)
            for (kind, space, _), manifest in self._objects.items()
            if kind == "Pod" and space == namespace
        ]

    def pod(self, name: str, namespace: str = "default") -> Pod:
        """The pod of that name, or the newest pod of the Deployment of that name."""
        for pod in reversed(self.pods(namespace)):
            if name in (pod.name, _deployment_of(pod.manifest)):
                return pod
        raise KubernetesError(f'Error from server (NotFound): pods "{name}" not found')

    # -- the API server ------------------------------------------------------------------

    def _key(self, kind: str, name: str, namespace: str) -> tuple[str, str, str]:
        return (kind, "" if kind == "Namespace" else namespace, name)

    def _stored(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        if kind not in _PLURALS:
            known = ", ".join(_PLURALS)
            raise KubernetesError(f"the lab's API server has no kind {kind!r}; it has {known}")
        try:
            return self._objects[self._key(kind, name, namespace)]
        except KeyError:
            resource = _PLURALS[kind] + _API_GROUPS.get(kind, "")
            raise KubernetesError(
                f'Error from server (NotFound): {resource} "{name}" not found'
            ) from None

    def _apply_one(self, manifest: dict[str, Any]) -> str:
        kind = manifest.get("kind")
        metadata = manifest.get("metadata")
        if kind not in _PLURALS:
            known = ", ".join(_PLURALS)
            raise KubernetesError(f"the lab's API server has no kind {kind!r}; it has {known}")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise KubernetesError(f"error: {kind} needs metadata.name")
        name = metadata["name"]
        namespace = ""
        if kind != "Namespace":
            namespace = metadata.setdefault("namespace", "default")
            self._stored("Namespace", namespace, "")
        key = self._key(kind, name, namespace)
        before = self._objects.get(key)
        if before is not None and kind in _IMMUTABLE:
            raise KubernetesError(
                f'The {kind} "{name}" is invalid: spec: Forbidden: pod updates may not change'
                " fields other than the image; delete it and apply it again"
            )
        metadata["uid"] = before["metadata"]["uid"] if before else self._identifiers.uuid()
        if kind == "Secret":
            _encode_string_data(manifest)
        label = f"{kind.lower()}{_API_GROUPS.get(kind, '')}/{name}"
        if before == manifest:
            return f"{label} unchanged"
        if kind == "Pod":
            manifest = self._admit(manifest)
        self._objects[key] = manifest
        if kind == "Namespace":
            self._apply_one(
                {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
            )
        if kind == "Deployment":
            if before is not None and before.get("spec") != manifest.get("spec"):
                self._remove_pods(name, namespace)
            if before is None or before.get("spec") != manifest.get("spec"):
                self._create_pods(manifest)
        return f"{label} {'configured' if before else 'created'}"

    def _admit(self, pod: dict[str, Any]) -> dict[str, Any]:
        """Service account admission, then the pod identity webhook."""
        specification = pod.get("spec") or {}
        if not specification.get("containers"):
            raise KubernetesError(
                f'The Pod "{pod["metadata"]["name"]}" is invalid: spec.containers: Required value'
            )
        specification.setdefault("serviceAccountName", "default")
        name, namespace = specification["serviceAccountName"], pod["metadata"]["namespace"]
        account = self._objects.get(self._key("ServiceAccount", name, namespace))
        if account is None:
            raise KubernetesError(
                f'Error from server (Forbidden): pods "{pod["metadata"]["name"]}" is forbidden:'
                f' error looking up service account {namespace}/{name}: serviceaccount "{name}"'
                " not found"
            )
        return webhook.admit(
            pod,
            account,
            associated=self._associated(namespace, name),
            region=self._region,
            agent_url=self._agent_url(),
        )

    def _create_pods(self, deployment: Mapping[str, Any]) -> None:
        metadata, specification = deployment["metadata"], deployment["spec"]
        generate = f"{metadata['name']}-{self._identifiers.pod_suffix(10)}-"
        for _ in range(int(specification.get("replicas", 1))):
            template = copy.deepcopy(specification["template"])
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    **(template.get("metadata") or {}),
                    "name": generate + self._identifiers.pod_suffix(),
                    "generateName": generate,
                    "namespace": metadata["namespace"],
                },
                "spec": template.get("spec"),
            }
            self._apply_one(pod)

    def _remove_pods(self, deployment: str, namespace: str) -> None:
        for key, manifest in list(self._objects.items()):
            if key[:2] == ("Pod", namespace) and _deployment_of(manifest) == deployment:
                del self._objects[key]

    # -- the kubelet ---------------------------------------------------------------------

    def _pod(self, manifest: dict[str, Any]) -> Pod:
        files: dict[str, Callable[[], str]] = {}
        for volume in manifest["spec"].get("volumes") or []:
            for source in (volume.get("projected") or {}).get("sources") or []:
                projection = source.get("serviceAccountToken")
                if projection:
                    files[f"{volume['name']}/{projection['path']}"] = self._reader(
                        manifest, volume["name"], projection
                    )
        namespace = manifest["metadata"]["namespace"]
        return Pod(
            copy.deepcopy(manifest),
            files,
            lambda name, key: self._secret_value(name, key, namespace),
            self._shell,
        )

    def _reader(
        self, pod: dict[str, Any], volume: str, projection: Mapping[str, Any]
    ) -> Callable[[], str]:
        def read() -> str:
            key = (pod["metadata"]["uid"], volume)
            lifetime = int(projection.get("expirationSeconds", 3600))
            text, issued = self._tokens.get(key, ("", 0))
            age = self._clock.timestamp() - issued
            if not text or age >= min(REFRESH_FRACTION * lifetime, _DAY):
                account = self._stored(
                    "ServiceAccount",
                    pod["spec"]["serviceAccountName"],
                    pod["metadata"]["namespace"],
                )
                text = self._sign(account, projection.get("audience", ""), lifetime, pod)
                self._tokens[key] = (text, self._clock.timestamp())
            return text

        return read

    def _sign(
        self,
        account: Mapping[str, Any],
        audience: str,
        lifetime: int,
        pod: Mapping[str, Any] | None = None,
    ) -> str:
        metadata = account["metadata"]
        claim: dict[str, Any] = {"namespace": metadata["namespace"]}
        if pod is not None:
            claim["node"] = self._node
            claim["pod"] = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        claim["serviceaccount"] = {"name": metadata["name"], "uid": metadata["uid"]}
        subject = f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}"
        return self.issuer.sign(subject, audience, lifetime, claim)

    def _secret_value(self, name: str, key: str, namespace: str) -> str:
        secret = self._objects.get(self._key("Secret", name, namespace))
        if secret is None:
            raise PodError(f'CreateContainerConfigError: secret "{name}" not found')
        if key in (secret.get("data") or {}):
            return base64.b64decode(secret["data"][key]).decode()
        raise PodError(
            f"CreateContainerConfigError: couldn't find key {key} in Secret {namespace}/{name}"
        )


def _deployment_of(pod: Mapping[str, Any]) -> str | None:
    """The Deployment that made a pod: its generated name is DEPLOYMENT-HASH-."""
    generated = pod["metadata"].get("generateName")
    return generated.rsplit("-", 2)[0] if generated else None


def _encode_string_data(secret: dict[str, Any]) -> None:
    """Kubernetes keeps what `stringData` says as base64 in `data`."""
    texts = secret.pop("stringData", None) or {}
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    if encoded:
        secret["data"] = {**(secret.get("data") or {}), **encoded}
