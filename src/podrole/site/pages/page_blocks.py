"""The blocks of a page in reading order: what a reader would type, save, compare or only read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from podrole.catalog import Catalog, CatalogError
from podrole.site.markdown.fence import prose_lines
from podrole.site.pages.deployed_template import saved_and_deployed
from podrole.site.pages.not_run import why_not_run

#: What a reader does with a block: type it into a shell, save it, see it printed, weigh it by its
#: truth table, or take it elsewhere, because the lab cannot run it.
Use = Literal["command", "file", "output", "policy", "table", "not run"]

MARKER = re.compile(
    r'^(?P<indent>\s*)\{\{\s*(?P<kind>[a-z-]+)\s+"(?P<id>[^"]+)"(?P<options>[^}]*)\}\}\s*\Z'
)
_OPTION = re.compile(r'\s*(?P<name>[a-z-]+)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+))')
_TAB = re.compile(r'^(?P<indent>\s*)=== "(?P<label>[^"]+)"\s*\Z')
_HEADING = re.compile(r"^##+ (?P<text>.+?)(?:\s*\{ ?#(?P<anchor>[a-z0-9-]+) ?\})?\s*\Z")
_OUTPUT = re.compile(r'^(?P<indent>\s*)(?P<marks>`{3,})output(?: title="(?P<title>[^"]*)")?\s*\Z')
#: The title of an output that comes with an error.
REFUSED = "It fails"
PRINTED = "It prints"


class BlockError(ValueError):
    """A block that cannot be read; the message names line and fix."""


@dataclass(frozen=True)
class Block:
    """One block of a page.

    Attributes:
        line: its line in the page, from 1.
        section: the heading that it stands below.
        tabs: the tabs that hold it, outermost first: the number of their set on the page, and the
            label.
        use: what a reader does with it.
        name: the snippet's id, or the words of a fence.
        format: the snippet's format.
        text: what the reader sees; of a CloudFormation template, how it is saved and deployed.
        file: the name to save it under; empty for none.
        fails: of an output: the command before it must fail.
        reason: of what is not run: why.
        anchor: of the heading: its own one; empty where it names none.
    """

    line: int
    section: str
    tabs: tuple[tuple[int, str], ...]
    use: Use
    name: str
    format: str = ""
    text: str = ""
    file: str = ""
    fails: bool = False
    reason: str = ""
    anchor: str = ""

    @property
    def place(self) -> str:
        """How a message names it: section, tab and name."""
        tab = "".join(f", {label}" for _, label in self.tabs)
        return f"line {self.line} ({self.section}{tab}): {self.name}"


@dataclass
class _Tabs:
    """The tabs that are open at a line."""

    sets: int = 0
    open: list[tuple[int, int, str]] = field(default_factory=list)  # indent, set, label
    _last: dict[int, int] = field(default_factory=dict)  # indent to the set that may go on

    def read(self, line: str) -> bool:
        """Note a line that is not empty; whether it is a tab's."""
        indent = len(line) - len(line.lstrip())
        self.open = [one for one in self.open if one[0] < indent]
        tab = _TAB.match(line)
        if not tab:
            self._last = {at: number for at, number in self._last.items() if at < indent}
            return False
        if indent not in self._last:
            self.sets += 1
            self._last[indent] = self.sets
        self.open.append((indent, self._last[indent], tab["label"]))
        return True

    @property
    def labels(self) -> tuple[tuple[int, str], ...]:
        return tuple((number, label) for _, number, label in self.open)


def marker_options(text: str) -> dict[str, str]:
    """The options of a marker: format=json, not-run="why".

    Raises BlockError for what is no option, or an option that there is not.
    """
    options: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        found = _OPTION.match(text, at)
        if not found or found["name"] not in ("format", "file", "not-run"):
            raise BlockError(
                f"unknown option {text[at:].strip()!r}; there are format=…, file=… and not-run=…"
            )
        options[found["name"]] = found["quoted"] if found["bare"] is None else found["bare"]
        at = found.end()
    return options


def read_blocks(markdown: str, catalog: Catalog) -> list[Block]:
    """All blocks of a page.

    `markdown` is the page's text, with its markers; `catalog` has the snippets, with the reader's
    values. Raises BlockError for an option that there is not and for an empty tab, CatalogError for
    an unknown snippet or format.
    """
    if empty := next(_empty_tabs(markdown), None):
        raise BlockError(empty)
    anchors = {"": ""}
    blocks = list(_blocks(markdown, catalog, anchors))
    return [replace(one, anchor=anchors[one.section]) for one in blocks]


def _empty_tabs(markdown: str) -> Iterator[str]:
    """A message for each tab that holds nothing: its block was taken away."""
    read = zip(markdown.split("\n"), prose_lines(markdown), strict=True)
    lines = [(number, *pair) for number, pair in enumerate(read, 1) if pair[0].strip()]
    for (number, _, prose), (_, follows, _) in pairwise([*lines, (0, "", "")]):
        tab = _TAB.match(prose)
        if tab and len(follows) - len(follows.lstrip()) <= len(tab["indent"]):
            yield f'line {number}: the tab "{tab["label"]}" is empty: fill it, or remove it'


def _blocks(markdown: str, catalog: Catalog, anchors: dict[str, str]) -> Iterator[Block]:
    lines = markdown.split("\n")
    section, tabs, row = "", _Tabs(), 0
    prose = list(prose_lines(markdown))
    while row < len(lines):
        line, row = lines[row], row + 1
        if output := _OUTPUT.match(line):
            start = row
            while lines[row].strip() != output["marks"]:
                row += 1
            text = "\n".join(one.removeprefix(output["indent"]) for one in lines[start:row])
            row += 1
            title = output["title"]
            if title not in (REFUSED, PRINTED):
                raise BlockError(f'line {start}: write title="{PRINTED}" or title="{REFUSED}"')
            yield Block(
                start, section, tabs.labels, "output", title, text=text, fails=title == REFUSED
            )
            continue
        shown = prose[row - 1]
        if not shown.strip():
            continue
        if heading := _HEADING.match(shown):
            section = heading["text"]
            anchors[section] = heading["anchor"] or ""
        if tabs.read(shown):
            continue
        if marker := MARKER.match(shown):
            block = _marked(marker, row, section, tabs.labels, catalog)
            if block:
                yield block


def _marked(
    marker: re.Match[str],
    line: int,
    section: str,
    tabs: tuple[tuple[int, str], ...],
    catalog: Catalog,
) -> Block | None:
    name, options = marker["id"], marker_options(marker["options"])
    if marker["kind"] == "truth-table":
        return Block(line, section, tabs, "table", name)
    if marker["kind"] == "file":
        return Block(line, section, tabs, "not run", name, reason="the tests run it as a pod")
    if marker["kind"] != "snippet":
        return None
    snippet = catalog[name]
    form = options.get("format") or catalog.formats(name)[0]
    text, file = catalog.render(name, form), options.get("file", "")
    reason = options.get("not-run") or ("" if file else why_not_run(snippet, form))
    use: Use
    if reason:
        use = "not run"
    elif file:
        use = "file"
    elif form in ("bash", "cli", "cli-update", "kubectl"):
        use = "command"
    elif "cloudformation" in (form, snippet.kind):
        use, text = "command", saved_and_deployed(name, text)
    elif snippet.kind == "policy":
        use = "policy"
    else:
        raise CatalogError(f"line {line}: {name}: save it by file=…, apply it by format=kubectl")
    return Block(line, section, tabs, use, name, form, text, file, reason=reason)


def choices(blocks: list[Block]) -> dict[int, list[str]]:
    """The labels of each set of tabs that holds something to run, in order."""
    found: dict[int, list[str]] = {}
    for block in blocks:
        if block.use in ("command", "file", "output"):
            for number, label in block.tabs:
                labels = found.setdefault(number, [])
                if label not in labels:
                    labels.append(label)
    return found
