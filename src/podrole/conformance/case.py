"""A case: the state that it needs, one request, and what AWS answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expected:
    """The answer of AWS: accepted, or refused with a code, a status and, where known, a text."""

    code: str | None = None
    status: int | None = None
    message: str | None = None
    #: What an accepted answer holds: a path, such as `Credentials.Expiration`, and its value.
    has: Mapping[str, Any] | None = None

    @property
    def refused(self) -> bool:
        """Whether AWS refuses the request."""
        return self.code is not None

    def told(self) -> str:
        """The answer in a line: `403 AccessDenied: …`."""
        if not self.refused:
            return "accepted"
        return f"{self.status} {self.code}" + (f": {self.message}" if self.message else "")

    def document(self) -> dict[str, Any]:
        """The answer as the exported suite has it."""
        if not self.refused:
            return {"outcome": "accepted", **({"has": dict(self.has)} if self.has else {})}
        found = {"outcome": "refused", "code": self.code, "status": self.status}
        return found if self.message is None else {**found, "message": self.message}


@dataclass(frozen=True)
class Case:
    """One case, with all that its file writes in short forms written out.

    `given` and `when` are steps: a mapping with `call` and `with`, `token` or `pod-token`.
    """

    id: str
    area: str
    title: str
    given: tuple[Mapping[str, Any], ...]
    when: Mapping[str, Any]
    then: Expected
    #: documented (by AWS), cited (its users show it) or inferred (by us).
    basis: str
    source: str
    #: What the endpoint must have: `keys`, `cluster`, `second-account`.
    needs: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The case as the exported suite has it."""
        return {
            "id": self.id,
            "area": self.area,
            "title": self.title,
            "needs": list(self.needs),
            "given": [dict(step) for step in self.given],
            "when": dict(self.when),
            "then": self.then.document(),
            "basis": self.basis,
            "source": self.source,
        }
