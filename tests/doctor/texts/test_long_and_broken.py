"""Long logs cost memory of one block, and broken inputs get one clear answer."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from podrole.doctor.texts import answer, explain, explain_log
from podrole.doctor.texts.log import TRIGGERS, WHOLE, novel_text
from podrole.doctor.texts.plain import Passage, passages, squeezed

CASES = [row["text"] for row in yaml.safe_load(Path(__file__).with_name("cases.yml").read_text())]
PLAIN = b"2026-11-28 10:00:00 INFO GET /orders/%d 200 in 12 ms\n"
DENIED = (
    "2026-11-28 ERROR User: arn:aws:sts::111122223333:assumed-role/orders/%d is not authorized to "
    "perform: s3:GetObject on resource: arn:aws:s3:::b because no identity-based policy allows it\n"
)
SPLIT = (
    b"WebIdentityErr: failed to retrieve credentials\n"
    b"caused by: RequestError: send request failed\n"
    b'caused by: Post "https://sts.amazonaws.com/": dial tcp 54.239.29.25:443: i/o timeout\n'
)


def log(megabytes: int, line: bytes) -> Iterator[bytes]:
    block = b"".join(line % number if b"%d" in line else line for number in range(20_000))
    for _ in range(megabytes * 1_000_000 // len(block) + 1):
        yield block


def test_an_error_of_several_lines_is_found_in_a_long_log() -> None:
    blocks = [*log(3, PLAIN), SPLIT, *log(3, PLAIN)]
    assert explain_log(blocks).causes == ["sts-unreachable"]
    data = b"".join(blocks)
    for size in (700, 65_537):
        cut = (data[at : at + size] for at in range(0, len(data), size))
        assert explain_log(cut).causes == ["sts-unreachable"]


def test_lines_that_are_alike_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: the errors that are looked at do not grow with the log."""
    seen = []

    def counted(facts: object, passage: Passage) -> tuple[list[object], ...]:
        seen.append(passage)
        return [], [], []

    monkeypatch.setattr(answer, "_told", counted)
    counts = []
    for megabytes in (2, 8):
        seen.clear()
        explain_log(log(megabytes, DENIED.encode()))
        counts.append(len(seen))
    assert counts[0] == counts[1] < 50


def test_what_is_kept_of_a_log_is_bounded_and_says_so() -> None:
    letters = random.Random(3)

    def lines() -> Iterator[bytes]:
        while True:
            words = "".join(letters.choices("ghijklmnopqrstuvwxyz", k=400_000))
            yield "\n".join(
                f"{words[at : at + 90]} denied" for at in range(0, len(words), 90)
            ).encode()

    text, cut = novel_text(lines())
    assert cut
    assert WHOLE < len(text) < 3_000_000
    reply = explain_log([b"denied " + b"x" * 90 + b"\n"] * 2)
    assert not reply.cut


@pytest.mark.parametrize(
    "line",
    [
        b"x" * 3_000_000,
        b"{" * 3_000_000,
        b"\\" * 3_000_000,
        b"role/" * 600_000,
        b'{"a":' * 600_000,
        b"\x1b[" * 1_000_000,
        b"&" * 3_000_000,
        b"%3A" * 1_000_000,
        b"arn:aws:sts:" * 200_000,
    ],
)
def test_one_endless_line_is_read(line: bytes) -> None:  # fmt: skip
    assert isinstance(str(explain_log([line, b" Incorrect token audience\n"])), str)
    assert sum(len(one.text) for one in passages(line.decode()[:1_000_000])) <= 16_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
def test_a_log_is_read_in_a_small_memory(tmp_path: Path) -> None:
    """50 MB, in a process that may have 200 MB of them; the limit of time guards from a hang."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        for block in log(25, PLAIN):
            file.write(block)
        file.write(SPLIT)
        for block in log(25, DENIED.encode()):
            file.write(block)
    # The process's own peak: getrusage would count that of the process that has started it.
    script = (
        "import re, sys; from pathlib import Path; from podrole.cli import main;"
        "code = main(sys.argv[1:]); status = Path('/proc/self/status').read_text();"
        "print(re.search(r'VmHWM:\\s+([0-9]+) kB', status)[1], code, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "doctor", "--error", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    peak, code = map(int, done.stderr.split())
    assert (code, "sts-unreachable" in done.stdout, "denied" in done.stdout) == (0, True, True)
    assert peak < 200_000  # in kB


def test_each_trigger_is_in_small_letters() -> None:
    assert all(one == one.lower() for one in TRIGGERS)


def test_white_space_and_quotes_do_not_count() -> None:
    assert squeezed(" It's \n“A” `b`") == "itsab"


#: Characters that mean something to a reader of JSON, to a terminal, or to nobody.
ODD = ['"', "{", "}", "\\", "\0", "\x1b[", "\ud800", "%", "\u202e"]


def mutated(text: str, dice: random.Random) -> bytes:
    """A text that is cut, doubled, mixed or written in another encoding."""
    at, to = sorted(dice.randrange(len(text) + 1) for _ in range(2))
    other = dice.choice(CASES)
    changed = dice.choice([
        text[at:to], text[:at] + text[to:], text + text, text[:at] + other + text[at:],
        text.replace(" ", "\n"), text.replace("\\n", "\n"), text.upper(), text[::-1],
        text[:at] + dice.choice(ODD) + text[at:],
        text.replace(":", "::"), text.replace("arn:aws", "arn:aws-cn"), "\n".join(text),
    ])  # fmt: skip
    encoding = dice.choice(["utf-8", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig", "cp037"])
    return changed.encode(encoding, "replace")


def test_broken_inputs_get_one_clear_answer() -> None:
    dice = random.Random(11)
    known = 0
    for _ in range(1_500):
        data = mutated(dice.choice(CASES), dice)
        reply = explain_log([data])
        said = str(reply)
        assert said
        assert all(line.isprintable() for line in said.splitlines()), data
        assert reply.known == bool(reply.causes)
        assert reply.known or len(said.splitlines()) <= 2
        known += reply.known
    assert known > 500, "most of them still show their error"


def test_a_text_in_any_type_of_line_is_answered_once() -> None:
    for text in CASES:
        once, twice = explain(text), explain(f"{text}\n\n{text}")
        assert once.causes == twice.causes
