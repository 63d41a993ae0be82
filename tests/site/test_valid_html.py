"""The Nu HTML checker, which the W3C runs, finds no error in any page of the built site."""

import json
import subprocess
from pathlib import Path

from tests.client_programs import CLIENTS, node_modules
from tests.tools import needs


def _errors(*paths: Path) -> list[str]:
    checker = node_modules(CLIENTS / "audit") / "vnu-jar" / "build" / "dist" / "vnu.jar"
    done = subprocess.run(
        [
            *(needs("java"), "-jar", str(checker), "--format", "json", "--stdout"),
            *("--errors-only", "--skip-non-html", *map(str, paths)),
        ],
        capture_output=True,
        text=True,
    )
    return [
        f"{one['url']}: {one['message']}: {one.get('extract', '')}"
        for one in json.loads(done.stdout)["messages"]
    ]


def test_no_page_has_an_error(built_site: Path) -> None:
    assert _errors(built_site) == []


def test_an_error_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html lang=en><title>x</title><p><div id=a><div id=a>")
    assert any("Duplicate ID" in error for error in _errors(page))
