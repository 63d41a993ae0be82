"""Questions about policies as a whole: what they grant, and to whom."""

from podrole.policy.analysis.containment import new_access
from podrole.policy.analysis.escalation import WalkablePath, walkable
from podrole.policy.analysis.granted import granted
from podrole.policy.analysis.grants import Grant
from podrole.policy.analysis.public import public_grants

__all__ = ["Grant", "WalkablePath", "granted", "new_access", "public_grants", "walkable"]
