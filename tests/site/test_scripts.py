"""The site's own scripts: what a reader pastes or a link brings is text there, and nothing else."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from podrole.yaml_writer import is_bare_text
from tests import hostile
from tests.files import files
from tests.site.site_build import REPOSITORY
from tests.test_regular_expressions import faults
from tests.tools import needs

SCRIPTS = files(REPOSITORY / "docs/assets", "**/*.js")
#: By which a text could become markup or code, in a browser or in a link.
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|srcdoc|DOMParser|createContextualFragment"
    r"|document\.write|\beval\(|new Function|setTimeout\([\"'`]|javascript:"
)
#: What sets a link's target: an address of this site, or a file that the page itself has made.
TARGET = re.compile(r"href: ([^,}]*)")
KNOWN_TARGETS = re.compile(r"pageAddress\(|address\b")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_text_becomes_markup_or_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert SINKS.findall(text) == []
    for target in TARGET.findall(text):
        assert KNOWN_TARGETS.match(target.strip()), target


def test_the_page_and_the_command_line_quote_the_same_words_of_yaml() -> None:
    """`isYamlText` in values.js is `is_bare_text` of yaml_writer.py, for what a value may hold."""
    source = (REPOSITORY / "docs" / "assets" / "values.js").read_text(encoding="utf-8")
    found = re.search(r"export (function isYamlText\(word\) \{.*?\n\})", source, re.DOTALL)
    assert found
    words = [text for text in hostile.lines() if text.isprintable() and len(text) < 10_000]
    words += [f"{sign}{word}" for sign in "+-" for word in hostile.texts("typed word", "number")]
    assert len(words) > 300
    script = (
        f"{found[1]}\nprocess.stdout.write(JSON.stringify({json.dumps(words)}.map(isYamlText)))"
    )
    done = subprocess.run(
        [needs("node"), "-"], input=script, capture_output=True, text=True, check=True
    )
    answers = dict(zip(words, json.loads(done.stdout), strict=True))
    assert {word for word in words if is_bare_text(word) != answers[word]} == set()


def test_a_long_word_takes_the_page_no_longer_than_its_length() -> None:
    source = (REPOSITORY / "docs" / "assets" / "values.js").read_text(encoding="utf-8")
    body = source.partition("function isYamlText")[2].partition("\n}")[0]
    patterns = re.findall(r"^    /(.*)/i?\.test\(word\)", body, re.MULTILINE)
    assert len(patterns) == 6
    for pattern in patterns:
        assert list(faults(pattern, searched=False)) == [], pattern
