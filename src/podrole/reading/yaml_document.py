"""YAML, of bounded depth and size: PyYAML's events become plain data.

PyYAML's own loaders recurse into what is deep, expand merge keys without an end (2 KB of `<<` keep
them busy for hours), and make objects of which a small text means billions. Here an alias is a copy
that counts, so what comes out is a tree whose size is bounded.

Source: YAML 1.1 and its types (yaml.org/type, checked 2026-11-28).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from podrole.reading.error import Limits, ReadingError

#: libyaml reads ten times as fast; a browser has only the other.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_TEXT = f"{_PREFIX}str"
_MERGE = f"{_PREFIX}merge"
_COLLECTIONS = {yaml.SequenceStartEvent: f"{_PREFIX}seq", yaml.MappingStartEvent: f"{_PREFIX}map"}
#: Types of a bare word, besides text. A moment stays the text that it is, as in JSON.
_TYPES = tuple(f"{_PREFIX}{name}" for name in ("null", "bool", "int", "float"))
_WORDS: dict[str | None, list[tuple[str, Any]]] = {
    first: [(tag, pattern) for tag, pattern in entries if tag in (*_TYPES, _MERGE)]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
#: The time that a number takes grows with the square of its length.
_LONGEST_NUMBER = 400
_NO_KEY = object()
#: libyaml's own bound of 1,000 (PyYAML 6.0.4), which it meets before it hands out the events above.
_TOO_DEEP = "exceeded maximum nesting depth"


def read_yaml(
    text: str,
    limits: Limits = Limits(),  # noqa: B008  (it is frozen)
    *,
    typed: bool = True,
    functions: bool = False,
) -> list[Any]:
    """All documents of a text: mappings, lists, texts, numbers, booleans and None.

    Keys are texts, as they are written. A merge key (`<<`) is merged where values are typed.

    `text`: the YAML. `limits`: how much is read; an alias counts as all that it stands for.
    `typed`: False leaves each value the text that it is written as, and ignores tags. `functions`:
    a tag of the text's own, as in CloudFormation's `!Sub x`, makes `{"Fn::Sub": x}`. Raises
    ReadingError: with line and column. A text is refused for tags of other types too.
    """
    limits.check_length(text)
    _check_characters(text)
    builder = _Builder(limits, typed, functions)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        if error.problem == _TOO_DEEP and error.problem_mark is not None:
            mark = error.problem_mark
            raise limits.too_deep(mark.line + 1, mark.column + 1) from error
        reason = " ".join(str(error.problem or error.context or "cannot be read").split())
        raise _at(text, reason, error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:
        raise ReadingError(" ".join(str(error).split())) from error
    return builder.documents


def read_one_yaml(text: str, limits: Limits = Limits(), *, typed: bool = True) -> Any:  # noqa: B008
    """The only document of a text, None for an empty one. Raises ReadingError, as `read_yaml`."""
    documents = read_yaml(text, limits, typed=typed)
    if len(documents) > 1:
        raise ReadingError(f"{len(documents)} documents; write only one")
    return documents[0] if documents else None


def _check_characters(text: str) -> None:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if found:
        start = found.start()
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        raise ReadingError(
            f"the character U+{ord(found[0]):04X} is not allowed in YAML", line, column
        )


def _at(text: str, reason: str, mark: Any) -> ReadingError:
    """The parser's own error; for libyaml a text ends on a line that it does not have."""
    if mark is None:
        return ReadingError(reason)
    if mark.line > text.count("\n"):
        return ReadingError(reason, text.count("\n") + 1, len(text) - text.rfind("\n"))
    return _error(reason, mark)


def _error(reason: str, mark: Any) -> ReadingError:
    return ReadingError(reason, mark.line + 1, mark.column + 1)


class _Anchored(NamedTuple):
    """What an anchor names: the value, all nodes in it, how deep it is, and its text as a key."""

    value: Any
    nodes: int
    height: int
    text: str | None


class _Open:
    """A list or a mapping whose end has not come yet."""

    __slots__ = ("anchor", "before", "function", "height", "key", "mark", "merged", "value")

    def __init__(self, value: Any, anchor: str | None, before: int, mark: Any) -> None:
        self.function = ""
        self.value, self.anchor, self.before, self.mark = value, anchor, before, mark
        self.height = 1
        self.key: Any = _NO_KEY
        self.merged: dict[str, Any] = {}


class _Builder:
    """Makes documents of events, without recursion, and counts the values that it makes."""

    def __init__(self, limits: Limits, typed: bool, functions: bool) -> None:
        self.documents: list[Any] = []
        self._limits, self._typed, self._functions = limits, typed, functions
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = self._aliased = 0

    def take(self, event: Any) -> None:
        """Take in the next event. Raises ReadingError."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._count(event)
            self._scalar(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end()
        elif kind is yaml.DocumentStartEvent:
            self._anchors.clear()

    def _count(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes - self._aliased > self._limits.nodes:
            raise _error(f"more than {self._limits.nodes:,} values", event.start_mark)

    def _begin(self, event: Any, value: Any) -> None:
        self._count(event)
        function = self._function(event.tag)
        if self._typed and not function and event.tag not in (None, "!", _COLLECTIONS[type(event)]):
            raise _error(f"the tag {_shown(event.tag)} is not supported", event.start_mark)
        if self._open and self._wants_key():
            raise _error("a key must be a string, not a list or a mapping", event.start_mark)
        if len(self._open) >= self._limits.depth:
            raise self._too_deep(event)
        self._open.append(_Open(value, event.anchor, self._nodes, event.start_mark))
        self._open[-1].function = function

    def _function(self, tag: str | None) -> str:
        """The key that stands for a function's tag; empty for another tag."""
        if not self._functions or tag is None or len(tag) < 2 or tag[0] != "!":
            return ""
        return tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"

    def _end(self) -> None:
        done = self._open.pop()
        value = {**done.merged, **done.value} if done.merged else done.value
        value = {done.function: value} if done.function else value
        nodes = self._nodes - done.before + 1
        self._put(_Anchored(value, nodes, done.height, None), done.anchor, done.mark)

    def _scalar(self, event: Any) -> None:
        text = event.value
        as_key = bool(self._open) and self._wants_key()
        value: Any = text
        if not as_key and (function := self._function(event.tag)):
            value = {function: text}
        elif self._typed:
            value = _typed(event)
            if as_key and value is _MERGE:
                self._open[-1].key = _MERGE
                return
            value = text if value is _MERGE else value
        self._put(_Anchored(value, 1, 0, text), event.anchor, event.start_mark)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            within = any(one.anchor == event.anchor for one in self._open)
            reason = "refers to itself" if within else "has no anchor above it"
            raise _error(f"the alias *{_shown(event.anchor)} {reason}", event.start_mark)
        self._nodes += found.nodes
        self._aliased += found.nodes
        if self._aliased > self._limits.aliased:
            most = f"{self._limits.aliased:,}"
            raise _error(f"aliases expand to more than {most} values", event.start_mark)
        if len(self._open) + found.height > self._limits.depth:
            raise self._too_deep(event)
        self._put(found._replace(value=_copied(found.value)), None, event.start_mark)

    def _put(self, made: _Anchored, anchor: str | None, mark: Any) -> None:
        """A value is whole: into the list or mapping around it, or it is the document."""
        if anchor is not None:
            self._anchors[anchor] = made
        if not self._open:
            self.documents.append(made.value)
            return
        around = self._open[-1]
        around.height = max(around.height, made.height + 1)
        if isinstance(around.value, list):
            around.value.append(made.value)
        elif around.key is _NO_KEY:
            if made.text is None:
                raise _error("a key must be a string, not a list or a mapping", mark)
            around.key = made.text
        else:
            if around.key is _MERGE:
                _merge(around.merged, made.value, mark)
            else:
                around.value[around.key] = made.value
            around.key = _NO_KEY

    def _wants_key(self) -> bool:
        return isinstance(self._open[-1].value, dict) and self._open[-1].key is _NO_KEY

    def _too_deep(self, event: Any) -> ReadingError:
        return self._limits.too_deep(event.start_mark.line + 1, event.start_mark.column + 1)


def _merge(merged: dict[str, Any], value: Any, mark: Any) -> None:
    """What `<<` brings: of several mappings the first is the strongest, in one list or in several
    `<<` (so PyYAML since 6.0.4; before, the last `<<` was)."""
    several = value if isinstance(value, list) else [value]
    for one in several:
        if not isinstance(one, dict):
            raise _error("<< needs a mapping, or a list of mappings", mark)
        for key, item in one.items():
            merged.setdefault(key, item)


def _typed(event: Any) -> Any:
    """The value of a scalar by its tag, or by its form where it is a bare word.

    `_MERGE` for the word `<<`.
    """
    text, tag = event.value, event.tag
    if event.implicit[0] and tag in (None, "!"):
        tag = _word_type(text)
    elif tag in (None, "!"):
        tag = _TEXT
    if tag == _TEXT:
        return text
    if tag == _MERGE:
        return _MERGE
    if tag not in _TYPES:
        raise _error(f"the tag {_shown(tag)} is not supported", event.start_mark)
    if len(text) > _LONGEST_NUMBER:
        raise _error(f"a number with {len(text):,} characters", event.start_mark)
    node = yaml.ScalarNode(tag, text)
    try:
        return _CONSTRUCTOR.yaml_constructors[tag](_CONSTRUCTOR, node)
    except (ValueError, LookupError, ArithmeticError) as error:
        kind = tag.removeprefix(_PREFIX)
        raise _error(f"{_shown(text)} cannot be read as {kind}", event.start_mark) from error


def _word_type(text: str) -> str:
    entries = (*_WORDS.get(text[:1], ()), *_WORDS.get(None, ()))
    return next((tag for tag, pattern in entries if pattern.match(text)), _TEXT)


def _copied(value: Any) -> Any:
    """A copy that shares nothing; its depth is bounded."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _shown(word: str | None) -> str:
    word = (word or "").removeprefix(_PREFIX)
    return word if len(word) <= 60 else f"{word[:60]}…"


def compose_one(text: str) -> Any:
    """PyYAML's node of a text that `read_one_yaml` takes, for the marks of its places."""
    return yaml.compose(text, Loader=LOADER)
