"""`podrole follow PAGE`: a page, followed step by step in a lab made new."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

from podrole.follow.followed_lab import FollowError, followed_lab
from podrole.follow.followed_page import FollowedPage, page_path, reader_catalog
from podrole.follow.troubled_page import open_page
from podrole.follow.walk import Step


def configure(_: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole follow` its arguments."""
    parser.add_argument("page", help="the how-to page: irsa, howto/irsa.md, or a path")
    parser.add_argument("--tab", help="follow only the tabs with this label, such as IRSA")
    parser.add_argument("--quiet", action="store_true", help="do not show what commands print")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Follow the page in each of its tabs; 1 where a step does not go as the page says.

    Raises FollowError for a tab that the page does not have.
    """
    path = page_path(arguments.page)
    done = failed = 0
    with followed_lab() as lab:
        page = open_page(path, reader_catalog(lab))
        ways = page.ways()
        if arguments.tab is not None:
            ways = [way for way in ways if arguments.tab in way.values()]
            if not ways:
                raise FollowError(f"the page has no tab {arguments.tab!r} with a block to run")
        _introduce(page, path)
        for number, way in enumerate(ways):
            if number:
                lab.renew()
            if way:
                print(f"\n# Tabs: {', '.join(dict.fromkeys(way.values()))}")
            for step in page.follow(lab, way):
                _show(step, arguments.quiet)
                done += 1
                failed += bool(step.complaint)
    print(f"\n{done} steps, {failed} did not go as the page says.")
    return 1 if failed else 0


def _introduce(page: FollowedPage, path: Path) -> None:
    print(f"# {path.name}")
    for before in page.before.values():
        print(f"# It goes on from {before.path.name}, which is followed first.")
    for block in page.blocks:
        if block.use == "not run":
            print(f"# Not run: {block.place}: {block.reason}")


def _show(step: Step, quiet: bool) -> None:
    mark = "FAIL" if step.complaint else "ok"
    if step.block is None:
        print(f"{mark:<5}nothing is left behind" if not step.complaint else mark)
    elif step.block.use == "output":
        print(f"{mark:<5}… and says what the page says")
    else:
        print(f"{mark:<5}{step.block.section}: {step.block.name}")
    if step.printed and (not quiet or step.complaint):
        print(textwrap.indent(step.printed.rstrip(), "       | "))
    if step.complaint:
        print(f"     {step.complaint}")
