"""Code blocks of a built page: few marks, a known height, and no text that changes."""

from podrole.site.values.code_blocks import light_blocks

OPEN, CLOSE = '<div class="highlight"><pre><span></span><code', "</code></pre></div>"


def test_names_and_blanks_lose_their_marks() -> None:
    block = '><span class="n">iam</span><span class="o">.</span><span class="w">  </span>'
    assert light_blocks(f"{OPEN}{block}{CLOSE}") == (
        f'{OPEN} style="--lines:1">iam<span class="o">.</span>  {CLOSE}'
    )


def test_the_lines_are_counted_as_they_are_shown() -> None:
    assert 'style="--lines:3"' in light_blocks(f"{OPEN}>a\n\nb\n{CLOSE}")


def test_a_keyboard_reaches_a_block_that_may_scroll() -> None:
    wide = '<span class="p">&quot;</span>' * 61
    assert 'code tabindex="0" style' in light_blocks(f"{OPEN}>{wide}{CLOSE}")
    narrow = "&quot;" * 60
    assert "tabindex" not in light_blocks(f"{OPEN}>{narrow}{CLOSE}")


def test_code_within_a_line_is_left_alone() -> None:
    assert light_blocks("<p><code>x</code></p>") == "<p><code>x</code></p>"
