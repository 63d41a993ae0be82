"""Lint for policies: one module for each family of rules."""

from podrole.policy.lint.finding import Finding
from podrole.policy.lint.linter import lint

__all__ = ["Finding", "lint"]
