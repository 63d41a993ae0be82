"""Who can assume a role: the service accounts that a trust policy admits."""

from podrole.policy.who.admitted import Admitted, who

__all__ = ["Admitted", "who"]
