"""What someone pastes into the page: read in one pass, and never the end of the worker."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import pytest

from podrole.pyodide import checker
from podrole.reading import ReadingError
from podrole.reading.outputs import pieces as pieces_module
from podrole.reading.outputs import read_outputs
from podrole.reading.outputs.pieces import MOST_OUTPUTS, pieces
from tests import hostile

BODIES = hostile.named({**hostile.YAML, **hostile.JSON})


def asked(call: Any, **argument: Any) -> dict[str, Any]:
    answer = call(json.dumps(argument), lambda _: None)
    found: dict[str, Any] = json.loads(answer)
    return found


@pytest.mark.parametrize("body", BODIES)
def test_a_pasted_policy_is_answered_in_one_line(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    answer = asked(checker.check, policy=text)
    assert "error" in answer
    assert "ours" not in answer["error"]
    assert len(answer["error"]["message"].splitlines()) == 1


@pytest.mark.parametrize("body", BODIES)
def test_pasted_outputs_are_answered(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    answer = asked(checker.pod, text=text)
    assert "ours" not in answer.get("error", {})
    for told in [*answer.get("ignored", ()), answer.get("error", {}).get("message", "")]:
        assert len(told.splitlines()) <= 1


@pytest.mark.parametrize(
    "line",
    ["apiVersion: v1\n", "a: b\n\nc: d\n", "--- a\n", "{}\n", "{} {} {}", "$ aws\n", "[1,\n2]\n",
     '"\n{"a": 1}\n', "\n", " \n", "x\n"],
)  # fmt: skip
def test_each_line_of_a_paste_is_read_once(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: the characters of the lines that are looked at, and of the JSON that is tried."""
    looked_at = tried = 0
    lines, decoder = pieces_module._LINE, pieces_module._DECODER

    class Lines:
        def finditer(self, text: str, start: int) -> Any:
            nonlocal looked_at
            for match in re.compile(lines.pattern).finditer(text, start):
                looked_at += max(1, match.end() - match.start())
                yield match

    class Decoder:
        def raw_decode(self, text: str, start: int) -> Any:
            nonlocal tried
            found = decoder.raw_decode(text, start)
            tried += found[1] - start
            return found

    monkeypatch.setattr(pieces_module, "_LINE", Lines())
    monkeypatch.setattr(pieces_module, "_DECODER", Decoder())
    text = line * (100_000 // len(line))
    with contextlib.suppress(ReadingError):  # more than MOST_OUTPUTS
        list(pieces(text))
    assert looked_at + tried <= 4 * len(text)


def test_what_holds_too_many_outputs_is_read_as_a_log() -> None:
    assert len(read_outputs("{}\n" * MOST_OUTPUTS)) == MOST_OUTPUTS
    text = "{}\n" * (MOST_OUTPUTS + 1)
    with pytest.raises(ReadingError, match="more than 1,000 outputs in one text"):
        read_outputs(text)
    assert asked(checker.pod, text=text)["errors"] == []
    said = (
        "An error occurred (AccessDenied): Not authorized to perform sts:AssumeRoleWithWebIdentity"
    )
    assert len(asked(checker.pod, text=text + said)["errors"]) == 1
