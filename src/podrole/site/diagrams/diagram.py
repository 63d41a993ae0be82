"""Mermaid diagrams as inline SVG, drawn once and kept beside the pages.

A page holds the diagram's Mermaid source; the drawing is in `docs/diagrams/`, under a name made
from that source, so a changed source without its drawing fails the build. Readers load no
JavaScript for it, and a fresh machine needs no Node.js to build the site. `draw` draws what is
missing.
"""

import hashlib
import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marks>`{3,})mermaid[ \t]*\n"
    r"(?P<source>.*?)\n(?P=indent)(?P=marks)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r"^\s*accTitle:\s*(?P<text>.+?)\s*$", re.MULTILINE)
_WORDS_LINE = re.compile(r"^\s*accDescr:\s*(?P<text>.+?)\s*$", re.MULTILINE)
_WORDS_BLOCK = re.compile(r"^\s*accDescr\s*\{(?P<text>[^}]*)\}", re.MULTILINE)


class DiagramError(ValueError):
    """A diagram without its words or its drawing; the message names the diagram and the fix."""


@dataclass(frozen=True)
class Diagram:
    """One Mermaid source and its text alternative."""

    source: str
    title: str
    words: str

    @classmethod
    def parse(cls, source: str) -> "Diagram":
        """Read the text alternative from Mermaid's own `accTitle` and `accDescr`.

        Raises DiagramError: one of them is missing.
        """
        source = "\n".join(line.rstrip() for line in source.strip().splitlines())
        title = _TITLE.search(source)
        words = _WORDS_BLOCK.search(source) or _WORDS_LINE.search(source)
        if not title or not words:
            first = source.splitlines()[0] if source else "(empty)"
            raise DiagramError(
                f"the diagram that begins with {first!r} needs `accTitle: …` and `accDescr: …`: "
                "its words for a reader who does not see it"
            )
        return cls(source, title["text"], " ".join(words["text"].split()))

    @property
    def file_name(self) -> str:
        """The drawing's name, made from the source: another source has another drawing."""
        return f"{hashlib.sha256(self.source.encode()).hexdigest()[:16]}.svg"


def diagrams_in(markdown: str) -> Iterator[Diagram]:
    """Yield each diagram of a page.

    Raises DiagramError: a diagram without its words.
    """
    return map(_parsed, _FENCE.finditer(markdown))


def drawing_of(diagram: Diagram, drawings: Path) -> Path:
    """Return the file of the diagram's drawing.

    Raises DiagramError: there is none.
    """
    drawing = drawings / diagram.file_name
    if not drawing.is_file():
        raise DiagramError(
            f"the diagram {diagram.title!r} has no drawing {drawing.name}: its source is new or "
            "changed. Draw it with `python -m podrole.site.diagrams.draw` (CONTRIBUTING.md says "
            "what that needs) and commit the file"
        )
    return drawing


def check_drawings(markdown: str, drawings: Path, place: str) -> None:
    """Make sure that each diagram of a page can be shown.

    Raises DiagramError: one cannot; the message names place and line.
    """
    for fence in _FENCE.finditer(markdown):
        line = markdown.count("\n", 0, fence.start()) + 1
        try:
            drawing_of(_parsed(fence), drawings)
        except DiagramError as error:
            raise DiagramError(f"{place}:{line}: {error}") from error


def figure(diagram: Diagram, drawings: Path) -> str:
    """Return the HTML of a diagram: the drawing, its title, and its words folded below.

    Raises DiagramError: the drawing is missing.
    """
    svg = drawing_of(diagram, drawings).read_text(encoding="utf-8").strip()
    title, words = html.escape(diagram.title), html.escape(diagram.words)
    # The drawing scrolls inside its figure on a narrow screen, so it takes the keyboard's focus.
    return (
        f'<figure class="diagram" data-search-exclude>'
        f'<div class="diagram-scroll" role="group" tabindex="0" aria-label="{title}">'
        f"{svg}</div>"
        f"<figcaption>{title}</figcaption></figure>"
        f'<details class="diagram-words"><summary>The diagram in words</summary>'
        f"<p>{words}</p></details>"
    )


def with_figures(markdown: str, drawings: Path) -> str:
    """Put the HTML of each diagram in the place of its fence, for a builder without our formatter.

    Raises DiagramError: a drawing or the words of a diagram are missing.
    """
    return _FENCE.sub(
        lambda fence: textwrap.indent(f"\n{figure(_parsed(fence), drawings)}\n", fence["indent"]),
        markdown,
    )


def _parsed(fence: re.Match[str]) -> Diagram:
    return Diagram.parse(textwrap.dedent(fence["source"]))
