"""What is wrong with a snippet, a parameter or a value, and where."""

from podrole.policy.error import InputError
from podrole.terminal import one_line


class CatalogError(InputError):
    """A fault in `snippets/` or in the values handed in; the message names place and fix."""


def shown(value: object) -> str:
    """A value as a message shows it: in quotes, on one line, not longer than that."""
    return one_line(repr(value), 80)
