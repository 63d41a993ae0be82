"""JSON from outsiders: strict, and never so deep that a reader of it recurses without an end."""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from podrole.reading import Limits, ReadingError, json_document, read_json
from tests import hostile


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1, column 1: Expecting value"),
        ('{"a":\n 1,}', "line 2, column 4: "),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ("9" * 5000, "a number with too many digits"),
        ('\n{"a":' * 65, "line 66, column 1: nested deeper than 64 levels"),
        ("[" * 100_000, "line 1, column 65: nested deeper than 64 levels"),
    ],
)
def test_a_fault_is_one_line_with_its_place(text: str, says: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_json(text)
    assert str(caught.value).startswith(says)
    assert len(str(caught.value).splitlines()) == 1


def test_brackets_in_texts_do_not_count() -> None:
    deepest = "[" * 64 + "]" * 64
    assert read_json(deepest) == json.loads(deepest)
    texts = ["[" * 100, '\\"[' * 100, '"' + "{" * 100, "\\" * 7 + "["]
    assert read_json(json.dumps(texts)) == texts


@pytest.mark.parametrize("body", hostile.named(hostile.JSON))
def test_hostile_texts_are_what_json_says_or_one_line(body: bytes) -> None:
    text = body.decode("utf-8", "surrogateescape")
    try:
        found = read_json(text)
    except ReadingError as error:
        said = str(error)
    else:
        said = "one line"
        assert json.dumps(found) == json.dumps(json.loads(text))
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("part", ['"', '\\"', '"\\', '"[', "[]", '["', '"\n[]', "\\["])
def test_each_character_is_looked_at_once(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quote that nothing closes made the look for its end begin again at each quote."""
    text = part * (1_000_000 // len(part))
    looked_at = 0

    class Counted:
        def finditer(self, text: str) -> object:
            nonlocal looked_at
            end = 0
            for match in re.compile(marks.pattern).finditer(text):
                # One class of characters, or a backslash and the next: no match looks farther.
                assert len(match[0]) <= 2
                looked_at += match.end() - end
                end = match.end()
                yield match

    marks = json_document._MARKS
    monkeypatch.setattr(json_document, "_MARKS", Counted())
    with contextlib.suppress(ReadingError):
        json_document.check_depth(text + "[" * 65, Limits())
    assert looked_at <= len(text) + 65
