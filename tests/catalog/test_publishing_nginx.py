"""The recipe for nginx, run: what a browser gets from a built guide, also below a path."""

from __future__ import annotations

import gzip
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from urllib.parse import urljoin

import pytest

from podrole.catalog import Catalog
from tests.catalog.nginx_server import serving
from tests.tools import needs

SCRIPT = "export const a = 1;\n" * 200
FILES = {
    "index.html": "<title>start</title>",
    "404.html": "<title>not here</title>",
    "howto/irsa/index.html": "<title>irsa</title>" + "x" * 2000,
    "howto/irsa/index.md": "# irsa",
    "assets/javascripts/bundle.1a2b3c4d.min.js": SCRIPT,
    "assets/javascripts/lunr.de.min.js": SCRIPT,
    "assets/stylesheets/main.57a0d79d.min.css": "a{}",
    "assets/run.mjs": SCRIPT,
    "assets/run/python.wasm": "\0asm" * 1000,
    "assets/run/lock.json": "{}",
    "assets/logo.svg": "<svg/>",
    "notebooks/x.ipynb": "{}",
}
HEADERS = {
    "Content-Security-Policy": "connect-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
YEAR = "public, max-age=31536000, immutable"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


#: No proxy of the machine's, and an answer as it came.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def ask(address: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with OPENER.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # As the Dockerfile does; other text than the file's shows which one is sent.
    packed = gzip.compress(b"packed beforehand")
    (folder / "assets/run/python.wasm.gz").write_bytes(packed)
    return folder


@pytest.fixture(scope="module", params=["/", "/iam/guide/"])
def site(built: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(Catalog(values={"site_path": request.param}), built) as address:
        yield address


@pytest.mark.parametrize("name", ["", "howto/irsa/", "assets/run.mjs", "no/such/page", "assets/"])
def test_security_headers_on_every_answer(site: str, name: str) -> None:
    _, headers, _ = ask(site + name)
    assert {one: headers[one] for one in HEADERS} == HEADERS
    assert headers["Server"] == "nginx", "no version"
    assert len(headers.get_all("Content-Security-Policy", [])) == 1


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("", "text/html; charset=utf-8"),
        ("howto/irsa/index.md", "text/markdown; charset=utf-8"),
        ("assets/run.mjs", "text/javascript; charset=utf-8"),
        ("assets/javascripts/bundle.1a2b3c4d.min.js", "text/javascript; charset=utf-8"),
        ("assets/stylesheets/main.57a0d79d.min.css", "text/css; charset=utf-8"),
        ("assets/run/python.wasm", "application/wasm"),
        ("assets/run/lock.json", "application/json"),
        ("assets/logo.svg", "image/svg+xml"),
        ("notebooks/x.ipynb", "application/x-ipynb+json"),
    ],
)
def test_types(site: str, name: str, type: str) -> None:
    status, headers, _ = ask(site + name)
    assert (status, headers["Content-Type"]) == (200, type)


def test_a_folder_has_its_page(site: str) -> None:
    status, _, body = ask(site + "howto/irsa/")
    assert (status, body.startswith(b"<title>irsa")) == (200, True)
    status, headers, _ = ask(site + "howto/irsa")
    path = site.removeprefix("http://").partition("/")[2]
    assert (status, headers["Location"]) == (301, f"/{path}howto/irsa/"), "neither host nor port"


@pytest.mark.parametrize("name", ["no/such/page", "assets/", "assets/gone.1a2b3c4d.min.js"])
def test_what_is_not_there(site: str, name: str) -> None:
    status, headers, body = ask(site + name)
    assert (status, body) == (404, b"<title>not here</title>")
    assert headers["Cache-Control"] == "no-cache", "or it would be missing for a year"


@pytest.mark.parametrize("name", ["//example.com/howto", "/%2e%2e/%2e%2e/etc/passwd"])
def test_no_way_out(site: str, name: str) -> None:
    host = site.partition("//")[2].partition("/")[0]
    status, headers, _ = ask(f"http://{host}{name}")
    assert status in (400, 404)
    assert "Location" not in headers


def test_caching(site: str) -> None:
    bundle = "assets/javascripts/bundle.1a2b3c4d.min.js"
    for name in (bundle, "assets/stylesheets/main.57a0d79d.min.css"):
        assert ask(site + name)[1]["Cache-Control"] == YEAR
    for name in ("", "assets/run.mjs", "assets/javascripts/lunr.de.min.js"):
        _, headers, _ = ask(site + name)
        assert headers["Cache-Control"] == "no-cache"
        assert ask(site + name, If_None_Match=headers["ETag"])[0] == 304


def test_compression(site: str) -> None:
    for name in ("assets/run.mjs", "howto/irsa/"):
        plain = ask(site + name)[2]
        _, headers, packed = ask(site + name, Accept_Encoding="gzip", Via="1.1 cloudfront")
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(packed) == plain
        assert len(packed) < len(plain) / 5
    _, headers, packed = ask(site + "assets/run/python.wasm", Accept_Encoding="gzip")
    assert headers["Content-Type"] == "application/wasm"
    assert gzip.decompress(packed) == b"packed beforehand"


def test_a_fault_in_the_configuration_is_seen(tmp_path: Path) -> None:
    text = Catalog().render("site-nginx-conf", "nginx").replace("absolute_redirect", "absolut")
    (tmp_path / "nginx.conf").write_text(text)
    command = [needs("nginx"), "-e", "stderr", "-t", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'unknown directive "absolut"' in done.stderr


# -- the guide itself, as `make site` built it ---------------------------------------------


@pytest.fixture(scope="module")
def guide() -> Path:
    """The built site, which `make test` makes first."""
    return Path(needs("site")).parent


def test_every_file_of_the_guide_has_a_type(guide: Path) -> None:
    block = re.search(r"types \{(.*?)\}", Catalog().render("site-nginx-conf", "nginx"), re.DOTALL)
    assert block
    known = {name for line in block[1].split(";") for name in line.split()[1:]}
    found = {path.suffix[1:] for path in guide.rglob("*") if path.is_file()} - {""}
    assert {"html", "js", "css", "ipynb"} <= found
    assert found <= known, "give them a type in site-nginx-conf"


def test_the_guide_below_a_path(guide: Path) -> None:
    """Each page that the start page links to, and each file that it loads."""
    with serving(Catalog(values={"site_path": "/iam/"}), guide) as address:
        _, _, body = ask(address)
        wanted = re.findall(r'(?:href|src)="?([^"\s>]+)', body.decode())
        local = {one.partition("#")[0] for one in wanted if not re.match(r"[a-z]+:", one)} - {""}
        assert len(local) > 40
        missing = {one for one in local if ask(urljoin(address, one))[0] != 200}
        assert not missing
