"""What every command says on stderr, with exit code 2, instead of a traceback."""


class InputError(ValueError):
    """Bad input; the message names the place and the mend."""
