"""The doctor's symptoms as a table, for the page that holds their sections."""

from podrole.doctor.symptom import symptoms
from podrole.site.markdown.markdown_table import markdown_table


def symptoms_markdown() -> str:
    """What a program shows, what it means, and how that is known."""
    return markdown_table(
        ["You see", "What it means", "Known by", "Source"],
        (
            [
                one.shows,
                f"{one.means} [Proof and fix](#{one.section})",
                one.known,
                f"{one.source} ({one.checked})",
            ]
            for one in symptoms()
        ),
    )
