"""How much a page makes a reader load: before any click, and for Run."""

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.page_kinds import KINDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE_BYTES, PAGE_REQUESTS, RUN_BYTES = 250_000, 20, 12_000_000


def _weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))


@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_a_page_is_light_before_any_click(
    browser: "Browser", site_address: str, built_site: Path, path: str
) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(f"{site_address}{path}", wait_until="networkidle")
    page.close()
    files = [
        built_site / (f"{one[1:]}index.html" if one.endswith("/") else one[1:])
        for one in dict.fromkeys(asked)
        if not one.endswith((".woff2", "search_index.json"))
    ]
    assert len(asked) <= PAGE_REQUESTS, asked
    weights = {file.name: _weight(file) for file in files}
    assert sum(weights.values()) <= PAGE_BYTES, weights
    assert not any("/python/" in one and not one.endswith("python.js") for one in asked)


def test_run_is_light_enough(built_site: Path) -> None:
    folder = built_site / "assets" / "python"
    plan = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    weights = {name: _weight(folder / name) for name in plan["sizes"]}
    assert sum(weights.values()) <= RUN_BYTES, weights
