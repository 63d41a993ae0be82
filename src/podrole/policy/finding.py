"""What lint has to say of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "suggestion"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "suggestion")


@dataclass(frozen=True)
class Finding:
    """One thing that is probably not meant: where it is, and the mend."""

    code: str
    severity: Severity
    path: str
    message: str
    mend: str
    page: str  # of this guide

    def __str__(self) -> str:
        return f"{self.path}: {self.severity} {self.code}: {self.message}. {self.mend}"
