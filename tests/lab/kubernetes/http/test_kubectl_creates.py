"""What kubectl's typed commands send by protobuf, definitions and custom resources, a drain."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.lab.kubernetes.custom.widgets import definition, widget
from tests.lab.kubernetes.http.test_kubectl import Kubectl
from tests.lab.lab_process import serving

COMMANDS = {
    "resourcequota/q": ("quota", "q", "--hard=pods=5,cpu=2"),
    "poddisruptionbudget.policy/p": ("pdb", "p", "--selector=app=a", "--min-available=1"),
    "ingress.networking.k8s.io/i": ("ingress", "i", "--rule=a.example.com/*=web:80,tls=t"),
    "cronjob.batch/c": ("cronjob", "c", "--image=a", "--schedule=0 1 * * *"),
    "priorityclass.scheduling.k8s.io/x": ("priorityclass", "x", "--value=5"),
    "job.batch/j": ("job", "j", "--image=a", "--", "echo", "hi"),
}


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    with serving() as settings:
        run = Kubectl(settings)
        run("create", "namespace", "orders")
        yield run


def test_objects_that_kubectl_makes_by_protobuf(kubectl: Kubectl) -> None:
    for name, arguments in COMMANDS.items():
        assert kubectl("-n", "orders", "create", *arguments) == f"{name} created\n"

    def found(name: str) -> dict[str, object]:
        spec: dict[str, object] = json.loads(kubectl("-n", "orders", "get", name, "-o", "json"))
        return spec

    assert found("quota/q")["spec"] == {"hard": {"cpu": "2", "pods": "5"}}
    assert found("pdb/p")["spec"] == {
        "minAvailable": 1,
        "selector": {"matchLabels": {"app": "a"}},
    }
    port = {"name": "web", "port": {"number": 80}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": port}}
    assert found("ingress/i")["spec"] == {
        "rules": [{"host": "a.example.com", "http": {"paths": [path]}}],
        "tls": [{"hosts": ["a.example.com"], "secretName": "t"}],
    }
    assert (found("priorityclass/x")["value"], found("priorityclass/x").get("globalDefault")) == (
        5,
        None,
    )


def test_a_role_is_reconciled(kubectl: Kubectl) -> None:
    kubectl("-n", "orders", "create", "role", "r", "--verb=get", "--resource=pods")
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r", "namespace": "orders"},
        "rules": rules,
    }
    said = kubectl("auth", "reconcile", "-f", "-", given=json.dumps(role))
    assert said.startswith("role.rbac.authorization.k8s.io/r reconciled")


def test_a_definition_and_its_objects(kubectl: Kubectl) -> None:
    columns = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]
    made = definition(additionalPrinterColumns=columns, subresources={"status": {}})
    kubectl("apply", "-f", "-", given=json.dumps(made))
    kubectl("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=5s")
    text = yaml.safe_dump(widget())
    assert kubectl("-n", "orders", "apply", "-f", "-", given=text) == (
        "widget.example.com/one created\n"
    )
    assert kubectl("-n", "orders", "apply", "-f", "-", given=text).endswith(" unchanged\n")
    assert kubectl("-n", "orders", "get", "wd").split() == ["NAME", "SIZE", "one", "1"]
    assert "widget.example.com/one" in kubectl("-n", "orders", "get", "all", "-o", "name")
    assert "Size:" in kubectl("-n", "orders", "describe", "widget", "one")
    explained = kubectl("explain", "widget.spec")
    assert "enum: red, blue" in explained
    other = {**widget(shade=1), "metadata": {"name": "two"}}
    said = kubectl("-n", "orders", "apply", "-f", "-", given=json.dumps(other), code=1)
    assert said.endswith(
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field'
        ' "spec.shade"\n'
    )
    server_side = ("-n", "orders", "apply", "--server-side", "--force-conflicts", "-f", "-")
    assert kubectl(*server_side, given=yaml.safe_dump(widget(size=3))) == (
        "widget.example.com/one serverside-applied\n"
    )
    kubectl("delete", "crd", "widgets.example.com")
    gone = kubectl("-n", "orders", "get", "widgets.example.com", code=1)
    assert "the server doesn't have a resource type" in gone


def test_a_node_is_drained(kubectl: Kubectl) -> None:
    kubectl("-n", "orders", "create", "deployment", "a", "--image=a:1", "--replicas=2")
    (node,) = kubectl("get", "nodes", "-o", "name").split()
    said = kubectl("drain", node, "--pod-selector=app=a", "--disable-eviction=false")
    assert said.count(" evicted\n") == 2
