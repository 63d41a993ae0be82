"""An error's text: read into facts, then the causes that fit, ranked."""

from podrole.doctor.texts.answer import Answer, Finding, Reply, explain, explain_log
from podrole.doctor.texts.known import PAGE, Cause, causes, filled, known_texts

__all__ = [
    "PAGE",
    "Answer",
    "Cause",
    "Finding",
    "Reply",
    "causes",
    "explain",
    "explain_log",
    "filled",
    "known_texts",
]
