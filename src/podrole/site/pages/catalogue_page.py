"""The catalogue's pages: one a snippet, in tabs by format, and a table of all that filters."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from podrole.catalog import Catalog, Snippet
from podrole.site.markdown.fence import fenced
from podrole.site.markdown.format_label import LABELS, lexer, proof
from podrole.site.markdown.markdown_table import markdown_table
from podrole.site.markdown.truth_table import truth_table_markdown

FOLDER = "catalogue"
_MARKER = re.compile(r'\{\{\s*[a-z-]+\s+"(?P<id>[^"]+)"')
_LINK = re.compile(r"\]\((?:\.\./)*catalogue/(?P<id>[\w-]+)\.md\)")
_MECHANISMS = {"irsa": "IRSA", "pod-identity": "Pod Identity", "static-key": "static key"}


#: A page that explains is found before one that lists.
_FRONT = "---\nsearch:\n  boost: 0.5\n---\n\n"
_INDEX_FRONT = (
    "---\ndescription: Every policy, manifest, command and program of this guide, to filter by use,"
    " mechanism and format.\n---\n\n"
)


class UnusedError(ValueError):
    """A snippet that no page or notebook shows and no other needs; the message names it."""


def shown_by(root: Path, notebooks: Mapping[str, Any]) -> dict[str, list[str]]:
    """Which pages and notebooks show a snippet, or link to its page: its id to their paths.

    `root`: the folder of the Markdown pages. `notebooks`: path to parsed notebook.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for name in dict.fromkeys([*_MARKER.findall(text), *_LINK.findall(text)]):
            if name == "index":
                continue
            found.setdefault(name, []).append(path.relative_to(root).as_posix())
    for place, notebook in notebooks.items():
        for name in dict.fromkeys(_named(notebook)):
            found.setdefault(name, []).append(place)
    return found


def _named(notebook: Any) -> Iterator[str]:
    for cell in notebook["cells"]:
        if wanted := cell["metadata"].get("podrole"):
            yield wanted["snippet"]
        if cell["cell_type"] == "markdown":
            yield from _MARKER.findall("".join(cell["source"]))


def check_use(catalog: Catalog, shown: Mapping[str, Sequence[str]]) -> None:
    """Raise UnusedError for a snippet that is dead weight.

    It is used where a page or a notebook shows it or links to its page, or another snippet needs
    it (before it, beside it in a truth table, or as the better one).
    """
    needed = {
        name
        for snippet in catalog.snippets
        for name in (
            *snippet.after,
            *([snippet.antipattern.better] if snippet.antipattern else []),
            *(one for case in snippet.cases for ids in case.companions.values() for one in ids),
        )
    }
    for snippet in catalog.snippets:
        if snippet.id not in shown and snippet.id not in needed:
            raise UnusedError(
                f"snippets/{snippet.place}: nothing shows it and nothing needs it; show it on a"
                " page, link to it from one, or delete it"
            )


def snippet_markdown(catalog: Catalog, snippet: Snippet, shown: Sequence[str]) -> str:
    """The page of one snippet.

    Raises TruthTableError where the engine contradicts its truth table.
    """
    parts = [f"{_FRONT}# {snippet.title} `{snippet.id}`{{ .snippet-id }}", snippet.purpose]
    if snippet.antipattern:
        better = snippet.antipattern.better
        advice = f" Use [{better}]({better}.md) instead." if better else ""
        parts.append(
            f'!!! danger "Antipattern: do not copy"\n\n    {snippet.antipattern.reason}{advice}'
        )
    if snippet.notes:
        parts.append(f"!!! note\n\n    {snippet.notes}")
    # Searched are title, purpose and truth table, not a text in a dozen formats.
    parts += ["## Copy it { data-search-exclude }", *_tabs(catalog, snippet)]
    if snippet.kind == "policy":
        # As HTML: the place is for the checker's script, no section of its page.
        link = f"../../check/policy/#pick={snippet.id}"
        parts.append(f'<a href="{link}">Check this policy</a>: change it, and ask it anything.')
    if snippet.cases:
        parts += ["## Who gets what", truth_table_markdown(catalog.truth_table(snippet.id))]
    if parameters := _parameters(catalog, snippet):
        parts += ["## Your values", *parameters]
    parts += ["## How it is proven", *_proofs(catalog, snippet)]
    if shown:
        links = [f"* [{path}](../{path})" for path in shown]
        parts += ["## Where it is used", "\n".join(links)]
    sources = [f"* {source['page']}, checked {source['checked']}" for source in snippet.sources]
    parts += ["## Sources", "\n".join(sources)]
    return "\n\n".join(parts) + "\n"


def _tabs(catalog: Catalog, snippet: Snippet) -> Iterator[str]:
    formats = catalog.formats(snippet.id)
    if len(formats) == 1:
        yield fenced(catalog.render(snippet.id, formats[0]), lexer(formats[0]))
        return
    for format in formats:
        block = fenced(catalog.render(snippet.id, format), lexer(format))
        label = "Notebook" if format == "python" else LABELS[format]
        yield f'=== "{label}"\n\n{textwrap.indent(block, "    ")}'


def _parameters(catalog: Catalog, snippet: Snippet) -> Iterator[str]:
    names = snippet.placeholders()
    if not names:
        return
    rows = []
    for name in names:
        parameter = catalog.parameters[name]
        made = f"; made of `{parameter.derived}`" if parameter.derived else ""
        rows.append([f"`{name}`", f"`{catalog.values[name]}`", f"{parameter.description}{made}"])
    table = markdown_table(["Name", "Here", "What it is"], rows)
    yield table.replace("{{", "{\u2060{")
    yield (
        "Fill them in on the command line:\n\n"
        + fenced(f"podrole snippet render {snippet.id} --set {names[0]}=…", "bash")
    )


def _proofs(catalog: Catalog, snippet: Snippet) -> Iterator[str]:
    rows = []
    if snippet.cases:
        count = len(snippet.cases)
        rows.append(f"* **Truth table**: {count} requests, decided by our engine at each build.")
        if not snippet.antipattern:
            left, tried = catalog.unnoticed_mutants(snippet.id)
            rows.append(
                f"* **Mutants**: of {tried} one-step changes the table notices {tried - len(left)}."
            )
            rows += [f"    * `{label}`: {why}" for label, why in snippet.survivors.items()]
    for format in catalog.formats(snippet.id):
        if said := proof(snippet, format):
            rows.append(f"* **{LABELS[format]}**: {said}.")
    yield "\n".join(rows).replace("{{", "{\u2060{")
    yield "Each of these is done again by every `make test`. Nothing here was run against real AWS."


def index_markdown(catalog: Catalog) -> str:
    """The table of all snippets; a script turns its columns into filters."""
    rows = []
    for snippet in sorted(catalog.snippets, key=lambda one: (one.use, one.kind, one.id)):
        formats = ", ".join(
            LABELS[one] for one in catalog.formats(snippet.id) if (one, snippet.kind) != _NOTEBOOK
        )
        mechanisms = ", ".join(_MECHANISMS[one] for one in snippet.mechanism)
        title = snippet.title.replace("*", r"\*")
        warning = " **(do not copy)**" if snippet.antipattern else ""
        rows.append(
            [
                f"[{snippet.id}]({snippet.id}.md)",
                f"{title}{warning}",
                snippet.use,
                mechanisms,
                formats,
            ]
        )
    table = markdown_table(["Snippet", "What it is", "For", "Mechanism", "Formats"], rows)
    policies = len(catalog.of("policy"))
    return (
        "\n\n".join(
            [
                f"{_INDEX_FRONT}# Catalogue",
                f"{policies} policies and {len(catalog.snippets) - policies} other snippets. Each"
                " policy has a truth table and is offered as JSON, YAML, AWS CLI, Terraform,"
                " CloudFormation, CDK, Pulumi and, where they fit, eksctl, ACK and Crossplane:"
                " written once, generated, and proven by each tool.",
                '<script type="module" src="../assets/catalogue.js"></script>',
                '<div class="catalogue" markdown>\n\n' + table + "\n\n</div>",
            ]
        )
        + "\n"
    )


_NOTEBOOK = ("python", "policy")
