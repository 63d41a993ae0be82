"""The recipe for nginx in a browser: what its headers add, and that the guide works behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from podrole.catalog import Catalog
from tests.catalog.nginx_server import serving
from tests.tools import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: A page's own policy, and a worker made from a file's address, which calls whom it is told.
META = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"
FILES = {
    "index.html": f"<!doctype html>{META}<title>the guide</title><script src=run.js></script>",
    "404.html": "",
    "run.js": """
window.ask = (address) => new Promise((resolve) => {
  const worker = new Worker("worker.mjs", { type: "module" });
  worker.onmessage = (event) => resolve(event.data);
  worker.postMessage(address);
});
""",
    "worker.mjs": """
onmessage = (event) => fetch(event.data).then(
  (answer) => postMessage(`answered ${answer.status}`),
  () => postMessage("refused"),
);
""",
}


@contextmanager
def server(handler: Any) -> Iterator[tuple[str, ThreadingHTTPServer]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}/", made
        made.shutdown()


class Stranger(BaseHTTPRequestHandler):
    """Another host, which answers whoever asks, and shows the guide in a frame."""

    framed = ""

    def do_GET(self) -> None:
        body = f"<iframe src={self.framed}></iframe>".encode() if self.framed else b"taken"
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to the tests' output."""


class Plain(SimpleHTTPRequestHandler):
    """A host such as GitHub Pages: the files, and no header of ours."""

    def log_message(self, *_: object) -> None:
        """Nothing to the tests' output."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def asked(browser: Browser, address: str, whom: str) -> str:
    """What a worker of the page gets from a host."""
    page = browser.new_page()
    page.goto(address)
    said: str = page.evaluate("(whom) => window.ask(whom)", whom)
    page.close()
    return said


def frame_shows(browser: Browser, framed: str) -> str:
    """What stands in a frame of another host's page."""
    handler = type("Framing", (Stranger,), {"framed": framed})
    with server(handler) as (address, _):
        page = browser.new_page()
        page.goto(address)
        title: str = page.frames[1].title()
        page.close()
    return title


def test_a_worker_reaches_its_own_host_only(browser: Browser, folder: Path) -> None:
    with serving(Catalog(), folder) as guide, server(Stranger) as (stranger, _):
        assert asked(browser, guide, f"{guide}run.js") == "answered 200"
        assert asked(browser, guide, stranger) == "refused"


def test_no_other_site_shows_it_in_a_frame(browser: Browser, folder: Path) -> None:
    with serving(Catalog(), folder) as guide:
        assert frame_shows(browser, guide) != "the guide"


def test_without_the_headers_both_go_through(browser: Browser, folder: Path) -> None:
    """So the page's own policy does not do it, and these tests would notice."""
    plain = partial(Plain, directory=str(folder))
    with server(plain) as (guide, _), server(Stranger) as (stranger, _):
        assert asked(browser, guide, stranger) == "answered 200"
        assert frame_shows(browser, guide) == "the guide"


def test_the_guide_works_behind_them(browser: Browser) -> None:
    """Pages are held to both policies, theirs and the header's; Python starts in its worker."""
    needs("browser-python")
    built = Path(needs("site")).parent
    complaints: list[str] = []
    with serving(Catalog(values={"site_path": "/iam/"}), built) as guide:
        page = browser.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(f"{guide}notebooks/02-irsa/")
        python = """async (address) => {
          const { Python } = await import(address);
          const python = new Python({ archives: ["policy"], module: "json" });
          await python.ready;
          python.stop();
          return "ready";
        }"""
        assert page.evaluate(python, f"{guide}assets/python/python.js") == "ready"
        page.close()
    assert complaints == []
