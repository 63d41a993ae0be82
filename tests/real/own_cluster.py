"""A real cluster whose pods use the lab as their AWS: `podrole lab connect`, and the two policies.

There is no kubelet: a pod's program runs on this machine, with the variables of the stored pod and
with tokens that the cluster has issued for that pod.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from podrole.catalog import Catalog
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, allow, statement
from tests.lab.lab_process import client
from tests.real.api_client import ApiClient
from tests.real.control_plane import ISSUER, ControlPlane

_SPACE = "shop"
_APPLY = "application/apply-patch+yaml"
_PROGRAM = """
import boto3, botocore.exceptions, sys
try:
    s3 = boto3.client("s3")
    print(boto3.client("sts").get_caller_identity()["Arn"].split("/")[1])
    print(len(s3.list_objects_v2(Bucket=sys.argv[1]).get("Contents", ())))
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
except botocore.exceptions.BotoCoreError as error:
    print(type(error).__name__)
"""


def proven(real: ControlPlane, api: ApiClient, served: dict[str, Any]) -> Iterator[str]:
    """What does not go as it should with a lab that was served with the cluster's kubeconfig."""
    _furnish(api, served)
    connect(str(real.kubeconfig), served, "--apply")
    for problem in _pods(api):
        yield f"webhook: {problem}"
    connect(str(real.kubeconfig), served, "--undo")
    if "AWS_ROLE_ARN" in variables(_pod(api, "irsa", "undone")):
        yield "undone: the pod is injected all the same"
    for problem in _policies(api, served):
        yield f"policies: {problem}"


def connect(kubeconfig: str, served: dict[str, Any], *action: str) -> str:
    """What `podrole lab connect` prints."""
    command = [sys.executable, "-m", "podrole", "lab", "connect"]
    done = subprocess.run(
        [*command, "--kubeconfig", kubeconfig, "--endpoint", served["endpoint"], *action],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def _furnish(api: ApiClient, served: dict[str, Any]) -> None:
    """The issuer's provider, the roles, the bucket, the association and the service accounts."""
    iam, s3, eks = (client(served, name) for name in ("iam", "s3", "eks"))
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    provider = ISSUER.removeprefix("https://")
    irsa = statement(
        Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={
            "StringEquals": {
                f"{provider}:sub": f"system:serviceaccount:{_SPACE}:irsa",
                f"{provider}:aud": "sts.amazonaws.com",
            }
        },
    )
    reads = json.dumps(allow("s3:ListBucket", "arn:aws:s3:::shop-data"))
    for role, trust in (("irsa", irsa), ("pod-identity", POD_IDENTITY_TRUST)):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=role, PolicyName="reads", PolicyDocument=reads)
    for bucket in ("shop-data", "other-data"):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
    eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    eks.create_pod_identity_association(
        clusterName="demo",
        namespace=_SPACE,
        serviceAccount="pod-identity",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/pod-identity",
    )
    api("POST /api/v1/namespaces", {"metadata": {"name": _SPACE}})
    api.wait(f"/api/v1/namespaces/{_SPACE}/serviceaccounts/default")
    role = {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/irsa"}
    for name, noted in (("irsa", role), ("intruder", role), ("pod-identity", {})):
        account = {"metadata": {"name": name, "annotations": noted}}
        api(f"POST /api/v1/namespaces/{_SPACE}/serviceaccounts", account)


def _pods(api: ApiClient) -> Iterator[str]:
    """Both mechanisms: allowed, refused by the policy, and refused by the trust."""
    for account, bucket, expected in (
        ("irsa", "shop-data", ["irsa", "0"]),
        ("irsa", "other-data", ["irsa", "AccessDenied"]),
        ("intruder", "shop-data", ["AccessDenied"]),
        ("pod-identity", "shop-data", ["pod-identity", "0"]),
        ("pod-identity", "other-data", ["pod-identity", "AccessDenied"]),
        ("default", "shop-data", ["NoCredentialsError"]),
    ):
        said = ran(api, _of_deployment(api, account), bucket)
        if said != expected:
            yield f"{account} reads {bucket}: {said}, not {expected}"


def _of_deployment(api: ApiClient, account: str) -> dict[str, Any]:
    """The pod of a deployment whose pods run as a service account."""
    path = f"/apis/apps/v1/namespaces/{_SPACE}/deployments"
    labels = {"app": account}
    given = {
        "metadata": {"name": account},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": account,
                    "containers": [{"name": "app", "image": "app:1"}],
                },
            },
        },
    }
    api(f"POST {path}", given)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        query = f"?labelSelector=app%3D{account}"
        found = api(f"GET /api/v1/namespaces/{_SPACE}/pods{query}").document["items"]
        if found:
            return dict(found[0])
        time.sleep(0.1)
    raise TimeoutError(f"deployment {account} has no pod after 20 s")


def _pod(api: ApiClient, account: str, name: str) -> dict[str, Any]:
    given = {
        "metadata": {"name": name},
        "spec": {
            "serviceAccountName": account,
            "containers": [{"name": "app", "image": "app:1"}],
        },
    }
    return dict(api(f"POST /api/v1/namespaces/{_SPACE}/pods", given).document)


def variables(pod: dict[str, Any]) -> dict[str, str]:
    (container,) = pod["spec"]["containers"]
    return {one["name"]: one.get("value", "") for one in container.get("env") or ()}


def ran(api: ApiClient, pod: dict[str, Any], bucket: str, **more: str) -> list[str]:
    """What the program prints as the pod's: its role, then how many objects it sees, or a code."""
    with tempfile.TemporaryDirectory() as folder:
        files = _files(api, pod, Path(folder))
        environment = {
            name: files.get(value, value) for name, value in {**variables(pod), **more}.items()
        }
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, bucket],
            env={
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_DEFAULT_REGION": "us-west-2",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
    return done.stdout.split() or done.stderr.splitlines()[-1:]


def _files(api: ApiClient, pod: dict[str, Any], folder: Path) -> dict[str, str]:
    """The pod's tokens, as a kubelet asks for them: path in the container to path here."""
    metadata, (container,) = pod["metadata"], pod["spec"]["containers"]
    mounts = {one["name"]: one["mountPath"] for one in container.get("volumeMounts") or ()}
    reference = {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"]}
    account = f"{_SPACE}/{pod['spec']['serviceAccountName']}"
    paths = {}
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            projection = source.get("serviceAccountToken")
            if projection is None or "audience" not in projection:
                continue
            place = folder / f"{volume['name']}-{projection['path']}"
            place.write_text(
                api.token(
                    account,
                    audiences=[projection["audience"]],
                    expirationSeconds=projection["expirationSeconds"],
                    boundObjectRef={**reference, "uid": metadata["uid"]},
                )
            )
            paths[f"{mounts[volume['name']]}/{projection['path']}"] = str(place)
    return paths


# -- without a webhook -------------------------------------------------------------------------


def _policies(api: ApiClient, served: dict[str, Any]) -> Iterator[str]:
    """The catalogue's MutatingAdmissionPolicy injects, its ValidatingAdmissionPolicy refuses."""
    for snippet in ("policy-injects-irsa", "policy-guards-role-arn"):
        for manifest in _manifests(snippet):
            plural = f"{manifest['kind'].lower()}s".replace("policys", "policies")
            group = manifest["apiVersion"]
            path = f"/apis/{group}/{plural}/{manifest['metadata']['name']}"
            answer = api(f"PATCH {path}?fieldManager=real", manifest, kind=_APPLY)
            if answer.status not in (200, 201):
                yield f"{snippet}: {answer.document.get('message')}"
    end = time.monotonic() + 20  # the API server takes a policy up within seconds
    number = 0
    while "AWS_ROLE_ARN" not in variables(pod := _pod(api, "irsa", f"policy-{number}")):
        if time.monotonic() > end:
            yield "no pod is injected after 20 s"
            return
        number += 1
        time.sleep(0.3)
    reach = dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"), served["endpoint"])
    said = ran(api, pod, "shop-data", **reach)
    if said != ["irsa", "0"]:
        yield f"the injected pod reads: {said}"
    if "AWS_ROLE_ARN" in variables(_pod(api, "pod-identity", "plain")):
        yield "a pod without the annotation is injected"
    group = "rbac.authorization.k8s.io"
    binding = {
        "metadata": {"name": "irsa-edits"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "irsa", "namespace": _SPACE}],
    }
    api(f"POST /apis/{group}/v1/clusterrolebindings", binding)
    yield from _guarded(api)


def _guarded(api: ApiClient) -> Iterator[str]:
    path = f"/api/v1/namespaces/{_SPACE}/serviceaccounts"
    change = {"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x"}}}
    token, merge = api.token(f"{_SPACE}/irsa"), "application/merge-patch+json"
    end, said = time.monotonic() + 20, ""
    while time.monotonic() < end:
        answer = api(f"PATCH {path}/pod-identity?dryRun=All", change, kind=merge, token=token)
        said = str(answer.document.get("message"))
        if answer.status == 403 and "only the platform team" in said:
            break
        time.sleep(0.3)
    else:
        yield f"who may edit service accounts sets the annotation: {said}"
    labels = {"metadata": {"labels": {"team": "shop"}}}
    answer = api(f"PATCH {path}/pod-identity?dryRun=All", labels, kind=merge, token=token)
    if answer.status != 200:
        yield f"a label is refused too: {answer.document.get('message')}"
    answer = api(f"PATCH {path}/pod-identity?dryRun=All", change, kind=merge)
    if answer.status != 200:
        yield f"the platform team is refused too: {answer.document.get('message')}"


def _manifests(snippet: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(Catalog.load().render(snippet, "yaml")) if one]
