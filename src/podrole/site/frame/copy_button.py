"""The button above a page's title that copies the page as Markdown, by `reading.js`.

It is in the page from the start: put there or shown by a script, it would have a browser style the
whole article again. The style sheet hides it from a reader without JavaScript.
"""

_ICON = (
    "M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2"
    "m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z"
)
# The status is for the ear: a button's own text is not read out when it changes.
_BUTTON = (
    '<button type="button" class="page-copy"><svg viewBox="0 0 24 24" aria-hidden="true">'
    f'<path d="{_ICON}"/></svg><span>Copy as Markdown</span></button>'
    '<span class="page-copied" role="status"></span>'
)


def with_copy_button(page: str) -> str:
    """The page's HTML with the button before its title."""
    before, title, rest = page.partition("<h1")
    return f"{before}{_BUTTON}{title}{rest}" if title else page
