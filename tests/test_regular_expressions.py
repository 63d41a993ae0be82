r"""Our regular expressions: ten digits, the end of a text, and work that grows with the text alone.

`\d` is 660 characters, and `$` leaves a line's end behind. What outsiders' texts meet is read by
structure: no repetition can split a stretch of text in two ways, and none is searched anew from
each place where it could begin.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from tests.catalogue import CATALOG
from tests.files import files

SOURCE = Path(__file__).parents[1] / "src" / "podrole"
FUNCTIONS = {"compile", "match", "search", "fullmatch", "sub", "split", "finditer", "findall"}
SEARCHES = {"search", "sub", "split", "finditer", "findall"}
#: What reads texts of outsiders; the lab's doors have tests of their own.
EXPOSED = ("policy", "doctor", "catalog", "browser", "reading", "terminal.py", "yaml_writer.py")
#: Searched, though each place where it could begin might read to the end: why it does not.
BOUNDED = {
    r"\$\{[^}]*\}": "searched up to the last brace",
    r"\$\{([^}]*)\}": "searched up to the last brace",
    r"\$\{[A-Za-z0-9-]+:[^}]*\}": "searched up to the last brace",
    r"([^\n]*)(?:\n|\Z)": "fits at every place",
}


@dataclass(frozen=True)
class Expression:
    """A regular expression of a source file, and whether it is searched for in a text."""

    place: str
    pattern: str
    flags: int
    searched: bool


def expressions() -> Iterator[Expression]:
    for path in files(SOURCE, "**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        searched_names = {
            ast.unparse(call.func.value)
            for call in calls
            if isinstance(call.func, ast.Attribute) and call.func.attr in SEARCHES
        }
        for node in ast.walk(tree):
            names: list[str] = []
            call = node
            if isinstance(node, ast.Assign):
                names, call = [ast.unparse(one) for one in node.targets], node.value
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            function = call.func.attr
            if ast.unparse(call.func.value) != "re" or function not in FUNCTIONS:
                continue
            if not isinstance(call.args[0], ast.Constant):
                continue
            if function == "compile" and call is node:
                continue  # met in its assignment, or in a table
            flags = re.MULTILINE if "MULTILINE" in ast.unparse(call) else 0
            place = f"{path.relative_to(SOURCE)}:{call.lineno}"
            searched = function in SEARCHES or bool(searched_names & set(names))
            pattern = call.args[0].value
            pattern = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
            yield Expression(place, pattern, flags, searched)


ALL = list(expressions())
READ = [one for one in ALL if one.place.startswith(EXPOSED)]
PARAMETERS = [
    Expression(f"parameters.yml: {one.name}", one.pattern.pattern, 0, False)
    for one in CATALOG.parameters
    if one.derived is None
]


def test_they_are_found() -> None:
    assert len(ALL) > 100
    assert len(READ) > 30
    assert any(one.searched for one in READ)


@pytest.mark.parametrize("one", [*ALL, *PARAMETERS], ids=lambda one: one.place)
def test_a_digit_is_one_of_ten_and_an_end_is_the_end(one: Expression) -> None:
    assert not re.search(r"(?<!\\)(\\\\)*\\d", one.pattern), "write [0-9]"
    if not one.flags & re.MULTILINE:
        assert not re.search(r"(?<!\\)\$\Z|\$\)", one.pattern), r"write \Z, or use fullmatch"


@pytest.mark.parametrize("one", [*READ, *PARAMETERS], ids=lambda one: one.place)
def test_the_work_grows_with_the_text_alone(one: Expression) -> None:
    assert list(faults(one.pattern, searched=one.searched and one.pattern not in BOUNDED)) == []


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(a+)+b", "within a repetition"),
        (r"([a-z]+[0-9]*)*x", "within a repetition"),
        (r"(a|b*)*c", "within a repetition"),
        (r"[a-z]+[a-z0-9]+x", "share"),
        (r"\s*[^,]+\s*,x", "share"),
        (r".*:.*:x", "share"),
        (r"\$\{[^}]*\}", "from each place"),
        (r"\s+x", "from each place"),
    ],
)
def test_what_could_take_long_is_noticed(pattern: str, says: str) -> None:
    assert any(says in fault for fault in faults(pattern, searched=True))


@pytest.mark.parametrize(
    "pattern", [r"[a-z]+(-[a-z]+)*", r"a{1,9}b", r"[^:]*:[^/]*/x", r"x[0-9]+y", r".*:(sub|aud)"]
)
def test_what_cannot_is_not(pattern: str) -> None:
    assert list(faults(pattern, searched=pattern[0] != "[" and pattern[0] != ".")) == []


# -- reading a pattern -----------------------------------------------------------------------

CHARACTERS = frozenset([*map(chr, range(128)), "é", "\u2028"])
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A part of a pattern: the characters that it may take, begin with and end with.

    `endless`: it takes any number of them; `optional`: it may take none.
    """

    takes: frozenset[str]
    begins: frozenset[str]
    ends: frozenset[str]
    endless: bool = False
    optional: bool = False

    @classmethod
    def one(cls, takes: frozenset[str]) -> Piece:
        return cls(takes, takes, takes)


def faults(pattern: str, *, searched: bool) -> Iterator[str]:
    """What in a pattern could make its work grow faster than the text."""
    for path in paths(parser.parse(pattern)):
        yield from path_faults(path, searched=searched)
    yield from nested(parser.parse(pattern))


def path_faults(path: list[Piece], *, searched: bool) -> Iterator[str]:
    endless = [number for number, piece in enumerate(path) if piece.endless]
    for first, second in itertools.pairwise(endless):
        one, other = path[first], path[second]
        fixed = [piece for piece in path[first + 1 : second] if not piece.optional]
        parted = any(not piece.takes & one.takes for piece in fixed)
        shared = one.ends & other.begins
        if shared and not parted:
            yield f"two repetitions share what they take: {sorted(shared)[:5]}"
    if searched and endless:
        one = path[endless[0]]
        before = [piece for piece in path[: endless[0]] if not piece.optional]
        after = [piece for piece in path[endless[0] + 1 :] if not piece.optional]
        begins_within = all(piece.takes & one.takes for piece in before)
        if begins_within and any(piece.takes - one.takes or not piece.endless for piece in after):
            yield "reads on from each place where it could begin"


def paths(parsed: Any) -> list[list[Piece]]:
    """The sequences of pieces that a pattern can be: one for each choice of its branches."""
    found: list[list[Piece]] = [[]]
    for operation, argument in parsed:
        found = [path + more for path in found for more in _paths_of(operation, argument)]
        assert len(found) < 5_000
    return found


def _paths_of(operation: Any, argument: Any) -> list[list[Piece]]:
    if operation in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return [[]]
    if operation is sre.SUBPATTERN:
        return paths(argument[-1])
    if operation is sre.BRANCH:
        return [path for branch in argument[1] for path in paths(branch)]
    if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = argument
        endless = most is sre.MAXREPEAT or most > 1_000
        return [[repeated(paths(inner), endless=endless, optional=least == 0)]]
    return [[Piece.one(characters(operation, argument))]]


def repeated(inner: list[list[Piece]], *, endless: bool, optional: bool) -> Piece:
    """A repetition of one of these sequences."""
    return Piece(
        frozenset().union(*(piece.takes for path in inner for piece in path)),
        frozenset().union(*(edge(path, "begins") for path in inner)),
        frozenset().union(*(edge(path[::-1], "ends") for path in inner)),
        endless,
        optional,
    )


def edge(path: list[Piece], side: str) -> frozenset[str]:
    """What a sequence can begin with: up to its first piece that must be there."""
    found: frozenset[str] = frozenset()
    for piece in path:
        found |= getattr(piece, side)
        if not piece.optional:
            break
    return found


def nested(parsed: Any) -> Iterator[str]:
    """Repetitions within a repetition, unless a character of its own begins or ends each turn."""
    for operation, argument in parsed:
        if operation is sre.SUBPATTERN:
            yield from nested(argument[-1])
        elif operation is sre.BRANCH:
            for branch in argument[1]:
                yield from nested(branch)
        elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield from nested(argument[2])
            if argument[1] is not sre.MAXREPEAT:
                continue
            for path in paths(argument[2]):
                inner = frozenset().union(*(piece.takes for piece in path if piece.endless))
                edges = [piece for piece in (*path[:1], *path[-1:]) if not piece.optional]
                marked = any(not piece.endless and not piece.takes & inner for piece in edges)
                if inner and not marked:
                    yield f"a repetition within a repetition: {sorted(inner)[:5]}"


def characters(operation: Any, argument: Any) -> frozenset[str]:
    if operation is sre.ANY:
        return CHARACTERS - {"\n"}
    if operation is sre.LITERAL:
        return frozenset(chr(argument))
    if operation is sre.NOT_LITERAL:
        return CHARACTERS - {chr(argument)}
    assert operation is sre.IN, operation
    found: frozenset[str] = frozenset()
    negated = False
    for kind, value in argument:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.RANGE:
            found |= {one for one in CHARACTERS if value[0] <= ord(one) <= value[1]}
        elif kind is sre.CATEGORY:
            found |= {one for one in CHARACTERS if re.match(_CATEGORIES[value], one)}
        else:
            found |= {chr(value)}
    return CHARACTERS - found if negated else found
