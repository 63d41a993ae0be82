"""One-step changes of a page, each of which a reader would stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.site.pages.page_blocks import read_blocks
from tests.catalogue import CATALOG

_RUN = re.compile(
    r'^ *\{\{ snippet "(?P<id>[\w-]+)" format=(?P<format>bash|cli|cli-update|kubectl)'
    r"(?P<more>[^}\n]*) \}\}$",
    re.MULTILINE,
)
_FILE = re.compile(r"\bfile=(?P<name>[\w.-]+)")
_TRUST = re.compile(r'"trust-(?:irsa-exact|pod-identity-source)"')
_OTHER = {
    '"trust-irsa-exact"': '"trust-pod-identity-source"',
    '"trust-pod-identity-source"': '"trust-irsa-exact"',
}


def mutants(page: str) -> Iterator[tuple[str, str]]:
    """What was changed, and the page's text after it."""
    typed = {one.line: one for one in read_blocks(page, CATALOG) if one.use == "command"}
    for block in _RUN.finditer(page):
        line = page.count("\n", 0, block.start()) + 1
        if line in typed:
            yield (
                f"line {line}: {block['id']} taken away",
                page[: block.start()] + page[block.end() :],
            )
    for file in _FILE.finditer(page):
        if "not-run" in page[file.end() : page.find("\n", file.end())]:
            continue
        start, end = file.span("name")
        yield f"{file['name']} renamed", f"{page[:start]}other-{page[start:end]}{page[end:]}"
    for trust in _TRUST.finditer(page):
        line = page[page.rfind("\n", 0, trust.start()) + 1 : page.find("\n", trust.start())]
        if "format=cli" in line:
            start, end = trust.span()
            swapped = page[:start] + _OTHER[trust[0]] + page[end:]
            yield f"{trust[0]} swapped", swapped
