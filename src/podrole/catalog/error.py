"""What is wrong with a snippet, a parameter or a value, and where."""


class CatalogError(ValueError):
    """A fault in `snippets/` or in the values handed in; the message names place and mend."""
