"""The Kubernetes side: apply, admission, rollouts."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.lab import Kubernetes, KubernetesError, PodError
from tests.lab.conftest import DEPLOYMENT, SERVICE_ACCOUNT


def test_apply_answers_as_kubectl_does(cluster: Kubernetes) -> None:
    assert cluster.apply(SERVICE_ACCOUNT + "---" + DEPLOYMENT) == [
        "serviceaccount/orders-api created",
        "deployment.apps/orders-api created",
    ]
    assert cluster.apply(SERVICE_ACCOUNT) == ["serviceaccount/orders-api unchanged"]
    changed = SERVICE_ACCOUNT + "  labels: {team: orders}\n"
    assert cluster.apply(changed) == ["serviceaccount/orders-api configured"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("kind: [", "error parsing YAML"),
        ("kind: Widget\nmetadata: {name: x}", "the lab's API server has no kind 'Widget'"),
        ("kind: ServiceAccount", "ServiceAccount needs metadata.name"),
        (SERVICE_ACCOUNT.replace("orders\n", "none\n"), 'namespaces "none" not found'),
        (
            "kind: Pod\nmetadata: {name: p, namespace: orders}\n"
            "spec: {serviceAccountName: none, containers: [{name: a, image: a}]}",
            'serviceaccount "none" not found',
        ),
        ("kind: Pod\nmetadata: {name: p, namespace: orders}\nspec: {}", "containers: Required"),
    ],
)
def test_what_the_api_server_refuses(cluster: Kubernetes, manifest: str, message: str) -> None:
    with pytest.raises(KubernetesError, match=message):
        cluster.apply(manifest)


def test_a_deployment_makes_its_pods_and_a_restart_replaces_them(cluster: Kubernetes) -> None:
    cluster.apply(SERVICE_ACCOUNT)
    cluster.apply(DEPLOYMENT.replace("spec:\n  template", "spec:\n  replicas: 2\n  template"))
    first = {pod.name for pod in cluster.pods("orders")}
    assert len(first) == 2
    assert all(name.startswith("orders-api-") for name in first)
    assert cluster.rollout_restart("orders-api", "orders") == "deployment.apps/orders-api restarted"
    assert not first & {pod.name for pod in cluster.pods("orders")}
    assert cluster.delete("Deployment", "orders-api", "orders") == (
        'deployment.apps "orders-api" deleted'
    )
    assert cluster.pods("orders") == []


def test_a_deployment_whose_name_begins_alike_keeps_its_pods(cluster: Kubernetes) -> None:
    cluster.apply(SERVICE_ACCOUNT)
    cluster.apply(DEPLOYMENT)
    cluster.apply(DEPLOYMENT.replace("name: orders-api, ", "name: orders-api-worker, "))
    cluster.delete("Deployment", "orders-api", "orders")
    assert [pod.name.rsplit("-", 2)[0] for pod in cluster.pods("orders")] == ["orders-api-worker"]


def test_the_pod_of_a_deployment_is_its_own(cluster: Kubernetes) -> None:
    cluster.apply(SERVICE_ACCOUNT)
    cluster.apply(DEPLOYMENT)
    cluster.apply(DEPLOYMENT.replace("name: orders-api, ", "name: orders-api-worker, "))
    assert cluster.pod("orders-api", "orders").name.rsplit("-", 2)[0] == "orders-api"


def secret_pod(key: str) -> dict[str, Any]:
    reference = {
        "name": "AWS_ACCESS_KEY_ID",
        "valueFrom": {"secretKeyRef": {"name": "k", "key": key}},
    }
    return {
        "kind": "Pod",
        "metadata": {"name": f"p-{key}"},
        "spec": {"containers": [{"name": "app", "image": "app:1", "env": [reference]}]},
    }


def test_variables_from_secrets(cluster: Kubernetes) -> None:
    cluster.apply({"kind": "Secret", "metadata": {"name": "k"}, "stringData": {"id": "AKIA"}})
    cluster.apply(secret_pod("id"))
    assert cluster.pod("p-id").environment() == {"AWS_ACCESS_KEY_ID": "AKIA"}
    # stringData is write-only: what is read back is base64 in `data`.
    assert cluster.get("Secret", "k")["data"] == {"id": "QUtJQQ=="}
    cluster.apply(secret_pod("other"))
    with pytest.raises(PodError, match="couldn't find key other in Secret default/k"):
        cluster.pod("p-other").environment()


def test_a_variable_keeps_the_value_with_which_its_container_started(cluster: Kubernetes) -> None:
    def secret(value: str) -> dict[str, Any]:
        return {"kind": "Secret", "metadata": {"name": "k"}, "stringData": {"id": value}}

    def pod(name: str) -> dict[str, Any]:
        key = {"valueFrom": {"secretKeyRef": {"name": "k", "key": "id"}}}
        containers = [{"name": "a", "image": "i", "env": [{"name": "ID", **key}]}]
        return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}}

    cluster.apply(pod("before"))
    waiting = cluster.pod("before")
    with pytest.raises(PodError, match='CreateContainerConfigError: secret "k" not found'):
        waiting.environment()
    cluster.apply(secret("old"))
    cluster.apply(pod("first"))
    cluster.apply(secret("new"))
    cluster.apply(pod("second"))
    cluster.delete("Secret", "k")
    found = {name: cluster.pod(name).environment()["ID"] for name in ("before", "first", "second")}
    assert found == {"before": "old", "first": "old", "second": "new"}


def test_unknown_names(cluster: Kubernetes) -> None:
    cluster.apply(secret_pod("id"))
    with pytest.raises(PodError, match="no container 'sidecar'; it has app"):
        cluster.pod("p-id").environment("sidecar")
    with pytest.raises(KubernetesError, match='pods "none" not found'):
        cluster.pod("none")
    with pytest.raises(KubernetesError, match='serviceaccounts "none" not found'):
        cluster.create_token("none")
    with pytest.raises(PodError, match="No such file"):
        cluster.pod("p-id").read("/etc/passwd")
