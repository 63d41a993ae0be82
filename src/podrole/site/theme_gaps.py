"""What the theme's HTML lacks, filled in after the build: so no template is overridden."""

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


def without_gaps(html: str) -> str:
    """The page with the gaps filled; a theme that has none any more leaves it as it is."""
    for gap, filled in _GAPS.items():
        html = html.replace(gap, filled)
    if 'id="__toc"' not in html:  # a page outside the navigation has no such box
        html = html.replace(' for="__toc"', "")
    return html
