"""A manifest's text, filled so that each value stays a text, in the place that it stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.formats.quoting import SHELL_SAFE, check_references
from podrole.catalog.parameters import PLACEHOLDER, fill
from podrole.reading import ReadingError
from podrole.reading.yaml_document import LOADER, read_yaml
from podrole.yaml_writer import double_quoted, is_bare_text

_FLOW_STARTS = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_FLOW_ENDS = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def manifest(template: str, values: Mapping[str, str]) -> str:
    """YAML, filled. A value that YAML would read as another type gets quotes.

    Raises CatalogError for a value that would change the document's shape.
    """
    names = list(dict.fromkeys(PLACEHOLDER.findall(template)))
    if not names:
        return template.rstrip("\n")
    # A word in place of each value: the template is YAML only then.
    marks = {name: f"placeholder-{name}-end" for name in names}
    filler = _Filler(fill(template, marks), {marks[name]: (name, values[name]) for name in names})
    wanted = _shape(filler.marked, filler.in_text)
    text = filler.text()
    if _shape(text, str) != wanted:
        raise CatalogError("a value changes the manifest's structure; quote its placeholder")
    return text.rstrip("\n")


class _Filler:
    """Replaces marks, each by the rules of the text that it stands in.

    `marked`: the template with marks. `values`: mark to the parameter's name and value.
    """

    def __init__(self, marked: str, values: Mapping[str, tuple[str, str]]) -> None:
        self.marked, self._values = marked, values
        self._mark = re.compile("|".join(map(re.escape, values)))

    def in_text(self, text: str, check: _Check | None = None) -> str:
        """A text with values in place of its marks; `check` may refuse one."""

        def value(mark: re.Match[str]) -> str:
            name, found = self._values[mark[0]]
            if check and (fault := check(found)):
                raise CatalogError(f"{name}: {shown(found)} {fault}")
            return found

        return self._mark.sub(value, text)

    def text(self) -> str:
        """The filled template. Raises CatalogError."""
        parts: list[str] = []
        end = 0
        for token, flow, tag in self._scalars():
            start = token.start_mark.index
            parts.append(self.in_text(self.marked[end:start], _block_fault))  # comments
            end = token.end_mark.index
            parts.append(self._scalar(token, self.marked[start:end], flow, tag))
        parts.append(self.in_text(self.marked[end:], _block_fault))
        return "".join(parts)

    def _scalars(self) -> Iterator[tuple[Any, bool, str]]:
        """The texts of the document, whether each stands in brackets, and the tag before it."""
        depth, tag = 0, ""
        for token in yaml.scan(self.marked, Loader=LOADER):
            if isinstance(token, yaml.ScalarToken):
                yield token, depth > 0, tag
            depth += isinstance(token, _FLOW_STARTS) - isinstance(token, _FLOW_ENDS)
            tag = "".join(filter(None, token.value)) if isinstance(token, yaml.TagToken) else ""

    def _scalar(self, token: Any, source: str, flow: bool, tag: str) -> str:
        if not self._mark.search(source):
            return source
        if token.style in ("|", ">"):
            return self.in_text(source, _block_fault)
        filled = self.in_text(token.value, _substitution_fault if tag == "!Sub" else None)
        check_references(filled)
        if not token.style and is_bare_text(filled, flow=flow):
            return self.in_text(source)
        if token.style == "'" and filled.isprintable() and "\n" not in source:
            quoted = filled.replace("'", "''")
            return f"'{quoted}'"
        return double_quoted(filled)


#: Says what is wrong with a value, or nothing.
_Check = Callable[[str], str]


def _substitution_fault(value: str) -> str:
    """CloudFormation's `!Sub` has variables of its own."""
    return "contains a variable of !Sub" if "$" in value else ""


def _block_fault(value: str) -> str:
    """A comment, or a block that holds another language: neither has quotes around the value."""
    return "" if SHELL_SAFE.fullmatch(value) else "would not stay one string in a YAML block"


def _shape(text: str, meant: Callable[[str], str]) -> list[Any]:
    """The tags and texts of a YAML stream. CloudFormation's tags are none that a loader knows."""
    try:
        read_yaml(text, typed=False)  # so that composing it cannot go too deep
        return [_node(node, meant) for node in yaml.compose_all(text, Loader=LOADER)]
    except (ReadingError, yaml.YAMLError) as error:
        raise CatalogError(f"a value breaks the YAML: {error}") from error


def _node(node: Any, meant: Callable[[str], str]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.tag, meant(node.value)
    if isinstance(node, yaml.MappingNode):
        return node.tag, [(_node(key, meant), _node(value, meant)) for key, value in node.value]
    return node.tag, [_node(item, meant) for item in node.value]
