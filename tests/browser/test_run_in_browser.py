"""A notebook's cells run in a reader's Chromium, and reach no host but the site's."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.refusing_proxy import RefusingProxy
from tests.files import files
from tests.site.site_build import REPOSITORY
from tests.tools import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

NOTEBOOKS = files(REPOSITORY / "notebooks", "*.ipynb")
FIRST = "notebooks/01-the-leaky-key/"
# Milliseconds: a start of Python takes 4 s on a quiet machine, and CI's is not quiet.
PATIENCE = 240_000


@pytest.fixture(scope="module", autouse=True)
def python_is_built() -> None:
    needs("browser-python")


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What pages and their workers asked for; cleared by whoever wants to know."""
    return []


@pytest.fixture(scope="module")
def reader(browser: Browser, site_address: str, asked: list[str]) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    seen: list[str] = []
    context.on("request", lambda request: (seen.append(request.url), asked.append(request.url)))
    yield context
    context.close()
    assert seen
    assert [url for url in seen if not url.startswith((site_address, "data:", "blob:"))] == []


@pytest.fixture
def page(reader: BrowserContext, proxy: RefusingProxy) -> Iterator[Page]:
    page = reader.new_page()
    yield page
    page.close()
    assert proxy.strangers() == []


@pytest.fixture(scope="module")
def loaded_page(reader: BrowserContext, site_address: str) -> Iterator[Page]:
    """A page whose Python is there: its start is the slow part."""
    page = reader.new_page()
    page.goto(f"{site_address}{FIRST}")
    button(page, "Run cell 1").click()
    said(page, "Cell 1 ran.")
    yield page
    page.close()


@pytest.fixture
def notebook(loaded_page: Page) -> Page:
    button(loaded_page, "Reset").click()
    return loaded_page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def said(page: Page, words: str) -> None:
    page.locator(".nb-bar [role=status]").get_by_text(words).wait_for()


def cell(page: Page, number: int) -> Locator:
    return page.locator(f".nb-cell[data-cell='{number}']")


def mark(page: Page, number: int) -> str:
    return cell(page, number).locator(".nb-mark").inner_text()


def output(page: Page, number: int) -> str:
    """What the cell put out here; the stored output does not count."""
    return "".join(cell(page, number).locator(".nb-live.nb-text code").all_text_contents())


def write(page: Page, number: int, code: str) -> None:
    editor = page.get_by_label(f"Code of cell {number}")
    if not editor.count():
        button(page, f"Edit cell {number}").click()
    editor.fill(code)


def run_as(page: Page, number: int, code: str) -> str:
    """Run other code in the cell, without those before it; what it put out."""
    write(page, number, code)
    button(page, f"Run cell {number}").click()
    page.locator(".nb-bar:not(.nb-active)").wait_for()
    return output(page, number)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_gives_its_stored_output(page: Page, site_address: str, path: Path) -> None:
    cells = [one for one in json.loads(path.read_text())["cells"] if one["cell_type"] == "code"]
    page.goto(f"{site_address}notebooks/{path.stem}/")
    button(page, "Run all").click()
    page.locator(".nb-bar:not(.nb-active)").wait_for()
    said(page, f"{len(cells)} cells ran; the output matches the stored output.")
    for number, one in enumerate(cells, start=1):
        stored = "".join("".join(part["text"]) for part in one["outputs"])
        assert output(page, number) == stored
        assert mark(page, number) == ("matches the stored output" if stored else "ran")


def test_nothing_is_loaded_before_the_click(
    page: Page, site_address: str, asked: list[str]
) -> None:
    asked.clear()
    page.goto(f"{site_address}{FIRST}", wait_until="networkidle")
    button(page, "Edit cell 2").click()
    page.keyboard.press("Escape")
    assert page.locator(".nb-status").inner_text().startswith("About 12 MB load at the first Run.")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert [one for one in loaded if one.endswith("/assets/run.js")]  # also where it was cached
    assert [one for one in [*loaded, *asked] if "/assets/python/" in one] == []


def test_a_run_runs_what_stands_above_and_has_not_run(notebook: Page) -> None:
    button(notebook, "Run cell 4").click()
    said(notebook, "4 cells ran")
    assert [mark(notebook, number) for number in (1, 2, 3, 4, 5)] == [
        "ran",
        "matches the stored output",
        "ran",
        "matches the stored output",
        "",
    ]
    button(notebook, "Run cell 5").click()
    said(notebook, "Cell 5 ran.")


def test_an_edited_cell_runs_as_it_is_edited(notebook: Page) -> None:
    assert cell(notebook, 2).get_by_text("buckets:", exact=False).last.is_visible()
    shown = run_as(notebook, 1, "x = 20 + 1\nprint('twice', 2 * x)")
    assert shown == "twice 42\n"
    assert mark(notebook, 1) == "ran"
    assert run_as(notebook, 2, "x") == "21\n"
    assert "buckets:" not in cell(notebook, 2).inner_text()
    button(notebook, "Undo edits of cell 2").click()
    assert notebook.get_by_label("Code of cell 2").count() == 0
    assert cell(notebook, 2).locator(".highlight").first.is_visible()


def test_an_output_that_changed_is_marked(notebook: Page) -> None:
    begin = cell(notebook, 1).locator("code").first.inner_text()
    where = 'CreateBucketConfiguration={"LocationConstraint": "us-west-2"}'
    more = f'boto3.client("s3").create_bucket(Bucket="another-bucket", {where});'
    write(notebook, 1, f"{begin}\n{more}")
    button(notebook, "Run cell 2").click()
    said(notebook, "2 cells ran; 1 did not print the stored output.")
    assert mark(notebook, 2) == "differs from the stored output"


def test_an_error_stands_below_its_cell_and_ends_the_run(notebook: Page) -> None:
    write(notebook, 2, "print('before')\n\ndef fail():\n    1 / 0\n\nfail()")
    button(notebook, "Run cell 3").click()
    said(notebook, "Cell 2 ended with an error, shown below it.")
    error = cell(notebook, 2).locator(".nb-error")
    assert error.locator(".nb-error-line").inner_text() == "ZeroDivisionError: division by zero"
    assert output(notebook, 2) == "before\n"
    trace = error.locator("details pre")
    assert not trace.is_visible()
    error.locator("summary").click()
    assert 'File "<cell 2>", line 4, in fail' in trace.inner_text()
    assert mark(notebook, 2) == "ended with an error"
    assert mark(notebook, 3) == ""
    run_as(notebook, 2, "print('fixed')")
    assert output(notebook, 2) == "fixed\n"
    assert not error.is_visible()


def test_reset_brings_back_the_stored_page(notebook: Page) -> None:
    stored = notebook.locator(".nb-output").all_inner_texts()
    run_as(notebook, 1, "x = 1\n1 / 0")
    run_as(notebook, 1, "y = 1\nprint('other')")
    button(notebook, "Reset").click()
    assert notebook.locator(".nb-output").all_inner_texts() == stored
    assert notebook.locator(".nb-editor").count() == 0
    assert set(notebook.locator(".nb-mark").all_inner_texts()) == {""}
    run_as(notebook, 1, "y")
    assert "NameError" in cell(notebook, 1).locator(".nb-error").inner_text()


def test_output_is_seen_while_the_cell_runs(notebook: Page) -> None:
    write(notebook, 1, "import time\nprint('first')\nfor _ in range(600):\n    time.sleep(0.1)")
    button(notebook, "Run cell 1").click()
    cell(notebook, 1).locator(".nb-live").get_by_text("first").wait_for()
    assert button(notebook, "Stop cell 1").is_visible()
    assert mark(notebook, 1) == "running…"
    assert button(notebook, "Run cell 2").get_attribute("aria-disabled") == "true"
    button(notebook, "Stop cell 1").click()
    said(notebook, "Stopped.")
    button(notebook, "Undo edits of cell 1").click()
    button(notebook, "Run cell 1").click()
    said(notebook, "Cell 1 ran.")


CALLS = {
    "boto3": "boto3.client('sts', 'us-west-2', aws_access_key_id='a', aws_secret_access_key='b')"
    ".get_caller_identity()",
    "requests": "requests.get('https://requests.invalid/')",
    "urllib": "urllib.request.urlopen('http://urllib.invalid/')",
    "socket": "socket.create_connection(('socket.invalid', 443), timeout=5)",
    "pyodide": "pyodide.http.open_url('https://pyodide.invalid/')",
    "fetch": "js.fetch('https://fetch.invalid/')",
    "XMLHttpRequest": "js.XMLHttpRequest.new().open('GET', 'https://xhr.invalid/')",
    "WebSocket": "js.WebSocket.new('wss://websocket.invalid/')",
    "EventSource": "js.EventSource.new('https://events.invalid/')",
    "Worker": "js.Worker.new('https://worker.invalid/')",
    "import": "pyodide.code.run_js('import(\"https://import.invalid/\")')",
    "importScripts": "js.importScripts('https://scripts.invalid/')",
    "cache": "js.caches.open('c').then(lambda c: c.add('https://cache.invalid/'))",
    "font": "js.FontFace.new('f', 'url(https://font.invalid/)').load()",
}


def test_a_cell_that_forgets_the_lab_reaches_no_host(notebook: Page, proxy: RefusingProxy) -> None:
    modules = "import boto3, requests, urllib.request, socket, pyodide.http, pyodide.code, js\n"
    told = {}
    for name, call in CALLS.items():
        run_as(notebook, 1, modules + call)
        lines = cell(notebook, 1).locator(".nb-error-line").all_inner_texts()
        told[name] = lines[0] if lines else ""
    assert proxy.strangers() == []
    assert [name for name, line in told.items() if not line] == []
    run_as(notebook, 1, modules + CALLS["boto3"])
    assert "Lab.start()" in cell(notebook, 1).locator(".nb-hint").inner_text()


def test_the_proxy_would_notice(browser: Browser, proxy: RefusingProxy) -> None:
    """Without a policy and a guard, a page's request arrives there."""
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate("fetch('http://positive-control.invalid/', {mode: 'no-cors'}).catch(() => 0)")
    page.close()
    hosts = {re.sub(r"^\w+ (?:\w+://)?([^:/ ]+).*", r"\1", line) for line in proxy.strangers()}
    proxy.asked.clear()
    assert hosts == {"positive-control.invalid"}


def test_stop_ends_a_loop_at_once(page: Page, site_address: str) -> None:
    page.goto(f"{site_address}{FIRST}")
    write(page, 3, "while True:\n    print('x')")
    button(page, "Run cell 3").click()
    cell(page, 3).locator(".nb-live").wait_for()
    button(page, "Stop").click()
    said(page, "Stopped. The next Run starts Python again, and runs first what it needs.")
    assert mark(page, 1) == "Python has ended since"
    button(page, "Undo edits of cell 3").click()
    button(page, "Run cell 4").click()
    said(page, "4 cells ran; the output matches the stored output.")


def test_all_can_be_done_by_keyboard(notebook: Page) -> None:
    press = notebook.keyboard.press
    focused = functools.partial(
        notebook.evaluate,
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
    )
    button(notebook, "Reset").focus()
    seen = []
    while "Edit cell 1" not in seen:
        press("Tab")
        seen.append(focused())
        assert len(seen) < 50
    assert "Run cell 1" in seen
    press("Enter")
    assert focused() == "Code of cell 1"
    press("Control+A")
    notebook.keyboard.type("if True:\nprint('typed')")
    press("Control+Enter")
    said(notebook, "Cell 1 ran.")
    assert output(notebook, 1) == "typed\n", "Enter keeps the indent"
    press("Shift+Enter")
    said(notebook, "Cell 1 ran.")
    press("Tab")
    assert focused() != "Code of cell 1", "Tab does not stay in the editor"
    press("Shift+Tab")
    assert focused() == "Code of cell 1"
    press("Escape")
    assert focused() == "Run cell 1"
    press("Tab")
    assert focused() == "Undo edits of cell 1"
    press("Space")
    assert notebook.locator(".nb-editor").count() == 0


def test_a_load_that_breaks_off_says_what_to_do_and_can_be_tried_again(
    page: Page, site_address: str, asked: list[str]
) -> None:
    asked.clear()
    page.route("**/lab.tar.xz*", lambda route: route.abort())
    page.goto(f"{site_address}{FIRST}")
    button(page, "Run cell 2").click()
    trouble = page.get_by_role("alert")
    trouble.wait_for()
    assert "A file did not load: lab.tar.xz" in trouble.inner_text()
    assert "make lab" in trouble.inner_text()
    said(page, "Python did not load.")
    page.unroute("**/lab.tar.xz*")
    button(page, "Try again").click()
    said(page, "2 cells ran; the output matches the stored output.")
    assert trouble.count() == 0
    assert [one for one in asked if "/assets/python/" in one], "the worker's requests are heard"


@pytest.mark.parametrize(
    ("break_it", "said_"),
    [
        (
            lambda page: page.route("**/policy.tar.xz*", lambda one: one.fulfill(status=404)),
            "A file is missing: policy.tar.xz: the server answers 404.",
        ),
        (
            lambda page: page.route("**/python.js*", lambda one: one.fulfill(body="", status=200)),
            "A file did not load",
        ),
        (
            lambda page: page.route("**/worker.js*", lambda one: one.abort()),
            "A file did not load",
        ),
        (
            lambda page: page.add_init_script("delete window.WebAssembly"),
            "This browser has no WebAssembly",
        ),
    ],
    ids=["404", "type", "worker", "WebAssembly"],
)
def test_a_load_that_cannot_be_says_why(
    page: Page, site_address: str, break_it: Callable[[Page], None], said_: str
) -> None:
    break_it(page)
    page.goto(f"{site_address}{FIRST}")
    button(page, "Run cell 1").click()
    assert said_ in page.get_by_role("alert").inner_text()


def test_a_policy_that_forbids_it_is_named(page: Page, site_address: str) -> None:
    forbidding = "<head><meta http-equiv=Content-Security-Policy content=\"worker-src 'none'\">"

    def with_meta(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<head>", forbidding))

    page.route(f"**/{FIRST}", with_meta)
    page.goto(f"{site_address}{FIRST}")
    button(page, "Run cell 1").click()
    assert "forbids it: worker-src." in page.get_by_role("alert").inner_text()


VALUES = """
export const ownValues = () => ({account_id: "999988887777"});
export const currentValues = async () => ({...ownValues(), region: "us-west-2"});
export const builtText = (element) => element.textContent;
"""


def test_the_lab_is_the_reader_s_own(page: Page, site_address: str) -> None:
    def with_values(route: Any) -> None:
        answer = route.fetch()
        html = re.sub(r"<script[^>]*/values\.m?js[^>]*></script>", "", answer.text())
        script = '<script type="module" src="../../assets/values.js"></script></body>'
        route.fulfill(response=answer, body=html.replace("</body>", script))

    page.route(f"**/{FIRST}", with_values)
    page.route(
        "**/assets/values.js",
        lambda one: one.fulfill(body=VALUES, content_type="text/javascript"),
    )
    page.goto(f"{site_address}{FIRST}")
    button(page, "Run cell 2").click()
    said(page, "2 cells ran.")
    assert "orders-data-999988887777" in output(page, 2)
    assert mark(page, 2) == "ran", "the stored output is of another account"
    page.evaluate("document.dispatchEvent(new CustomEvent('podrole:values'))")
    assert mark(page, 2) == "ran with other values"
    button(page, "Run cell 2").click()
    said(page, "2 cells ran.")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_when_the_buttons_come_or_a_cell_is_edited(
    browser: Browser, site_address: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{site_address}{FIRST}", wait_until="networkidle")
    shift = page.evaluate(
        """() => new Promise((done) => new PerformanceObserver((list) =>
          done(list.getEntries().map((one) => one.value)))
          .observe({type: "layout-shift", buffered: true}) || setTimeout(() => done([]), 500))"""
    )
    assert sum(shift) < 0.01
    place = "one => one.getBoundingClientRect().y + scrollY"
    before = cell(page, 3).evaluate(place)
    button(page, "Edit cell 2").click()
    assert abs(cell(page, 3).evaluate(place) - before) <= 1
    shown, whole = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert whole <= shown
    page.close()


def test_print_has_no_buttons(page: Page, site_address: str) -> None:
    page.goto(f"{site_address}{FIRST}")
    assert button(page, "Run cell 1").is_visible()
    page.emulate_media(media="print")
    assert not button(page, "Run cell 1").is_visible()
    assert not button(page, "Run all").is_visible()
