"""What CloudTrail tells of a service's calls; a service whose records differ has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from podrole.lab.arn import account_of
from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.call import Call


class Events:
    """How the records of most services look. A subclass says what is different for its service.

    Source: CloudTrail user guide, "CloudTrail record contents" (checked 2026-11-24).
    """

    #: How the names of calls begin that change nothing that stays.
    reads: tuple[str, ...] = (
        "BatchGet",
        "Check",
        "Describe",
        "Get",
        "Head",
        "List",
        "Lookup",
        "Simulate",
        "Validate",
    )
    #: Parts of the names of calls on what a resource holds. Such a call is a data event: not
    #: recorded unless a trail asks for it. Each service's developer guide says which ones are.
    data: tuple[str, ...] = ()
    #: Parameters that a record hides.
    secret: frozenset[str] = frozenset()

    def is_data_event(self, call: Call) -> bool:
        """Whether the call is a data event, not a management event."""
        return any(part in call.name for part in self.data)

    def is_read_only(self, call: Call) -> bool:
        """Whether the call changes nothing that stays."""
        return call.name.startswith(self.reads)

    def parameter(self, member: str, shape: Shape | None) -> str:
        """How requestParameters names a parameter, by its name and shape in botocore's model."""
        return lowered(member)

    def further_parameters(self, call: Call) -> dict[str, Any]:
        """What requestParameters tells beside the parameters of the call."""
        return {}

    def result(self, call: Call, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What responseElements tells of the lab's own answer, by botocore's names."""
        return None

    def denial_message(self, call: Call, error: AwsError) -> str:
        """errorMessage of a call that was denied."""
        return error.message

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The element `resources` in the record of that account."""
        return []


def lowered(name: str) -> str:
    """A name of botocore's as records spell it: in camel case."""
    return name[:1].lower() + name[1:]


def named_resource(kind: str, arn: str) -> list[dict[str, str]]:
    """The resource of an ARN; nothing for a name that only begins like one, such as `arn:`."""
    account = account_of(arn)
    return [{"accountId": account, "type": kind, "ARN": arn}] if account else []
