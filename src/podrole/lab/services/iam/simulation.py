"""IAM's policy simulator, by the engine that decides the lab's calls.

Members and rules: botocore 1.44.8's model of IAM, SimulatePrincipalPolicy and SimulateCustomPolicy
(checked 2026-11-23). The simulator's own limits hold here too: it knows identity-based policies,
a boundary, SCPs and one resource policy that is handed in. It fetches no resource's policy, and it
does not evaluate trust policies, session policies or RCPs. Texts marked `lab:` are the lab's own.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podrole.lab.access.authorizer import delegated_to
from podrole.lab.access.iam_state import Attachment, Entity, IamState
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.protocol import validation
from podrole.lab.protocol.call import Call
from podrole.lab.services.iam import simulation_context
from podrole.lab.services.iam.simulation_result import Evaluation, Source, evaluation_result
from podrole.policy import Policy, PolicyError, PolicySet, Request, parse_policy
from podrole.policy.authorize import decide_by_policies
from podrole.policy.statement import Statement

_PAGE = 100
_ENTITY = re.compile(r"arn:aws:iam::([0-9]{12}):(?:user|group|role)/.+")
#: A principal's account, and for each level above it the SCPs; empty where none applies.
ServiceControl = Callable[[str], Sequence[Sequence[Policy]]]


@dataclass(frozen=True)
class _Simulated:
    """What is simulated: whose policies, and as whom."""

    caller_arn: str
    sources: list[Source]
    boundary: Policy | None
    scp: Sequence[Sequence[Policy]]


class PolicySimulation:
    """SimulatePrincipalPolicy, SimulateCustomPolicy, and the keys that policies ask for."""

    def __init__(self, state: IamState, service_control: ServiceControl) -> None:
        self._state = state
        self._service_control = service_control

    def operation(self, name: str) -> Operation | None:
        """The simulator's operation of that name."""
        return {
            "SimulatePrincipalPolicy": self._simulate_principal,
            "SimulateCustomPolicy": self._simulate_custom,
            "GetContextKeysForPrincipalPolicy": self._principal_keys,
            "GetContextKeysForCustomPolicy": self._custom_keys,
        }.get(name)

    def _simulate_principal(self, call: Call, caller: Caller) -> dict[str, Any]:
        entity = self._entity(call, caller)
        parameters = call.parameters
        excluded = list(map(_exclusion, parameters.get("PolicyExclusionList", [])))
        attached = [item for item in entity.attachments if not any(test(item) for test in excluded)]
        types = {item.get("PolicyType") for item in parameters.get("PolicyExclusionList", [])}
        boundary = None if "permission-boundary" in types else entity.boundary
        account = entity.arn.split(":")[4]
        limited = "scp" not in types and not entity.service_linked
        simulated = _Simulated(
            parameters.get("CallerArn") or entity.arn,
            [Source.attached(item) for item in attached] + _inputs(parameters),
            _boundary(parameters) or boundary,
            self._service_control(account) if limited else (),
        )
        if parameters.get("ResourcePolicy") and ":role/" in simulated.caller_arn:
            raise AwsError(
                "InvalidInput", "lab: AWS does not simulate resource-based policies for roles"
            )
        return _simulate(call, simulated)

    def _simulate_custom(self, call: Call, caller: Caller) -> dict[str, Any]:
        parameters = call.parameters
        caller_arn = parameters.get("CallerArn")
        if caller_arn is None and parameters.get("ResourcePolicy"):
            raise AwsError("InvalidInput", "lab: with ResourcePolicy, CallerArn is needed")
        levels = [
            [_parsed(text, "scp", f"level {number}") for text in level.get(_SCP_LIST, [])]
            for number, level in enumerate(parameters.get(_LEVELS, []), 1)
        ]
        caller_arn = caller_arn or f"arn:aws:iam::{caller.account}:user/lab-simulated"
        simulated = _Simulated(caller_arn, _inputs(parameters), _boundary(parameters), levels)
        return _simulate(call, simulated)

    def _principal_keys(self, call: Call, caller: Caller) -> dict[str, Any]:
        entity = self._entity(call, caller)
        sources = _inputs(call.parameters)
        policies = [*entity.policies, *(source.policy for source in sources)]
        return {"ContextKeyNames": simulation_context.wanted(policies)}

    def _custom_keys(self, call: Call, caller: Caller) -> dict[str, Any]:
        policies = [source.policy for source in _inputs(call.parameters)]
        return {"ContextKeyNames": simulation_context.wanted(policies)}

    def _entity(self, call: Call, caller: Caller) -> Entity:
        _check(call)
        arn = call.parameters["PolicySourceArn"]
        match = _ENTITY.fullmatch(arn)
        if match is None or match[1] != caller.account:
            reason = f"lab: {arn} is not a user, group or role of account {caller.account}"
            raise AwsError("InvalidInput", reason)
        found = self._state.by_arn(arn)
        if found is None:
            kind, name = arn.split(":")[5].split("/")[0], arn.rpartition("/")[2]
            raise AwsError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
        return found


def _check(call: Call) -> None:
    # The model's pattern has no wildcards there, its documentation does.
    validation.check(call, beside="PolicyExclusionList")


_LEVELS, _SCP_LIST = "OrderedOrganizationPolicyInputList", "ServiceControlPolicyInputList"


def _parsed(text: str, kind: Any, name: str) -> Policy:
    try:
        return parse_policy(text, kind=kind, name=name)
    except PolicyError as error:
        raise AwsError("InvalidInput", f"lab: {name}: {error}") from error


def _inputs(parameters: Mapping[str, Any]) -> list[Source]:
    return [
        Source(_parsed(text, "identity", f"PolicyInputList.{number}"), text, name, "IAM Policy")
        for number, text in enumerate(parameters.get("PolicyInputList", []), 1)
        for name in [f"PolicyInputList.{number}"]
    ]


def _boundary(parameters: Mapping[str, Any]) -> Policy | None:
    texts = parameters.get("PermissionsBoundaryPolicyInputList", [])
    if len(texts) > 1:
        raise AwsError("InvalidInput", "lab: an entity has one permissions boundary")
    return _parsed(texts[0], "boundary", "PermissionsBoundaryPolicyInputList.1") if texts else None


def _exclusion(identifier: Mapping[str, Any]) -> Callable[[Attachment], bool]:
    """Which attached policies a PolicyIdentifier means."""
    kind, arn = identifier.get("PolicyType"), identifier.get("PolicyArn", "")
    inline = identifier.get("InlinePolicyIdentifier", {})
    if arn.count("*") > 1:
        raise AwsError("InvalidInput", f"lab: at most one * in PolicyArn {arn}")

    def means(item: Attachment) -> bool:
        if kind:
            return bool(item.kind == kind)
        if arn:
            return _like(arn, item.arn or "")
        return bool(
            item.kind == "inline"
            and item.policy.name == inline.get("PolicyName")
            and item.to == inline.get("AttachmentType")
            and _like(inline.get("AttachmentName", ""), item.name)
        )

    return means


def _like(pattern: str, text: str) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.DOTALL) is not None


def _simulate(call: Call, simulated: _Simulated) -> dict[str, Any]:
    _check(call)
    parameters = call.parameters
    if not _ENTITY.fullmatch(simulated.caller_arn):
        reason = f"lab: CallerArn {simulated.caller_arn} is not a user, group or role"
        raise AwsError("InvalidInput", reason)
    actions: Sequence[str] = parameters["ActionNames"]
    for action in actions:
        if not re.fullmatch(r"[\w-]+:\w+", action, re.ASCII):
            raise AwsError("InvalidInput", f"lab: {action!r} is not of the form service:Action")
    begin = _begin(parameters.get("Marker"))
    end = begin + int(parameters.get("MaxItems", _PAGE))
    context = simulation_context.given(parameters.get("ContextEntries", []))
    text = parameters.get("ResourcePolicy")
    resource = (
        Source(_parsed(text, "resource", "ResourcePolicy"), text, "ResourcePolicy", "resource")
        if text
        else None
    )
    results = []
    for action in actions[begin:end]:
        evaluations = [
            _evaluate(simulated, resource, action, arn, parameters, context)
            for arn in parameters.get("ResourceArns") or ["*"]
        ]
        results.append(evaluation_result(action, evaluations))
    more = end < len(actions)
    marker = {"Marker": base64.b64encode(str(end).encode()).decode()} if more else {}
    return {"EvaluationResults": results, "IsTruncated": more, **marker}


def _begin(marker: str | None) -> int:
    try:
        text = base64.b64decode(marker, validate=True) if marker else b"0"
    except (ValueError, binascii.Error):
        text = b""
    if not re.fullmatch(rb"[0-9]{1,9}", text):
        raise AwsError("InvalidInput", "lab: the simulator did not give this Marker")
    return int(text)


def _evaluate(
    simulated: _Simulated,
    resource: Source | None,
    action: str,
    arn: str,
    parameters: Mapping[str, Any],
    context: Mapping[str, str | Sequence[str]],
) -> Evaluation:
    account = simulated.caller_arn.split(":")[4]
    parts = arn.split(":", 5)
    stated = parts[4] if len(parts) == 6 else ""
    owner = stated or parameters.get("ResourceOwner", account)
    owner = owner.split(":")[4] if owner.startswith("arn:") else owner
    request = Request(
        principal=simulated.caller_arn,
        action=action,
        resource=arn,
        # Without a resource policy only the caller's side is simulated, whoever the owner is.
        resource_account=owner if resource else account,
        context=context,
    )
    policies = PolicySet(
        identity=[source.policy for source in simulated.sources],
        resource=resource.policy if resource else delegated_to(account),
        boundary=simulated.boundary,
        scp=simulated.scp,
    )
    sources = [*simulated.sources, *([resource] if resource else [])]
    relevant = [(source, item) for source in sources for item in _meant(source.policy, request)]
    missing = [
        key
        for _, item in relevant
        for key in simulation_context.asked(item)
        if key.lower() not in request.keys
    ]
    return Evaluation(
        resource=arn,
        effect=decide_by_policies(request, policies).effect,
        matched=[
            (source, item)
            for source, item in relevant
            if item.conditions_hold(request.keys)
            and item.names_principal(request.who, bool(simulated.boundary)) is not None
        ],
        missing=simulation_context.unique(missing),
        by_boundary=_permits([simulated.boundary], request) if simulated.boundary else None,
        by_organization=all(_permits(level, request) for level in simulated.scp)
        if simulated.scp
        else None,
        details=_details(simulated, resource, request) if resource and owner != account else {},
    )


def _meant(policy: Policy, request: Request) -> Iterable[Statement]:
    for item in policy.concerning(request.folded_action, request.resource):
        if item.names_resource(request.resource, request.keys):
            yield item


def _verdict(policies: Iterable[Policy], request: Request) -> str:
    """What policies say by themselves."""
    effects = {
        item.effect
        for policy in policies
        for item in _meant(policy, request)
        if item.conditions_hold(request.keys)
        and item.names_principal(request.who, bounded=False) is not None
    }
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if effects else "implicitDeny"


def _permits(policies: Iterable[Policy], request: Request) -> bool:
    return _verdict(policies, request) == "allowed"


def _details(simulated: _Simulated, resource: Source, request: Request) -> dict[str, str]:
    """Each side's decision, across accounts. The names of the entries are inferred."""
    details = {
        "IAM Policy": _verdict([source.policy for source in simulated.sources], request),
        "Resource Policy": _verdict([resource.policy], request),
    }
    if simulated.boundary:
        details["Permissions Boundary Policy"] = _verdict([simulated.boundary], request)
    return details
