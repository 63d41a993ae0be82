"""One link of the chain, and what the files say of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from podrole.terminal import one_line

State = Literal["ok", "broken", "unknown"]


@dataclass(frozen=True)
class Link:
    """A link: whole, broken, or not to be judged from the files at hand.

    Attributes:
        name: the link, in two or three words.
        state: what the files say.
        says: what was found.
        fix: what to do; of an unknown link, the command that shows it.
        snippet: the catalogue's id of the fix, where it has one.
    """

    name: str
    state: State
    says: str
    fix: str = ""
    snippet: str = ""

    def __str__(self) -> str:
        mark = {"ok": "ok     ", "broken": "BROKEN ", "unknown": "unknown"}[self.state]
        lines = [one_line(f"{mark} {self.name}: {self.says}")]
        if self.fix:
            verb = "fix" if self.state == "broken" else "look"
            lines.append(one_line(f"        {verb}: {self.fix}"))
        if self.snippet:
            lines.append(f"        take: podrole snippet show {self.snippet}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, str]:
        """The link as plain data."""
        return asdict(self)


def ok(name: str, says: str) -> Link:
    """A link that holds."""
    return Link(name, "ok", says)


def broken(name: str, says: str, fix: str, snippet: str = "") -> Link:
    """A link that breaks, and its fix."""
    return Link(name, "broken", says, fix, snippet)


def unknown(name: str, says: str, command: str = "", snippet: str = "") -> Link:
    """A link that no file tells of, and the command that would."""
    return Link(name, "unknown", says, command, snippet)
