"""Which records a trail delivers: its event selectors, basic or advanced.

Source: CloudTrail API reference, "EventSelector", "DataResource", "AdvancedFieldSelector" (checked
2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from podrole.lab.aws_error import AwsError

#: What a trail has that was given none: management events, all of them, and no data event.
DEFAULT: list[Mapping[str, Any]] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]
_MOST = 5
_BASIC_TYPES = ("AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table")


def check(parameters: Mapping[str, Any]) -> None:
    """Raise AwsError for selectors that a trail cannot have."""
    basic, advanced = (parameters.get(key) for key in ("EventSelectors", "AdvancedEventSelectors"))
    if bool(basic) == bool(advanced):
        raise _invalid("give EventSelectors or AdvancedEventSelectors")
    if len(basic or ()) > _MOST:
        raise _invalid(f"a trail has {_MOST} event selectors at most")
    for selector in basic or ():
        for resource in selector.get("DataResources") or ():
            if resource.get("Type") not in _BASIC_TYPES:
                raise _invalid(f"{resource.get('Type')} needs an advanced event selector")
            for value in resource.get("Values") or ():
                if not value.startswith("arn:"):
                    raise _invalid(f"{value} is not an ARN, for example arn:aws:s3:::bucket/")
    for selector in advanced or ():
        fields = {item["Field"]: item for item in selector["FieldSelectors"]}
        category = fields.get("eventCategory", {}).get("Equals")
        if category not in (["Management"], ["Data"]):
            raise _invalid("eventCategory must equal Management or Data")
        if category == ["Data"] and not fields.get("resources.type", {}).get("Equals"):
            raise _invalid("a selector of data events names resources.type")
        if unknown := set(fields) - set(_FIELDS):
            raise _invalid(f"no field {', '.join(sorted(unknown))}")


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidEventSelectorsException", f"lab: {reason}")


def selected(
    basic: Sequence[Mapping[str, Any]],
    advanced: Sequence[Mapping[str, Any]],
    record: Mapping[str, Any],
) -> bool:
    """Whether one of the selectors wants the record."""
    return any(_basic(item, record) for item in basic) or any(
        all(_field(field, record) for field in item["FieldSelectors"]) for item in advanced
    )


def _basic(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") != record["readOnly"]:
        return False
    if record["managementEvent"]:
        excluded = selector.get("ExcludeManagementEventSources") or ()
        return (
            bool(selector.get("IncludeManagementEvents", True))
            and record["eventSource"] not in excluded
        )
    return any(
        resource["type"] == data.get("Type")
        and any(_begins(resource["ARN"], value) for value in data.get("Values") or ())
        for data in selector.get("DataResources") or ()
        for resource in record.get("resources", ())
    )


def _begins(arn: str, value: str) -> bool:
    """`arn:aws:s3` is every bucket, `arn:aws:s3:::b/` a bucket, `arn:aws:s3:::b/p` a prefix."""
    return arn.startswith(value)


_FIELDS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "eventCategory": lambda record: iter([record["eventCategory"]]),
    "eventName": lambda record: iter([record["eventName"]]),
    "eventSource": lambda record: iter([record["eventSource"]]),
    "eventType": lambda record: iter([record["eventType"]]),
    "readOnly": lambda record: iter([str(record["readOnly"]).lower()]),
    "resources.ARN": lambda record: (item["ARN"] for item in record.get("resources", ())),
    "resources.type": lambda record: (item["type"] for item in record.get("resources", ())),
    "userIdentity.arn": lambda record: iter([record["userIdentity"].get("arn", "")]),
}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def _field(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    actual = list(_FIELDS[selector["Field"]](record))
    for name, test in _TESTS.items():
        wanted, unwanted = selector.get(name), selector.get(f"Not{name}")
        if wanted and not any(test(text, value) for text in actual for value in wanted):
            return False
        if unwanted and any(test(text, value) for text in actual for value in unwanted):
            return False
    return True
