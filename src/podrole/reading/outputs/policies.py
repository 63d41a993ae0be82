"""Policies within plain data, wherever a tool puts them: as documents, as texts, URL-encoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from podrole.reading.error import Limits, ReadingError
from podrole.reading.json_document import read_json

Steps = tuple[str | int, ...]
_TRUST = {"assumerolepolicydocument", "assumerolepolicy", "assume_role_policy"}
#: Keys under which the name of a policy's holder stands, the more telling ones first.
_NAMES = ("PolicyName", "RoleName", "roleName", "UserName", "GroupName", "name", "Name", "Id")
#: A text that is longer is no policy (AWS's largest quota is 20,480 characters).
_LONGEST = 200_000
_LIMITS = Limits(characters=_LONGEST, nodes=50_000)


@dataclass(frozen=True)
class HeldPolicy:
    """A policy and where it was found.

    Attributes:
        document: the policy; a bare statement stands in a policy of its own.
        steps: the keys and numbers from the top of the data to it.
        trust: whether the key that holds it says that it is a role's trust policy.
        name: of the policy or of its holder, empty if not told.
        taken: what it had to be taken for, in words; empty for a whole policy.
        as_text: whether it stands in the data as a text, so that its elements have no lines.
    """

    document: Any
    steps: Steps
    trust: bool = False
    name: str = ""
    taken: str = ""
    as_text: bool = False


def policies_in(tree: Any) -> Iterator[HeldPolicy]:
    """All policies of a tree in their order, each once; that of two roles under both names."""
    seen: set[str] = set()
    names: set[tuple[str, str]] = set()
    for held in _found(tree, (), False, ""):
        key = json.dumps(held.document, sort_keys=True, default=str)
        if key not in seen or (held.name and (held.name, key) not in names):
            yield held
        seen.add(key)
        names.add((held.name, key))


def policy_text(text: str) -> Any:
    """The document that a text holds: JSON, URL-encoded or not; None if it holds none."""
    if len(text) > _LONGEST:
        return None
    for candidate in (text, unquote(text)):
        if candidate.lstrip()[:1] in ("{", "["):
            try:
                return read_json(candidate, _LIMITS)
            except ReadingError:
                continue
    return None


def _found(tree: Any, steps: Steps, trust: bool, name: str) -> Iterator[HeldPolicy]:
    if isinstance(tree, str):
        if "Statement" in tree or "Effect" in tree:
            inner = policy_text(tree)
            for held in _found(inner, (), trust, name) if inner is not None else ():
                yield HeldPolicy(
                    held.document, steps, trust or held.trust, held.name, held.taken, True
                )
    elif isinstance(tree, list):
        if tree and all(isinstance(one, dict) and "Effect" in one for one in tree):
            document = {"Version": "2012-10-17", "Statement": tree}
            yield HeldPolicy(
                document, steps, trust, name, "statements without a policy, read as one policy"
            )
            return
        for number, one in enumerate(tree):
            yield from _found(one, (*steps, number), trust, name)
    elif isinstance(tree, dict):
        if "Statement" in tree:
            yield HeldPolicy(tree, steps, trust, name)
        elif "Effect" in tree and ({"Action", "NotAction", "Principal"} & set(tree)):
            document = {"Version": "2012-10-17", "Statement": [tree]}
            yield HeldPolicy(
                document, steps, trust, name, "a statement without a policy, read as a policy"
            )
        else:
            named = (
                next((tree[key] for key in _NAMES if isinstance(tree.get(key), str)), "") or name
            )
            for key, value in tree.items():
                is_trust = key.replace("_", "").lower() in {one.replace("_", "") for one in _TRUST}
                within = str(key) if len(steps) == 1 and steps[0] == "Resources" else named
                yield from _found(value, (*steps, key), trust or is_trust, within)
