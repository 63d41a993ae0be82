"""The failures that a page cures: how each is made, what it says, and who stays outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from podrole.catalog import Catalog
from podrole.catalog.parameters import fill
from podrole.follow.followed_lab import FollowError
from podrole.site.pages.page_blocks import Block

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Try:
    """Commands, and a line of what they print.

    Attributes:
        commands: for a shell, with the reader's values.
        prints: the line; `…` is any text.
        fails: whether they must fail.
    """

    commands: str
    prints: str
    fails: bool

    def blocks(self, name: str, line: int, section: str) -> list[Block]:
        """The two blocks that a walk types and compares."""
        typed = Block(line, section, (), "command", name, text=self.commands)
        shown = Block(line, section, (), "output", name, text=self.prints, fails=self.fails)
        return [typed, shown]


@dataclass(frozen=True)
class Failure:
    """One failure of a page.

    Attributes:
        section: the anchor of the heading below which the page cures it.
        cause: the cause in the page's words.
        setup: the label of the set-up that it breaks.
        breaks: the commands that make it.
        refused: what is tried, and the refusal.
        cured: the same, when it is cured.
        tab: the tab of the section that a reader keeps; empty for all.
        take: the blocks of the section that cure it, by name; empty for all.
        undo: commands that take away what is left over from the failure itself.
        outside: who also stays outside, besides the set-up's strangers.
        away: the blocks of the section that take the cure away again, by name.
    """

    section: str
    cause: str
    setup: str
    breaks: str
    refused: Try
    cured: Try
    tab: str = ""
    take: tuple[str, ...] = ()
    undo: str = ""
    outside: Mapping[str, Try] = field(default_factory=dict)
    away: tuple[str, ...] = ()

    def blocks(self, page: Sequence[Block], strangers: Mapping[str, Try]) -> list[Block]:
        """Make the failure, see it, follow the section, and see that only the pod is let in.

        Raises FollowError if the section lacks a block that cures it.
        """
        section = [one for one in page if one.anchor == self.section]
        for name in (*self.take, *self.away):
            if name not in {one.name for one in section}:
                raise FollowError(f"no {name!r} below #{self.section}, for {self.cause!r}")
        line = section[0].line

        def typed(name: str, commands: str) -> Block:
            return Block(line, self.section, (), "command", f"{self.cause}: {name}", text=commands)

        return [
            *([typed("made", self.breaks)] if self.breaks else []),
            *self.refused.blocks(f"{self.cause}: refused", line, self.section),
            *self._taken(section),
            *self.cured.blocks(f"{self.cause}: cured", line, self.section),
            *(
                block
                for who, one in {**strangers, **self.outside}.items()
                for block in one.blocks(f"{self.cause}: {who} stays outside", line, self.section)
            ),
            *self._taken_away(section, line),
            *([typed("cleared", self.undo)] if self.undo else []),
        ]

    def _taken_away(self, section: Sequence[Block], line: int) -> Iterator[Block]:
        """The blocks that end the cure, and the refusal after them."""
        if self.away:
            yield from (one for one in section if one.name in self.away)
            yield from self.refused.blocks(f"{self.cause}: refused again", line, self.section)

    def _taken(self, section: Sequence[Block]) -> Iterator[Block]:
        """The blocks that a reader with this cause meets, each with what it prints."""
        takes = False
        for block in section:
            if block.use != "output":
                tab = not self.tab or not block.tabs or block.tabs[-1][1] == self.tab
                named = block.name not in self.away and (not self.take or block.name in self.take)
                takes = block.use != "not run" and tab and named
            if takes:
                yield block


@dataclass(frozen=True)
class SetUp:
    """What a failure breaks: a page that was followed, and the strangers that it leaves outside."""

    page: str
    strangers: Mapping[str, Try]
    prepare: str
    clear: str

    def prepared(self) -> list[Block]:
        """Make what the strangers are."""
        return [Block(0, "", (), "command", "strangers made", text=self.prepare)]

    def cleared(self) -> list[Block]:
        """Take the strangers away again."""
        return [Block(0, "", (), "command", "strangers removed", text=self.clear)]


@dataclass(frozen=True)
class Failures:
    """All of a page's failures, and the set-ups by their labels."""

    setups: Mapping[str, SetUp]
    failures: Sequence[Failure]

    @classmethod
    def read(cls, name: str, catalog: Catalog) -> Failures:
        """Read `NAME.yml` of this folder, filled with the reader's values."""
        raw = yaml.safe_load((_FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
        whole = _filled(raw, catalog)
        setups = {
            label: SetUp(
                one["page"],
                _tries(one["strangers"]),
                one["prepare"],
                one["clear"],
            )
            for label, one in whole["set-ups"].items()
        }
        failures = [
            _failure(one, whole["set-ups"][one["set-up"]], catalog) for one in whole["failures"]
        ]
        return cls(setups, failures)


def _failure(row: Mapping[str, Any], setup: Mapping[str, Any], catalog: Catalog) -> Failure:
    tries = row.get("tries", setup["works"])
    breaks = row.get("breaks", "")
    if "trust" in row:
        document = catalog.render(row["trust"], "json")
        breaks = fill(_TRUST, {**catalog.values, "document": document}) + "\n" + breaks
    return Failure(
        row["section"],
        row["cause"],
        row["set-up"],
        breaks,
        Try(tries, row["says"], True),
        Try(row.get("then", tries), row.get("prints", setup["prints"]), False),
        row.get("tab", ""),
        tuple(row.get("take", ())),
        row.get("undo", ""),
        _tries(row.get("outside", {})),
        tuple(row.get("away", ())),
    )


def _tries(rows: Mapping[str, Any]) -> dict[str, Try]:
    """Who stays outside, and what each is told."""
    return {who: Try(one["tries"], one["says"], True) for who, one in rows.items()}


def _filled(tree: Any, catalog: Catalog) -> Any:
    """The tree with the reader's values; `snippet: ID` becomes the snippet's text."""
    if isinstance(tree, str):
        return fill(tree, catalog.values)
    if isinstance(tree, list):
        return [_filled(one, catalog) for one in tree]
    if isinstance(tree, dict):
        if set(tree) == {"snippet"}:
            return catalog.render(tree["snippet"], catalog.formats(tree["snippet"])[0])
        return {key: _filled(value, catalog) for key, value in tree.items()}
    return tree


_TRUST = """\
aws iam update-assume-role-policy --role-name {{role_name}} \\
  --policy-document "$(cat <<'EOF'
{{document}}
EOF
)\""""
