"""What a page tells previews of links, in its `<head>`."""

import html
from collections.abc import Iterator

from podrole.site.pages.page_facts import PageFacts

IMAGE = "assets/social.png"
IMAGE_SIZE = (1200, 630)
_IMAGE_WORDS = "Podrole: AWS IAM for pods on EKS, run, broken and explained on your own machine"


def head_tags(facts: PageFacts, site_name: str, site_url: str = "") -> str:
    """The tags of a page.

    `facts`: the page's facts. `site_name`: the site's name. `site_url`: the site's address, with a
    slash at its end. Without it the image's address is relative: most previews want a whole one.
    """
    return "".join(f"      {tag}\n" for tag in _tags(facts, site_name, site_url))


def with_head_tags(page: str, tags: str) -> str:
    """The page's HTML with the tags at the end of its head."""
    head, end, rest = page.partition("</head>")
    return f"{head.rstrip(' ')}{tags}  {end}{rest}" if end else page


def _tags(facts: PageFacts, site_name: str, site_url: str) -> Iterator[str]:
    # No <link rel="alternate"> to the Markdown: the theme would ask for sitemap.xml on each page.
    width, height = IMAGE_SIZE
    properties = {
        "og:type": "article" if facts.url else "website",
        "og:site_name": site_name,
        "og:title": facts.title,
        "og:description": facts.description,
        "og:url": f"{site_url}{facts.url}" if site_url else "",
        "og:image": f"{site_url or facts.root}{IMAGE}",
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": _IMAGE_WORDS,
    }
    for name, content in properties.items():
        if content:
            yield f'<meta property="{name}" content="{html.escape(content)}">'
    yield '<meta name="twitter:card" content="summary_large_image">'
