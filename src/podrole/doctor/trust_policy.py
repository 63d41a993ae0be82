"""The last link of both mechanisms: the role's trust policy, asked by the engine."""

from __future__ import annotations

from collections.abc import Sequence

from podrole.doctor.evidence import Evidence, trust_document
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.policy import PolicyError, PolicySet, Request, authorize, parse_policy
from podrole.terminal import shell_option

_LINK = "trust policy"


def trust_link(evidence: Evidence, requests: Sequence[Request], who: str, snippet: str) -> Link:
    """Ask a role's trust policy.

    Args:
        evidence: the files, of which one may show the role.
        requests: what is asked of the role; all must be allowed.
        who: whom it lets in, for the text.
        snippet: the catalogue's id of a trust policy that does.
    """
    arn = requests[0].resource
    role = evidence.role(arn)
    if role is None:
        return unknown(_LINK, f"no file shows {arn}", get_role(arn))
    try:
        trust = parse_policy(trust_document(role), kind="trust")
    except PolicyError as error:
        return broken(_LINK, str(error), "write a valid policy", snippet)
    for request in requests:
        decision = authorize(request, PolicySet(resource=trust), explain=True)
        if not decision.allowed:
            near = next((str(one) for one in decision.trace if one.near_miss), decision.reason)
            says = f"refuses {who} {request.action}: {near}"
            return broken(_LINK, says, "fix that part", snippet)
    return ok(_LINK, f"lets {who} in")


def get_role(arn: str) -> str:
    """The command that shows a role."""
    name = arn.rpartition("/")[2]
    return f"aws iam get-role {shell_option('--role-name', name, to_fill_in='<role>')}"
