"""What a test asks of a built page, read off its HTML with the standard library."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Attributes by which a page makes the browser fetch something by itself.
FETCHING = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
#: Words of code with a colour: two of three tags, and nothing that a test asks about.
COLOURED = re.compile(r'<span class="[a-z0-9]{1,3}">([^<]*)</span>')
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
VOID |= {"source", "track", "wbr"}


@dataclass
class HtmlPage(HTMLParser):
    """The parts of one page."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    headings: list[tuple[str, str]] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    hidden_addresses: list[str] = field(default_factory=list)
    inline_code: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    code_blocks: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(COLOURED.sub(r"\1", self.path.read_text(encoding="utf-8")))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.classes.update(named.get("class", "").split())
        self.ids.update(filter(None, (named.get("id"), named.get("name"))))
        self.hidden_addresses += [
            value
            for name, value in named.items()
            if re.search(r"https?:(?!// )|^//", value)
            and not name.startswith("xmlns")
            and (tag, name) != ("a", "href")
        ]
        if "style" in named:
            self.styles.append(named["style"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
            if self._within("data-md-component", "toc"):
                self.contents.append(named["href"])
        self.fetched += [named[one] for one in FETCHING.get(tag, ()) if named.get(one)]
        if tag == "code" and self._open and self._open[-1][0] == "pre":
            self.code_blocks += 1
        if tag in {"h1", "h2", "h3"}:
            self.headings.append((tag, named.get("id", "")))
        if tag not in VOID:
            self._open.append((tag, named))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "script":
            self.inline_code.append(data)
        if self._open and self._open[-1][0] == "style":
            self.styles.append(data)

    def _within(self, name: str, value: str) -> bool:
        return any(attributes.get(name) == value for _, attributes in self._open)
