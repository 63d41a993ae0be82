"""A cluster outside the lab whose pods use it as their AWS: here another lab's cluster.

The same against a real kube-apiserver: `make real`.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.cli import main
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, statement
from tests.lab.lab_process import client, serving
from tests.real import own_cluster
from tests.real.api_client import ApiClient, of_kubeconfig
from tests.real.own_cluster import variables

SPACE = "/api/v1/namespaces/shop"
ROLE = {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/web"}


@pytest.fixture(scope="module")
def theirs() -> Iterator[dict[str, Any]]:
    """The cluster outside, with service accounts."""
    with serving("--cluster", "theirs") as served:
        with closing(of_kubeconfig(served["kubeconfig"])) as api:
            api("POST /api/v1/namespaces", {"metadata": {"name": "shop"}})
            for name, noted in (("web", ROLE), ("worker", {}), ("plain", {})):
                metadata = {"name": name, "annotations": noted}
                api(f"POST {SPACE}/serviceaccounts", {"metadata": metadata})
        yield served


@pytest.fixture(scope="module")
def ours(theirs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lab that trusts it, with a role for each mechanism."""
    with serving("--kubeconfig", theirs["kubeconfig"]) as served:
        iam, eks = client(served, "iam"), client(served, "eks")
        issuer = _issuer(theirs)
        iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
        provider = issuer.removeprefix("https://")
        web = statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition={"StringEquals": {f"{provider}:sub": "system:serviceaccount:shop:web"}},
        )
        for name, trust in (("web", web), ("worker", POD_IDENTITY_TRUST)):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        eks.create_pod_identity_association(
            clusterName="demo",
            namespace="shop",
            serviceAccount="worker",
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/worker",
        )
        yield served


def _issuer(served: dict[str, Any]) -> str:
    eks = client(served, "eks")
    return str(eks.describe_cluster(name="theirs")["cluster"]["identity"]["oidc"]["issuer"])


@pytest.fixture
def api(theirs: dict[str, Any]) -> Iterator[ApiClient]:
    with closing(of_kubeconfig(theirs["kubeconfig"])) as server:
        yield server


def connect(ours: dict[str, Any], theirs: dict[str, Any], *action: str) -> str:
    return own_cluster.connect(theirs["kubeconfig"], ours, *action)


def pod(api: ApiClient, account: str) -> dict[str, Any]:
    specification = {
        "serviceAccountName": account,
        "containers": [{"name": "app", "image": "app"}],
    }
    metadata = {"generateName": f"{account}-"}
    return dict(api(f"POST {SPACE}/pods", {"metadata": metadata, "spec": specification}).document)


def token(api: ApiClient, found: dict[str, Any], audience: str) -> str:
    reference = {"kind": "Pod", "apiVersion": "v1", "name": found["metadata"]["name"]}
    account = f"shop/{found['spec']['serviceAccountName']}"
    return api.token(account, audiences=[audience], boundObjectRef=reference)


def test_what_is_printed_is_what_is_applied_and_undone(
    ours: dict[str, Any], theirs: dict[str, Any], api: ApiClient
) -> None:
    printed = {one["kind"]: one for one in yaml.safe_load_all(connect(ours, theirs))}
    assert printed["ConfigMap"]["data"]["AWS_ENDPOINT_URL"] == ours["endpoint"]
    assert connect(ours, theirs, "--apply").splitlines() == [
        "configmap/podrole-lab created",
        "mutatingwebhookconfiguration.admissionregistration.k8s.io/podrole-lab created",
    ]
    hooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/podrole-lab"
    (hook,) = api(f"GET {hooks}").document["webhooks"]
    (wanted,) = printed["MutatingWebhookConfiguration"]["webhooks"]
    assert hook["clientConfig"] == wanted["clientConfig"]
    assert "configured" in connect(ours, theirs, "--apply")
    assert connect(ours, theirs, "--undo").count(" deleted") == 2
    assert api(f"GET {hooks}").status == 404
    assert connect(ours, theirs, "--undo").count(" not found") == 2


def test_both_mechanisms_by_the_pods_own_tokens(
    ours: dict[str, Any], theirs: dict[str, Any], api: ApiClient
) -> None:
    connect(ours, theirs, "--apply")
    try:
        web, worker, plain = (pod(api, account) for account in ("web", "worker", "plain"))
    finally:
        connect(ours, theirs, "--undo")
    assert variables(web)["AWS_ROLE_ARN"] == ROLE["eks.amazonaws.com/role-arn"]
    assert variables(web)["AWS_ENDPOINT_URL_STS"] == ours["endpoint"]
    assert variables(worker)["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == ours["agent"]
    assert variables(plain) == {}
    sts = client(ours, "sts")
    wish = {"RoleArn": ROLE["eks.amazonaws.com/role-arn"], "RoleSessionName": "test"}
    text = token(api, web, "sts.amazonaws.com")
    answer = sts.assume_role_with_web_identity(**wish, WebIdentityToken=text)
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:web"
    text = token(api, plain, "sts.amazonaws.com")
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role_with_web_identity(**wish, WebIdentityToken=text)
    text = token(api, worker, "pods.eks.amazonaws.com")
    request = urllib.request.Request(ours["agent"], headers={"Authorization": text})
    with urllib.request.urlopen(request) as response:
        assert json.loads(response.read())["AccessKeyId"].startswith("ASIA")


def kubeconfig(server: str, user: str) -> str:
    return (
        "current-context: a\n"
        "contexts: [{name: a, context: {cluster: a, user: a}}]\n"
        f"clusters: [{{name: a, cluster: {{server: '{server}'}}}}]\n"
        f"users: [{{name: a, user: {user}}}]\n"
    )


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "no context named None"),
        ("a: [", "line 1"),
        (
            kubeconfig("https://example.com", "{}"),
            "the lab talks to API servers on this machine only",
        ),
        (
            kubeconfig("https://127.0.0.1:1", "{exec: {}}"),
            "its user has `exec`, which the lab does not run",
        ),
        (
            kubeconfig("https://127.0.0.1:1", "{token: t}"),
            "does not answer",
        ),
    ],
)
def test_kubeconfigs_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, said: str
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(config)
    for command in ("serve --port 0", "connect --undo"):
        with pytest.raises(SystemExit) as ended:
            sys.exit(main(["lab", *command.split(), "--kubeconfig", str(path)]))
        assert ended.value.code == 2
        errors = capsys.readouterr().err
        assert said in errors
        assert len(errors.splitlines()) == 1


def test_a_lab_that_knows_no_cluster_connects_none(
    theirs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--kubeconfig", theirs["kubeconfig"], "--endpoint", theirs["endpoint"]]
    assert main(["lab", "connect", *given]) == 2
    assert "start it with `podrole lab serve --kubeconfig FILE`" in capsys.readouterr().err
