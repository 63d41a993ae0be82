"""The four doors of a lab on ports, over real sockets: who may speak, how much, and who waits."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lab.lab_process import client, serving

DOORS = ("aws", "agent", "metadata", "kubernetes")
REFUSED = "lab: no web page may use it"
MIB = 1024 * 1024


class Lab:
    """A served lab, and raw connections to its doors."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        kubeconfig = json.loads(Path(settings["kubeconfig"]).read_text())
        cluster = kubeconfig["clusters"][0]["cluster"]
        self.token: str = settings["environment"]["PODROLE_LAB_TOKEN"]
        self.admin = f"Bearer {kubeconfig['users'][0]['user']['token']}"
        self._tls = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        self.urls = {
            "aws": settings["endpoint"],
            "agent": settings["agent"],
            "metadata": settings["metadata"],
            "kubernetes": cluster["server"],
        }

    def connect(self, door: str) -> socket.socket:
        """A connection whose reads fail loudly where no answer comes."""
        parts = urlsplit(self.urls[door])
        plain = socket.create_connection((parts.hostname, parts.port), timeout=20)
        return (
            self._tls.wrap_socket(plain, server_hostname="localhost")
            if door == "kubernetes"
            else plain
        )

    def raw(self, door: str, request: bytes) -> str:
        """The answer, as long as it says that it is."""
        with self.connect(door) as connection:
            connection.sendall(request)
            answer = b""
            while (left := _missing(answer)) and (part := connection.recv(left)):
                answer += part
        return answer.decode("latin-1")

    def ask(
        self, door: str, first: str = "GET / HTTP/1.1", body: bytes = b"", **headers: str
    ) -> Any:
        """Status, headers and body of an answer."""
        given = {"Host": "127.0.0.1", **{name.replace("_", "-"): headers[name] for name in headers}}
        lines = [first, *(f"{name}: {value}" for name, value in given.items()), "", ""]
        answer = self.raw(door, "\r\n".join(lines).encode() + body)
        head, _, said = answer.partition("\r\n\r\n")
        status, *rest = head.split("\r\n")
        named = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
        }
        return int(status.split()[1]), named, said


def _missing(answer: bytes) -> int:
    """How many bytes of an answer to read next."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return int(length[1]) - len(body) if end and length else 65536


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with serving("--metadata", "open") as settings:
        yield Lab(settings)


# -- who may speak -----------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_only_names_of_this_machine_are_answered(lab: Lab, door: str) -> None:
    for host in ("attacker.example", "127.0.0.1.attacker.example", "localhost.", "0.0.0.0"):
        status, _, said = lab.ask(door, Host=host)
        assert (status, "not to this host" in said) == (403, True), host
    for host in ("127.0.0.1", "LOCALHOST:4566", "[::1]:4566", "orders-data.localhost:4566"):
        assert "not to this host" not in lab.ask(door, Host=host)[2], host
    # The host of an absolute target counts, whatever the header says.
    status, _, said = lab.ask(door, "GET http://attacker.example/ HTTP/1.1")
    assert (status, "not to this host" in said) == (403, True)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://127.0.0.1"},  # a page out of the lab's own S3
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},  # another port of this machine
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none", "Origin": "https://attacker.example"},
    ],
    ids=str,
)
def test_no_web_page_is_answered(lab: Lab, door: str, headers: dict[str, str]) -> None:
    for first in ("GET / HTTP/1.1", "POST /_podrole/reset HTTP/1.1", "OPTIONS /x HTTP/1.1"):
        asked = {"Access_Control_Request_Method": "PUT", "X_Podrole_Lab": lab.token, **headers}
        status, found, said = lab.ask(door, first, **asked)
        assert (status, said.startswith(REFUSED)) == (403, True)
        assert [name for name in found if name.startswith("access-control-")] == []


@pytest.mark.parametrize("door", DOORS)
def test_a_page_is_refused_before_its_body_is_read(lab: Lab, door: str) -> None:
    """The body never comes: whoever waits for it gives no answer."""
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: null\r\nContent-Length: {MIB}\r\n\r\n"
    with lab.connect(door) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 403"


def test_what_a_reader_types_is_answered(lab: Lab) -> None:
    s3 = client(lab.settings, "s3")
    place = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="typed", CreateBucketConfiguration=place)
    s3.put_object(Bucket="typed", Key="k", Body=b"some text")
    url = urlsplit(
        client(lab.settings, "s3", signature_version="s3v4").generate_presigned_url(
            "get_object", {"Bucket": "typed", "Key": "k"}
        )
    )
    first = f"GET {url.path}?{url.query} HTTP/1.1"
    status, _, said = lab.ask("aws", first, Host=url.netloc, Sec_Fetch_Site="none")
    assert (status, said) == (200, "some text")
    assert lab.ask("aws", first, Host=url.netloc, Sec_Fetch_Site="cross-site")[0] == 403


def test_no_answer_invites_another_origin(lab: Lab) -> None:
    s3 = client(lab.settings, "s3")
    place = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="shared", CreateBucketConfiguration=place)
    every = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [every]})
    answers = [
        s3.put_object(Bucket="shared", Key="k", Body=b"x"),
        s3.get_object(Bucket="shared", Key="k"),
        client(lab.settings, "iam").list_users(),
        client(lab.settings, "sqs").list_queues(),
    ]
    for answer in answers:
        names = answer["ResponseMetadata"]["HTTPHeaders"]
        assert [name for name in names if name.startswith("access-control-")] == []


# -- what follows a request -----------------------------------------------------------------------

TOKEN = "t" * 40  # as long as the lab's own, which comes in its place
RESET = f"POST /_podrole/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Podrole-Lab: {TOKEN}\r\n\r\n"
SMUGGLING = {
    "length and chunks": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
    f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{RESET}",
    "chunks and length": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    f"Content-Length: {len(RESET) + 5}\r\n\r\n0\r\n\r\n{RESET}",
    "two lengths": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
    f"Content-Length: {len(RESET)}\r\n\r\n{RESET}",
    "two lengths, the other way": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    f"Content-Length: {len(RESET)}\r\nContent-Length: 0\r\n\r\n{RESET}",
    "a length that is none": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +0\r\n\r\n"
    + RESET,
    "an encoding that is none": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{RESET}",
    "a folded header": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding:\r\n chunked\r\n"
    f"\r\n0\r\n\r\n{RESET}",
    "a refused page": f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: null\r\n\r\n{RESET}",
    "too large": "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n" + RESET,
}


@pytest.mark.parametrize("request_", SMUGGLING.values(), ids=SMUGGLING)
def test_what_follows_a_request_is_no_request(lab: Lab, request_: str) -> None:
    iam = client(lab.settings, "iam")
    iam.create_user(UserName="kept")
    with lab.connect("aws") as connection:
        connection.sendall(request_.replace(TOKEN, lab.token).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer
    iam.delete_user(UserName="kept")  # it is still there


def test_a_connection_serves_one_request_after_the_other(lab: Lab) -> None:
    """Kept open, as AWS keeps it: a handshake for each call costs more than the call."""
    connection = http.client.HTTPConnection(urlsplit(lab.settings["endpoint"]).netloc)
    sockets = set()
    for body in (b"", b"x" * 100, b""):
        connection.request("POST", "/a", body)
        answer = connection.getresponse()
        sockets.add(connection.sock)
        assert (answer.status, answer.getheader("Connection")) == (403, None)
        answer.read()
    assert len(sockets - {None}) == 1
    connection.close()


def test_a_client_that_wants_it_is_left(lab: Lab) -> None:
    with lab.connect("aws") as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert connection.makefile("rb").read().count(b"HTTP/1.1 ") == 1


KINDS = [
    "text/plain",
    "multipart/form-data; boundary=b",
    "multipart/mixed",
    "multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64",
    "message/rfc822",
    "message/delivery-status",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stray", ["", "no header", "--b", "X : y", " folded"])
def test_headers_are_headers_whatever_the_body_is(lab: Lab, kind: str, stray: str) -> None:
    """Python's server reads them as a mail's, and a mail with parts without its body is faulty."""
    lines = ["POST /x HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", "Content-Length: 0"]
    answer = lab.raw("aws", "\r\n".join([*lines, *filter(None, [stray]), "", ""]).encode())
    refused = answer.startswith("HTTP/1.1 400") and "lab: a " in answer
    assert refused is bool(stray), answer


# -- slow clients ------------------------------------------------------------------------------

UNFINISHED = {
    "nothing": b"",
    "half a header": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
    "half a body": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n1234",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"9\r\n12",
}


@pytest.mark.parametrize("door", DOORS)
def test_nobody_waits_for_a_slow_client(lab: Lab, door: str) -> None:
    parts = urlsplit(lab.urls[door])
    waiting = [socket.create_connection((parts.hostname, parts.port))]  # no handshake of TLS
    for text in UNFINISHED.values():
        waiting.append(lab.connect(door))
        waiting[-1].sendall(text)
    for other in DOORS:
        assert lab.ask(other)[0] >= 200
    assert client(lab.settings, "sts").get_caller_identity()["Account"]
    for connection in waiting:
        connection.close()


def test_a_body_that_breaks_off_is_not_carried_out(lab: Lab) -> None:
    before = lab.ask(
        "aws", "POST /_podrole/clock HTTP/1.1", b"{}", X_Podrole_Lab=lab.token, Content_Length="2"
    )
    assert before[0] == 200
    head = f"POST /_podrole/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Podrole-Lab: {lab.token}\r\n"
    with lab.connect("aws") as connection:
        connection.sendall(f'{head}Content-Length: 99\r\n\r\n{{"days": 9}}'.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(12) == b"HTTP/1.1 400"
    after = lab.ask(
        "aws", "POST /_podrole/clock HTTP/1.1", b"{}", X_Podrole_Lab=lab.token, Content_Length="2"
    )
    days = [json.loads(said)["now"][:10] for _, _, said in (before, after)]
    assert days[0] == days[1]


# -- how much ----------------------------------------------------------------------------------


def scope(service: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential=A/20260115/us-west-2/{service}/aws4_request"


@pytest.mark.parametrize(
    ("service", "largest", "status", "said"),
    [
        ("sts", MIB, 413, "<Code>RequestEntityTooLarge</Code><Message>lab: a request to sts has"),
        ("iam", MIB, 413, "<Code>RequestEntityTooLarge</Code><Message>lab: a request to iam has"),
        ("kms", MIB, 413, '"__type": "RequestEntityTooLarge", "message": "lab: a request to kms'),
        ("eks", MIB, 413, '"message": "lab: a request to eks has at most 1048576 bytes here"'),
        ("dynamodb", 16 * MIB, 413, '"message": "lab: a request to dynamodb has at most 16777216'),
        ("ecr", 8 * MIB, 413, '"message": "lab: a request to ecr has at most 8388608 bytes'),
        ("sqs", 1_662_976, 413, "HTTP content length exceeded 1662976 bytes."),
        ("s3", 64 * MIB, 400, "<Code>EntityTooLarge</Code><Message>lab: an object has at most"),
        ("", MIB, 413, "lab: a request to AWS has at most 1048576 bytes here"),
    ],
)
def test_a_service_of_aws_says_how_much_it_takes(
    lab: Lab, service: str, largest: int, status: int, said: str
) -> None:
    """Only the length is sent: no client need send the rest to hear it."""
    for size in (largest + 1, largest * 1000):
        found = lab.ask(
            "aws",
            "POST / HTTP/1.1",
            Authorization=scope(service) if service else "",
            Content_Length=str(size),
        )
        assert found[0] == status
        assert said in found[2]


def test_the_agent_and_the_metadata_service_take_next_to_nothing(lab: Lab) -> None:
    for door in ("agent", "metadata"):
        status, _, said = lab.ask(door, "PUT /latest/api/token HTTP/1.1", Content_Length="65537")
        assert (status, said) == (413, "lab: a body has at most 65536 bytes here\n")


def test_chunks_are_counted(lab: Lab) -> None:
    for door, largest in (("aws", MIB), ("agent", 65536), ("kubernetes", 3 * MIB)):
        body = b"%x\r\n" % (largest * 2) + b" " * (largest + 1)
        found = lab.ask(door, "POST / HTTP/1.1", body, Transfer_Encoding="chunked")
        assert found[0] == 413, found


def test_the_api_server_says_so_as_kubernetes_does(lab: Lab) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    manifest = json.dumps({"metadata": {"name": "large"}, "data": {"k": "v"}}).encode()

    def create(size: int) -> Any:
        return lab.ask(
            "kubernetes",
            f"POST {path} HTTP/1.1",
            manifest.ljust(size),
            Authorization=lab.admin,
            Content_Type="application/json",
            Content_Length=str(size),
        )

    status, _, said = create(3 * MIB + 1)
    assert (status, json.loads(said)["reason"]) == (413, "RequestEntityTooLarge")
    assert json.loads(said)["message"] == "Request entity too large: limit is 3145728"
    assert create(3 * MIB)[0] == 201
