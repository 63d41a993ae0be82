"""The doctor's error texts as a table, for the page that holds their sections."""

from podrole.doctor.texts import Cause, causes, filled, known_texts
from podrole.site.markdown.markdown_table import markdown_table

#: Texts that stand for a cause; the doctor knows the rest.
_MOST_TEXTS = 4


def symptoms_markdown(which: str) -> str:
    """What a program shows, what it means, and its source: the `commonest`, or the `others`."""
    told = sorted(causes().values(), key=lambda one: (one.common or 99, one.rank))
    chosen = [one for one in told if bool(one.common) is (which == "commonest")]
    return markdown_table(
        ["You see", "What it means", "Known by", "Source"],
        (row for one in chosen if (row := _row(one))),
    )


def _row(cause: Cause) -> list[str] | None:
    """The cause's row; None for one that is only told beside others."""
    texts = [one for one in known_texts() if one.causes[0] == cause.id]
    shows = cause.shows or ", ".join(f"`{one.shows}`" for one in texts[:_MOST_TEXTS])
    if not shows:
        return None
    read = [(one.source, one.checked) for one in texts[:_MOST_TEXTS]]
    if cause.source:
        read = [(cause.source, cause.checked)]
    sources = "; ".join(dict.fromkeys(f"{source} ({checked})" for source, checked in read))
    known = {cause.known, *(one.known for one in texts)}
    executed = "executed" if "executed" in known else "cited"
    means = f"{filled(cause.means, {})} [Proof and fix](#{cause.section})"
    return [shows, means, executed, sources]
