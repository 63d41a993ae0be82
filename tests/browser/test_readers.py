"""Five readers come to Home with a task: what they click, find there, and copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Reader:
    """A reader's task.

    Args:
        link: what they click on Home.
        page: where it leads.
        sections: the ids of the steps, in their order.
        tab: the tab that they choose, empty for none.
        copied: what stands in the block that they copy, below the last of the sections.
    """

    link: str
    page: str
    sections: tuple[str, ...]
    copied: str
    tab: str = ""


READERS = {
    "platform engineer": Reader(
        "IRSA",
        "howto/irsa/",
        ("an-existing-cluster", "the-role", "the-permissions", "the-service-account",
         "deploy-the-application", "take-it-away-again", "verify-it"),
        "AWS_",
    ),
    "developer of a Go service": Reader(
        "Use the role from your code",
        "howto/code/",
        ("install-the-sdk", "keep-the-client", "another-account"),
        "stscreds.NewAssumeRoleProvider",
        tab="Go",
    ),
    "security reviewer": Reader(
        "Check policies",
        "howto/validate/#forty-roles-at-once",
        ("forty-roles-at-once",),
        "aws iam list-roles > roles.json",
    ),
    "on call": Reader(
        "Leaked session",
        "howto/leaked-session/",
        ("1-from-the-key-to-the-pod", "3-keep-the-evidence", "4-find-out-what-the-key-did",
         "5-recover", "2-contain"),
        "revoke-older-sessions",
    ),
    "Terraform author": Reader(
        "Many clusters and environments",
        "howto/multi-cluster/",
        ("modules-compared", "twelve-clusters-one-for_each"),
        "for_each = local.clusters",
    ),
}  # fmt: skip


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", READERS)
def test_one_click_from_home_to_the_whole_task(page: Page, site_address: str, name: str) -> None:
    reader = READERS[name]
    page.goto(site_address)
    page.locator("article table").first.get_by_role("link", name=reader.link, exact=True).click()
    page.wait_for_url(f"{site_address}{reader.page}")
    for section in reader.sections:
        assert page.locator(f"article [id='{section}']").count() == 1, section
    if reader.tab:
        page.locator("article label", has_text=reader.tab).first.click()
    heading = f"[id='{reader.sections[-1]}']"
    block = page.locator(f"{heading} ~ * pre:visible, {heading} ~ pre:visible").first
    block.scroll_into_view_if_needed()
    block.hover()
    block.locator(".md-code__button[data-md-type=copy]").click()
    page.get_by_text("Copied to clipboard").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert reader.copied in copied
    assert copied.strip() == block.locator("code").inner_text().strip()
