"""Code blocks, made light: most elements of a notebook's page are marks of their syntax."""

import html
import re

#: A block: what opens it, its code, what closes it.
BLOCK = re.compile(r"(<pre\b[^>]*>(?:<span></span>)?<code\b[^>]*>)(.*?)(</code></pre>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
#: Letters. A longer line may be wider than the page, so that the block scrolls: a keyboard must
#: reach it. On narrower pages the theme sees to it, once a block is in sight.
_WIDE = 60
#: Names and blanks have the colour of the block (the theme's `--md-code-hl-name-color`).
_COLOURLESS = re.compile(r'<span class="(?:n|w)">([^<]*)</span>')


def shown_text(code: str) -> str:
    """The text that a reader sees of a block's HTML."""
    return html.unescape(_TAG.sub("", code))


def light_blocks(page: str) -> str:
    """The page with fewer marks, and with each block's number of lines for the style sheet.

    A browser that knows a block's height need neither style nor lay out a block out of sight.
    """

    def light(block: re.Match[str]) -> str:
        code = _COLOURLESS.sub(r"\1", block[2])
        lines = shown_text(code).strip("\n").split("\n")
        reach = ' tabindex="0"' if max(map(len, lines)) > _WIDE else ""
        return f'{block[1][:-1]}{reach} style="--lines:{len(lines)}">{code}{block[3]}'

    return BLOCK.sub(light, page)
