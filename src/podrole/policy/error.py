"""A document that is no policy."""


class InputError(ValueError):
    """Bad input, for which every command has one line on stderr and exit code 2: no traceback."""


class PolicyError(InputError):
    """What is wrong with a policy, where, and the nearest right name if there is one."""

    def __init__(self, path: str, reason: str, suggestion: str | None = None) -> None:
        self.path, self.reason, self.suggestion = path, reason, suggestion
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"{path}: {reason}{hint}" if path else f"{reason}{hint}")
