"""A page's Markdown for an editor or a language model: no HTML, tabs, or notes of one site builder.

What the site's Markdown extensions add becomes CommonMark: a tab is a bold label above its block, a
note is a quotation, a cell's output is a fence below the word "Output".
"""

import html
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from podrole.site.markdown.fence import fenced, prose_lines
from podrole.site.pages.page_facts import PageFacts

_TAB = re.compile(r'^=== "(?P<label>[^"]+)"\s*\Z')
_NOTE = re.compile(r'^(?:!!!|\?\?\?\+?) (?P<kind>[a-z]+)(?: "(?P<title>[^"]*)")?\s*\Z')
_OUTPUT = re.compile(r'^<div class="nb-output (?P<kind>[^"]+)"(?: markdown)?>\Z')
_ERROR = re.compile(r'^<pre class="nb-error-line"><code>(?P<text>.*?)</code></pre>', re.DOTALL)
_DROPPED = re.compile(
    r'^(?:<div[^>]*>|</div>|<div class="nb-top">.*</div>|<p class="nb-download">.*</p>)\Z'
)
_TAGS = re.compile(r"</?(?:span|small|abbr)\b[^>]*>")
_ATTRIBUTES = re.compile(r"\{:? *(?:[.#][\w-]+|data-[\w-]+)(?: [^}]*)?\}")
_HEADING = re.compile(r"^#{1,6} ")
_CODE = re.compile(r"(`+[^`]*`+)")
_LINK = re.compile(r"(?<=\]\()(?P<to>[^)\s#]*)(?P<anchor>#[^)\s]*)?(?=[)\s])")
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|/)")


def plain_markdown(markdown: str, facts: PageFacts, addresses: Mapping[str, str]) -> str:
    """The page for an editor.

    `markdown`: the page's Markdown, markers expanded. `facts`: the page's facts. `addresses`: for
    the path of each page, the address of its Markdown version below the root. Returns the title,
    the text with relative links that lead to other Markdown versions, and a last line with the day
    of the last check.
    """
    body = "\n".join(_plain(markdown.replace("\u2060", "")))
    body = relinked(body, facts, addresses, facts.markdown_url)
    body = re.sub(r"\n{3,}", "\n\n", body).strip()
    return f"{body}\n\nLast checked {facts.checked}. Source: `{facts.source}`.\n"


def relinked(markdown: str, facts: PageFacts, addresses: Mapping[str, str], place: str) -> str:
    """The Markdown with its relative links made for another place.

    `markdown`: text whose links are relative to `facts.path`. `facts`: the page's facts.
    `addresses`: path of each linked page to its address below the new root. A link to another file
    keeps to that file. `place`: the address of the text below the new root.
    """
    here, there = PurePosixPath(facts.path).parent, PurePosixPath(place).parent

    def link(found: re.Match[str]) -> str:
        to, anchor = found["to"], found["anchor"] or ""
        if not to or _SCHEME.match(to):
            return found[0]
        path = _normal(here / to)
        return _relative(PurePosixPath(addresses.get(path, path)), there) + anchor

    return "\n".join(
        _outside_code(line, lambda text: _LINK.sub(link, text)) if prose else line
        for line, prose in zip(markdown.split("\n"), prose_lines(markdown), strict=True)
    )


def _plain(markdown: str) -> Iterator[str]:
    lines = markdown.split("\n")
    prose = list(prose_lines(markdown))
    row = 0
    while row < len(lines):
        line, row = lines[row], row + 1
        if not prose[row - 1]:
            yield line
        elif tab := _TAB.match(line):
            block, row = _indented(lines, row)
            yield from ("", f"**{tab['label']}**", "", *_plain(block), "")
        elif note := _NOTE.match(line):
            block, row = _indented(lines, row)
            title = note["title"] if note["title"] is not None else note["kind"].capitalize()
            said = "\n".join(_plain(block)).strip("\n").split("\n")
            yield from (f"> {one}".rstrip() for one in ([f"**{title}**", ""] if title else []))
            yield from (f"> {one}".rstrip() for one in said)
        elif output := _OUTPUT.match(line):
            yield from (_output_label(output["kind"]), "")
        elif line.startswith('<pre class="nb-error-line">'):
            # One block of HTML, to the end of its division: the error, and a trace to unfold.
            end = next(at for at in range(row, len(lines)) if lines[at] == "</div>")
            error = _ERROR.match("\n".join([line, *lines[row:end]]))
            yield from fenced(html.unescape(error["text"]) if error else line, "text").split("\n")
            row = end
        elif line[:1].isspace():
            # A list's or a footnote's block: what stands in it is plain in itself.
            first = row - 1
            block, row = _indented(lines, first)
            indent = min(len(one) - len(one.lstrip()) for one in lines[first:row] if one.strip())
            yield from textwrap.indent("\n".join(_plain(block)), " " * indent).split("\n")
        elif not _DROPPED.match(line):
            yield _outside_code(_TAGS.sub("", line), _without_attributes)


def _without_attributes(text: str) -> str:
    return _ATTRIBUTES.sub("", text).rstrip(" ") if _ATTRIBUTES.search(text) else text


def _output_label(kind: str) -> str:
    if "nb-expected" in kind:
        return "Error, as expected:"
    return "Error:" if "nb-error" in kind else "Output:"


def _indented(lines: list[str], start: int) -> tuple[str, int]:
    """The indented block that begins there, without its indent, and the row after it."""
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end][:1].isspace()):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return textwrap.dedent("\n".join(lines[start:end])), end


def _outside_code(line: str, change: Callable[[str], str]) -> str:
    pieces = _CODE.split(line)
    pieces[::2] = map(change, pieces[::2])
    return "".join(pieces)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in {".", ".."}:
            parts.append(part)
    return "/".join(parts)


def _relative(to: PurePosixPath, base: PurePosixPath) -> str:
    one, other = to.parts, base.parts
    shared = 0
    while shared < min(len(one) - 1, len(other)) and one[shared] == other[shared]:
        shared += 1
    return "/".join([".."] * (len(other) - shared) + list(one[shared:]))
