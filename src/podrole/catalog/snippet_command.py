"""`podrole snippet list | show | render | check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from podrole.catalog import formats
from podrole.catalog.catalog import Catalog
from podrole.catalog.check import check
from podrole.catalog.snippet import MECHANISMS, USES, Snippet
from podrole.catalog.values_file import read_values, set_values
from podrole.terminal import one_line


def configure(_: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole snippet` its commands."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")

    listed = commands.add_parser("list", help="list the snippets, one per line")
    listed.add_argument("--for", dest="use", choices=USES, help="only snippets for this use")
    listed.add_argument("--mechanism", choices=MECHANISMS)
    listed.add_argument("--format", help="only snippets that have this format")
    listed.set_defaults(run=_list)

    show = commands.add_parser("show", help="show a snippet with its parameters and truth table")
    show.add_argument("id")
    show.set_defaults(run=_show)

    render = commands.add_parser("render", help="print a snippet with your values filled in")
    render.add_argument("id")
    render.add_argument(
        "--format", help="a format, as in `list --format` (default: the snippet's own)"
    )
    render.set_defaults(run=_render)

    checked = commands.add_parser(
        "check", help="check the truth tables, mutants and formats of a folder"
    )
    checked.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="(default: Podrole's own)"
    )
    checked.set_defaults(run=_check)

    for command in (show, render, checked):
        command.add_argument(
            "--values", type=Path, metavar="FILE", help="your names and IDs, in YAML"
        )
        command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")


def _values(arguments: argparse.Namespace) -> dict[str, str]:
    """Those of the file, and over them those of the command line."""
    from_file = read_values(arguments.values) if arguments.values else {}
    return {**from_file, **set_values(arguments.set)}


def _list(arguments: argparse.Namespace) -> int:
    catalog = Catalog()
    for snippet in catalog.snippets:
        if arguments.use and snippet.use != arguments.use:
            continue
        if arguments.mechanism and arguments.mechanism not in snippet.mechanism:
            continue
        if arguments.format and arguments.format not in catalog.formats(snippet.id):
            continue
        warning = " (do not copy)" if snippet.antipattern else ""
        print(f"{snippet.id:<42} {snippet.title}{warning}")
    return 0


def _render(arguments: argparse.Namespace) -> int:
    catalog = Catalog(values=_values(arguments))
    snippet = catalog[arguments.id]
    if snippet.antipattern:
        better = snippet.antipattern.better
        print(
            f"podrole: do not copy: {snippet.antipattern.reason}"
            + (f" Better: {better}" if better else ""),
            file=sys.stderr,
        )
    print(catalog.render(snippet.id, arguments.format or catalog.formats(snippet.id)[0]))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    catalog = Catalog(values=_values(arguments))
    snippet = catalog[arguments.id]
    print(f"{snippet.title}\n{snippet.purpose}")
    if snippet.antipattern:
        print(f"Do not copy: {snippet.antipattern.reason} Better: {snippet.antipattern.better}")
    if snippet.notes:
        print(f"\n{snippet.notes}")
    print(f"\nFormats: {', '.join(catalog.formats(snippet.id))}")
    if names := _parameters(catalog, snippet):
        print("\nParameters:")
    for name in names:
        parameter = catalog.parameters[name]
        made = f"  made of {parameter.derived}" if parameter.derived else ""
        print(f"  {name} = {catalog.values[name]}{made}\n      {parameter.description}")
    if snippet.cases:
        print("\nTruth table:")
    for verdict in catalog.truth_table(snippet.id):
        print(f"  {'allowed' if verdict.allowed else 'denied ':<8} {verdict.name}")
    print("\nSources:")
    for source in snippet.sources:
        print(f"  {source['page']} (checked {source['checked']})")
    return 0


def _parameters(catalog: Catalog, snippet: Snippet) -> list[str]:
    names = [name for one in catalog.formats(snippet.id) for name in formats.used(snippet, one)]
    return list(dict.fromkeys(names))


def _check(arguments: argparse.Namespace) -> int:
    report = check(arguments.folder, _values(arguments))
    for finding in report.findings:
        print(one_line(finding))
    print(report.summary, file=sys.stderr)
    return int(bool(report.findings))
