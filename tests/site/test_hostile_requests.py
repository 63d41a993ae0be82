"""The site server answers all that comes as HTTP says, and shows no file outside its folder."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from podrole.site.serve import takes_gzip
from tests import hostile
from tests.raw_http import HOST, NO_REQUESTS, exchange, statuses
from tests.site.serving import serving

LAST = HOST + b"Connection: close\r\n"
SECRET = b"nobody may read this"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A site beside a secret, and with a way out to it."""
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "site"
    (folder / "guide").mkdir(parents=True)
    (folder / "assets").mkdir()
    for name, text in (("index.html", "hello"), ("404.html", "our own page"), ("a.bin", "binary")):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "guide/index.html").write_text("guide", encoding="utf-8")
    (outside / "secret.html").write_bytes(SECRET)
    os.symlink(outside / "secret.html", folder / "out.html")
    os.symlink(outside, folder / "up")
    with serving(folder) as address:
        yield int(address.rstrip("/").rpartition(":")[2])


def get(port: int, target: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return exchange(port, b"GET " + target + b" HTTP/1.1\r\n" + LAST + lines + b"\r\n")


@pytest.mark.parametrize(
    "target",
    [
        b"/%00",
        b"/index.html%00",
        b"/" + b"a" * 5_000,
        b"/" + b"a/" * 2_500,
        b"/%ff%fe",
        b"/%",
        b"/%zz",
        b"/..%2fsecret.html",
        b"/../secret.html",
        b"/%2e%2e/secret.html",
        b"/guide/../../secret.html",
        b"/..%5csecret.html",
        b"/out.html",
        b"/up/secret.html",
        b"//etc/passwd",
        b"/assets/",
        b"/no/such/page",
        b"/index.html/",
        b"*",
    ],
)
def test_what_is_no_file_of_the_site_is_its_own_page(port: int, target: bytes) -> None:
    answer = get(port, target)
    assert statuses(answer) == [404]
    assert answer.endswith(b"our own page")
    assert SECRET not in answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        *NO_REQUESTS,
        (b"GET / HTTP/1.1\r\n" + LAST + b"Content-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\n" + LAST + b"\r\n", 405),
        (b"DELETE / HTTP/1.1\r\n" + LAST + b"\r\n", 405),
        (b"OPTIONS * HTTP/1.1\r\n" + LAST + b"\r\n", 405),
        (b"BREW / HTTP/1.1\r\n" + LAST + b"\r\n", 501),
        (b"HEAD / HTTP/1.1\r\n" + LAST + b"\r\n", 200),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET http://127.0.0.1/guide/ HTTP/1.1\r\n" + LAST + b"\r\n", 200),
        (b"GET /guide?x=%00 HTTP/1.1\r\n" + LAST + b"\r\n", 301),
        (b"GET / HTTP/1.1\r\n" + LAST + b"Range: bytes=0-0\r\n\r\n", 200),
        (b"GET /a.bin HTTP/1.1\r\n" + LAST + b"Range: bytes=x\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n" + LAST + b"If-Modified-Since: x\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n" + LAST + b"Expect: 100-continue\r\n\r\n", 200),
    ],
)
def test_each_request_has_its_answer(
    port: int, request_: bytes, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    # Behind one that is refused, nothing on the connection is taken for a request.
    answer = exchange(port, request_)
    assert [found for found in statuses(answer) if found != 100] == [status]
    assert capfd.readouterr().err == ""


def test_a_method_that_is_not_allowed_is_told_with_those_that_are(port: int) -> None:
    assert b"\r\nAllow: GET, HEAD\r\n" in exchange(port, b"PUT / HTTP/1.1\r\n" + LAST + b"\r\n")


def test_a_body_is_no_next_request(port: int) -> None:
    hidden = b"GET /a.bin HTTP/1.1\r\n" + LAST + b"\r\n"
    length = f"Content-Length: {len(hidden)}\r\n\r\n".encode()
    following = b"GET /guide/ HTTP/1.1\r\n" + LAST + b"\r\n"
    answer = exchange(port, b"GET / HTTP/1.1\r\n" + HOST + length + hidden + following)
    assert statuses(answer) == [200, 200]
    assert b"binary" not in answer
    assert answer.endswith(b"guide")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("notgzip", False),
        ("gzip;q=x", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_is_for_whoever_takes_it(port: int, accepted: str, packed: bool) -> None:
    answer = get(port, b"/", b"Accept-Encoding: " + accepted.encode())
    assert statuses(answer) == [200]
    assert (b"Content-Encoding: gzip" in answer) == packed == takes_gzip(accepted)
    assert b"\r\nVary: Accept-Encoding\r\n" in answer
    assert answer.endswith(b"hello") != packed


def test_clients_that_leave_or_say_nothing_end_nothing(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = b"GET / HTTP/1.1\r\n" + LAST
    for parts in ((), (b"GE",), (begun,), (begun, b"Content-Length: 10\r\n\r\n", b"abc")):
        exchange(port, *parts, leave=True)
    slow = [bytes([byte]) for byte in begun + b"\r\n"]
    assert statuses(exchange(port, *slow)) == [200]
    assert capfd.readouterr().err == ""


def test_drawn_requests(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(20261128)
    for _ in range(150):
        text = draw.choice(hostile.texts())
        target = quote(hostile.utf8(text), safe="/~") if draw.random() < 0.6 else text
        name = draw.choice(("Accept-Encoding", "Range", "If-Modified-Since", "Host", "X"))
        line = f"{draw.choice(('GET', 'HEAD', 'POST'))} /{target} HTTP/1.1\r\n"
        header = f"{name}: {draw.choice(hostile.texts())}\r\n"
        request = hostile.utf8(line) + LAST + hostile.utf8(header) + b"\r\n"
        answer = exchange(port, request, leave=True)
        assert SECRET not in answer
        if not answer.startswith(b"HTTP/1.1 200"):
            assert 300 <= statuses(answer)[0] < 506, request[:300]
    assert statuses(get(port, b"/")) == [200]
    assert capfd.readouterr().err == ""


def test_the_folder_is_found_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/index.html").write_text("hello", encoding="utf-8")
    os.symlink(tmp_path / "real", tmp_path / "link")
    with serving(tmp_path / "link") as address:
        assert get(int(address.rstrip("/").rpartition(":")[2]), b"/").endswith(b"hello")
