"""IAM Access Analyzer: policy validation and custom policy checks, answered by our own engine.

Shapes: botocore 1.44.8's model of accessanalyzer. AWS checks far more than this, and proves more:
it knows every service's actions and reasons about the whole policy. So every text here begins with
`lab:`, and a PASS means what `podrole.policy.analysis.containment`, `granted` and `public` say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.service import Operation, Service
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.protocol.call import Call
from podrole.lab.protocol.paging import page
from podrole.lab.services.access_analyzer.analyzers import Analyzers
from podrole.lab.services.access_analyzer.findings import kind_of, validate
from podrole.policy import Policy, PolicyError, parse_policy
from podrole.policy.analysis.containment import new_access
from podrole.policy.analysis.granted import granted
from podrole.policy.analysis.grants import Grant
from podrole.policy.analysis.public import public_grants

_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


class AccessAnalyzer(Service):
    """The four operations that judge a policy as it stands, and analyzers without findings."""

    def __init__(self, clock: Clock) -> None:
        self._analyzers = Analyzers(clock)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """The checks have no resource (service authorization reference, checked 2026-11-24)."""
        if self.operation(call.name) is None:
            return None
        resource = self._analyzers.arn(call, caller)
        return [Requirement(f"access-analyzer:{call.name}", resource, caller.account)]

    def operation(self, name: str) -> Operation | None:
        """The lab's own operations: moto has no Access Analyzer."""
        return {
            "ValidatePolicy": self.validate_policy,
            "CheckNoPublicAccess": self.check_no_public_access,
            "CheckNoNewAccess": self.check_no_new_access,
            "CheckAccessNotGranted": self.check_access_not_granted,
        }.get(name) or self._analyzers.operation(name)

    def validate_policy(self, call: Call, caller: Caller) -> dict[str, Any]:
        """What the strict parser and lint say of a policy, as findings."""
        parameters = call.parameters
        _known(call, "policyType")
        findings = validate(
            parameters["policyDocument"],
            parameters["policyType"],
            parameters.get("validatePolicyResourceType"),
        )
        found, token = page(findings, parameters)
        return {"findings": found, "nextToken": token}

    def check_no_public_access(self, call: Call, caller: Caller) -> dict[str, Any]:
        """FAIL if a statement lets anyone in."""
        _known(call, "resourceType")
        kind = "trust" if call.parameters["resourceType"] == _TRUST else "resource"
        policy = _parsed(call.parameters["policyDocument"], kind, "policyDocument")
        return _answer(
            public_grants(policy),
            passed="no statement grants public access",
            failed="a statement grants public access",
        )

    def check_no_new_access(self, call: Call, caller: Caller) -> dict[str, Any]:
        """FAIL unless it is shown that the new policy grants nothing more than the existing one."""
        _known(call, "policyType")
        texts = [call.parameters[f"{which}PolicyDocument"] for which in ("new", "existing")]
        kinds = {kind_of(text, call.parameters["policyType"]) for text in texts}
        if len(kinds) > 1:
            raise _invalid("one of the policies is a trust policy, the other names resources")
        new, existing = (
            _parsed(text, kinds.copy().pop(), f"{which}PolicyDocument")
            for text, which in zip(texts, ("new", "existing"), strict=True)
        )
        return _answer(
            new_access(new, existing),
            passed="each grant of the new policy is one of the existing policy's",
            failed="not every grant of the new policy is shown to be one of the existing policy's",
        )

    def check_access_not_granted(self, call: Call, caller: Caller) -> dict[str, Any]:
        """FAIL if the policy may allow one of the actions on one of the resources."""
        _known(call, "policyType")
        text = call.parameters["policyDocument"]
        kind = kind_of(text, call.parameters["policyType"])
        policy = _parsed(text, kind, "policyDocument")
        found: list[Grant] = []
        access = call.parameters["access"]
        if not access:
            raise _invalid("access names neither actions nor resources")
        for entry in access:
            actions, resources = entry.get("actions") or [], entry.get("resources") or []
            if not actions and not resources:
                raise _invalid("access names neither actions nor resources")
            if any(item != "*" and ":" not in item for item in actions):
                raise _invalid("an action is neither * nor service:Action")
            found += granted(policy, actions, resources)
        return _answer(
            found,
            passed="no statement allows the access",
            failed="a statement may allow the access",
        )


def _known(call: Call, member: str) -> None:
    """Raise AwsError for a value that the model does not list."""
    values = call.operation.input_shape.members[member].enum
    if call.parameters[member] not in values:
        raise _invalid(f"{member} is one of {', '.join(values)}")


def _answer(grants: Sequence[Grant], *, passed: str, failed: str) -> dict[str, Any]:
    if not grants:
        return {"result": "PASS", "message": f"lab: {passed}"}
    return {
        "result": "FAIL",
        "message": f"lab: {failed}",
        "reasons": [_reason(grant) for grant in grants],
    }


def _reason(grant: Grant) -> Mapping[str, Any]:
    return {
        "description": f"lab: {grant.reason}",
        "statementIndex": grant.index,
        "statementId": grant.sid,
    }


def _parsed(text: str, kind: Any, member: str) -> Policy:
    try:
        return parse_policy(text, kind=kind, name=member)
    except PolicyError as error:
        raise _invalid(f"{member}: {error}") from error


def _invalid(reason: str) -> AwsError:
    """The code is AWS's, the reason the lab's."""
    return AwsError("InvalidParameterException", f"lab: {reason}")
