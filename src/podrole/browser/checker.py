"""The policy checker and the doctor, in the reader's browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import yaml  # noqa: F401 # what the reader pastes may be YAML

import podrole.doctor  # noqa: F401
from podrole.policy import parse_policy


def decide(argument: str, _emit: Callable[[str], object]) -> str:
    """Placeholder of the checker's first call: whether a document is a policy at all."""
    parse_policy(json.loads(argument)["policy"])
    return "{}"
