"""Conditions: one operator on one key. Source: as of `operators`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from podrole.policy.lazy import lazy
from podrole.policy.operators import OPERATORS, Operator
from podrole.policy.patterns import Tester
from podrole.policy.variables import Context, filled


def _tests(
    operator: Operator, static: list[Tester], varying: Sequence[str], context: Context
) -> list[Tester]:
    """The tests of values, those with variables filled in; none of one that has no value."""
    if not varying:
        return static
    tests = list(static)
    for value in varying:
        wanted = filled(value, context, patterns=operator.wild)
        if isinstance(wanted, str):
            tests.append(operator.test(wanted))
        elif wanted is not None and operator.of_pattern is not None:
            tests.append(operator.of_pattern(wanted))
    return tests


@dataclass(unsafe_hash=True)
class Condition:
    """One operator on one key. Never changed: to make it `frozen` takes three times as long."""

    operator: str  # the base name, or "Null"
    qualifier: str  # "", "ForAllValues" or "ForAnyValue"
    if_exists: bool
    key: str
    values: tuple[str, ...]
    variables: bool  # Version 2012-10-17

    @property
    def name(self) -> str:
        """The operator as the policy writes it."""
        qualifier = f"{self.qualifier}:" if self.qualifier else ""
        return f"{qualifier}{self.operator}{'IfExists' if self.if_exists else ''}"

    @lazy
    def _static(self) -> list[Tester]:
        """Tests of the values without variables, made once."""
        operator, vary = OPERATORS[self.operator], bool(self._with_variables)
        return [operator.test(value) for value in self.values if not (vary and "${" in value)]

    @lazy
    def _with_variables(self) -> Sequence[str]:
        if self.variables and OPERATORS[self.operator].takes_variables:
            return [value for value in self.values if "${" in value]
        return ()

    @property
    def holds_without_key(self) -> bool:
        """Whether it holds for a request that does not bring the key."""
        if self.operator == "Null":
            return any(value.lower() == "true" for value in self.values)
        if self.if_exists or self.qualifier == "ForAllValues":
            return True
        return OPERATORS[self.operator].negated and self.qualifier == ""

    @lazy
    def holds(self) -> Callable[[Context], bool]:
        """Tells whether a request's context satisfies it.

        What is made here does not refer to the condition: that would be a circle.
        """
        key, absent = self.key.lower(), self.holds_without_key
        if self.operator == "Null":
            present = any(value.lower() != "true" for value in self.values)
            return lambda context: absent if context.get(key) is None else present
        operator = OPERATORS[self.operator]
        if self.qualifier or self._with_variables:
            return self._at_length(key, absent)
        negated, fold = operator.negated, operator.fold
        fits = operator.test_of(self.values)

        def holds(context: Context) -> bool:
            actual = context.get(key)
            if actual is None:
                return absent
            # A bare operator on several values does not match (single-valued versus multivalued).
            if len(actual) != 1:
                return False
            return fits(actual[0].lower() if fold else actual[0]) != negated

        return holds

    def _at_length(self, key: str, absent: bool) -> Callable[[Context], bool]:
        """As `holds`, for set operators and variables."""
        operator, qualifier = OPERATORS[self.operator], self.qualifier
        static, varying = self._static, self._with_variables
        negated, fold = operator.negated, operator.fold

        def holds(context: Context) -> bool:
            actual = context.get(key)
            if actual is None:
                return absent
            tests = _tests(operator, static, varying, context)
            found = (
                negated != any(test(value.lower() if fold else value) for test in tests)
                for value in actual
            )
            if qualifier == "ForAllValues":
                # "… or if the context key value resolves to a null dataset, such as an empty
                # string"
                return not any(actual) or all(found)
            if qualifier == "ForAnyValue":
                return any(found)
            return len(actual) == 1 and next(found)  # as in the plain test

        return holds

    def failure(self, context: Context) -> str | None:
        """Why it does not hold (a reason of ConditionTrace), None if it does."""
        if self.holds(context):
            return None
        actual = context.get(self.key.lower())
        if actual is None:
            return "key_absent"
        if self.operator == "Null":
            return "value_differs"
        if not self.qualifier and len(actual) != 1:
            return "needs_set_operator"
        tests = _tests(OPERATORS[self.operator], self._static, self._with_variables, context)
        return "value_differs" if tests else "variable_without_value"


def normalised(context: Mapping[str, str | Sequence[str]]) -> Context:
    """The context with keys in lowercase and every value a list; an empty set is absent."""
    return {
        key.lower(): (value,) if isinstance(value, str) else value
        for key, value in context.items()
        if isinstance(value, str) or value
    }
