"""One link of the chain, and what the files say of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from podrole.terminal import one_line

State = Literal["ok", "broken", "unknown"]
#: A corrected policy is shown whole: AWS's largest trust policy has 4,096 characters.
_LONGEST_COMMAND = 8_000


@dataclass(frozen=True)
class Link:
    """A link: whole, broken, or not to be judged from the files at hand.

    Attributes:
        name: the link, in two or three words.
        state: what the files say.
        says: what was found.
        fix: what to do; of an unknown link, the command that shows it.
        snippet: the catalogue's id of the fix, where it has one.
        line: the line of a policy that is at fault.
        corrected: the policy as it should be, JSON over several lines.
        command: the command that applies the fix.
    """

    name: str
    state: State
    says: str
    fix: str = ""
    snippet: str = ""
    line: str = ""
    corrected: str = ""
    command: str = ""

    def __str__(self) -> str:
        mark = {"ok": "ok     ", "broken": "BROKEN ", "unknown": "unknown"}[self.state]
        lines = [one_line(f"{mark} {self.name}: {self.says}")]
        if self.line:
            lines.append(one_line(f"        line: {self.line}"))
        if self.fix:
            verb = "fix" if self.state == "broken" else "look"
            lines.append(one_line(f"        {verb}: {self.fix}"))
        if self.snippet:
            lines.append(f"        take: podrole snippet show {self.snippet}")
        if self.corrected:
            lines.append("        the corrected policy:")
            lines += [one_line(f"          {each}") for each in self.corrected.split("\n")]
        if self.command:
            lines.append(one_line(f"        apply: {self.command}", _LONGEST_COMMAND))
        return "\n".join(lines)

    def to_json(self) -> dict[str, str]:
        """The link as plain data."""
        return asdict(self)


def ok(name: str, says: str) -> Link:
    """A link that holds."""
    return Link(name, "ok", says)


def broken(name: str, says: str, fix: str, snippet: str = "", command: str = "") -> Link:
    """A link that breaks, its fix, and the command that applies it."""
    return Link(name, "broken", says, fix, snippet, command=command)


def unknown(name: str, says: str, command: str = "", snippet: str = "") -> Link:
    """A link that no file tells of, and the command that would."""
    return Link(name, "unknown", says, command, snippet)
