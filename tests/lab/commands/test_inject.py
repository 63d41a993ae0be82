"""The webhook alone: `podrole lab inject`, and AdmissionReview at the API server."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.test import TestResponse

from podrole.cli import main
from tests import hostile

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
        ("", (), "stdin: found no pod"),
        ("kind: Deployment\nmetadata: {}", (), "stdin: a Pod is expected, not Deployment"),
        ("- 1", (), "stdin: list instead of a manifest"),
        ("kind: Pod\nmetadata: {name: p}", (), "stdin: pod p: spec.containers is required"),
        (
            POD.replace("ACCOUNT", "none"),
            (),
            "stdin: pod p: no service account orders/none in",
        ),
        (POD, ("--associations", "/no/such/file"), "/no/such/file: No such file or directory"),
        ("a: " + "[" * 999, (), "stdin: not YAML: line 1, column 67: nested deeper than 64 levels"),
        (
            "a: " + "[" * 1000,
            (),
            "stdin: not YAML: line 1, column 1003: nested deeper than 64 levels",
        ),
        ("a: &a {b: *a}", (), "stdin: not YAML: line 1, column 11: the alias *a refers to it"),
        ("kind: Pod\nmetadata: {annotations: [a]}", (), "stdin: Pod in version"),
        ("kind: Pod\nmetadata: {}\nspec: {containers: [null]}", (), "stdin: pod (no name): a list"),
        ("kind: Pod\nmetadata: {}\nspec: {containers: 5}", (), "stdin: Pod in version"),
        ("kind: Pod\nmetadata: {}\nspec: null", (), "stdin: pod (no name): spec.containers is"),
    ],
)
def test_bad_input_is_one_clear_line(
    inject: Inject, pod: str, more: tuple[str, ...], said: str
) -> None:
    code, out, err = inject(pod, *more)
    assert (code, out) == (2, "")
    assert err.startswith(f"podrole: {said}")
    assert err.count("\n") == 1


def test_each_value_stays_the_text_that_it_is(inject: Inject) -> None:
    """kubectl reads YAML 1.2: an unquoted 1e3 would be a number, which no variable takes."""
    variables = [
        {"name": f"V{n}", "value": one} for n, one in enumerate(hostile.texts("typed word"))
    ]
    pod = yaml.safe_load(POD.replace("ACCOUNT", "irsa"))
    pod["spec"]["containers"][0]["env"] = variables
    code, out, err = inject(json.dumps(pod))
    assert (code, err) == (0, "")
    assert "value: '1e3'" in out
    assert "value: 'y'" in out
    assert yaml.safe_load(out)["spec"]["containers"][0]["env"][: len(variables)] == variables


def test_two_containers_with_one_alias_are_changed_apart(inject: Inject) -> None:
    pod = """
kind: Pod
metadata: {name: p, namespace: orders}
spec:
  serviceAccountName: irsa
  containers: [{name: a, env: &e [{name: X, value: x}]}, {name: b, env: *e}]
"""
    _, out, _ = inject(pod)
    for container in yaml.safe_load(out)["spec"]["containers"]:
        names = [one["name"] for one in container["env"]]
        assert len(names) == len(set(names)), names


@pytest.mark.parametrize("value", [item for item in hostile.flat(hostile.VALUES) if item != {}])
@pytest.mark.parametrize("member", ["metadata", "spec", "containers", "env", "volumes", "labels"])
def test_any_value_in_any_member_is_a_pod_or_one_line(
    inject: Inject, member: str, value: Any
) -> None:
    pod = yaml.safe_load(POD.replace("ACCOUNT", "irsa"))
    holder = {
        "containers": pod["spec"],
        "volumes": pod["spec"],
        "env": pod["spec"]["containers"][0],
        "labels": pod["metadata"],
    }.get(member, pod)
    holder[member] = value
    code, out, err = inject(json.dumps(pod))
    assert (code, bool(out)) in ((0, True), (2, False))
    assert err.count("\n") == (code == 2)


# -- POST /mutate/… -------------------------------------------------------------------------


def test_the_service_account_s_old_field_is_read(inject: Inject) -> None:
    """The API server copies `serviceAccount` into `serviceAccountName`."""
    pod = POD.replace("ACCOUNT", "irsa").replace("serviceAccountName", "serviceAccount")
    code, out, err = inject(pod)
    assert (code, err) == (0, "")
    assert variables(out)["AWS_ROLE_ARN"] == ROLE
