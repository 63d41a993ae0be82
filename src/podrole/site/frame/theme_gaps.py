"""What the theme lacks or does in vain, fixed after the build: so no template is overridden."""

import re
from pathlib import Path

#: Found by axe-core 4.14 and by the Nu HTML checker in pages of Material for MkDocs 9.8.
_GAPS = {
    # A dialog has a name (WAI-ARIA 1.2, aria-dialog-name).
    'data-md-component="search" role="dialog"': (
        'data-md-component="search" role="dialog" aria-label="Search"'
    ),
    # Two landmarks of one kind have two names: the sidebar is "Navigation" too.
    'class="md-path" aria-label="Navigation"': 'class="md-path" aria-label="Breadcrumbs"',
    # Neither attribute means anything there (HTML: the label element; the checkbox's autofill).
    ' tabindex=""': "",
    'id="__drawer" autocomplete="off"': 'id="__drawer"',
    'id="__search" autocomplete="off"': 'id="__search"',
}
#: The theme sets this attribute and takes it away while a page loads, and each time every element
#: and its `::before` and `::after` is styled again: a third of all style work (2026-11-26).
#: It is there to have no transition when a reader changes the scheme.
_SWITCHING = re.compile(r"(?:\[data-md-color-switching\] [^{},]*,?)+\{[^{}]*\}")


def without_gaps(html: str) -> str:
    """The page with the gaps filled; a theme that has none any more leaves it as it is."""
    for gap, filled in _GAPS.items():
        html = html.replace(gap, filled)
    if 'id="__toc"' not in html:  # a page outside the navigation has no such box
        html = html.replace(' for="__toc"', "")
    return html


def quicken_styles(site: Path) -> None:
    """Take a rule that costs much out of the theme's style sheets; without it they stay as is.

    `site`: the built site.
    """
    for sheet in (site / "assets" / "stylesheets").rglob("palette*.css"):
        text = sheet.read_text(encoding="utf-8")
        sheet.write_text(_SWITCHING.sub("", text), encoding="utf-8")
