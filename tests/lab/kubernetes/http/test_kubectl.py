"""kubectl, unmodified, over TLS: what the guide's readers type, and what comes back."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.client_programs import aws_cli
from tests.client_programs import kubectl as kubectl_path
from tests.lab.lab_process import client, serving

MANIFESTS = """
apiVersion: v1
kind: Namespace
metadata: {name: orders}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: orders-api
  namespace: orders
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/orders-api"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders-api, namespace: orders}
spec:
  replicas: 2
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec:
      serviceAccountName: orders-api
      containers: [{name: app, image: "app:1"}]
"""


class Kubectl:
    """kubectl with the lab's kubeconfig, or with another."""

    def __init__(self, served: dict[str, Any], kubeconfig: str | None = None) -> None:
        outside = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        # A kubeconfig of `aws eks update-kubeconfig` calls `aws`: this one, not the machine's.
        with_aws = f"{Path(aws_cli()).parent}:{os.environ['PATH']}"
        self._environment = outside | {
            **served["environment"],
            "PATH": with_aws,
            "KUBECONFIG": kubeconfig or served["kubeconfig"],
        }

    def __call__(self, *arguments: str, given: str | None = None, code: int = 0) -> str:
        done = subprocess.run(
            [kubectl_path(), *arguments],
            input=given,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    with serving() as settings:
        yield settings


@pytest.fixture(scope="module")
def kubectl(served: dict[str, Any]) -> Kubectl:
    run = Kubectl(served)
    assert run("apply", "-f", "-", given=MANIFESTS).splitlines() == [
        "namespace/orders created",
        "serviceaccount/orders-api created",
        "deployment.apps/orders-api created",
    ]
    return run


def test_what_is_applied_twice_is_unchanged(kubectl: Kubectl) -> None:
    lines = kubectl("apply", "-f", "-", given=MANIFESTS).splitlines()
    assert all(line.endswith(" unchanged") for line in lines)


def test_pods_of_a_deployment_run_with_what_the_webhook_added(kubectl: Kubectl) -> None:
    pods = json.loads(kubectl("-n", "orders", "get", "pods", "-o", "json"))["items"]
    assert len(pods) == 2
    for pod in pods:
        names = [item["name"] for item in pod["spec"]["containers"][0]["env"]]
        assert "AWS_WEB_IDENTITY_TOKEN_FILE" in names
        assert pod["status"]["phase"] == "Running"
    table = kubectl("-n", "orders", "get", "pods,deploy,rs,sa")
    assert "2/2" in table
    assert kubectl("-n", "orders", "get", "deploy", "-l", "app=none") == ""
    assert "orders-api" in kubectl("-n", "orders", "describe", "deployment", "orders-api")
    assert "eks.amazonaws.com/role-arn" in kubectl("-n", "orders", "describe", "sa", "orders-api")
    assert "AWS_ROLE_ARN" in kubectl("-n", "orders", "describe", "pods")


def test_a_restart_makes_new_pods_and_is_waited_for(kubectl: Kubectl) -> None:
    def names() -> set[str]:
        return set(kubectl("-n", "orders", "get", "pods", "-o", "name").split())

    before = names()
    kubectl("-n", "orders", "rollout", "restart", "deployment/orders-api")
    said = kubectl("-n", "orders", "rollout", "status", "deployment/orders-api", "--timeout=20s")
    assert said.endswith("successfully rolled out\n")
    assert not before & names()
    kubectl("-n", "orders", "wait", "--for=condition=Ready", "pod", "--all", "--timeout=20s")


def test_scaling_and_a_pod_that_is_deleted(kubectl: Kubectl) -> None:
    kubectl("-n", "orders", "scale", "deployment/orders-api", "--replicas=3")
    pods = kubectl("-n", "orders", "get", "pods", "-o", "name").split()
    assert len(pods) == 3
    kubectl("-n", "orders", "delete", pods[0])
    after = kubectl("-n", "orders", "get", "pods", "-o", "name").split()
    assert len(after) == 3
    assert pods[0] not in after
    kubectl("-n", "orders", "scale", "deployment/orders-api", "--replicas=2")


def test_annotate_label_and_patch(kubectl: Kubectl) -> None:
    account = ("-n", "orders", "sa", "orders-api")
    kubectl("annotate", *account, "a=1")
    kubectl("annotate", *account, "a=2", "--overwrite")
    kubectl("label", *account, "team=orders")
    kubectl("patch", *account, "-p", '{"metadata":{"annotations":{"b":"3"}}}')
    kubectl("patch", *account, "--type=json", "-p", '[{"op":"remove","path":"/metadata/labels"}]')
    found = yaml.safe_load(kubectl("get", *account, "-o", "yaml"))["metadata"]
    assert (found["annotations"]["a"], found["annotations"]["b"]) == ("2", "3")
    assert "labels" not in found
    kubectl("annotate", *account, "a-", "b-")


def test_a_container_is_changed_by_its_name(kubectl: Kubectl) -> None:
    deployment = ("-n", "orders", "deployment/orders-api")
    kubectl("set", "env", *deployment, "LEVEL=debug")
    kubectl("set", "image", *deployment, "app=app:2")
    kubectl("set", "serviceaccount", *deployment, "orders-api")
    template = json.loads(kubectl("get", *deployment, "-o", "json"))["spec"]["template"]["spec"]
    (container,) = template["containers"]
    assert (container["image"], container["env"]) == (
        "app:2",
        [{"name": "LEVEL", "value": "debug"}],
    )


def test_create_commands(kubectl: Kubectl) -> None:
    for kind, *more in (
        ("namespace", "made"),
        ("serviceaccount", "sa"),
        ("secret", "generic", "s", "--from-literal=key=value"),
        ("configmap", "c", "--from-literal=key=value"),
        ("deployment", "d", "--image=app"),
        ("job", "j", "--image=app"),
        ("role", "r", "--verb=get", "--resource=pods"),
        ("rolebinding", "rb", "--role=r", "--serviceaccount=made:sa"),
        ("clusterrole", "cr", "--verb=get", "--resource=pods"),
        ("clusterrolebinding", "crb", "--clusterrole=cr", "--serviceaccount=made:sa"),
    ):
        space = () if kind in ("namespace", "clusterrole", "clusterrolebinding") else ("-n", "made")
        assert kubectl(*space, "create", kind, *more).rstrip().endswith(" created"), kind
    kubectl("-n", "made", "run", "p", "--image=app")
    secret = json.loads(kubectl("-n", "made", "get", "secret", "s", "-o", "json"))
    assert base64.b64decode(secret["data"]["key"]) == b"value"
    job = json.loads(kubectl("-n", "made", "get", "job", "j", "-o", "json"))
    assert job["status"]["succeeded"] == 1
    kubectl("-n", "made", "wait", "--for=condition=complete", "job/j", "--timeout=20s")
    assert "p" in kubectl("-n", "made", "get", "pod", "p")
    kubectl("delete", "namespace", "made")
    assert "NotFound" in kubectl("-n", "made", "get", "pod", "p", code=1)


def test_tokens(kubectl: Kubectl) -> None:
    token = kubectl(
        "-n", "orders", "create", "token", "orders-api", "--audience=a", "--duration=15m"
    )
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == "system:serviceaccount:orders:orders-api"
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (["a"], 900)
    short = kubectl("-n", "orders", "create", "token", "orders-api", "--duration=5m", code=1)
    assert "may not specify a duration less than 10 minutes" in short
    assert '"none" not found' in kubectl("-n", "orders", "create", "token", "none", code=1)


@pytest.mark.parametrize("side", ["--server-side", "--server-side=false"])
def test_apply_takes_away_what_it_no_longer_names(kubectl: Kubectl, side: str) -> None:
    name = "ssa" if side == "--server-side" else "csa"
    manifest = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: x, b: z}}\n"
    )
    kubectl("apply", side, "-f", "-", given=manifest)
    kubectl("apply", side, "-f", "-", given=manifest.replace(", b: z", ""))
    found = json.loads(kubectl("get", "configmap", name, "-o", "json"))
    assert found["data"] == {"a": "x"}


def test_a_dry_run_on_the_server_stores_nothing(kubectl: Kubectl) -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: dry, namespace: orders}
spec: {serviceAccountName: orders-api, containers: [{name: app, image: app}]}
"""
    shown = kubectl("apply", "--dry-run=server", "-o", "yaml", "-f", "-", given=pod)
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in shown
    assert "NotFound" in kubectl("-n", "orders", "get", "pod", "dry", code=1)
    assert "server dry run" in kubectl("create", "--dry-run=server", "-f", "-", given=pod)


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("get", "pod", "none"), None, 'Error from server (NotFound): pods "none" not found'),
        (("get", "widgets"), None, 'the server doesn\'t have a resource type "widgets"'),
        (("create", "ns", "orders"), None, 'namespaces "orders" already exists'),
        (("create", "sa", "Upper"), None, "a lowercase RFC 1123 subdomain must consist of"),
        (
            ("-n", "none", "create", "sa", "x"),
            None,
            'namespaces "none" not found',
        ),
        (
            ("create", "-f", "-"),
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
            "spec: {serviceAccountName: none, containers: [{name: a, image: a}]}",
            'error looking up service account default/none: serviceaccount "none" not found',
        ),
        (("-n", "orders", "logs", "deploy/orders-api"), None, "the lab runs no containers"),
    ],
)
def test_what_the_server_refuses(
    kubectl: Kubectl, arguments: tuple[str, ...], given: str | None, said: str
) -> None:
    assert said in kubectl(*arguments, given=given, code=1)


def test_a_pod_may_not_be_changed_but_for_its_image(kubectl: Kubectl) -> None:
    kubectl("run", "fixed", "--image=app:1")
    kubectl("set", "image", "pod/fixed", "fixed=app:2")
    said = kubectl("patch", "pod", "fixed", "-p", '{"spec":{"serviceAccountName":"x"}}', code=1)
    assert "pod updates may not change fields other than" in said
    kubectl("delete", "pod", "fixed")


def as_user(kubectl: Kubectl, served: dict[str, Any], folder: Path, token: str) -> Kubectl:
    config = json.loads(Path(served["kubeconfig"]).read_text())
    config["users"] = [{"name": "admin", "user": {"token": token}}]
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return Kubectl(served, str(path))


def test_rbac_decides_who_reads_a_secret(
    kubectl: Kubectl, served: dict[str, Any], tmp_path: Path
) -> None:
    kubectl("-n", "orders", "create", "secret", "generic", "db", "--from-literal=p=x")
    token = kubectl("-n", "orders", "create", "token", "orders-api").strip()
    pod = as_user(kubectl, served, tmp_path, token)
    read = ("-n", "orders", "get", "secret", "db")
    assert (
        'secrets "db" is forbidden: User "system:serviceaccount:orders:orders-api" cannot get'
        ' resource "secrets" in API group "" in the namespace "orders"'
    ) in pod(*read, code=1)
    assert pod("-n", "orders", "auth", "can-i", "get", "secrets", code=1).strip() in ("", "no")
    kubectl("-n", "orders", "create", "role", "reader", "--verb=get", "--resource=secrets")
    kubectl(
        "-n", "orders", "create", "rolebinding", "reader", "--role=reader",
        "--serviceaccount=orders:orders-api",
    )  # fmt: skip
    assert "db" in pod(*read)
    assert pod("-n", "orders", "auth", "can-i", "get", "secrets") == "yes\n"
    assert "orders-api" in pod("auth", "whoami")
    kubectl("-n", "orders", "delete", "rolebinding", "reader")
    assert "forbidden" in pod(*read, code=1)
    assert "Unauthorized" in as_user(kubectl, served, tmp_path, "x.y.z")("get", "ns", code=1)


def test_update_kubeconfig_writes_one_that_works(
    kubectl: Kubectl, served: dict[str, Any], tmp_path: Path
) -> None:
    path = str(tmp_path / "config")
    environment = {**served["environment"], "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(
        [aws_cli(), "eks", "update-kubeconfig", "--name", "demo", "--kubeconfig", path],
        env=environment,
        check=True,
        capture_output=True,
    )
    mine = Kubectl(served, path)
    assert "kube-system" in mine("get", "ns")
    assert "platform-admin" in mine("auth", "whoami")
    eks = client(served, "eks")
    admin = "arn:aws:iam::111122223333:role/platform-admin"
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    eks.disassociate_access_policy(clusterName="demo", principalArn=admin, policyArn=policy)
    assert "forbidden" in mine("get", "ns", code=1)
    view = policy.replace("ClusterAdmin", "View")
    scope = {"type": "namespace", "namespaces": ["orders"]}
    eks.associate_access_policy(
        clusterName="demo", principalArn=admin, policyArn=view, accessScope=scope
    )
    assert "orders-api" in mine("-n", "orders", "get", "pods")
    assert "forbidden" in mine("-n", "orders", "get", "secrets", code=1)
    assert "forbidden" in mine("-n", "default", "get", "pods", code=1)
    eks.delete_access_entry(clusterName="demo", principalArn=admin)
    assert "Unauthorized" in mine("get", "ns", code=1)
