"""Access: who calls, and whether they may."""

from __future__ import annotations

from dataclasses import dataclass

from podrole.lab.access.authentication import Authentication
from podrole.lab.access.authorizer import Authorizer


@dataclass(frozen=True)
class Access:
    """The two questions that every signed call is asked."""

    authentication: Authentication
    authorizer: Authorizer
