"""One-step changes of a page, each of which a reader would stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from podrole.site.pages.page_blocks import Block, read_blocks
from tests.catalogue import CATALOG

_FILE = re.compile(r"\bfile=(?P<name>[\w.-]+)")
#: What is put in the place of a page's only trust policy: the other mechanism's.
_OTHER = {True: "trust-irsa-exact", False: "trust-pod-identity-source"}


@dataclass(frozen=True)
class Mutant:
    """A page with one fault.

    Attributes:
        change: what was changed.
        text: the page after it.
        line: the line that was changed, from 1.
        anchor: of the section that was changed.
    """

    change: str
    text: str
    line: int
    anchor: str


def mutants(page: str) -> Iterator[Mutant]:
    """A block taken away, a file renamed where it is saved, a trust policy swapped: each once."""
    lines = page.split("\n")
    typed = [one for one in read_blocks(page, CATALOG) if one.use in ("command", "file")]

    def changed(block: Block, change: str, line: str) -> Mutant:
        text = "\n".join([*lines[: block.line - 1], line, *lines[block.line :]])
        return Mutant(f"line {block.line}: {change}", text, block.line, block.anchor)

    for block in typed:
        yield changed(block, f"{block.name} taken away", "")
    for block in typed:
        if block.use == "file":
            line = _FILE.sub(r"file=other-\g<name>", lines[block.line - 1])
            yield changed(block, f"{block.file} renamed", line)
    for block, other in _swaps(typed):
        line = lines[block.line - 1].replace(f'"{block.name}"', f'"{other}"')
        yield changed(block, f"{block.name} swapped for {other}", line)


def _swaps(typed: list[Block]) -> Iterator[tuple[Block, str]]:
    """Each trust policy, and the next other one of the page; what nobody should copy has no tab."""
    trusts = [one for one in typed if _is_trust(one)]
    for at, block in enumerate(trusts):
        following = islice(cycle(trusts), at + 1, at + len(trusts))
        others = (one.name for one in following if one.name != block.name)
        other = next(
            (name for name in others if block.format in CATALOG.formats(name)),
            _OTHER["pods.eks.amazonaws.com" in block.text],
        )
        yield block, other


def _is_trust(block: Block) -> bool:
    snippet = CATALOG[block.name]
    return snippet.kind == "policy" and snippet.holder in ("role-trust", "target-role-trust")
