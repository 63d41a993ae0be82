"""A policy as AWS CLI commands: the document in a file, then what takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from podrole.catalog.formats.document import as_json, filled
from podrole.catalog.formats.holder import holder_of, own_values
from podrole.catalog.formats.text import shell
from podrole.catalog.snippet import Snippet


def aws_cli(snippet: Snippet, values: Mapping[str, str], part: str = "cli") -> str:
    """A script for bash, with the commands of a part of the policy's holder.

    The quoted heredoc keeps `${aws:…}`; no line of JSON can end it.
    """
    holder = holder_of(snippet)
    document = filled(snippet.body, values)
    if attribute := holder.get("attribute"):
        document = {attribute: json.dumps(document, ensure_ascii=False)}
    own = own_values(snippet, values)
    return (
        f"cat > {own['policy_file']} <<'EOF'\n{as_json(document)}\nEOF\n{shell(holder[part], own)}"
    )
