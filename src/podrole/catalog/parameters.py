"""The placeholders of the catalogue: `snippets/parameters.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.shapes import known, text
from podrole.partitions import PARTITIONS, of_region
from podrole.reading import Limits, ReadingError, read_text
from podrole.reading.yaml_document import read_one_yaml
from podrole.terminal import one_line

#: Of a snippet's file, and of a company's values.
LIMITS = Limits(characters=1_000_000, nodes=50_000)
#: No name of AWS or of Kubernetes is as long.
_LONGEST_VALUE = 2_048
PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_KEYS = {"description", "default", "pattern", "derived", "part", "of_region", "hint"}
#: The pattern of a derived parameter that takes no value.
_NOTHING = "(?!)"
#: What the Region decides, of its partition.
_OF_REGION = {"id", "dns_suffix"}


@dataclass(frozen=True)
class Parameter:
    """One placeholder. A derived one is a template over others and takes no value of its own.

    `part` finds the value in what people have instead, such as an ARN: its group is the value.
    `of_region` says what of the Region's partition the value is. `hint` says where what the
    pattern refuses belongs. A derived one with a pattern takes a value too.
    """

    name: str
    description: str
    default: str
    pattern: re.Pattern[str]
    derived: str | None
    part: re.Pattern[str] | None = None
    of_region: str | None = None
    hint: str = ""

    @property
    def takes_value(self) -> bool:
        """Whether a value may be given: a derived parameter takes one only by its own pattern."""
        return self.pattern.pattern != _NOTHING

    def check(self, value: str) -> str:
        """The value, or the part of it that is meant. Raises CatalogError with an example."""
        if len(value) <= _LONGEST_VALUE and self.part and not self.pattern.fullmatch(value):
            whole = self.part.fullmatch(value)
            value = whole[1] if whole else value
        if len(value) > _LONGEST_VALUE or not self.pattern.fullmatch(value):
            raise CatalogError(
                f"{self.name}: {shown(value)} does not match {self.pattern.pattern};"
                f" example: {self.default}{f'; {self.hint}' if self.hint else ''}"
            )
        return value


class Parameters:
    """All placeholders, and the values that fill them."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = dict(parameters)

    @classmethod
    def load(cls, path: Path) -> Parameters:
        """Read `parameters.yml`.

        Raises CatalogError for an unknown key, a parameter without a default, a default that its
        own pattern refuses, or a derived one that names an unknown parameter.
        """
        found: dict[str, Parameter] = {}
        for name, entry in read_yaml(path).items():
            place = f"{path.name}: {one_line(name, 80)}"
            if not isinstance(entry, dict):
                raise CatalogError(f"{place}: give description, default and pattern")
            for key in known(entry, _KEYS, place):
                if key != "default":
                    text(entry[key], f"{place}: {key}")
            derived = entry.get("derived")
            if derived is None and not isinstance(entry.get("default"), str):
                raise CatalogError(f"{place}: needs a default (a quoted string)")
            if not entry.get("description"):
                raise CatalogError(f"{place}: needs a description")
            try:
                pattern = re.compile(entry.get("pattern", _NOTHING if derived else ""))
                part = re.compile(entry["part"]) if "part" in entry else None
            except re.error as error:
                raise CatalogError(f"{place}: pattern: {error}") from error
            if not pattern.pattern:
                raise CatalogError(f"{place}: needs a pattern")
            if part is not None and part.groups != 1:
                raise CatalogError(f"{place}: part: needs exactly one group, the value")
            if entry.get("of_region", "id") not in _OF_REGION:
                raise CatalogError(f"{place}: of_region must be {' or '.join(sorted(_OF_REGION))}")
            found[name] = Parameter(
                name,
                entry["description"],
                entry.get("default", ""),
                pattern,
                derived,
                part,
                entry.get("of_region"),
                entry.get("hint", ""),
            )
        parameters = cls(found)
        order = {name: number for number, name in enumerate(found)}
        for parameter in found.values():
            try:
                if parameter.derived is None:
                    parameter.check(parameter.default)
                else:
                    made_of = PLACEHOLDER.findall(parameter.derived)
                    parameters.require(made_of, parameter.name)
                    for name in made_of:
                        if parameters.is_derived(name) and order[name] > order[parameter.name]:
                            raise CatalogError(
                                f"{parameter.name}: is made of {name}, which must come before it"
                            )
            except CatalogError as error:
                raise CatalogError(f"{path.name}: {error}") from error
        return parameters

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def require(self, names: list[str], place: str) -> None:
        """Raise CatalogError if one of the names is no parameter."""
        for name in names:
            if name not in self._parameters:
                raise CatalogError(
                    f"{place}: placeholder {{{{{name}}}}} is not declared in parameters.yml"
                )

    def is_derived(self, name: str) -> bool:
        """Whether the parameter is made of others."""
        return self._parameters[name].derived is not None

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """A value for every parameter: the given ones, else the defaults; then the derived ones.

        The Region decides the partition. Raises CatalogError for an unknown name, a value for a
        derived parameter that takes none, one that its pattern refuses, or one that contradicts
        the Region.
        """
        for name, value in given.items():
            if name not in self._parameters:
                raise CatalogError(f"{one_line(name, 80)}: no such parameter; see parameters.yml")
            if self.is_derived(name) and not self._parameters[name].takes_value:
                raise CatalogError(
                    f"{name}: is made of {self._parameters[name].derived}; set these instead"
                )
            if not isinstance(value, str):
                raise CatalogError(f"{name}: {shown(value)} must be a string; put it in quotes")
        plain = {
            parameter.name: parameter.check(given.get(parameter.name, parameter.default))
            for parameter in self._parameters.values()
            if parameter.derived is None
        }
        self._decide_by_region(plain, given)
        for parameter in self._parameters.values():
            if parameter.derived is not None:
                instead = given.get(parameter.name)
                plain[parameter.name] = (
                    fill(parameter.derived, plain) if instead is None else parameter.check(instead)
                )
        return plain

    def _decide_by_region(self, plain: dict[str, str], given: Mapping[str, str]) -> None:
        """Put what the Region's partition decides into `plain`."""
        decided = [one for one in self._parameters.values() if one.of_region]
        if not decided:
            return
        region = plain["region"]
        partition = of_region(region)
        if partition is None:
            raise CatalogError(f"region: no AWS partition has a Region like {shown(region)}")
        for parameter in decided:
            value = str(getattr(partition, parameter.of_region or ""))
            wanted = given.get(parameter.name, value)
            if wanted != value:
                other = next(
                    (one for one in PARTITIONS if wanted in (one.id, one.dns_suffix)),
                    None,
                )
                instead = f"; for {wanted} use a Region such as {other.example}" if other else ""
                raise CatalogError(
                    f"{parameter.name}: {shown(wanted)} contradicts region {region}, which needs"
                    f" {value}{instead}"
                )
            plain[parameter.name] = value


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced. IAM's own `${…}` variables stay."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)


def read_yaml(path: Path) -> dict[str, object]:
    """A YAML file that holds one mapping. Raises CatalogError with the path."""
    try:
        content = read_one_yaml(read_text(path, LIMITS), LIMITS)
    except ReadingError as error:
        raise CatalogError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise CatalogError(f"{path}: must be a mapping")
    return content
