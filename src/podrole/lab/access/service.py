"""What one AWS service brings to the gateway: what its calls need, and what it answers itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.audit.events import Events
from podrole.lab.aws_error import AwsError, not_carried
from podrole.lab.caller import Caller
from podrole.lab.protocol import codec
from podrole.lab.protocol.call import Call

#: An operation that the lab carries out itself: the members of its result, by botocore's names.
Operation = Callable[[Call, Caller], dict[str, Any]]
#: Status, content type and body, in place of moto's.
Answer = tuple[int, str, bytes]


@dataclass(frozen=True)
class Unsigned:
    """A call that needs no signature: its proof is one of its parameters."""

    identity: Mapping[str, Any]  # userIdentity of its record
    account: str  # which gets the record
    carry_out: Callable[[], dict[str, Any]]  # the members of the result; raises AwsError


class Service:
    """A service behind the gateway. What it does not say here, moto does.

    The dispatcher asks in this order: `catch_up` of every service; of the one that is called
    `unsigned`, else `unsigned_error` for a call without a signature; `validate`, `requirements`
    (each is decided), then `operation`; where there is none, `account`, `before_moto`, moto itself,
    and `after_moto` if moto did it or `missing` if moto has found nothing. A service serves many
    calls: what it must remember of one until its end, it puts into `Call.afterwards`.
    """

    #: What CloudTrail tells of the service's calls.
    events = Events()

    def catch_up(self) -> None:
        """Do what time has made due before the next call."""

    def unsigned(self, call: Call) -> Unsigned | None:
        """The call as one without a signature, None where it needs one. Raises AwsError."""
        return None

    def unsigned_error(self, call: Call) -> AwsError:
        """The refusal of a call that needs a signature and has none."""
        return not_carried(call.service, call.name)

    def throttled(self) -> AwsError:
        """The refusal of a call beyond the service's rate limit.

        Code and status: botocore 1.44.8's model of eks-auth. Its text was found nowhere.
        """
        return AwsError("ThrottlingException", "lab: the rate of calls is too high", 429)

    def validate(self, call: Call) -> None:
        """Raise AwsError for parameters that the operation's model does not allow."""
        codec.validate(call.operation, call.parameters)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """What the call needs; None for a call that the lab does not know, which is refused."""
        raise NotImplementedError

    def operation(self, name: str) -> Operation | None:
        """The lab's own operation of that name, None where moto carries it out."""
        return None

    def account(self, call: Call, caller: Caller) -> str:
        """The account whose resources the call is on: moto works on its state, and CloudTrail
        tells it too."""
        return caller.account

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse (AwsError), answer in moto's place, or change the request that moto will see."""
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Take note of what moto has just done; the body to answer with."""
        return body

    def missing(self, call: Call, caller: Caller) -> list[Requirement]:
        """What the caller needs to be told that moto has not found the resource of the call."""
        return []
