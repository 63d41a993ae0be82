"""Where a policy's statements stand in its text, as the policy simulator counts.

The API's model says "the row and column of the beginning of the Statement"; AWS's own examples (AWS
CLI reference, simulate-principal-policy and simulate-custom-policy, checked 2026-11-23) count from
1, begin behind the bracket that opens the list, or behind the brace where there is no list, and end
behind the closing brace. Where the second statement of a list begins is inferred: where the first
one has ended.
"""

from __future__ import annotations

from podrole.policy import source_map

#: Line and column, both from 1.
Position = tuple[int, int]


def statement_positions(text: str) -> list[tuple[Position, Position]]:
    """Beginning and end of each statement of a policy that is valid JSON, in order."""
    spans = source_map.json_source_map(text).spans
    listed = spans["Statement",]
    begin = _position(listed.start, behind=1)
    if text[listed.start.offset] == "{":
        return [(begin, _position(listed.end))]
    found: list[tuple[Position, Position]] = []
    while ("Statement", len(found)) in spans:
        end = _position(spans["Statement", len(found)].end)
        found.append((begin, end))
        begin = end
    return found


def _position(place: source_map.Position, behind: int = 0) -> Position:
    return place.line, place.column + 1 + behind
