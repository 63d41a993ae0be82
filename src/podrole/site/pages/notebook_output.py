"""What a notebook cell put out, as Markdown in a block that stands apart from the code."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from podrole.site.markdown.fence import fenced

# Control sequences that IPython and tools write for a terminal (ECMA-48 CSI, and OSC links).
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")

# How botocore prints what AWS refused.
_REFUSAL = re.compile(r"^An error occurred \(", re.MULTILINE)


class OutputError(ValueError):
    """An output that no page can show; the message says which kinds can."""


def output_block(output: Mapping[str, Any], *, expected_error: bool = False) -> str:
    """Render one output of nbformat 4 as Markdown.

    `output`: a `stream`, `execute_result`, `display_data` or `error` output. `expected_error`: an
    error is what the cell teaches; it is labelled so. Raises OutputError: the output has no form
    that a page can show.
    """
    match output.get("output_type"):
        case "stream":
            return _text_block(_text(output.get("text", "")))
        case "error":
            return _error_block(output, expected_error)
        case "execute_result" | "display_data":
            return _data_block(output.get("data", {}))
        case other:
            raise OutputError(f"no page can show an output of type {other!r}")


def plain(text: str) -> str:
    """Remove a terminal's control sequences, and apply carriage returns as a terminal does."""
    rows = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(row.rsplit("\r", 1)[-1] for row in rows)


def _text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _text_block(text: str) -> str:
    clean = plain(text)
    if not clean.strip():
        return ""
    kind = "nb-text nb-refused" if _REFUSAL.search(clean) else "nb-text"
    return _block(fenced(clean, _language(clean)), kind=kind)


def _language(text: str) -> str:
    """JSON is coloured as JSON; anything else stays as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return "text"
    try:
        json.loads(text)
    except ValueError:
        return "text"
    return "json"


def _data_block(data: Mapping[str, Any]) -> str:
    if "text/markdown" in data:
        return _block(_text(data["text/markdown"]), kind="nb-rendered")
    if "image/svg+xml" in data:
        return _block(_text(data["image/svg+xml"]), kind="nb-rendered", markdown=False)
    if "application/json" in data:
        return _block(fenced(json.dumps(data["application/json"], indent=2), "json"))
    if "text/plain" in data:
        return _text_block(_text(data["text/plain"]))
    raise OutputError(
        f"no page can show {', '.join(sorted(data)) or 'an empty output'}; it can show "
        "text/markdown, image/svg+xml, application/json and text/plain"
    )


def _error_block(output: Mapping[str, Any], expected: bool) -> str:
    name, value = output.get("ename", "Error"), plain(output.get("evalue", ""))
    last = html.escape(f"{name}: {value}" if value else name, quote=False)
    trace = plain("\n".join(output.get("traceback", ())))
    kind = "nb-error nb-expected" if expected else "nb-error"
    # The last line is what a reader looks for, so it wraps; the trace, which scrolls, is folded.
    parts = [f'<pre class="nb-error-line"><code>{last}</code></pre>']
    if trace.strip():
        folded = f"<pre><code>{html.escape(trace, quote=False)}</code></pre>"
        parts.append(f"<details><summary>Traceback</summary>{folded}</details>")
    return _block("".join(parts), kind=kind, markdown=False)


def _block(body: str, kind: str = "nb-text", *, markdown: bool = True) -> str:
    attribute = " markdown" if markdown else ""
    return f'<div class="nb-output {kind}"{attribute}>\n{body}\n</div>'
