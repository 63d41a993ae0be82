"""What lint has to say of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from podrole.terminal import one_line

Severity = Literal["error", "warning", "suggestion"]
#: Characters: no key or value of AWS's is as long.
_LONGEST = 600
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "suggestion")


@dataclass(frozen=True)
class Finding:
    """One thing that is probably not meant: where it is, and the fix.

    The policy's own texts in `message` are cut where they are long, and so is `path`: a policy has
    as many findings as values, and each may name a key that fills the policy.
    """

    code: str
    severity: Severity
    path: str
    message: str
    fix: str
    page: str  # of this guide

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path[:_LONGEST])
        object.__setattr__(self, "message", one_line(self.message, _LONGEST))

    def __str__(self) -> str:
        path = one_line(self.path, 2 * _LONGEST)
        return f"{path}: {self.severity} {self.code}: {self.message}. {self.fix}"
