"""Why a pod is denied: its chain to the role, read off what kubectl and aws have printed."""

from .diagnosis import diagnose
from .evidence import Evidence, EvidenceError
from .link import Link

__all__ = ["Evidence", "EvidenceError", "Link", "diagnose"]
