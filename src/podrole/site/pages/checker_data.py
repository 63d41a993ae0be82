"""The catalogue's policies for the policy checker: fetched when a reader first picks one."""

import json
from collections.abc import Iterator
from typing import Any

from podrole.catalog import Catalog, Snippet
from podrole.catalog.formats.document import as_json
from podrole.catalog.snippet import Case


def checker_data(catalog: Catalog) -> str:
    """All policies with their truth tables' requests, as JSON. Placeholders stay: the page fills
    them with the reader's values, or with `values`."""
    derived = {one.name: one.derived for one in catalog.parameters if one.derived}
    return json.dumps(
        {
            "values": dict(catalog.values),
            "derived": derived,
            "policies": list(_policies(catalog)),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _policies(catalog: Catalog) -> Iterator[dict[str, Any]]:
    for snippet in sorted(catalog.of("policy"), key=lambda one: (one.layer or "", one.id)):
        yield {
            "id": snippet.id,
            "title": snippet.title,
            "kind": snippet.layer,
            "antipattern": bool(snippet.antipattern),
            "document": as_json(_document(snippet)),
            "cases": [_case(case) for case in snippet.cases],
        }


def _document(snippet: Snippet) -> Any:
    if snippet.holder != "ecr-repository":
        return snippet.body
    # Such a policy has no Resource: it means the repository that it stands on.
    statements = [{**statement, "Resource": "*"} for statement in snippet.body["Statement"]]
    return {**snippet.body, "Statement": statements}


def _case(case: Case) -> dict[str, Any]:
    beside = {layer: list(ids) for layer, ids in case.companions.items() if ids}
    return {
        "name": case.name,
        "request": dict(case.request),
        "expect": case.expect,
        **({"beside": beside} if beside else {}),
    }
