"""Each refusal of tests/conformance/lab/refusals.yaml, by real clients in a started lab."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore import xform_name
from botocore.exceptions import ClientError
from werkzeug.test import Client

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow, statement

ROWS = yaml.safe_load((Path(__file__).parents[1] / "conformance/lab/refusals.yaml").read_text())
TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"


class Scene:
    """What a row's steps have made."""

    def __init__(self, lab: Lab, setup: Setup) -> None:
        self.lab, self.setup = lab, setup
        self.made = {"role": ROLE_ARN, "target": TARGET, "issuer": setup.issuer}
        self.sessions = {"operator": boto3.Session(), "other": lab.session(OTHER_ACCOUNT)}

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)\}", lambda match: self.made[match[1]], value)
        return value

    def take(self, step: Any) -> None:
        """A step of `given`."""
        if isinstance(step, str):
            {"irsa": self.irsa, "pod-identity": self.pod_identity}[step]()
            return
        ((name, arguments),) = self.filled(step).items()
        own = getattr(self, name, None)
        if own is not None:
            own(**arguments)
        else:
            self.call("operator", name, arguments)

    def call(self, caller: str, name: str, arguments: dict[str, Any]) -> Any:
        service, _, operation = name.partition(".")
        if caller == "pod" and "pod" not in self.sessions:
            self.session(name="pod")
            arn = self.sessions["pod"].client("sts").get_caller_identity()["Arn"]
            self.made["pod"] = arn
        client = self.sessions[caller].client(service)
        return getattr(client, xform_name(operation))(**arguments)

    # -- steps ---------------------------------------------------------------------------

    def irsa(self) -> None:
        self.made["provider"] = self.setup.create_provider()
        self.setup.create_role(self.setup.irsa_trust())
        self.setup.cluster.apply(self.setup.annotated())

    def pod_identity(self) -> None:
        self.made["pod_uid"] = self.setup.pod_identity_pod().uid
        (found,) = self.setup.eks.list_pod_identity_associations(clusterName="demo")["associations"]
        self.made["association"] = found["associationId"]

    def token(
        self,
        service_account: str = "orders-api",
        audience: str = "sts.amazonaws.com",
        forged: bool = False,
    ) -> None:
        text = self.setup.cluster.create_token(service_account, "orders", audience=audience)
        head, body, signature = text.split(".")
        self.made["token"] = f"{head}.{body}.{signature[::-1]}" if forged else text

    def session(self, name: str = "session") -> None:
        self.token()
        found = self.setup.sts.assume_role_with_web_identity(
            RoleArn=ROLE_ARN, RoleSessionName="test", WebIdentityToken=self.made["token"]
        )["Credentials"]
        self.sessions[name] = boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
        )

    def move(self, **by: float) -> None:
        self.lab.clock.move(**by)

    def key(self) -> None:
        client = self.sessions["operator"].client("kms")
        self.made["key"] = client.create_key()["KeyMetadata"]["KeyId"]

    def permit(self, action: str) -> None:
        self.setup.iam.put_role_policy(
            RoleName="orders-api", PolicyName="p", PolicyDocument=json.dumps(allow(action))
        )

    def other(
        self,
        principal: str = f"arn:aws:iam::{ACCOUNT}:role/eks-node",
        condition: dict[str, Any] | None = None,
        max: int = 3600,
    ) -> None:
        """A role `target` in the other account, trusted to be assumed."""
        more = {"Condition": condition} if condition else {}
        trust = statement(Principal={"AWS": principal}, Action="sts:AssumeRole", **more)
        self.sessions["other"].client("iam").create_role(
            RoleName="target", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=max
        )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_refusal(lab: Lab, setup: Setup, row: Any) -> None:
    scene = Scene(lab, setup)
    for step in row.get("given", []):
        scene.take(step)
    when = dict(row["when"])
    caller = when.pop("as", "operator")
    ((name, arguments),) = when.items()
    if name == "agent":
        token = scene.filled(arguments)["token"]
        headers = {"Host": "169.254.170.23", "Authorization": token}
        answer = Client(lab.gateway).get("/v1/credentials", headers=headers)
        said: dict[str, Any] = {"status": answer.status_code, "message": answer.text}
    else:
        with pytest.raises(ClientError) as caught:
            scene.call(caller, name, scene.filled(arguments))
        error = caught.value.response
        status = error["ResponseMetadata"]["HTTPStatusCode"]
        said = {**{key.lower(): text for key, text in error["Error"].items()}, "status": status}
    then = scene.filled(row["then"])
    end = then.pop("ends", "")
    assert {key: said[key] for key in then} == then
    assert said["message"].endswith(end)


def test_each_row_says_where_it_comes_from() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row["basis"] in ("documented", "cited", "inferred")
        assert row["source"]
        text = row["then"].get("message", "") + row["then"].get("ends", "")
        assert "lab:" not in text or row["basis"] == "inferred", row["id"]
