"""`make serve`: the built site on a loopback port."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from podrole.site.serve import main, site_server
from tests.site.serving import serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("hello", encoding="utf-8")
    (tmp_path / "404.html").write_text("our own page", encoding="utf-8")
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


def test_it_serves_the_folder(address: str) -> None:
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert answer.read() == b"hello"


def test_a_missing_address_gets_the_site_s_own_page(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{address}no/such/page", timeout=5)
    with caught.value as answer:
        assert (answer.code, answer.read()) == (404, b"our own page")


def test_it_listens_on_the_loopback_address_only(folder: Path) -> None:
    with site_server(folder, 0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_taken_port_gives_way_to_a_free_one(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "podrole.site.serve", "--port", str(port), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            line = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
    address = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert address
    assert int(address[1]) != port
    assert process.returncode == 0


def test_a_folder_without_a_site_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "make site" in capsys.readouterr().err
