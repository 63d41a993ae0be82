"""What one AWS service brings to the gateway: what its calls need, and what it answers itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.credentials import Caller
from podrole.lab.protocol.call import Call

#: An operation that the lab carries out itself: the members of its result, by botocore's names.
Operation = Callable[[Call, Caller], dict[str, Any]]
#: Status, content type and body, in place of moto's.
Answer = tuple[int, str, bytes]


class Service:
    """A service behind the gateway. What it does not say here, moto does.

    The gateway asks in this order: `requirements` (each is decided), then `operation`; where there
    is none, `account`, `before_moto`, moto itself, and `after_moto` if moto did it.
    """

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """What the call needs; None for a call that the lab does not know, which is refused."""
        raise NotImplementedError

    def operation(self, name: str) -> Operation | None:
        """The lab's own operation of that name, None where moto carries it out."""
        return None

    def account(self, call: Call, caller: Caller) -> str:
        """The account on whose state moto works."""
        return caller.account

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse (AwsError), answer in moto's place, or change the request that moto will see."""
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Take note of what moto has just done; the body to answer with."""
        return body
