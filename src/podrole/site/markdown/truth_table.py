"""A policy's truth table as a Markdown table: who asks for what, the result, and why."""

import re
from collections.abc import Mapping, Sequence

from podrole.catalog import Verdict

# A word as well as a colour, so that the table can be read without colours.
ALLOWED = '<span class="allowed">allowed</span>'
DENIED = '<span class="denied">denied</span>'

# The keys of a web identity carry the issuer: `oidc.eks.us-west-2.amazonaws.com/id/…:sub`.
_ISSUER_KEY = re.compile(r"^[^:]*/id/[0-9A-Z]+:(?P<claim>\w+)\Z")


class TruthTableError(ValueError):
    """A truth table that the engine contradicts; the message names the case."""


def truth_table_markdown(verdicts: Sequence[Verdict]) -> str:
    """Return the table; below the first row, a row shows only how its request differs from that.

    Raises TruthTableError: the engine does not decide a case as the table says.
    """
    for verdict in verdicts:
        if not verdict.holds:
            raise TruthTableError(
                f"case {verdict.name!r}: the table says {verdict.expected}, "
                f"the engine decides {verdict.effect}: {verdict.decision.reason}"
            )
    requests = [_request(verdict) for verdict in verdicts]
    first = requests[0]
    telling = {name for one in requests for name in _differing(one, first)} or {"action"}
    rows = ["| Result | Who asks, and with what |", "|---|---|"]
    for number, (verdict, request) in enumerate(zip(verdicts, requests, strict=True)):
        names = telling if number == 0 else _differing(request, first)
        told = [_facet(name, request) for name in {**first, **request} if name in names]
        lines = [f"**{_cell(verdict.name)}**", *told, _cell(verdict.why)]
        rows.append(
            f"| {ALLOWED if verdict.allowed else DENIED} | {'<br>'.join(filter(None, lines))} |"
        )
    return "\n".join(rows)


def _request(verdict: Verdict) -> dict[str, str]:
    """What the request says, by short names."""
    request = {
        "principal": verdict.principal,
        "action": " + ".join(verdict.actions),
        "resource": verdict.resource,
    }
    for key, value in verdict.context.items():
        claim = _ISSUER_KEY.match(key)
        text = value if isinstance(value, str) else ", ".join(value)
        request[claim["claim"] if claim else key] = text
    return request


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def _facet(name: str, request: Mapping[str, str]) -> str:
    label = name if name in {"principal", "action", "resource"} else f"`{name}`"
    return f"{label}: {_code(request[name])}" if name in request else f"no {label}"


def _code(text: str) -> str:
    return "`" + text.replace("`", "'").replace("|", r"\|") + "`" if text else "empty"


def _cell(text: str) -> str:
    """Escape what would be markup in a table's cell; code in backticks stays code."""
    pieces = text.replace("\n", " ").replace("|", r"\|").split("`")
    pieces[::2] = [
        re.sub(r"([*_\[\]])", r"\\\1", piece).replace("<", "&lt;") for piece in pieces[::2]
    ]
    return "`".join(pieces)
