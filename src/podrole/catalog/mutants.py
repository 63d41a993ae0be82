"""One-step changes of a policy, each a mistake that someone makes: its truth table must notice.

Widenings (a condition dropped, a resource or principal made `*`) and breakages (an action dropped,
another account). A mutant that no case notices says that a case is missing, or that two readings of
the policy come to the same; the second has its reason in the file, under `survivors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.catalog import truth_table
from podrole.catalog.snippet import Snippet
from podrole.policy import Policy, PolicyError

Statement = dict[str, Any]
_ACCOUNT = re.compile(r"\{\{\w*account_id\}\}|\b[0-9]{12}\b")
_OTHER_ACCOUNT = "999999999999"
_EXACT = re.compile(r"(ForA(?:ll|ny)Values:)?(StringEquals|ArnEquals|ArnLike)(IfExists)?\Z")


@dataclass(frozen=True)
class Mutant:
    """A changed policy; the label says where and how, and stays when other statements change."""

    label: str
    document: Mapping[str, Any]


def mutants(document: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every one-step change of a policy's document."""
    statements = _listed(document["Statement"])
    for index, statement in enumerate(statements):
        name = statement.get("Sid") or f"statement {index + 1}"
        if len(statements) > 1:
            rest = statements[:index] + statements[index + 1 :]
            yield Mutant(f"{name}: dropped", {**document, "Statement": rest})
        for label, changed in _changed(statement):
            whole = [*statements[:index], changed, *statements[index + 1 :]]
            yield Mutant(f"{name}: {label}", {**document, "Statement": whole})


def survivors(
    snippet: Snippet, values: Mapping[str, str], policy_of: Callable[[str], Policy]
) -> tuple[list[str], int]:
    """The labels of the mutants that no case of the truth table notices, and how many there were.

    A mutant that is no policy any more (AWS would refuse to store it) does not count.
    """
    unnoticed, count = [], 0
    asked = [(case, truth_table.requests(case, values)) for case in snippet.cases]
    for mutant in mutants(snippet.body):
        try:
            policy = truth_table.compiled(snippet, values, mutant.document)
        except PolicyError:
            continue
        count += 1

        def changed(name: str, policy: Policy = policy) -> Policy:
            return policy if name == snippet.id else policy_of(name)

        if all(truth_table.holds(snippet, case, requests, changed) for case, requests in asked):
            unnoticed.append(mutant.label)
    return unnoticed, count


def _changed(statement: Statement) -> Iterator[tuple[str, Statement]]:
    effect = "Deny" if statement["Effect"] == "Allow" else "Allow"
    yield f"Effect {effect}", {**statement, "Effect": effect}
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        if element in statement:
            yield from _listing(statement, element)
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            yield from _principal(statement, element)
    if "Condition" in statement:
        yield from _conditions(statement)


def _listing(statement: Statement, element: str) -> Iterator[tuple[str, Statement]]:
    """Actions and resources: one dropped, all widened, one widened."""
    items = _listed(statement[element])
    for item in items:
        if len(items) > 1:
            rest = [other for other in items if other != item]
            yield f"{element} without {item}", {**statement, element: rest}
        if element.endswith("Action"):
            wider = "*" if item == "*" else f"{item.split(':')[0]}:*"
        else:
            wider = item if item.endswith("*") else f"{item}*"
        if wider not in items:
            changed = [wider if other == item else other for other in items]
            yield f"{element} {item} as {wider}", {**statement, element: changed}
        if element.endswith("Resource") and _ACCOUNT.search(item):
            other = _ACCOUNT.sub(_OTHER_ACCOUNT, item)
            changed = [other if each == item else each for each in items]
            yield f"{element} {item} in another account", {**statement, element: changed}
    if items != ["*"]:
        yield f"{element} *", {**statement, element: "*"}


def _principal(statement: Statement, element: str) -> Iterator[tuple[str, Statement]]:
    if statement[element] == "*":
        stranger = {"AWS": f"arn:aws:iam::{_OTHER_ACCOUNT}:root"}
        yield f"{element} of another account", {**statement, element: stranger}
        return
    yield f"{element} *", {**statement, element: "*"}
    for kind, named in statement[element].items():
        items = _listed(named)
        for item in items:
            if len(items) > 1:
                rest = {**statement[element], kind: [one for one in items if one != item]}
                yield f"{element} without {item}", {**statement, element: rest}
            other = _other_principal(kind, item)
            whole = {**statement[element], kind: [other if one == item else one for one in items]}
            yield f"{element} {item} as {other}", {**statement, element: whole}


def _other_principal(kind: str, item: str) -> str:
    if kind == "Service":
        return "ec2.amazonaws.com" if item != "ec2.amazonaws.com" else "lambda.amazonaws.com"
    if item == "*" or not _ACCOUNT.search(item):
        return f"arn:aws:iam::{_OTHER_ACCOUNT}:root"
    return _ACCOUNT.sub(_OTHER_ACCOUNT, item)


def _conditions(statement: Statement) -> Iterator[tuple[str, Statement]]:
    condition: Mapping[str, Mapping[str, Any]] = statement["Condition"]
    if sum(len(keys) for keys in condition.values()) > 1:
        rest = {key: value for key, value in statement.items() if key != "Condition"}
        yield "no Condition", rest
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            place = f"{operator} {key}"

            def with_(
                operator_now: str | None,
                value: Any = None,
                operator: str = operator,
                key: str = key,
            ) -> Statement:
                changed = {name: dict(keys) for name, keys in condition.items()}
                del changed[operator][key]
                if not changed[operator]:
                    del changed[operator]
                if operator_now is not None:
                    changed.setdefault(operator_now, {})[key] = value
                return {**statement, "Condition": changed}

            yield f"{place} dropped", with_(None)
            values = _listed(wanted)
            for value in values:
                if len(values) > 1:
                    fewer = [one for one in values if one != value]
                    yield f"{place} without {value}", with_(operator, fewer)
            if exact := _EXACT.match(operator):
                like = f"{exact[1] or ''}StringLike{exact[3] or ''}"
                yield f"{place} as {like} *", with_(like, "*")
            other = _other_value(operator, values)
            yield f"{place} wants {other}", with_(operator, other)
            # Without its key a negated operator is true as it is, and so is ForAllValues.
            if "Not" not in operator and operator != "Null" and "ForAll" not in operator:
                if operator.endswith("IfExists"):
                    strict = operator.removesuffix("IfExists")
                    yield f"{place} without IfExists", with_(strict, wanted)
                else:
                    yield f"{place} with IfExists", with_(f"{operator}IfExists", wanted)


def _other_value(operator: str, values: list[Any]) -> Any:
    """A value of the operator's type that is none of those wanted."""
    first = values[0] if values else ""
    if operator.endswith(("Null", "Bool", "BoolIfExists")):
        return "false" if str(first).lower() == "true" else "true"
    if "Numeric" in operator:
        try:
            return str(float(first) * 2 + 1)
        except ValueError:
            return "1"
    if "Date" in operator:
        return "2001-01-01T00:00:00Z"
    if "IpAddress" in operator:
        return "192.0.2.1/32"
    if "Arn" in operator:
        return "arn:aws:sns:eu-west-3:999999999999:another"
    return "another"


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
