"""A page, followed: each block typed, saved or compared, in the tab that the reader keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from podrole.follow.followed_lab import FollowedLab, Typed
from podrole.follow.inventory import left_behind
from podrole.site.pages.page_blocks import Block, choices

#: The heading below which a page removes what it made.
CLEAN_UP = "Take it away again"
#: Commands that change something, or write a file. The others must say what they print.
_CHANGES = re.compile(
    r"\baws\b[^\n|]*? (?:create|put|delete|update|attach|detach|add|remove|tag|untag|enable|"
    r"disable|associate|disassociate|register|modify|start|stop|invite|accept|set|schedule)-[a-z-]+"
    r"|\baws cloudformation deploy\b"
    r"|\baws\b[^\n|]*? s3 (?:mb|rb|cp|rm|sync|mv)\b"
    r"|\bkubectl\b[^\n|]*? (?:apply|create (?!token)|delete|annotate|label|run|scale|patch|set|"
    r"replace|rollout (?:restart|undo))\b"
    r"|^\s*(?:cat > |export |unset )"
    r"|> [\w./-]+$",
    re.MULTILINE,
)
#: A here-document, and the end of a line that goes on.
_HERE = re.compile(r"<<'(?P<end>\w+)'\n.*?\n(?P=end)\b|\\\n", re.DOTALL)
#: A last line that only looks, and does not only wait: whoever changes something has to see it.
_LOOKS = re.compile(r"^(?:aws|kubectl)\b(?!.* rollout status |.* wait )[^|&\n]*\Z", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One block, and what came of it.

    Attributes:
        block: the block; None for what is looked at when the page has ended.
        printed: what its commands printed.
        complaint: what is wrong; empty where all is as the page says.
    """

    block: Block | None
    printed: str = ""
    complaint: str = ""


def runs(blocks: Sequence[Block]) -> list[dict[int, str]]:
    """The ways through a page: for each set of tabs the label that the reader keeps.

    The first way keeps the first tab of each set that can be run. Each further label that can be
    run has a way that keeps it wherever it stands.
    """
    sets = choices(list(blocks))
    first = {number: labels[0] for number, labels in sets.items()}
    ways = [first]
    for label in dict.fromkeys(one for labels in sets.values() for one in labels):
        way = {n: label if label in labels else first[n] for n, labels in sets.items()}
        if way not in ways:
            ways.append(way)
    return ways


def kept(blocks: Sequence[Block], way: Mapping[int, str]) -> list[Block]:
    """The blocks that a reader meets who keeps these tabs; what is only read is met in all tabs."""
    return [
        block
        for block in blocks
        if block.use in ("policy", "table", "not run")
        or all(way.get(number, label) == label for number, label in block.tabs)
    ]


def before_clean_up(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks that make, and those that remove what was made."""
    made = [one for one in blocks if one.section != CLEAN_UP]
    return made, [one for one in blocks if one.section == CLEAN_UP]


def follow(lab: FollowedLab, blocks: Sequence[Block]) -> Iterator[Step]:
    """Follow the blocks from the first to the last; a reader ends at the first that goes wrong.

    `lab` is made new; `blocks` are those of one way, in reading order.
    """
    walk = _Walk(lab, blocks)
    for position in range(len(blocks)):
        step = walk.step(position)
        if step:
            yield step
            if step.complaint:
                return
    for complaint in walk.files_not_read():
        yield Step(None, complaint=complaint)
        return
    left = left_behind(lab.at_first, lab.inventory.read())
    yield Step(None, complaint="; ".join(left))


class _Walk:
    def __init__(self, lab: FollowedLab, blocks: Sequence[Block]) -> None:
        self._lab, self._blocks = lab, blocks
        self._last: Typed | None = None  # of the command that an output may stand below
        self._files: dict[str, Block] = {}  # saved, and read by no command yet
        self._before = ""  # the command that was typed last, where nothing was saved since

    def step(self, position: int) -> Step | None:
        block = self._blocks[position]
        after = self._blocks[position + 1] if position + 1 < len(self._blocks) else None
        if _tells_of_another(block, after):
            said = f"the truth table below it is of {after.name}" if after else ""
            return Step(block, complaint=f"{block.place}: {said}")
        match block.use:
            case "command":
                return self._command(block, after)
            case "file":
                (self._lab.folder / block.file).write_text(block.text + "\n")
                self._files[block.file] = block
                self._last, self._before = None, ""
                return Step(block)
            case "output":
                return self._output(block)
            case "table":
                return None
            case "policy":
                decided = after is not None and (after.use, after.name) == ("table", block.name)
                said = "" if decided else "it needs a truth table below it"
                self._last = None
                return Step(block, complaint=said and f"{block.place}: {said}")
            case _:
                self._last = None
                return None

    def _command(self, block: Block, after: Block | None) -> Step:
        told = after if after is not None and after.use == "output" else None
        self._files = {
            name: one
            for name, one in self._files.items()
            if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", block.text)
        }
        if block.text == self._before:
            said = "it is typed a second time, and nothing was changed in between"
            return Step(block, complaint=f"{block.place}: {said}")
        typed = self._last = self._lab.type(block.text)
        self._before = block.text
        complaint = ""
        if told and told.fails:
            if typed.code == 0:
                complaint = "it should fail, as the page says, but it succeeds"
        elif typed.code:
            complaint = f"it ends with exit code {typed.code}"
        elif not told and not _CHANGES.search(block.text):
            complaint = "it only looks, so the page must show what it prints"
        elif not told and _ends_with_a_look(block.text):
            complaint = "its last command only looks, so the page must show what it prints"
        return Step(block, typed.printed, complaint and f"{block.place}: {complaint}")

    def _output(self, block: Block) -> Step:
        if self._last is None:
            return Step(block, complaint=f"{block.place}: there is no command above it")
        missing = not_printed(block.text, self._last.printed)
        self._last = None
        said = f"{block.place}: the command does not print {missing!r}" if missing else ""
        return Step(block, complaint=said)

    def files_not_read(self) -> Iterator[str]:
        """A complaint for each saved file that no command names."""
        for name, block in self._files.items():
            yield f"{block.place}: no command uses {name}"


def _tells_of_another(block: Block, after: Block | None) -> bool:
    """Whether a policy's commands or file stand above the truth table of another policy."""
    policy = block.use in ("command", "file") and block.format in ("cli", "cli-update", "json")
    return policy and after is not None and after.use == "table" and after.name != block.name


def _ends_with_a_look(script: str) -> bool:
    last = _LOOKS.search(_HERE.sub(" ", script).rstrip())
    return last is not None and not _CHANGES.search(last[0])


def not_printed(wanted: str, printed: str) -> str:
    """The first line of `wanted` that was not printed after those before it; `…` is any text."""
    lines = iter(printed.splitlines())
    for line in filter(str.strip, wanted.splitlines()):
        parts = [re.escape(part) for part in " ".join(line.split()).split("…")]
        pattern = re.compile(".*".join(parts))
        if not any(pattern.fullmatch(" ".join(one.split())) for one in lines):
            return line
    return ""
