"""`make beside-webhook WEBHOOK=FILE`: the lab's webhook beside AWS's own, on drawn pods.

FILE is aws/amazon-eks-pod-identity-webhook, built by `go build` (the module proxy does not have
it). It reads service accounts from the lab's API server. Both answer the same reviews; each answer
that differs is printed, and the exit code is 1. `WEBHOOK_SEED=8 WEBHOOK_PODS=1000` draws others.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import yaml

ROLE = "arn:aws:iam::111122223333:role/orders-api"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PREFIX = "eks.amazonaws.com/"
ACCOUNTS: dict[str, dict[str, str]] = {
    "plain": {},
    "irsa": {"role-arn": ROLE},
    "global": {"role-arn": ROLE, "sts-regional-endpoints": "false"},
    "odd": {"role-arn": ROLE, "sts-regional-endpoints": "no", "token-expiration": "1_000"},
    "short": {"role-arn": ROLE, "token-expiration": "60", "audience": ""},
    "long": {"role-arn": ROLE, "token-expiration": "3600", "audience": "vault"},
    "empty": {"role-arn": "", "token-expiration": "7200"},
    "associated": {},
    "both": {"role-arn": ROLE, "token-expiration": "3600", "sts-regional-endpoints": "F"},
}
ASSOCIATED = ("associated", "both", "absent-but-associated")
LIFETIMES = ("3600", "60", "abc", "", "1_000", " 3600", "+7200", "-5", str(2**70), "0000003601")
SKIPS = ("c0", "c0, c1", "c0,c1", '"c0","c1"', 'c0,c"1', '"c0', "\nc0\nc1", "c0\r\nc1", '"c""0",c1')
NAMES = (
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "OTHER",
)
#: Reviews that are none, or none of a pod: body, Content-Type.
ODD: tuple[tuple[bytes, str], ...] = (
    (b"{}", "application/json; charset=utf-8"),
    (b"{}", "application/yaml"),
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"{}", "application/json"),
    (b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', "application/json"),
    (
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1"}}',
        "application/json",
    ),
    (
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1",'
        b'"object":{"spec":{"containers":1}}}}',
        "application/json",
    ),
    (
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1",'
        b'"namespace":"orders","object":{"kind":"Pod","spec":{"serviceAccountName":"irsa"}}}}',
        "application/json",
    ),
)


class Drawn:
    """Pods that a seed draws."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pod(self) -> dict[str, Any]:
        pick = self._random
        metadata: dict[str, Any] = {"generateName": "p-"}
        annotations = {}
        if pick.random() < 0.4:
            annotations[f"{PREFIX}skip-containers"] = pick.choice(SKIPS)
        if pick.random() < 0.4:
            annotations[f"{PREFIX}token-expiration"] = pick.choice(LIFETIMES)
        if annotations:
            metadata["annotations"] = annotations
        if pick.random() < 0.6:
            own = {f"{PREFIX}pod-identity": pick.choice(("enabled", "off"))}
            metadata["labels"] = pick.choice((None, {}, {"app": "x"}, own))
        specification: dict[str, Any] = {
            "serviceAccountName": pick.choice((*ACCOUNTS, "absent", "absent-but-associated")),
            "containers": [self._container(f"c{number}") for number in range(pick.randint(1, 3))],
        }
        if pick.random() < 0.5:
            specification["initContainers"] = [
                self._container(f"c{number + 5}") for number in range(pick.randint(0, 2))
            ]
        if pick.random() < 0.6:
            own = [{"name": name, "emptyDir": {}} for name in ("aws-iam-token", "data")]
            specification["volumes"] = pick.choice((None, [], own[:1], own[1:], own))
        if pick.random() < 0.2:
            os_label = pick.choice(("kubernetes.io/os", "beta.kubernetes.io/os"))
            specification["nodeSelector"] = {os_label: pick.choice(("windows", "linux"))}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": specification,
        }

    def _container(self, name: str) -> dict[str, Any]:
        pick = self._random
        container: dict[str, Any] = {"name": name, "image": "app:1"}
        if pick.random() < 0.7:
            names = pick.sample(NAMES, pick.randint(0, len(NAMES)))
            container["env"] = pick.choice(([{"name": n, "value": "own"} for n in names], None))
        if pick.random() < 0.4:
            names = ("aws-iam-token", "eks-pod-identity-token", "data")
            mounts = [
                {"name": n, "mountPath": f"/{n}"} for n in pick.sample(names, pick.randint(0, 3))
            ]
            container["volumeMounts"] = mounts
        if pick.random() < 0.3:
            container["resources"] = {"limits": {"cpu": "1"}}
        return container


def review(pod: dict[str, Any]) -> bytes:
    """An AdmissionReview of the pod's creation in the namespace `orders`."""
    asked = {"uid": "u1", "namespace": "orders", "operation": "CREATE", "object": pod}
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}
    return json.dumps(document).encode()


def post(url: str, body: bytes, kind: str) -> tuple[int, str, str]:
    """Status, Content-Type and body of the answer. The certificate is not looked at."""
    place = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    door = http.client.HTTPSConnection(place.hostname or "", place.port, context=context)
    door.request("POST", place.path, body, {"Content-Type": kind})
    answer = door.getresponse()
    return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()


def patches(answer: tuple[int, str, str]) -> Any:
    """The answer with its patch decoded; what the webhook draws at random left out."""
    try:
        document = json.loads(answer[2])
    except ValueError:
        return answer
    response = document.get("response") or {}
    status = response.get("status") or {}
    if "json parse error" in status.get("message", ""):
        status["message"] = "json parse error"  # and each parser's own words
    if "patch" in response:
        response["patch"] = json.loads(base64.b64decode(response["patch"]))
        _level(response["patch"])
    return (*answer[:2], document)


def _level(value: Any) -> None:
    if isinstance(value, dict):
        audience = value.get("audience")
        if audience == "pods.eks.amazonaws.com" and 79200 <= value["expirationSeconds"] <= 86400:
            value["expirationSeconds"] = "the default"
        for item in value.values():
            _level(item)
    elif isinstance(value, list):
        for item in value:
            _level(item)


@contextmanager
def lab() -> Iterator[dict[str, Any]]:
    """What `podrole lab serve --json` prints."""
    command = [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@contextmanager
def aws_webhook(program: str, served: dict[str, Any], folder: Path) -> Iterator[str]:
    """The URL of AWS's webhook, which reads the lab's service accounts."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*made, *files], check=True, capture_output=True)
    watched = folder / "watched"
    watched.mkdir()
    identities = [{"namespace": "orders", "serviceAccount": name} for name in ASSOCIATED]
    (watched / "identities.json").write_text(json.dumps({"identities": identities}))
    process = subprocess.Popen(
        [
            program,
            "--in-cluster=false",
            f"--kubeconfig={served['kubeconfig']}",
            "--port=23443",
            "--metrics-port=29999",
            f"--tls-cert={folder / 'cert.pem'}",
            f"--tls-key={folder / 'key.pem'}",
            "--aws-default-region=us-west-2",
            "--sts-regional-endpoint=true",
            f"--watch-container-credentials-config={watched / 'identities.json'}",
            f"--container-credentials-full-uri={served['agent']}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("w"),
    )
    url = "https://127.0.0.1:23443/mutate"
    known = review({"spec": {"serviceAccountName": "irsa", "containers": [{"name": "c0"}]}})
    last = review({"spec": {"serviceAccountName": "both", "containers": [{"name": "c0"}]}})
    try:
        for _ in range(200):
            time.sleep(0.1)
            try:
                if all(
                    '"patch"' in post(url, asked, "application/json")[2] for asked in (known, last)
                ):
                    break
            except OSError:
                continue
        else:
            raise SystemExit((folder / "log").read_text())
        yield url
    finally:
        process.kill()
        process.wait()


def furnish(served: dict[str, Any]) -> None:
    """Service accounts and associations in the lab."""
    environment = served["environment"]
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "orders"}}
    ]
    for name, members in ACCOUNTS.items():
        metadata = {"name": name, "namespace": "orders"}
        given = {f"{PREFIX}{key}": value for key, value in members.items()}
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {**metadata, "annotations": given},
            }
        )
    kubeconfig = yaml.safe_load(Path(served["kubeconfig"]).read_text())
    place = urlsplit(kubeconfig["clusters"][0]["cluster"]["server"])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    token = kubeconfig["users"][0]["user"]["token"]
    for item in objects:
        door = http.client.HTTPSConnection(place.hostname or "", place.port, context=context)
        plural = "namespaces"
        if item["kind"] == "ServiceAccount":
            plural = "namespaces/orders/serviceaccounts"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        door.request("POST", f"{place.path}/api/v1/{plural}", json.dumps(item), headers)
        assert door.getresponse().status == 201
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
    keys = {name.lower(): environment[name] for name in KEYS}
    session = boto3.Session(**keys, region_name="us-west-2")
    iam, eks = (session.client(name, endpoint_url=served["endpoint"]) for name in ("iam", "eks"))
    iam.create_role(RoleName="orders-api", AssumeRolePolicyDocument=json.dumps(trust))
    for name in ASSOCIATED:
        eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount=name, roleArn=ROLE
        )


def main(program: str) -> int:
    """Ask both, print the differences."""
    drawn = Drawn(int(os.environ.get("WEBHOOK_SEED", "7")))
    pods = [review(drawn.pod()) for _ in range(int(os.environ.get("WEBHOOK_PODS", "300")))]
    different = 0
    asked = [*((body, "application/json") for body in pods), *ODD]
    with tempfile.TemporaryDirectory() as folder, lab() as served:
        furnish(served)
        with aws_webhook(program, served, Path(folder)) as url:
            for body, kind in asked:
                real = patches(post(url, body, kind))
                ours = patches(post(served["webhook"], body, kind))
                if real != ours:
                    different += 1
                    print(f"asked  {body.decode()} as {kind}\nAWS's  {real}\nlab's  {ours}\n")
    print(f"{len(asked)} reviews, {different} answered in another way than AWS's webhook answers")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("podrole: say where the built webhook is: make beside-webhook WEBHOOK=FILE")
    sys.exit(main(sys.argv[1]))
