"""What the lab adds to moto's own server: latency of calls, start, memory, a decision's cost.

Both servers are asked in turn in one run, so that a busy machine slows both alike.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from signed_calls import SignedCall, twelve

ROUNDS = 150
LOAD_SECONDS = 6


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


def latencies(ours: list[SignedCall], theirs: list[SignedCall], places: tuple[str, str]) -> None:
    """Print the median latency of each call at both servers, and their ratios."""
    one, two = (http.client.HTTPConnection(urlsplit(place).netloc) for place in places)
    ratios = []
    for mine, other in zip(ours, theirs, strict=True):
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for place, call, connection in zip(times, (mine, other), (one, two), strict=True):
                started = time.perf_counter()
                call.send(connection)
                place.append(time.perf_counter() - started)
        first, second = (statistics.median(place) * 1000 for place in times)
        ratios.append(first / second)
        print(f"{mine.name:30} {first:5.2f} ms  {second:5.2f} ms  {ratios[-1]:.2f} times")
    mean = statistics.geometric_mean(ratios)
    print(f"geometric mean of the ratios: {mean:.2f} (largest {max(ratios):.2f})")


def seconds_of_cpu(process: int) -> float:
    """What a process has spent so far, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def under_load(calls: list[SignedCall], endpoint: str, process: int, clients: int) -> Load:
    """Several clients at once, each of which sends all calls in turn: in threads of one process."""
    counts = [0] * clients
    end = time.perf_counter() + LOAD_SECONDS
    before = seconds_of_cpu(process)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)
        while time.perf_counter() < end:
            calls[counts[number] % len(calls)].send(connection)
            counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = sum(counts)
    spent = (seconds_of_cpu(process) - before) / done * 1000
    return Load(done / LOAD_SECONDS, spent, min(counts) / max(counts))


@dataclass(frozen=True)
class Load:
    """What came of many clients at once."""

    rate: float  # calls a second
    cpu: float  # milliseconds of the server's CPU for a call
    fairness: float  # the calls of the slowest client, by those of the fastest


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
        about = {"headers": {}, "region": "us-west-2", "protocol": "query", "via": ""}
        call: Any = type("Call", (), about)()
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
        ours, theirs = twelve(endpoint, keys), twelve(moto_endpoint, mine)
        latencies(ours, theirs, (endpoint, moto_endpoint))
        at_32 = under_load(ours, endpoint, lab_process, 32)
        other = under_load(theirs, moto_endpoint, moto_process, 32)
        print(
            f"CPU of a call at 32 clients: {at_32.cpu:.2f} ms  {other.cpu:.2f} ms"
            f"  {at_32.cpu / other.cpu:.2f} times"
        )
        one = under_load(ours, endpoint, lab_process, 1)
        for clients in (8, 64):
            load = under_load(ours, endpoint, lab_process, clients)
            print(
                f"{clients} clients: {load.rate:.0f} calls a second, {load.rate / one.rate:.2f} of"
                f" one client's {one.rate:.0f}; the slowest has {load.fairness:.2f} of the fastest"
            )
    print(f"a signature and a decision: {decision() * 1000:.3f} ms")


if __name__ == "__main__":
    main()
