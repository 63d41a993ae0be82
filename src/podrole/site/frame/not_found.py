"""The page for an address that is not there.

A server gives it for any address at any depth, so its links cannot be relative to itself. They
begin at the root: that of `SITE_URL`, else `/`. Built without `SITE_URL` and served below a folder,
they would lead nowhere; then the page asks for `not-found.js` in each folder above the missing
address, and the copy that is found knows by its own address where the site is, and fixes links,
styles and scripts.
"""

from collections.abc import Iterable

#: How deep below the site's folder a missing address may be: the pages themselves are two deep.
DEPTH = 5
SCRIPT = "assets/not-found.js"
_THEME = "<h1>404 - Not found</h1>"
_LINKS = (
    ("", "Home"),
    ("howto/troubleshoot/", "Troubleshoot: a pod without credentials, or denied"),
    ("catalogue/", "Catalogue: all policies, manifests, commands and programs"),
    ("reference/comparison/", "IRSA or Pod Identity"),
    ("notebooks/02-irsa/", "Tutorial: IRSA, end to end"),
    ("notebooks/03-pod-identity/", "Tutorial: Pod Identity, end to end"),
)


def not_found_page(page: str, root: str, urls: Iterable[str], site_url: str = "") -> str:
    """The theme's page for a missing address, with somewhere to go.

    `page`: the theme's HTML. `root`: the site's root as the page's links have it: `/` or
    `/docs/iam/`. `urls`: the addresses of the site's pages below its root. `site_url`: the site's
    address. Empty: the root is a guess, and the script checks it. Raises ValueError: the theme's
    page is not what it was, or a page that it leads to is gone.
    """
    known = set(urls)
    gone = [url for url, _ in _LINKS if url not in known]
    if gone or page.count(_THEME) != 1:
        raise ValueError(
            f"the page for a missing address: fix podrole.site.frame.not_found ({gone})"
        )
    items = "".join(f'<li><a href="{root}{url}">{title}</a></li>' for url, title in _LINKS)
    body = (
        "<h1>This page is not here</h1>"
        "<p>The address is wrong, or the page has moved. Search above, or begin here:</p>"
        f"<ul>{items}</ul>"
    )
    page = page.replace(_THEME, body)
    noindex = '  <meta name="robots" content="noindex">\n  '
    return page.replace("</head>", f"{noindex}{'' if site_url else _scripts(root)}</head>")


def _scripts(root: str) -> str:
    """The script, asked for in each folder above: one of them is the site's."""
    places = [f"{'../' * depth}{SCRIPT}" for depth in range(DEPTH)]
    return "".join(
        f'<script type="module" src="{one}"></script>' for one in [*places, f"{root}{SCRIPT}"]
    )
