"""YAML from outsiders: what PyYAML reads is read the same, and nothing grows or hangs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.reading import Limits, ReadingError, yaml_document
from podrole.reading.yaml_document import read_one_yaml, read_yaml
from tests import hostile

SNIPPETS = Path(__file__).parents[2] / "snippets"
LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Each parser in turn: a browser has only PyYAML's own."""
    monkeypatch.setattr(yaml_document, "LOADER", request.param)
    return request.param


def size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + size(item) for item in value.values())
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1


def test_what_pyyaml_reads_is_read_the_same() -> None:
    paths = sorted(SNIPPETS.rglob("*.yml"))
    assert len(paths) > 200
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert read_yaml(text) == list(yaml.safe_load_all(text)), path


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 0x1f, 0b11, 017, 1_000, 1:30, -5, 1.5, .5, 1e3, 1.0e+3, .inf, -.inf]",
        "a: [yes, No, on, OFF, true, False, ~, null, Null, '', 'null', \"~\", y, n]",
        "a: &x {b: c, d: e}\nf: {<<: *x, b: g}\nh:\n  b: i\n  <<: [*x, {b: 1, z: 2}]\n",
        "a: {<<: {b: 1}, <<: {b: 2, c: 3}}",
        "a: !!str 1\nb: !!int '1'\nc: !!float 1\nd: !!bool 'yes'\ne: !!null ''\nf: ! 1\n",
        "- &a [b]\n- *a\n--- \n- |\n  x\n   y\n- >\n  x\n  y\n...\n--- x\n",
        "? a\n: b\n? 'c d'\n",
        "&a b: *a\n",
        "'<<': {a: b}\n",
        'a: \'é\U0001f600\'\n"b\\u00e9": "\\t"\n',
    ],
)
def test_types_merges_and_aliases(text: str, loader: Any) -> None:
    assert read_yaml(text) == list(yaml.safe_load_all(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2001-01-01", "2001-01-01"),  # JSON has no dates, and kubectl prints text
        ("1: a\ntrue: b\n~: c\n2001-01-01: d\n", {"1": "a", "true": "b", "~": "c", "2001-01-01": "d"}),  # noqa: E501
        ("on: push", {"on": "push"}),
        ("=", "="),
    ],
)  # fmt: skip
def test_what_is_read_otherwise(text: str, value: Any, loader: Any) -> None:
    assert read_one_yaml(text) == value


def test_without_types_all_is_text(loader: Any) -> None:
    text = "a: yes\nb: !Ref c\nd: 1\n<<: [~]\n"
    assert read_one_yaml(text, typed=False) == {"a": "yes", "b": "c", "d": "1", "<<": ["~"]}


def test_nothing_is_shared() -> None:
    """Who changes one of two aliases must not change the other."""
    found = read_one_yaml("a: &a {b: [c]}\nd: *a\n<<: *a\n")
    found["a"]["b"].append("x")
    assert found == {"b": ["c"], "a": {"b": ["c", "x"]}, "d": {"b": ["c"]}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: *none", "line 1, column 4: the alias *none has no anchor above it"),
        ("a: &a [*a]", "line 1, column 8: the alias *a refers to itself"),
        ("[a]: b", "line 1, column 1: a key must be a string, not a list or a mapping"),
        (
            "- &a [b]\n- {*a : b}",
            "line 2, column 4: a key must be a string, not a list or a mapping",
        ),
        ("a:\n  <<: b", "line 2, column 7: << needs a mapping, or a list of mappings"),
        ("a: !!binary aGk=", "line 1, column 4: the tag binary is not supported"),
        ("a: !Ref b", "line 1, column 4: the tag !Ref is not supported"),
        ("!!set {a}", "line 1, column 1: the tag set is not supported"),
        ("!!python/tuple [a]", "line 1, column 1: the tag python/tuple is not supported"),
        ("a: !!int b", "line 1, column 4: b cannot be read as int"),
        ("a: " + "9" * 401, "line 1, column 4: a number with 401 characters"),
        ("a: \x07", "line 1, column 4: the character U+0007 is not allowed in YAML"),
        ("a: \ud800", "line 1, column 4: the character U+D800 is not allowed in YAML"),
        ("a: b\nb: [" + "\n" * 3, "line 5, column 1: "),
        ("a: " + "[" * 65, "line 1, column 67: nested deeper than 64 levels"),
        ("- " * 65 + "a", "line 1, column 129: nested deeper than 64 levels"),
        ("a\n---\nb", "2 documents; write only one"),
    ],
)
def test_a_fault_is_one_line_with_its_place(text: str, says: str, loader: Any) -> None:
    with pytest.raises(ReadingError) as caught:
        read_one_yaml(text)
    assert str(caught.value).startswith(says)
    assert len(str(caught.value).splitlines()) == 1


def test_aliases_make_nothing_deeper_than_brackets_could() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 70))
    with pytest.raises(ReadingError, match=r"^line 64, column 12: nested deeper than 64 levels$"):
        read_one_yaml(text)


def bomb(lines: int, form: str) -> str:
    first = "a0: &a0 {k: v}\n"
    return first + "".join(form.format(n=n, o=n - 1) for n in range(1, lines))


BOMBS = {
    "aliases": bomb(40, "a{n}: &a{n} [*a{o}, *a{o}, *a{o}]\n"),
    "merge keys": bomb(40, "a{n}: &a{n} {{<<: [*a{o}, *a{o}], k{n}: v}}\n"),
    "one merge key after the other": bomb(40, "a{n}: &a{n} {{<<: *a{o}, <<: *a{o}, k{n}: v}}\n"),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("typed", [True, False])
def test_a_bomb_of_two_kilobytes_is_cut_short(
    name: str, typed: bool, loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: values that are copied, and events that are read."""
    text = BOMBS[name]
    assert len(text) < 2_048
    limits = Limits(aliased=1_000)
    copied = read = 0
    copy, parse = yaml_document._copied, yaml.parse

    def counting_copy(value: Any) -> Any:
        nonlocal copied
        copied += 1
        return copy(value)

    def counting_parse(*given: Any, **named: Any) -> Iterator[Any]:
        nonlocal read
        for event in parse(*given, **named):
            read += 1
            yield event

    monkeypatch.setattr(yaml_document, "_copied", counting_copy)
    monkeypatch.setattr(yaml, "parse", counting_parse)
    with pytest.raises(ReadingError, match=r"aliases expand to more than 1,000 values$"):
        read_yaml(text, limits, typed=typed)
    assert copied <= limits.aliased
    assert read <= len(text)


@pytest.mark.parametrize("body", hostile.named(hostile.YAML))
@pytest.mark.parametrize("typed", [True, False])
def test_hostile_texts_are_a_small_tree_or_one_line(body: bytes, typed: bool, loader: Any) -> None:
    limits = Limits(nodes=20_000, aliased=1_000)
    found, said = [], ""
    try:
        found = read_yaml(body.decode("utf-8", "surrogateescape"), limits, typed=typed)
    except ReadingError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1
    assert len(said) < 200
    assert size(found) <= 2 * (limits.nodes + limits.aliased)


def test_too_many_values_and_characters() -> None:
    with pytest.raises(ReadingError, match=r"^line 10, column 3: more than 10 values$"):
        read_yaml("- a\n" * 20, Limits(nodes=10))
    with pytest.raises(ReadingError, match=r"^11 characters; the limit is 10$"):
        read_yaml("x" * 11, Limits(characters=10))
