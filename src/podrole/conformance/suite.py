"""The suite: cases read from `cases/`, with scenes and short forms written out.

A file has an area and groups of cases. Of `given`, `when` and `then`, a group has what its cases
share; `$name` stands for a parameter of the case. `{use: scene}` stands for the steps of a scene,
`{doc: …}` for a policy document around one statement or several. `${name}` stays: the run fills in
what its steps have made.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from podrole.conformance.case import Case, Expected
from podrole.reading.yaml_document import LOADER

#: Of the suite: the middle part grows with new cases, the first with a new form of the file.
VERSION = "1.0.0"
CHECKED = "2026-11-29"
_PARAMETER = re.compile(r"\$([a-z][a-z_]*)")
_SHARED = ("given", "when", "then", "basis", "source", "needs")


class SuiteError(ValueError):
    """A fault of a file of cases; the message names the file and the case."""


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of their files. Raises SuiteError."""
    folder = resources.files("podrole.conformance") / "cases"
    read = {
        item.name: yaml.load(item.read_text(encoding="utf-8"), LOADER)  # noqa: S506  (a safe one)
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }
    scenes = read.pop("scenes.yaml")["scenes"]
    found = [
        case
        for name, document in read.items()
        for group in document["groups"]
        for case in _of_group(name, document["area"], group, scenes)
    ]
    for one, times in Counter(case.id for case in found).items():
        if times > 1:
            raise SuiteError(f"the case {one} stands twice")
    return tuple(found)


def export() -> dict[str, Any]:
    """The suite as one JSON document, which needs no other file of it."""
    return {
        "suite": "podrole-conformance",
        "version": VERSION,
        "checked": CHECKED,
        "licence": "Apache-2.0",
        "variables": {
            "n": "a name of its own for each case: lower case letters, digits and hyphens",
            "account": "the account of the operator",
            "region": "the Region that requests are signed for",
            "issuer": "the suite's issuer of tokens, without https://",
            "provider": "the ARN of that issuer's provider in the operator's account",
            "cluster": "the name of an EKS cluster that all cases share",
            "other_account": "a second account, whose caller is `other`",
        },
        "cases": [case.document() for case in cases()],
    }


def export_text() -> str:
    """That document as its file."""
    return json.dumps(export(), indent=1, ensure_ascii=False) + "\n"


def _of_group(
    name: str, area: str, group: Mapping[str, Any], scenes: Mapping[str, Any]
) -> Iterator[Case]:
    for row in group["cases"]:
        place = f"{name}: {row.get('id')}"
        merged = {key: row.get(key, group.get(key)) for key in _SHARED}
        parameters = {**group.get("parameters", {}), **row.get("parameters", {})}
        try:
            written = _written({key: value for key, value in merged.items() if value}, parameters)
            given = [
                step for one in written.get("given", []) for step in _steps(one, scenes, place)
            ]
            yield Case(
                id=row["id"],
                area=area,
                title=row["title"],
                given=tuple(_documents(given)),
                when=_documents(written["when"]),
                then=_expected(written["then"]),
                basis=written["basis"],
                source=written["source"],
                needs=tuple(written.get("needs", ())),
            )
        except (KeyError, TypeError) as error:
            raise SuiteError(f"{place}: {error!r}") from error


def _steps(
    step: Mapping[str, Any], scenes: Mapping[str, Any], place: str
) -> Iterator[Mapping[str, Any]]:
    if "use" not in step:
        yield step
        return
    if step["use"] not in scenes:
        raise SuiteError(f"{place}: there is no scene {step['use']!r}")
    scene = scenes[step["use"]]
    own = {key: value for key, value in step.items() if key != "use"}
    defaults = scene.get("defaults", {})
    if own.keys() - defaults.keys():
        raise SuiteError(f"{place}: the scene {step['use']} takes {', '.join(defaults)}")
    parameters = {**defaults, **own}
    for inner in scene["steps"]:
        wanted = {key: value for key, value in inner.items() if key != "if"}
        if _written(inner.get("if", True), parameters):
            yield from _steps(_written(wanted, parameters), scenes, place)


def _written(value: Any, parameters: Mapping[str, Any]) -> Any:
    """The value with its parameters filled in; a member that is null falls away."""
    if isinstance(value, dict):
        if value.keys() == {"doc"} and _written(value["doc"], parameters) is None:
            return None
        pairs = ((key, _written(item, parameters)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not None}
    if isinstance(value, list):
        return [_written(item, parameters) for item in value]
    if isinstance(value, str):
        whole = _PARAMETER.fullmatch(value)
        if whole and whole[1] in parameters:
            return parameters[whole[1]]
        return _PARAMETER.sub(lambda found: str(parameters.get(found[1], found[0])), value)
    return value


def _documents(value: Any) -> Any:
    """The value with each `{doc: …}` written out."""
    if isinstance(value, dict):
        if value.keys() == {"doc"}:
            return _document(_documents(value["doc"]))
        return {key: _documents(item) for key, item in value.items()}
    return [_documents(item) for item in value] if isinstance(value, list) else value


def _document(value: Any) -> Any:
    if isinstance(value, dict) and "Statement" not in value:
        value = [value]
    if isinstance(value, list):
        return {"Version": "2012-10-17", "Statement": value}
    return value


def _expected(then: Any) -> Expected:
    if then == "accepted":
        return Expected()
    return Expected(then.get("code"), then.get("status"), then.get("message"), then.get("has"))
