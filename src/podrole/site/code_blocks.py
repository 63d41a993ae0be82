"""Code blocks, made light: nine tenths of a notebook page's elements are marks of their syntax."""

import re

_BLOCK = re.compile(r"(<pre\b[^>]*>(?:<span></span>)?<code)>(.*?)(</code></pre>)", re.DOTALL)
#: Names and blanks have the colour of the block (the theme's `--md-code-hl-name-color`).
_COLOURLESS = re.compile(r'<span class="(?:n|w)">([^<]*)</span>')


def light_blocks(page: str) -> str:
    """The page with fewer marks, and with each block's number of lines for the style sheet.

    A browser that knows a block's height need neither style nor lay out a block out of sight.
    """

    def light(block: re.Match[str]) -> str:
        code = _COLOURLESS.sub(r"\1", block[2])
        lines = code.strip("\n").count("\n") + 1
        return f'{block[1]} style="--lines:{lines}">{code}{block[3]}'

    return _BLOCK.sub(light, page)
