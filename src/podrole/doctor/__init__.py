"""Why a pod is denied: its chain to the role, read off what kubectl and aws have printed."""

from podrole.doctor.diagnosis import diagnose
from podrole.doctor.evidence import Evidence, EvidenceError
from podrole.doctor.link import Link

__all__ = ["Evidence", "EvidenceError", "Link", "diagnose"]
