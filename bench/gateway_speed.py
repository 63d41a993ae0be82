"""What the lab adds to moto's own server: latency of calls, start, memory, a decision's cost.

Both servers are asked in turn in one run, so that a busy machine slows both alike.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROUNDS = 150


@contextmanager
def lab() -> Iterator[tuple[str, dict[str, str], int, float]]:
    """The lab on a port: endpoint, the operator's keys, process id, seconds until it answered."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    settings = json.loads(process.stdout.readline())
    seconds = time.perf_counter() - started
    yield settings["endpoint"], settings["environment"], process.pid, seconds
    process.terminate()
    process.wait()


@contextmanager
def moto_server() -> Iterator[tuple[str, int, float]]:
    """moto's own server: endpoint, process id, seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    endpoint = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/data.json").close()
            break
        except OSError:
            time.sleep(0.02)
    yield endpoint, process.pid, time.perf_counter() - started
    process.terminate()
    process.wait()


def memory(process: int) -> int:
    """Resident memory in MB."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) // 1024


def calls(endpoint: str, keys: dict[str, str]) -> dict[str, Callable[[], Any]]:
    """The same calls for both servers, on clients that are warm."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-west-2",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=Config(retries={"total_max_attempts": 1}),
        )

    s3, iam, sts, secrets = (client(name) for name in ("s3", "iam", "sts", "secretsmanager"))
    s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="bench", Key="k", Body=b"x" * 1000)
    iam.create_user(UserName="bench")
    secrets.create_secret(Name="bench", SecretString="x")
    return {
        "sts GetCallerIdentity": sts.get_caller_identity,
        "s3 GetObject": lambda: s3.get_object(Bucket="bench", Key="k")["Body"].read(),
        "s3 PutObject": lambda: s3.put_object(Bucket="bench", Key="k", Body=b"y" * 1000),
        "iam GetUser": lambda: iam.get_user(UserName="bench"),
        "secretsmanager GetSecretValue": lambda: secrets.get_secret_value(SecretId="bench"),
    }


def decision() -> float:
    """Seconds for verifying one signature and deciding one call, in this process."""
    from podrole.lab import Lab
    from podrole.lab.access.authorizer import Requirement
    from podrole.lab.protocol.canonical_request import Signed
    from podrole.lab.protocol.signature import read

    with Lab.start() as running:
        sent: list[Any] = []
        client = boto3.client("sts")
        client.meta.events.register("before-send", lambda request, **_: sent.append(request))
        client.get_caller_identity()
        (request,) = sent
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        headers["host"] = request.url.split("/")[2]
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        gateway = running.gateway
        requirement = Requirement("s3:GetObject", "arn:aws:s3:::b/k", "111122223333")
        caller = None
        call: Any = type("Call", (), {"headers": {}, "region": "us-west-2", "protocol": "query"})()
        started = time.perf_counter()
        for _ in range(2000):
            signature, _ = read(Signed("POST", "/", headers, body), "query")
            assert signature is not None
            caller = gateway.authentication.caller(signature, "query")
            gateway.authorizer.decide(call, caller, requirement)
        return (time.perf_counter() - started) / 2000


def main() -> None:
    """Print the figures."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    mine = {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x"}
    with lab() as (endpoint, keys, lab_process, lab_start), moto_server() as served:
        moto_endpoint, moto_process, moto_start = served
        print(f"{datetime.now(UTC):%Y-%m-%d}  lab                      moto_server")
        print(f"start       {lab_start:.2f} s                   {moto_start:.2f} s")
        idle = memory(lab_process), memory(moto_process)
        print(f"idle memory {idle[0]} MB                   {idle[1]} MB")
        ours, theirs = calls(endpoint, keys), calls(moto_endpoint, mine)
        ratios = []
        for name, call in ours.items():
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS):
                for place, act in zip(times, (call, theirs[name]), strict=True):
                    started = time.perf_counter()
                    act()
                    place.append(time.perf_counter() - started)
            one, two = (statistics.median(place) * 1000 for place in times)
            ratios.append(one / two)
            print(f"{name:30} {one:5.2f} ms  {two:5.2f} ms  {one / two:.2f} times")
        print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}")
    print(f"a signature and a decision: {decision() * 1000:.3f} ms")


if __name__ == "__main__":
    main()
