"""How much an analysis may do before it says that it could not decide.

Steps are counted, not seconds: the same question has the same answer on every machine.
"""

from __future__ import annotations


class BudgetSpentError(Exception):
    """An analysis has done all the work that it may do; its caller answers without a proof."""


class Budget:
    """Steps that are left. One step is about a microsecond."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.spent = 0

    def spend(self, steps: int) -> None:
        """Take steps away. Raises BudgetSpentError, with nothing left, where there are too few."""
        self.spent += steps
        if self.spent > self.steps:
            self.spent = self.steps
            raise BudgetSpentError

    def part(self, steps: int) -> Budget:
        """A budget for one question of many: at most `steps`, and at most what is left.

        What it spends is not yet spent here: give it to `spend` of this one afterwards.
        """
        return Budget(min(steps, self.steps - self.spent))
