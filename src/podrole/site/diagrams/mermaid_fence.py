"""The ```` ```mermaid ```` fence of a page: a formatter for pymdownx.superfences."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymdownx.superfences import SuperFencesException

from podrole.site.diagrams.diagram import Diagram, DiagramError, figure


def mermaid_fence(drawings: Path) -> dict[str, Any]:
    """Return the entry of superfences' `custom_fences` that puts drawings in place of sources.

    `drawings`: the folder of the SVG files.
    """
    return {"name": "mermaid", "class": "mermaid", "format": _formatter(drawings)}


def _formatter(drawings: Path) -> Callable[..., str]:
    def format_mermaid(source: str, *_: Any, **__: Any) -> str:
        try:
            return figure(Diagram.parse(source), drawings)
        except DiagramError as error:
            # superfences shows the bare source for any other exception.
            raise SuperFencesException(str(error)) from error

    return format_mermaid
