"""What stands around each page's text, whichever program built it."""

from podrole.site.head_tags import head_tags, with_head_tags
from podrole.site.page_end import edit_address, page_end, with_page_end
from podrole.site.page_facts import PageFacts
from podrole.site.site_config import SiteConfig


def framed(page: str, facts: PageFacts, config: SiteConfig) -> str:
    """The page's HTML with the tags in its head, and the lines at its end.

    Args:
        page: the HTML as the builder made it.
        facts: the page's facts.
        config: the site's names and addresses.
    """
    edit = edit_address(config.repository, config.edit_path, facts.source)
    page = with_head_tags(page, head_tags(facts, config.name, config.site_url))
    return with_page_end(page, page_end(facts, edit))
