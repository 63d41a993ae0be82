"""The page's policy holds: nothing of another host, no text as a script, in the worker neither."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.page_kinds import KINDS
from tests.browser.refusing_proxy import RefusingProxy, refusing_proxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ELSEWHERE = "http://elsewhere.invalid/"
ESCAPES = {
    "fetch": f"fetch('{ELSEWHERE}').then(() => 'left', error => String(error))",
    "image": f"new Promise(done => {{ const one = new Image(); one.onload = () => done('left');"
    f" one.onerror = () => done('refused'); one.src = '{ELSEWHERE}a.png' }})",
    "module": f"import('{ELSEWHERE}a.js').then(() => 'left', error => String(error))",
    "beacon": f"String(navigator.sendBeacon('{ELSEWHERE}', 'x'))",
    "worker": f"""new Promise(done => {{
        const text = "fetch('{ELSEWHERE}').then(() => postMessage('left'),"
            + " error => postMessage(String(error)))";
        const blob = new Blob([text], {{type: "text/javascript"}});
        new Worker(URL.createObjectURL(blob), {{type: "module"}}).onmessage =
            event => done(event.data);
    }})""",
}


@pytest.fixture
def page(browser: "Browser", site_address: str) -> "Page":
    page = browser.new_page()
    page.goto(site_address)
    return page


@pytest.mark.parametrize("script", ESCAPES.values(), ids=ESCAPES)
def test_nothing_leaves_the_page(page: "Page", proxy: RefusingProxy, script: str) -> None:
    assert page.evaluate(script) != "left"
    assert proxy.strangers() == []


def test_without_the_policy_the_proxy_would_see_it(browser: "Browser", site_address: str) -> None:
    """The positive control: the same request from a page without a policy arrives there."""
    with refusing_proxy() as other:
        context = browser.new_context(proxy=other.settings)
        page = context.new_page()
        page.goto(f"{site_address}assets/favicon.svg")
        page.evaluate(ESCAPES["fetch"])
        context.close()
        assert any(ELSEWHERE in line for line in other.strangers())


def test_no_text_becomes_a_script(page: "Page") -> None:
    # In a callback: what Playwright itself evaluates, the policy does not bind.
    tried = "try { done(eval('1')) } catch (error) { done(error.name) }"
    assert page.evaluate(f"new Promise(done => setTimeout(() => {{ {tried} }}))") == "EvalError"


@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_no_page_breaks_its_own_policy(browser: "Browser", site_address: str, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(
        "window.broken = []; addEventListener('securitypolicyviolation',"
        " event => broken.push(`${event.effectiveDirective} ${event.blockedURI}`))"
    )
    page.goto(f"{site_address}{path}", wait_until="networkidle")
    assert page.evaluate("broken") == []
    assert context.cookies() == []
    context.close()
