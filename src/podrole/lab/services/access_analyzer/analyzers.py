"""Analyzers of an account and a Region: made, listed, removed. They find nothing in the lab.

Shapes and codes: botocore 1.44.8's model of accessanalyzer; quota: IAM user guide, "IAM Access
Analyzer quotas" (checked 2026-11-29). Texts are the lab's.
"""

from __future__ import annotations

import re
from typing import Any

from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.protocol.call import Call
from podrole.lab.protocol.paging import page

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,254}")
#: Analyzers of a whole organization need its management account, or one that it has chosen.
_CARRIED = ("ACCOUNT", "ACCOUNT_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS")


class Analyzers:
    """Its four operations."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: By account and Region, then by name.
        self._kept: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return {
            "CreateAnalyzer": self._create,
            "DeleteAnalyzer": self._delete,
            "GetAnalyzer": self._get,
            "ListAnalyzers": self._list,
        }.get(name)

    def arn(self, call: Call, caller: Caller) -> str:
        """What the call is on: an analyzer, or `*` for a list."""
        name = call.parameters.get("analyzerName")
        if name is None:
            return "*"
        return f"arn:aws:access-analyzer:{call.region}:{caller.account}:analyzer/{name}"

    def _create(self, call: Call, caller: Caller) -> dict[str, Any]:
        name, kind = call.parameters["analyzerName"], call.parameters["type"]
        if not _NAME.fullmatch(name):
            raise AwsError("ValidationException", f"lab: {name!r} is not an analyzer name")
        if kind not in _CARRIED:
            raise AwsError(
                "NotImplemented", f"lab: an analyzer is one of {', '.join(_CARRIED)}", 501
            )
        kept = self._kept.setdefault((caller.account, call.region), {})
        if name in kept:
            raise AwsError("ConflictException", f"lab: there is an analyzer {name} already", 409)
        if any(one["type"] == kind for one in kept.values()):
            reason = f"lab: a Region of an account has one analyzer of type {kind}"
            raise AwsError("ServiceQuotaExceededException", reason, 402)
        arn = self.arn(call, caller)
        kept[name] = {
            "arn": arn,
            "name": name,
            "type": kind,
            "createdAt": self._clock.now(),
            "status": "ACTIVE",
            "tags": call.parameters.get("tags") or {},
        }
        return {"arn": arn}

    def _get(self, call: Call, caller: Caller) -> dict[str, Any]:
        return {"analyzer": self._found(call, caller)}

    def _list(self, call: Call, caller: Caller) -> dict[str, Any]:
        kind = call.parameters.get("type")
        kept = self._kept.get((caller.account, call.region), {}).values()
        found, token = page([one for one in kept if kind in (None, one["type"])], call.parameters)
        return {"analyzers": found, "nextToken": token}

    def _delete(self, call: Call, caller: Caller) -> dict[str, Any]:
        found = self._found(call, caller)
        del self._kept[caller.account, call.region][found["name"]]
        return {}

    def _found(self, call: Call, caller: Caller) -> dict[str, Any]:
        name = call.parameters["analyzerName"]
        found = self._kept.get((caller.account, call.region), {}).get(name)
        if found is None:
            reason = f"lab: there is no analyzer {name} in {call.region}"
            raise AwsError("ResourceNotFoundException", reason, 404)
        return found
