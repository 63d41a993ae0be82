"""What is wrong with a snippet, a parameter or a value, and where."""

from podrole.policy.error import InputError


class CatalogError(InputError):
    """A fault in `snippets/` or in the values handed in; the message names place and mend."""
