"""The policy checker and the doctor, in the reader's browser: JSON in, JSON out.

Each call answers an object. One with `error` (a message, and a line where there is one) is an
answer too: nothing that a reader pastes ends the worker. What a call needs is imported by it, so
that the first answer waits for no more than it uses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Emit = Callable[[str], object]


def check(argument: str, _emit: Emit) -> str:
    """A policy's decision, findings and admitted (`policy_check`)."""
    from podrole.pyodide.policy_check import check_policy

    return _answered(check_policy, argument)


def pod(argument: str, _emit: Emit) -> str:
    """Why a pod is denied: its chain to the role, and what its error means (`pod_denied`)."""
    from podrole.pyodide.pod_denied import why_denied

    return _answered(why_denied, argument)


def _answered(answer: Callable[[Mapping[str, Any]], dict[str, Any]], argument: str) -> str:
    try:
        found = answer(json.loads(argument))
    except RecursionError:
        found = {"error": {"message": "nested too deeply"}}
    except ValueError as fault:  # InputError and PasteError are such
        place = {name: getattr(fault, name, None) for name in ("line", "column")}
        message = " ".join(str(fault).split())
        found = {"error": {"message": message, **{k: v for k, v in place.items() if v}}}
    except Exception as fault:  # a fault of ours: the page goes on, and the reader can tell us
        message = f"the checker cannot read this text ({type(fault).__name__}: {fault})"
        found = {"error": {"message": message, "ours": True}}
    return json.dumps(found, default=str)
