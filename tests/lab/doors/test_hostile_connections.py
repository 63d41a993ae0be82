"""Bytes on the served lab's ports that are no good HTTP: an answer where there can be one, nothing
on the lab's stderr, and everyone else is served all the while."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import ACCOUNT
from tests.lab.lab_process import client, serving
from tests.raw_http import HOST, NO_REQUESTS, exchange, statuses

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
UNSIGNED = b"Action=AssumeRoleWithWebIdentity&RoleArn=x&RoleSessionName=ab&WebIdentityToken=x"
DOORS = ("aws", "agent", "metadata", "kubernetes")


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    # At its end it must have written nothing on stderr, and end well by Ctrl-C.
    with serving("--metadata", "open") as settings:
        yield settings


@pytest.fixture
def ports(served: dict[str, Any]) -> dict[str, int]:
    kubeconfig = json.loads(Path(served["kubeconfig"]).read_text())
    urls = {
        "aws": served["endpoint"],
        "agent": served["agent"],
        "metadata": served["metadata"],
        "kubernetes": kubeconfig["clusters"][0]["cluster"]["server"],
    }
    return {
        door: int(url.split("://")[1].split("/")[0].split(":")[1]) for door, url in urls.items()
    }


@pytest.fixture(autouse=True)
def _others_are_served(served: dict[str, Any]) -> Iterator[None]:
    yield
    assert client(served, "sts").get_caller_identity()["Account"] == ACCOUNT


def chunked(*chunks: bytes) -> bytes:
    head = (
        b"POST / HTTP/1.1\r\n"
        + HOST
        + FORM
        + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(chunks)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        *NO_REQUESTS,
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 403),
    ],
)
def test_what_is_no_request_is_refused(
    ports: dict[str, int], door: str, request_: bytes, status: int
) -> None:
    answer = exchange(ports[door], request_, tls=door == "kubernetes")
    assert statuses(answer) == [status]
    assert b"\r\nContent-Type: text/plain" in answer
    assert b"lab" in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("door", ["aws", "kubernetes"])
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length:\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"X: y\r\n Transfer-Encoding: chunked\r\n",
    ],
)
def test_no_request_hides_in_another(ports: dict[str, int], door: str, framing: bytes) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    begun = b"POST / HTTP/1.1\r\n" + HOST + framing + b"\r\n0\r\n\r\n" + hidden
    answer = exchange(ports[door], begun, tls=door == "kubernetes", leave=True)
    assert statuses(answer)[0] in (400, 501)
    assert len(statuses(answer)) == 1


@pytest.mark.parametrize(
    "chunks",
    [
        (b"x\r\n",),
        (b"-5\r\nabcde\r\n0\r\n\r\n",),
        (b"0x5\r\nabcde\r\n0\r\n\r\n",),
        (b"5\r\nabcdeXX0\r\n\r\n",),
        (b"5\r\nab",),
        (b"5",),
        (b"",),
        (b"ffffffffffffff\r\nabc",),
        (b"fffffffffffffffffff\r\nabc",),
        (b"1" * 5_000,),
        (b"5\r\nabcde\r\n0\r\n" + b"A: b\r\n" * 500 + b"\r\n",),
        (b"\xb25\r\nabcde\r\n0\r\n\r\n",),
    ],
    ids=[
        "no length", "negative", "hexadecimal mark", "longer than it says", "cut in the data",
        "cut in the length", "nothing", "longer than there is", "longer than any", "digits",
        "trailers", "other digits",
    ],
)  # fmt: skip
def test_broken_chunks_are_refused_at_once(
    ports: dict[str, int], chunks: tuple[bytes, ...]
) -> None:
    answer = exchange(ports["aws"], chunked(*chunks), leave=True)
    assert statuses(answer) == [400]
    assert b"\r\n\r\nlab: " in answer


@pytest.mark.parametrize(
    "chunks",
    [
        (b"%x\r\n" % len(UNSIGNED) + UNSIGNED + b"\r\n0\r\n\r\n",),
        (b"%x;a=b\r\n" % len(UNSIGNED) + UNSIGNED + b"\r\n0\r\nX: y\r\n\r\n",),
        (*(b"1\r\n%c\r\n" % byte for byte in UNSIGNED), b"0\r\n\r\n"),
    ],
    ids=["one", "extension and trailer", "a byte each"],
)
def test_good_chunks_are_read(ports: dict[str, int], chunks: tuple[bytes, ...]) -> None:
    answer = exchange(ports["aws"], chunked(*chunks))
    assert statuses(answer) == [400]
    assert b"<Code>ValidationError</Code>" in answer  # of STS, which has read the form


@pytest.mark.parametrize("door", DOORS)
def test_clients_that_leave(ports: dict[str, int], door: str) -> None:
    begun = b"POST / HTTP/1.1\r\n" + HOST
    for parts in ((), (b"P",), (begun,), (begun, b"Content-Length: 99\r\n\r\n", b"abc")):
        exchange(ports[door], *parts, tls=door == "kubernetes", leave=True)
    with socket.create_connection(("127.0.0.1", ports[door])) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(begun)  # and is reset


def test_a_port_of_tls_is_asked_without_it(ports: dict[str, int]) -> None:
    for request in (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", b"\x00" * 100, b"\x16\x03\x01"):
        assert not exchange(ports["kubernetes"], request, leave=True).startswith(b"HTTP/1.1 2")


def test_slow_clients_keep_nobody_waiting(served: dict[str, Any], ports: dict[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Connection: close\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(UNSIGNED)
    waiting = [socket.create_connection(("127.0.0.1", ports["aws"])) for _ in range(40)]
    for number, connection in enumerate(waiting):
        connection.sendall((request + UNSIGNED)[: number * 5])
    assert client(served, "sts").get_caller_identity()["Account"] == ACCOUNT
    for connection in waiting:
        connection.close()
    slow = [bytes([byte]) for byte in request + UNSIGNED]
    assert statuses(exchange(ports["aws"], *slow)) == [400]
