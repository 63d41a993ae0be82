"""What is done to each built page's HTML, whichever program built it."""

from urllib.parse import urlsplit

from podrole.site.frame.copy_button import with_copy_button
from podrole.site.frame.head_tags import head_tags, with_head_tags
from podrole.site.frame.not_found import not_found_page
from podrole.site.frame.page_end import edit_address, page_end, with_page_end
from podrole.site.frame.security_policy import with_security_policy
from podrole.site.frame.theme_gaps import without_gaps
from podrole.site.pages.page_facts import PageFacts
from podrole.site.source.site_config import SiteConfig
from podrole.site.source.site_source import SiteSource
from podrole.site.values.code_blocks import light_blocks
from podrole.site.values.value_marks import mark_values


def finished(page: str, facts: PageFacts, site: SiteSource, config: SiteConfig) -> str:
    """The page as it is served: light, with its values marked, its end, and its security policy.

    `page`: the HTML as the builder made it. `facts`: the page's facts. `site`: the sources.
    `config`: the site's names and addresses.
    """
    edit = edit_address(config.repository, config.edit_path, facts.source)
    page = mark_values(light_blocks(page), site.places)
    page = with_head_tags(page, head_tags(facts, config.name, config.site_url))
    page = with_page_end(with_copy_button(page), page_end(facts, edit))
    return with_security_policy(without_gaps(page))


def finished_template(page: str, site: SiteSource, config: SiteConfig) -> str:
    """The theme's page for a missing address, with somewhere to go and its security policy.

    Raises ValueError: the theme's page is not what it was, or a page that it leads to is gone.
    """
    root = urlsplit(config.site_url).path or "/"
    urls = (one.facts.url for one in site.pages.values())
    page = not_found_page(page, root, urls, config.site_url)
    return with_security_policy(without_gaps(page))
