"""A served lab with a pod for each mechanism, and programs that run as these pods."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, allow, statement
from tests.lab.lab_process import client, serving

BUCKET = "orders-data"


class Cluster:
    """The cluster's API server, by its kubeconfig."""

    def __init__(self, served: dict[str, Any]) -> None:
        config = json.loads(Path(served["kubeconfig"]).read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server = cluster["server"]
        self._token = config["users"][0]["user"]["token"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.server + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self._context) as response:
            return json.load(response)

    def run(self, namespace: str, name: str, **annotations: str) -> None:
        """A service account and a pod of that name."""
        base = f"/api/v1/namespaces/{namespace}"
        metadata = {"name": name, "annotations": annotations}
        self("POST", f"{base}/serviceaccounts", {"metadata": metadata})
        specification = {
            "serviceAccountName": name,
            "containers": [{"name": "app", "image": "app"}],
        }
        self("POST", f"{base}/pods", {"metadata": {"name": name}, "spec": specification})


@contextmanager
def served_pods(*options: str) -> Iterator[dict[str, Any]]:
    """A lab with a pod for each mechanism, and one of each that nobody trusts."""
    with serving(*options) as settings:
        iam, eks, s3 = (client(settings, name) for name in ("iam", "eks", "s3"))
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        issuer = eks.describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
        iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
        host = issuer.removeprefix("https://")
        irsa = statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition={
                "StringEquals": {
                    f"{host}:aud": "sts.amazonaws.com",
                    f"{host}:sub": "system:serviceaccount:orders:irsa",
                }
            },
        )
        wanted = allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{BUCKET}/*")
        for name, trust in (
            ("irsa", irsa),
            ("pod-identity", POD_IDENTITY_TRUST),
            ("pod-identity-stranger", POD_IDENTITY_TRUST),
        ):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=json.dumps(wanted))
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        cluster = Cluster(settings)
        cluster("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
        role = f"arn:aws:iam::{ACCOUNT}:role/"
        for name in ("irsa", "irsa-stranger"):
            cluster.run("orders", name, **{"eks.amazonaws.com/role-arn": f"{role}irsa"})
        for name in ("pod-identity", "pod-identity-stranger"):
            eks.create_pod_identity_association(
                clusterName="demo",
                namespace="orders",
                serviceAccount=name,
                roleArn=f"{role}{name}",
            )
            cluster.run("orders", name)
        # EKS reads the trust policy when it associates; what changes later, the pod meets.
        iam.update_assume_role_policy(
            RoleName="pod-identity-stranger", PolicyDocument=json.dumps(irsa)
        )
        yield settings


def run_as(
    served: dict[str, Any], pod: str, command: list[str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", served["endpoint"],
         pod, "-n", "orders", *options, "--", *command],
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
