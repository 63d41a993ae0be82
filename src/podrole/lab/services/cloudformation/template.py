"""A template, read and checked: its parameters, conditions, resources and outputs.

Source: CloudFormation user guide, "Template sections", "Intrinsic function reference" (checked
2026-11-29). The errors are those that users report of AWS; the lab's own begin with `lab:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.reading.error import Limits, ReadingError
from podrole.reading.yaml_document import read_yaml

#: CloudFormation user guide, "Quotas": a template from S3 has at most 1 MB.
_LIMITS = Limits(characters=1_000_000, nodes=100_000)
_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)


def invalid(text: str) -> AwsError:
    """CloudFormation's refusal of a request or a template."""
    return AwsError("ValidationError", text)


def written(value: Any) -> str:
    """A plain value of a template as the text that CloudFormation makes of it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Template:
    """A template as its sections, each of which may be empty.

    Attributes:
        text: as it came.
        resources: by logical id; each has a `Type`.
    """

    text: str
    description: str | None
    parameters: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]]

    @property
    def hidden(self) -> frozenset[str]:
        """The parameters whose values nobody is told: those with NoEcho."""
        return frozenset(
            name
            for name, declared in self.parameters.items()
            if str(declared.get("NoEcho", "")).lower() == "true"
        )

    def retains(self, name: str) -> bool:
        """Whether the resource stays when its stack goes."""
        return self.resources[name].get("DeletionPolicy") == "Retain"

    def order(self, wanted: frozenset[str]) -> list[str]:
        """The wanted resources, each after those it refers to. Raises AwsError for a circle."""
        waiting = {name: self._needed(name) & wanted for name in self.resources if name in wanted}
        found: list[str] = []
        while waiting:
            ready = [name for name, needed in waiting.items() if needed <= set(found)]
            if not ready:
                raise invalid(f"Circular dependency between resources: [{', '.join(waiting)}]")
            found += ready
            waiting = {name: needed for name, needed in waiting.items() if name not in ready}
        return found

    def _needed(self, name: str) -> frozenset[str]:
        resource = self.resources[name]
        return frozenset({*_depends_on(resource), *references(resource.get("Properties"))})


def read_template(text: str) -> Template:
    """The template of a text in YAML or JSON. Raises AwsError."""
    try:
        documents = read_yaml(text, _LIMITS, functions=True)
    except ReadingError as error:
        where = f" (line {error.line}, column {error.column})" if error.line else ""
        raise invalid(f"Template format error: YAML not well-formed.{where}") from error
    document = documents[0] if len(documents) == 1 else None
    if not isinstance(document, dict):
        raise invalid("Template format error: unsupported structure.")
    unknown = sorted(set(document) - _SECTIONS)
    if "Transform" in unknown:
        raise AwsError(
            "NotImplemented",
            "lab: a template with Transform is not carried; create the stack of what"
            " `aws cloudformation get-template --template-stage Processed` prints",
            501,
        )
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    template = Template(
        text,
        document.get("Description"),
        *(
            _section(document, name)
            for name in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
        ),
    )
    if not template.resources:
        raise invalid("Template format error: At least one Resources member must be defined.")
    _check(template)
    return template


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise invalid(f"Template format error: [/{name}] every entry must be an object.")
    return found


def _check(template: Template) -> None:
    for name, resource in template.resources.items():
        if not isinstance(resource.get("Type"), str):
            raise invalid(
                f"Template format error: [/Resources/{name}] Every Resources object must contain"
                " a Type member."
            )
        condition = resource.get("Condition")
        if condition is not None and condition not in template.conditions:
            raise invalid(
                f"Template format error: Unresolved condition dependency {condition} in the"
                " Resources block of the template"
            )
    for block, part in (("Resources", template.resources), ("Outputs", template.outputs)):
        known = {*template.resources, *template.parameters}
        named = [name for one in part.values() for name in references(one)]
        if block == "Resources":
            named += [name for one in part.values() for name in _depends_on(one)]
        missing = [name for name in dict.fromkeys(named) if name not in known]
        if missing:
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}]"
                f" in the {block} block of the template"
            )


def _depends_on(resource: Mapping[str, Any]) -> list[str]:
    given = resource.get("DependsOn") or []
    return [given] if isinstance(given, str) else list(given)


def references(value: Any) -> Iterator[str]:
    """The logical ids and parameters that a part of a template refers to."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "Ref" and isinstance(one, str):
                yield from () if one.startswith("AWS::") else (one,)
            elif key == "Fn::GetAtt":
                yield attribute(one)[0]
            elif key == "Fn::Sub":
                yield from _substituted(one)
                yield from references(one)
            else:
                yield from references(one)


def _substituted(value: Any) -> Iterator[str]:
    text, own = (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (value, {})
    for literal, name in substitutions(str(text)):
        if not literal and name not in own and not name.startswith("AWS::"):
            yield name.partition(".")[0]


def substitutions(text: str) -> Iterator[tuple[bool, str]]:
    """The parts of a text of `Fn::Sub`: (True, text) or (False, what stands in `${…}`)."""
    first, *rest = text.split("${")
    yield True, first
    for part in rest:
        name, brace, after = part.partition("}")
        if not brace or name.startswith("!"):
            yield True, f"${{{name.removeprefix('!')}{brace}{after}"
        else:
            yield False, name.strip()
            yield True, after


def attribute(value: Any) -> tuple[str, str]:
    """Logical id and attribute of `Fn::GetAtt`: a list or `Id.Attribute`. Raises AwsError."""
    parts = value.split(".", 1) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        raise invalid(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the"
            " resource name and the resource attribute"
        )
    return parts[0], str(parts[1])
