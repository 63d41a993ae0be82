"""Finding a symptom is linear, whatever the output: the bytes that are looked at are counted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, ClassVar

import pytest

from podrole.doctor.symptom import symptom_in, symptom_of, symptoms
from podrole.doctor.symptom_text import REACH, SymptomText

TEXTS = [(one.id, text) for one in symptoms() for text in one.texts]
MEGABYTE = 1 << 20


class Output(bytes):
    """An output that counts the bytes that are looked at, by each way that there is."""

    looked_at: ClassVar[int] = 0

    def __contains__(self, word: Any) -> bool:
        return self.find(word) >= 0

    def find(self, word: Any, start: int = 0, stop: int | None = None) -> int:  # type: ignore[override]
        stop = len(self) if stop is None else min(stop, len(self))
        found = super().find(word, start, stop)
        Output.looked_at += len(word) + max(0, (stop if found < 0 else found) - start)
        return found

    def rfind(self, word: Any, start: int = 0, stop: int | None = None) -> int:  # type: ignore[override]
        found = super().rfind(word, start, stop)
        Output.looked_at += len(word) + (stop or len(self)) - max(found, start)
        return found


class Pattern:
    """A pattern that counts as if each of its matches looked at all that it may look at."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern, self._steps = pattern, most_steps(pattern)

    def match(self, output: Output, start: int, stop: int) -> Any:
        assert stop - start <= REACH
        Output.looked_at += self._steps
        return self._pattern.match(bytes(output[start:stop]))


def most_steps(pattern: re.Pattern[bytes]) -> int:
    """Bytes that one match looks at, at most: all of its width in each way."""
    parsed = parser.parse(pattern.pattern)
    width: int = parsed.getwidth()[1]
    return _choices(parsed) * width


def counted(text: SymptomText) -> SymptomText:
    then: Any = Pattern(text.then) if text.then else None
    return SymptomText(text.text, text.near, then)


def outputs(text: SymptomText) -> Iterator[bytes]:
    """Outputs that make the look as long as it can be: the text again and again, in many ways."""
    begun = text.then and re.sub(rb"\{.*", b"", text.then.pattern.replace(b"[^/\\s]", b"a"))
    rests = [b"", b" ", b"\n", b"x" * (REACH - 1), *[word[:-1] for word in text.near], begun or b""]
    yield from (text.text + rest for rest in rests)
    yield from (text.text[:-1] + rest for rest in rests)
    yield from (word + b"x" * (2 * REACH) + text.text for word in text.near)


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[f"{n}-{t.text.decode()}" for n, t in TEXTS])
def test_the_work_on_a_megabyte_is_bounded(name: str, text: SymptomText) -> None:
    """Each byte is looked at once by each word, and once more where windows meet.

    What follows a text is looked at once for each occurrence, and these do not overlap.
    """
    following = most_steps(text.then) / len(text.text) if text.then else 0
    most = 4 + 3 * len(text.near) + following
    watched = counted(text)
    for part in outputs(text):
        output = Output((part * (MEGABYTE // len(part) + 1))[:MEGABYTE])
        Output.looked_at = 0
        watched.stands_in(output)
        assert Output.looked_at <= most * len(output), (name, part[:80])


def _choices(parsed: Any) -> int:
    """How many ways a pattern can be tried from one place: one, times each repetition's lengths."""
    ways = 1
    for operation, argument in parsed:
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = argument
            assert most is not sre.MAXREPEAT, "an unbounded gap"
            assert _choices(inner) == 1, "a repetition within a repetition"
            ways *= most - least + 1
        elif operation is sre.BRANCH:
            ways *= sum(map(_choices, argument[1]))
        elif operation is sre.SUBPATTERN:
            ways *= _choices(argument[-1])
        else:
            assert operation in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY), operation
    return ways


@pytest.mark.parametrize(
    "text", [t for _, t in TEXTS if t.then], ids=lambda text: text.text.decode()
)
def test_what_follows_is_of_bounded_length_and_has_few_readings(text: SymptomText) -> None:
    assert text.then
    parsed = parser.parse(text.then.pattern)
    assert parsed.getwidth()[1] <= REACH
    assert _choices(parsed) <= 100


@pytest.mark.parametrize("pattern", [b".*a", b"(a{1,9}){1,9}b", b"a+"])
def test_a_pattern_that_could_take_long_is_noticed(pattern: bytes) -> None:
    with pytest.raises(AssertionError, match=r"repetition|gap"):
        _choices(parser.parse(pattern))


def test_what_is_near_stands_on_the_same_line_within_reach() -> None:
    text = SymptomText.read({"text": "Agent", "near": ["refused", "timeout"]})

    def found(output: str) -> bool:
        return text.stands_in(output.encode())

    assert found("agent refused")
    assert found("timeout of the agent")
    assert found(f"x\nagent\n{'x' * 900} agent{'x' * (REACH - 7)}refused\nagent")
    assert not found("agent\nrefused")
    assert not found("refused\nagent")
    assert not found(f"agent{'x' * REACH}refused")
    assert not found(f"refused{'x' * REACH}agent")
    # A window that was looked at hides nothing that begins in it and ends behind it.
    assert found(f"agent{'x' * (REACH - 3)}agent{'x' * 10}refused")
    assert found(f"refu{'x' * 50}agent{'x' * (REACH - 4)}refused agent")


def test_an_output_in_blocks_shows_the_same() -> None:
    said = (
        b"a" * 1000 + b" Could not connect to http://169.254.170.23/v1/credentials\n" + b"b" * 1000
    )
    whole = symptom_in([said])
    assert whole
    assert whole.id == "agent-silent"
    for cut in range(900, 1100):
        assert symptom_in([said[:cut], said[cut:]]) == whole
    assert symptom_in(bytes([one]) for one in said) == whole


def test_the_most_telling_symptom_wins_wherever_it_stands() -> None:
    denied, chained = b"AccessDenied\n", b"not authorized to perform: sts:TagSession\n"
    for blocks in itertools.permutations([denied, chained, b"x" * 2000]):
        found = symptom_in(blocks)
        assert found
        assert found.id == "chained-tags"


def test_halves_of_surrogate_pairs_hide_nothing() -> None:
    found = symptom_of("\ud800 Incorrect token audience \udfff")
    assert found
    assert found.id == "wrong-audience"
