"""What a lab says to whoever asked for something that it cannot do."""

from __future__ import annotations


class LabError(RuntimeError):
    """The lab cannot do what was asked, and why."""
