"""A document that is no policy, and Access Analyzer's code for what is wrong with it."""


class InputError(ValueError):
    """Bad input, for which every command has one line on stderr and exit code 2: no traceback."""


#: The code of a fault for which Access Analyzer has none.
MALFORMED = "PODROLE_MALFORMED_POLICY"


class PolicyError(InputError):
    """What is wrong with a policy, where, and the nearest right name if there is one.

    `code` is Access Analyzer's issue code for the fault, `MALFORMED` where it has none.
    """

    def __init__(
        self, path: str, reason: str, suggestion: str | None = None, *, code: str = MALFORMED
    ) -> None:
        self.path, self.reason, self.suggestion, self.code = path, reason, suggestion, code
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"{path}: {reason}{hint}" if path else f"{reason}{hint}")
