"""The webhook alone: `podrole lab inject`, and AdmissionReview at the API server."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from werkzeug.test import Client, TestResponse

from podrole.cli import main
from podrole.lab import Lab, webhook
from podrole.lab.cluster_door import ClusterDoor
from podrole.lab.kubernetes_api.json_patch import json_patch

Mutate = Callable[..., TestResponse]

ROLE = "arn:aws:iam::111122223333:role/orders-api"
ACCOUNTS = f"""
kind: ServiceAccount
metadata: {{name: irsa, namespace: orders, annotations: {{eks.amazonaws.com/role-arn: "{ROLE}"}}}}
---
kind: ServiceAccount
metadata: {{name: plain, namespace: orders}}
"""
POD = """
kind: Pod
metadata: {name: p, namespace: orders}
spec: {serviceAccountName: ACCOUNT, containers: [{name: app, image: app}]}
"""


class Inject:
    """The command, with its files in a folder."""

    def __init__(self, folder: Path, monkeypatch: Any, capsys: Any) -> None:
        self.folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        (folder / "sa.yml").write_text(ACCOUNTS)

    def __call__(self, pod: str, *more: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(pod))
        accounts = str(self.folder / "sa.yml")
        code = main(["lab", "inject", "--service-accounts", accounts, *more])
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def inject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Inject:
    return Inject(tmp_path, monkeypatch, capsys)


def variables(pod: str) -> dict[str, str]:
    container = yaml.safe_load(pod)["spec"]["containers"][0]
    return {item["name"]: item["value"] for item in container.get("env", [])}


def test_irsa_pod_identity_and_neither(inject: Inject) -> None:
    code, out, err = inject(POD.replace("ACCOUNT", "irsa"), "--region", "eu-west-1")
    assert (code, err) == (0, "")
    assert variables(out)["AWS_ROLE_ARN"] == ROLE
    assert variables(out)["AWS_REGION"] == "eu-west-1"
    listed = {"associations": [{"namespace": "orders", "serviceAccount": "irsa"}]}
    (inject.folder / "a.json").write_text(json.dumps(listed))
    associations = ("--associations", str(inject.folder / "a.json"))
    url = "http://127.0.0.1:1/v1/credentials"
    _, out, _ = inject(
        POD.replace("ACCOUNT", "irsa"), *associations, "--container-credentials-full-uri", url
    )
    assert variables(out)["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == url
    assert "AWS_ROLE_ARN" not in variables(out)
    plain = POD.replace("ACCOUNT", "plain")
    assert yaml.safe_load(inject(plain)[1]) == yaml.safe_load(plain)


@pytest.mark.parametrize(
    ("pod", "more", "said"),
    [
        ("kind: [", (), "stdin: not YAML"),
        ("", (), "stdin: no pod"),
        ("kind: Deployment\nmetadata: {}", (), "stdin: a Pod is expected, not Deployment"),
        ("- 1", (), "stdin: list where a manifest is expected"),
        ("kind: Pod\nmetadata: {name: p}", (), "stdin: pod p: spec.containers is required"),
        (
            POD.replace("ACCOUNT", "none"),
            (),
            "stdin: pod p: no service account orders/none in",
        ),
        (POD, ("--associations", "/no/such/file"), "/no/such/file: No such file or directory"),
    ],
)
def test_bad_input_is_one_clear_line(
    inject: Inject, pod: str, more: tuple[str, ...], said: str
) -> None:
    code, out, err = inject(pod, *more)
    assert (code, out) == (2, "")
    assert err.startswith(f"podrole: {said}")
    assert err.count("\n") == 1


# -- POST /mutate/… -------------------------------------------------------------------------


@pytest.fixture
def mutate(lab: Lab) -> Mutate:
    cluster = lab.kubernetes()
    cluster.apply("kind: Namespace\nmetadata: {name: orders}")
    cluster.apply(ACCOUNTS)
    door = ClusterDoor(lab, "https://127.0.0.1:1", "CA")
    return partial(Client(door).post, urlsplit(door.webhook_url("demo")).path)


def review(pod: Any, **more: Any) -> dict[str, Any]:
    request = {"uid": "u-1", "namespace": "orders", "operation": "CREATE", "object": pod, **more}
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def pod_of(account: str, **more: Any) -> dict[str, Any]:
    pod: dict[str, Any] = yaml.safe_load(POD.replace("ACCOUNT", account))
    pod["spec"].update(more)
    return pod


@pytest.mark.parametrize("volumes", [None, [{"name": "own", "emptyDir": {}}]])
@pytest.mark.parametrize("associated", [False, True])
def test_the_patch_makes_of_the_pod_what_admission_stores(
    lab: Lab, mutate: Mutate, associated: bool, volumes: Any
) -> None:
    if associated:
        eks = lab.session().client("eks")
        eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount="irsa", roleArn=ROLE
        )
    init = [{"name": "init", "image": "app"}]
    pod = pod_of("irsa", initContainers=init, **({"volumes": volumes} if volumes else {}))
    response = mutate(json=review(pod)).json["response"]
    assert (response["uid"], response["allowed"]) == ("u-1", True)
    operations = json.loads(base64.b64decode(response["patch"]))
    paths = [item["path"] for item in operations]
    label = ["/metadata/labels"] if associated else []
    place = "/spec/volumes/0" if volumes else "/spec/volumes"
    assert paths == [*label, place, "/spec/containers", "/spec/initContainers"]
    account = lab.kubernetes().get("ServiceAccount", "irsa", "orders")
    stored = webhook.admit(pod, account, associated=associated, region="us-west-2")
    assert json_patch(pod, operations) == stored


def test_what_is_left_alone(mutate: Mutate) -> None:
    for given in (
        review(pod_of("plain")),
        review(pod_of("none")),
        review(pod_of("irsa"), operation="UPDATE"),
        review({"kind": "Secret"}),
    ):
        response = mutate(json=given).json["response"]
        assert response == {"uid": "u-1", "allowed": True}
    for body in (b"{", b"[]", b"{}", b'{"request": {"object": 5}}'):
        answer = mutate(data=body, content_type="application/json")
        assert (answer.status_code, answer.json["kind"]) == (400, "Status")
