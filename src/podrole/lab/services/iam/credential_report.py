"""The credential report: one line for the account's root user, one for each user.

moto leaves out the root user, and says that each report is of 2015 (moto 5.2.5). Columns: IAM user
guide, "Generate credential reports for your AWS account" (checked 2026-11-29).
"""

from __future__ import annotations

import base64
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Operation
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.protocol.call import Call

#: A root user with MFA and without keys, in the 19 columns behind name, ARN and time.
_ROOT = "not_supported,no_information,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false"
_ROOT += ",N/A,N/A,N/A,N/A,false,N/A,false,N/A"


class CredentialReport:
    """GetCredentialReport; moto makes the lines of users."""

    def __init__(self, state: IamState, clock: Clock) -> None:
        self._state, self._clock = state, clock

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return self._get if name == "GetCredentialReport" else None

    def _get(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Raises AwsError (ReportNotPresent) before one was generated."""
        report = self._state.ask(caller.account, "GetCredentialReport")
        content = report["Content"]
        text = content if isinstance(content, str) else content.decode()
        head, _, users = text.partition("\n")
        now = self._clock.now()
        root = f"<root_account>,arn:aws:iam::{caller.account}:root,{now:%Y-%m-%dT%H:%M:%S}+00:00"
        whole = f"{head}\n{root},{_ROOT}\n{users}"
        return {
            "Content": base64.b64encode(whole.encode()).decode(),
            "ReportFormat": "text/csv",
            "GeneratedTime": now,
        }
