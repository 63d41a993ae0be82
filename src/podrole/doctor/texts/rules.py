"""Causes that facts tell and no text alone: who the caller is, and which host is not reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.doctor.texts.facts import Facts
from podrole.doctor.texts.plain import Passage, squeezed

_OF_AWS = re.compile(r"\b(?:aws|amazon|amazonaws|iam|sts|s3|sqs|eks|ecr|irsa)\b", re.IGNORECASE)
_NO_CREDENTIALS = re.compile(
    r"\b(?:un(?:able|available)|failed|failures?|fails?|cannot|could not|couldn't|can't|didn't"
    r"|did not|no|not|missing|without|invalid|bad|empty)\b[^.;]{0,50}\bcredentials?\b"
    r"|\bcredentials?\b[^.;]{0,30}\b(?:not (?:found|set|provided)|missing|are required)",
    re.IGNORECASE,
)
#: Databases say the first of their own users.
_REFUSAL = re.compile(
    r"\b403\b[^.;]{0,20}\bforbidden\b|\baccess (?:is )?denied\b(?! for user)", re.IGNORECASE
)
#: A cause's id, and the fact that speaks for it.
Told = tuple[str, str]

_NODE_SOFTWARE = (
    "ec2:AssignPrivateIpAddresses", "ec2:AttachNetworkInterface", "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceTypes",
    "ec2:ModifyNetworkInterfaceAttribute", "ec2:UnassignPrivateIpAddresses",
    "ec2:AssignIpv6Addresses",
)  # fmt: skip
_NOT_REACHED = tuple(
    map(
        squeezed,
        (
            "i/o timeout", "timed out", "connect timeout", "connecttimeout", "read timeout",
            "ETIMEDOUT", "could not connect", "couldn't connect", "failed to connect",
            "connection refused", "ECONNREFUSED", "connection reset", "ECONNRESET",
            "no such host", "name or service not known", "nodename nor servname",
            "UnknownHostException", "EAI_AGAIN",
            "temporary failure in name resolution", "could not resolve host", "getaddrinfo",
            "network is unreachable", "no route to host", "context deadline exceeded",
            "client.timeout exceeded", "tls handshake timeout", "connection was closed before",
            "broken connection", "error sending request", "failed to establish a new connection",
            "unable to execute http request", "EHOSTUNREACH", "deadline has elapsed",
            "max retries exceeded",
        ),
    )
)  # fmt: skip
#: The host did answer: the time that is over is a retry's.
_ANSWERED = ("non-2xxstatuscode", "non200response", "failedwithhttpstatuscode")
#: client-go asked a plug-in for credentials and got none: the API server was not called yet.
_PLUGIN = squeezed("getting credentials: exec")
_NOT_TRUSTED = tuple(
    map(
        squeezed,
        (
            "certificate signed by unknown authority", "certificate verify failed",
            "unable to find valid certification path", "self-signed certificate",
            "self signed certificate", "unable to get local issuer certificate",
            "CERTIFICATE_VERIFY_FAILED",
        ),
    )
)  # fmt: skip


def identity(facts: Facts, passage: Passage) -> Iterator[Told]:
    """What the caller's identity explains, before any policy is looked at.

    Nothing for a role that is denied an action other than on a role: there the policy decides.
    """
    if facts.kind == "node":
        yield from _node(facts, passage)
    elif facts.kind == "user":
        yield "static-key", f"the caller is {facts.caller}, an IAM user"
    elif facts.kind == "root":
        yield "root-user", f"the caller is {facts.caller}"
    elif facts.kind == "person":
        yield "own-session", f"the caller's role {facts.role} belongs to IAM Identity Center"
    elif facts.kind == "anonymous":
        yield "no-signature", "the caller is anonymous"
    elif facts.action == "sts:TagSession":
        yield "chained-tags", f"{facts.role or 'the caller'} was denied sts:TagSession"
    elif facts.action == "sts:AssumeRole" and (facts.kind == "role" or facts.target_role):
        if facts.role and facts.role == facts.target_role and _same_account(facts):
            yield "assume-itself", f"the caller and the resource are the same role {facts.role}"
        else:
            wanted = facts.resource or "a role"
            yield "chained-role", f"{facts.role or 'the caller'} asked for {wanted}"
    elif facts.action == "iam:PassRole":
        yield "pass-role", f"the action is iam:PassRole on {facts.resource or 'a role'}"


def _node(facts: Facts, passage: Passage) -> Iterator[Told]:
    session = f"the session {facts.session} is named after an instance: {facts.caller}"
    if not facts.session:
        session = f"the caller is {facts.caller}, and that is what EKS's tools call a node's role"
    if facts.action.startswith("eks-auth:"):
        yield "agent-may-not-ask", session
        return
    pulled = facts.action.startswith("ecr:") and "pull" in passage.squeezed
    if pulled:
        yield "image-pull", session
        return
    yield "node-role", session
    if facts.action in _NODE_SOFTWARE:
        yield "node-software", f"{facts.action} is an action of the CNI plugin"


def general(passage: Passage) -> Iterator[Told]:
    """What the words of a text that no table has say at least: no credentials, or a refusal."""
    if not _OF_AWS.search(passage.text):
        return
    if found := _NO_CREDENTIALS.search(passage.text):
        yield "nothing-injected", f"it says: {found[0]}"
    elif found := _REFUSAL.search(passage.text):
        yield "denied-unnamed", f"it says: {found[0]}"


def _same_account(facts: Facts) -> bool:
    return not facts.target_account or not facts.account or facts.account == facts.target_account


def network(facts: Facts, passage: Passage) -> Iterator[Told]:
    """Which host is not reached, and what stands before it."""
    host = facts.host
    if not host:
        return
    said = next((one for one in _NOT_TRUSTED if one in passage.squeezed), "")
    if said:
        yield "certificate-unknown", f"the certificate of {host} is not trusted"
        return
    if not any(one in passage.squeezed for one in _NOT_REACHED):
        return
    if any(one in passage.squeezed for one in _ANSWERED):
        return
    if _PLUGIN in passage.squeezed and ".eks.amazonaws.com" in host:
        return
    because = f"no answer came from {host}"
    if ".." in host or host.startswith((".", "sts.amazonaws.com.amazonaws")):
        yield "sts-name-broken", f"the host name is {host}"
    elif host.startswith("eks-auth"):
        yield "eks-auth-unreachable", because
    elif host.startswith("sts"):
        yield "sts-unreachable", because
    elif host.startswith(("169.254.170.23", "fd00:ec2::23")):
        yield "agent-silent", because
    elif host.startswith(("169.254.169.254", "fd00:ec2::254")):
        yield "metadata-blocked", because
    elif not host.startswith(("oidc", "169.254.")):
        yield "service-unreachable", because
