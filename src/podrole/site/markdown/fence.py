"""Fenced code blocks of Markdown: writing one that holds any text, and reading past them."""

import re
from collections.abc import Iterator

_BACKTICKS = re.compile(r"`{3,}")
_OPENING = re.compile(r"^\s*(?P<marks>`{3,}|~{3,})")


def fenced(text: str, language: str, title: str = "") -> str:
    """Fence the text so that no run of backticks in it can close the fence.

    `text`: the code, without a fence. `language`: the name of its Pygments lexer. `title`: what the
    block's title bar says; no bar when empty.
    """
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    marks = "`" * (longest + 1)
    bar = f' title="{title}"' if title else ""
    body = text.strip("\n")
    return f"{marks}{language}{bar}\n{body}\n{marks}"


def prose_lines(markdown: str) -> Iterator[str]:
    """Yield each line of the Markdown, those of a fenced block as empty lines."""
    fence = ""
    for line in markdown.split("\n"):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                fence = ""
            yield ""
        elif opening := _OPENING.match(line):
            fence = opening["marks"]
            yield ""
        else:
            yield line
