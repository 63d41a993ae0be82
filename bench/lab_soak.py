"""`make soak`: 64 pods refresh their credentials for a minute while other clients misbehave.

Nobody may get another pod's identity, no good request may fail, no bad one may succeed or bring
a traceback, and the lab's memory must stay flat. `SOAK_SECONDS=600 make soak` goes on for longer.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

PODS = 64
ACCOUNT = "111122223333"
STS = "Action=GetCallerIdentity&Version=2011-06-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Tally:
    """What happened, counted by all threads together."""

    refreshed: int = 0
    malformed: int = 0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **counts: int) -> None:
        with self.lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)


class LabAtWork:
    """The served lab: its doors, and calls of its operator."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.settings: dict[str, Any] = json.loads(self.process.stdout.readline())
        config = json.loads(Path(self.settings["kubeconfig"]).read_text())
        self.cluster = config["clusters"][0]["cluster"]
        self.token = config["users"][0]["user"]["token"]
        environment = self.settings["environment"]
        self.operator = botocore.credentials.Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment["AWS_SESSION_TOKEN"],
        )

    def memory(self) -> int:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def kubernetes(self, method: str, path: str, body: Any) -> Any:
        parts = urllib.parse.urlsplit(self.cluster["server"])
        trusted = ssl.create_default_context(
            cadata=b64decode(self.cluster["certificate-authority-data"]).decode()
        )
        connection = http.client.HTTPSConnection(parts.netloc, context=trusted)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, parts.path + path, json.dumps(body), headers)
        answer = json.load(connection.getresponse())
        connection.close()
        return answer

    def connect(self, door: str = "endpoint") -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urllib.parse.urlsplit(self.settings[door]).netloc)


def call(
    connection: http.client.HTTPConnection,
    credentials: botocore.credentials.Credentials,
    service: str,
    method: str,
    target: str,
    body: str = "",
    **headers: str,
) -> tuple[int, str]:
    """A signed call: status and body."""
    url = f"http://{connection.host}:{connection.port}{target}"
    request = botocore.awsrequest.AWSRequest(method, url, data=body, headers=headers)
    botocore.auth.SigV4Auth(credentials, service, "us-west-2").add_auth(request)
    connection.request(method, target, body, dict(request.headers))
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def prepare(lab: LabAtWork) -> list[tuple[str, str, str]]:
    """A role and a service account for each pod; (name, mechanism, token)."""
    connection = lab.connect()

    def iam(action: str, **parameters: str) -> None:
        form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters})
        status, said = call(connection, lab.operator, "iam", "POST", "/", form, **FORM)
        assert status == 200, said

    _, described = call(connection, lab.operator, "eks", "GET", "/clusters/demo")
    issuer = json.loads(described)["cluster"]["identity"]["oidc"]["issuer"]
    host = issuer.removeprefix("https://")
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    iam("CreateOpenIDConnectProvider", **{"Url": issuer, "ClientIDList.member.1": "sts"})
    addon = json.dumps({"addonName": "eks-pod-identity-agent"})
    json_type = {"Content-Type": "application/json"}
    call(connection, lab.operator, "eks", "POST", "/clusters/demo/addons", addon, **json_type)
    pods = []
    for number in range(PODS):
        name, irsa = f"pod-{number}", number % 2 == 0
        subject = f"system:serviceaccount:default:{name}"
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": provider} if irsa else {"Service": "pods.eks.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity"
            if irsa
            else ["sts:AssumeRole", "sts:TagSession"],
        }
        if irsa:
            trust["Condition"] = {"StringEquals": {f"{host}:sub": subject, f"{host}:aud": "sts"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=document)
        lab.kubernetes(
            "POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": name}}
        )
        if not irsa:
            wanted = {
                "namespace": "default",
                "serviceAccount": name,
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            }
            path = "/clusters/demo/pod-identity-associations"
            call(connection, lab.operator, "eks", "POST", path, json.dumps(wanted), **json_type)
        audience = "sts" if irsa else "pods.eks.amazonaws.com"
        pods.append((name, "irsa" if irsa else "pod-identity", audience))
    connection.close()
    return pods


def token_of(lab: LabAtWork, name: str, audience: str) -> str:
    path = f"/api/v1/namespaces/default/serviceaccounts/{name}/token"
    body = {"spec": {"audiences": [audience], "expirationSeconds": 86400}}
    return str(lab.kubernetes("POST", path, body)["status"]["token"])


def refresh(
    lab: LabAtWork, pod: tuple[str, str, str], end: float, tally: Tally, start: threading.Barrier
) -> None:
    """What one pod does: a token, credentials, and the question who it is; again and again."""
    name, mechanism, audience = pod
    aws, agent = lab.connect(), lab.connect("agent")
    start.wait()
    while time.monotonic() < end:
        try:
            token = token_of(lab, name, audience)
            if mechanism == "irsa":
                role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
                form = urllib.parse.urlencode(
                    {
                        "Action": "AssumeRoleWithWebIdentity",
                        "Version": "2011-06-15",
                        "RoleArn": role,
                        "RoleSessionName": name,
                        "WebIdentityToken": token,
                    }
                )
                aws.request("POST", "/", form, FORM)
                text = aws.getresponse().read().decode()
                found = [
                    text.partition(f"<{tag}>")[2].partition("<")[0]
                    for tag in ("AccessKeyId", "SecretAccessKey", "SessionToken")
                ]
            else:
                agent.request("GET", "/v1/credentials", headers={"Authorization": token})
                answer = json.loads(agent.getresponse().read())
                found = [answer[key] for key in ("AccessKeyId", "SecretAccessKey", "Token")]
            credentials = botocore.credentials.Credentials(*found)
            status, said = call(aws, credentials, "sts", "POST", "/", STS, **FORM)
            if status != 200 or f":assumed-role/{name}/" not in said:
                tally.fault(f"{name} by {mechanism}: {status} {said[:200]}")
            tally.add(refreshed=1)
        except Exception as error:
            tally.fault(f"{name} by {mechanism}: {type(error).__name__}: {error}")
            aws, agent = lab.connect(), lab.connect("agent")


def misbehave(lab: LabAtWork, end: float, tally: Tally, seed: int) -> None:
    """Requests cut off, wrong lengths, wrong tokens, noise: an answer at most, never a success."""
    draw = random.Random(seed)
    places = [urllib.parse.urlsplit(lab.settings[door]).netloc for door in ("endpoint", "agent")]
    while time.monotonic() < end:
        host, _, port = draw.choice(places).partition(":")
        noise = draw.randbytes(draw.randrange(200))
        method = draw.choice(["GET", "POST", "PUT", "X", ""])
        path = draw.choice(["/", "/v1/credentials", "/%ff%00", "/clusters/demo", "//"])
        length = draw.choice([0, len(noise), len(noise) + 50, -1, 10**12])
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n"
            f"Authorization: {draw.choice(['x.y.z', 'AWS4-HMAC-SHA256 Credential=a', ''])}\r\n"
            f"X-Amz-Target: {draw.choice(['x', 'secretsmanager.GetSecretValue'])}\r\n\r\n"
        ).encode()
        sent = head[: draw.randrange(len(head))] if draw.random() < 0.3 else head + noise
        try:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(sent)
                if draw.random() < 0.5:
                    connection.shutdown(socket.SHUT_WR)
                    said = connection.recv(65536)
                    if said.startswith(b"HTTP/1.1 2") or b"Traceback" in said:
                        tally.fault(f"malformed request: {sent[:80]!r} gave {said[:80]!r}")
        except OSError:
            pass
        tally.add(malformed=1)


def main() -> int:
    """Exit code 1 where anything was wrong."""
    seconds = float(os.environ.get("SOAK_SECONDS", "60"))
    lab = LabAtWork()
    idle = lab.memory()
    pods = prepare(lab)
    tally, barrier = Tally(), threading.Barrier(PODS)
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=refresh, args=(lab, pod, end, tally, barrier)) for pod in pods
    ]
    threads += [
        threading.Thread(target=misbehave, args=(lab, end, tally, seed)) for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 2)
    half, at_half = lab.memory(), tally.refreshed
    for thread in threads:
        thread.join()
    full = lab.memory()
    lab.process.send_signal(signal.SIGINT)
    _, errors = lab.process.communicate(timeout=30)
    if errors:
        tally.fault(errors[-2000:])
    print(
        f"{tally.refreshed} refreshes and {tally.malformed} malformed requests in {seconds:.0f} s"
    )
    print(
        f"memory: {idle} MB idle, {half} MB after {at_half}, {full} MB after {tally.refreshed}"
        " refreshes"
    )
    for fault in tally.faults[:10]:
        print(f"fault: {fault}")
    print(f"{len(tally.faults)} faults")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
