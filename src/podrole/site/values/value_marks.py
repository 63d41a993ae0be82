"""Marks in a built page: `<span data-value="namespace">orders</span>` where a value stands.

Blocks are looked up by their text, so it does not matter which builder wrote the page.
"""

import re
import sys
from collections.abc import Iterator, Sequence

from podrole.site.values.code_blocks import BLOCK, shown_text
from podrole.site.values.value_places import Place, Places, block_text

#: A tag, a character written as an entity, or a run of others.
_PIECE = re.compile(r"<[^>]*>|&[^;\s]*;|[^<&]+")


def mark_values(page: str, places: Places) -> str:
    """The page's HTML with the places of its code blocks marked; no block's text changes.

    A mark has no tag within: where a highlighter split a value, the mark is one text all the same,
    so that a script may replace it.
    """

    def marked(block: re.Match[str]) -> str:
        text = shown_text(block[2])
        wanted = places.get(block_text(text))
        if not wanted:
            return block[0]
        first = len(text) - len(text.lstrip("\n"))
        return block[1] + "".join(_marked(block[2], wanted, first)) + block[3]

    return BLOCK.sub(marked, page)


def _marked(code: str, places: Sequence[Place], first: int) -> Iterator[str]:
    """The pieces of a block's HTML, with marks. `first`: where the text of `places` begins."""
    written: list[str] = []  # the tags that are open in what is out
    wanted: list[str] = []  # the tags that are open in the original
    ends = [(one.offset + first, one.offset + one.length + first, one) for one in places]
    at = number = 0
    next_start = ends[0][0]
    within = False
    for piece in _PIECE.findall(code):
        if piece[0] == "<":
            # Within a mark, and until the next text, a tag only counts as open or closed.
            in_step = not within and written == wanted
            _track(wanted, piece)
            if in_step:
                written = wanted.copy()
                yield piece
            continue
        # An entity is one character and is never split.
        rest, length = piece, 1 if piece[0] == "&" else len(piece)
        if not within and at + length <= next_start and written == wanted:
            at += length
            yield piece
            continue
        while rest:
            edge = ends[number][1] if within else next_start
            taken = min(length, edge - at)
            if taken and not within:
                yield from _in_step(written, wanted)
            text = rest if taken == length else rest[:taken]
            yield text
            rest, length, at = rest[len(text) :], length - taken, at + taken
            if at == edge:
                if within:
                    yield "</span>"
                    number += 1
                    next_start = ends[number][0] if number < len(ends) else sys.maxsize
                else:
                    yield from _in_step(written, wanted)
                    yield _opening(ends[number][2])
                within = not within
    yield from _in_step(written, wanted)


def _opening(place: Place) -> str:
    scalar = " data-scalar" if place.scalar else ""
    return f'<span data-value="{place.parameter}"{scalar}>'


def _track(open_tags: list[str], tag: str) -> None:
    if tag.startswith("</"):
        open_tags.pop()
    else:
        open_tags.append(tag)


def _in_step(written: list[str], wanted: list[str]) -> Iterator[str]:
    """The tags that lead from those that are open in what is out to the original's."""
    same = 0
    while same < min(len(written), len(wanted)) and written[same] == wanted[same]:
        same += 1
    for tag in reversed(written[same:]):
        name = tag[1:-1].split()[0]
        yield f"</{name}>"
    yield from wanted[same:]
    written[:] = wanted
