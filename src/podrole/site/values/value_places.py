"""Where the values of parameters stand in a text: the places that a reader's own names take.

A snippet is rendered a second time, with words in place of the values that stand nowhere else and
have the shape of what they replace: as long, letters for letters, digits for digits. So every line
breaks and aligns as before, and each word's offset is that of the value.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import shake_256
from itertools import count
from pathlib import Path
from typing import NamedTuple

from podrole.catalog import Catalog
from podrole.catalog import formats as format_modules
from podrole.catalog.parameters import Parameter, Parameters, fill
from podrole.site.markdown.format_label import lexer
from podrole.site.values.cell_places import cell_places, manifest_places
from podrole.yaml_writer import is_typed

#: No page of ours asks for a secret: what would be one stays as it is.
SECRETS = frozenset({"secret_access_key"})
_LETTERS, _DIGITS = "QZXJqzxj", "987"
#: What stands before a text of YAML that has neither quotes nor anything else around it.
_BEFORE_SCALAR = re.compile(r"(?:^|\n)[ ]*(?:- )*(?:[^\s#\"'][^\n#\"']*: )?\Z")
_AFTER_SCALAR = re.compile(r"(?=\n|\Z)")


class Place(NamedTuple):
    """A parameter's value in a text: offset and length in characters.

    `scalar`: the value is a whole text of YAML without quotes, and may need some.
    """

    offset: int
    length: int
    parameter: str
    scalar: bool = False


#: The text of a code block, as `block_text` makes it, to its places in order.
Places = Mapping[str, Sequence[Place]]


def plain_parameters(parameters: Parameters) -> list[Parameter]:
    """The parameters that a reader fills: no derived one, and no secret."""
    return [one for one in parameters if one.derived is None and one.name not in SECRETS]


def block_text(text: str) -> str:
    """A text as a page's code block holds it: Markdown makes spaces of tabs, and trims."""
    return text.expandtabs(4).strip("\n")


def site_places(catalog: Catalog, root: Path) -> dict[str, list[Place]]:
    """The places of all that a page may show: snippets, notebooks' cells, programs' manifests.

    A notebook's hand-written cells and the manifests follow the rules of `cell_places`; a cell
    that is a snippet has fields of f-strings where others have values.

    `catalog`: the loaded `snippets/`, with the values that the pages show. `root`: the repository,
    with `notebooks/` and `snippets/apps/`.
    """
    found: dict[str, list[Place]] = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code" and not cell["metadata"].get("podrole"):
                source = "".join(cell["source"])
                places = [Place(*one) for one in cell_places(source, catalog.parameters)]
                _add(found, source, places)
    for path in sorted((root / "snippets" / "apps").glob("*/*.yml")):
        text = path.read_text(encoding="utf-8")
        marks = [Place(*one, scalar=True) for one in manifest_places(text, catalog.parameters)]
        _add(found, text, marks)
    for text, places in snippet_places(catalog):
        _add(found, text, places)
    return found


def snippet_places(catalog: Catalog) -> Iterator[tuple[str, list[Place]]]:
    """Each snippet's text in each format, with its places."""
    words, values = _words(catalog)
    of_word = {word: name for name, word in words.items()}
    longest_first = sorted(of_word, key=len, reverse=True)
    any_word = re.compile("|".join(map(re.escape, longest_first)))
    for snippet in catalog.snippets:
        for format in catalog.formats(snippet.id):
            rendered = format_modules.render(snippet, format, values, "snippet")
            parts: list[str] = []
            places: list[Place] = []
            end = offset = 0
            for match in any_word.finditer(rendered):
                name = of_word[match[0]]
                parts += [rendered[end : match.start()], catalog.values[name]]
                offset += match.start() - end
                places.append(Place(offset, len(parts[-1]), name))
                offset += len(parts[-1])
                end = match.end()
            text = "".join([*parts, rendered[end:]])
            if lexer(format) == "yaml":
                places = [place._replace(scalar=_is_scalar(text, place)) for place in places]
            yield text, places


def _words(catalog: Catalog) -> tuple[dict[str, str], dict[str, str]]:
    """A word for each plain parameter, and the values of all made of these."""
    ids = (one.id for one in catalog.snippets)
    shown = "\n".join(catalog.render(one, catalog.formats(one)[0]) for one in ids)
    words: dict[str, str] = {}
    for parameter in catalog.parameters:
        if parameter.derived is None:
            name = parameter.name
            words[name] = _word(name, catalog.values[name], words.values(), shown)
    values = dict(words)
    for parameter in catalog.parameters:
        if parameter.derived is not None:
            values[parameter.name] = fill(parameter.derived, values)
    return words, values


def _word(name: str, value: str, taken: Collection[str], shown: str) -> str:
    """A word of the value's shape that is no part of a taken one, nor of what snippets show.

    What YAML would read as a number or a moment keeps its letters, so that it is quoted as the
    value is; `null` and `on` become numbers. A value of one letter, or of none (a path that is only
    a slash), gets a longer word.
    """
    kept = is_typed(value)
    if kept and sum(map(str.isdigit, value)) < 8:
        value = "9" * max(8, len(value))
    elif not any(map(str.isalnum, value)):
        value += "x" * 8
    for attempt in count():
        digest = shake_256(f"{name} {attempt}".encode()).digest(len(value))
        word = "".join(
            _DIGITS[number % len(_DIGITS)]
            if character.isdigit()
            else _LETTERS[number % len(_LETTERS)]
            if character.isalpha() and not kept
            else character
            for number, character in zip(digest, value, strict=True)
        )
        free = len(word) > 1 and (kept or word not in shown)
        if free and not any(word in other or other in word for other in taken):
            return word
        if attempt % 100 == 99:  # no word of this length is left
            value += "x"
    raise AssertionError("unreachable")


def _is_scalar(text: str, place: Place) -> bool:
    start = text.rfind("\n", 0, place.offset) + 1
    return bool(
        _BEFORE_SCALAR.match(text[start : place.offset])
        and _AFTER_SCALAR.match(text, place.offset + place.length)
    )


def _add(found: dict[str, list[Place]], text: str, places: list[Place]) -> None:
    """Put a block's places in the table, where they stand once tabs are spaces."""
    moved = []
    for place in places:
        before = text[: place.offset]
        offset = len(before.expandtabs(4)) - (len(text) - len(text.lstrip("\n")))
        if place.parameter not in SECRETS:
            moved.append(place._replace(offset=offset))
    if moved:
        found.setdefault(block_text(text), moved)
