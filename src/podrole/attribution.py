"""Which pod made a call: from a CloudTrail record back to a service account.

Works on the lab's records and on those of real log files alike: on plain dicts, without a network.

A pod's calls show the session of a role and no pod. The record of the call that made the session
does: `AssumeRoleWithWebIdentity` names the service account (IRSA), `AssumeRole` by
pods.eks.amazonaws.com carries six tags (Pod Identity). The two are joined on the access key that
the one issued and the other signed with; where a record has no key, on the session's ARN or its id.
A session that assumed another role is followed back to its first.

Source: IAM user guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"; EKS user guide,
"Grant Pods access to AWS resources based on tags" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Attribution", "Record", "Sessions", "attribute"]

Record = Mapping[str, Any]
_EKS = "pods.eks.amazonaws.com"
_SUBJECT = "system:serviceaccount:"


@dataclass(frozen=True)
class Attribution:
    """The pod behind a call, as far as the records say.

    `role` is the ARN of the role that the pod was given, empty where only the records of another
    account tell of it. `through` are the roles that its session went on to, in order, the one that
    made the call last. `cluster` is the cluster's ARN under Pod Identity, under IRSA its issuer
    without `https://`: no record ties an issuer to a cluster's name. IRSA names no pod; nor does
    Pod Identity where the association switches session tags off, and then no service account
    either.
    """

    mechanism: Literal["irsa", "pod-identity"]
    role: str
    namespace: str | None = None
    service_account: str | None = None
    pod: str | None = None
    cluster: str | None = None
    through: tuple[str, ...] = ()


def attribute(records: Iterable[Record], record: Record) -> Attribution | None:
    """Which pod made the call of `record`, None if the records lead to no pod.

    `records` must hold the calls of STS before it, of all accounts and Regions that the sessions
    went through. For many questions make `Sessions` once.
    """
    return Sessions(records).attribute(record)


class Sessions:
    """The sessions of roles that some records made, by everything that names a session."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._issued: dict[str, list[Record]] = {}
        for record in records:
            for name in _issued_names(record):
                self._issued.setdefault(name, []).append(record)

    def attribute(self, record: Record) -> Attribution | None:
        """Which pod made the call of `record`, None if the records lead to no pod."""
        through: list[str] = []
        seen: set[int] = set()
        current: Record = record
        while id(current) not in seen:
            seen.add(id(current))
            found = _pod(current, tuple(through))
            if found is not None:
                return found
            issuing = self._issuing(current)
            if issuing is None:
                return _by_inherited_tags(current, tuple(through))
            if _pod(issuing, ()) is None:
                through.insert(0, _role(issuing))
            current = issuing
        return None

    def _issuing(self, record: Record) -> Record | None:
        """The record of the call that made the session behind `record`."""
        identity = record.get("userIdentity") or {}
        for member in ("accessKeyId", "arn", "principalId"):
            candidates = [
                item
                for item in self._issued.get(identity.get(member) or "", ())
                if str(item.get("eventTime", "")) <= str(record.get("eventTime", ""))
            ]
            # Sessions of one name have one ARN: the time of creation tells them apart.
            created = identity.get("sessionContext", {}).get("attributes", {}).get("creationDate")
            candidates = [i for i in candidates if i.get("eventTime") == created] or candidates
            # Of the two accounts of a role's assumption only the caller's is told the caller.
            candidates = [i for i in candidates if not _from_afar(i)] or candidates
            if candidates:
                return candidates[-1]
        return None


def _from_afar(record: Record) -> bool:
    return bool((record.get("userIdentity") or {}).get("type") == "AWSAccount")


def _issued_names(record: Record) -> list[str]:
    """Access key, ARN and id of the role session that a successful call of STS has made."""
    answer = record.get("responseElements")
    if record.get("eventSource") != "sts.amazonaws.com" or not isinstance(answer, Mapping):
        return []
    user = answer.get("assumedRoleUser") or {}
    key = (answer.get("credentials") or {}).get("accessKeyId")
    names = (key, user.get("arn"), user.get("assumedRoleId"))
    return [name for name in names if name]


def _parameters(record: Record) -> Mapping[str, Any]:
    return record.get("requestParameters") or {}


def _role(record: Record) -> str:
    return str(_parameters(record).get("roleArn", ""))


def _pod(issuing: Record, through: tuple[str, ...]) -> Attribution | None:
    """The pod that a session was asked for, None if it was asked for someone else."""
    identity = issuing.get("userIdentity") or {}
    if issuing.get("eventSource") != "sts.amazonaws.com":
        return None
    if issuing.get("eventName") == "AssumeRoleWithWebIdentity":
        subject = str(identity.get("userName", ""))
        namespace, colon, name = subject.removeprefix(_SUBJECT).partition(":")
        if not subject.startswith(_SUBJECT) or not colon:
            return None  # a token of another issuer: GitHub's, Cognito's
        issuer = str(identity.get("identityProvider", "")).partition(":oidc-provider/")[2]
        return Attribution("irsa", _role(issuing), namespace, name, None, issuer or None, through)
    if identity.get("type") == "AWSService" and identity.get("invokedBy") == _EKS:
        return _by_tags(_tags(issuing), _role(issuing), through)
    return None


def _tags(record: Record) -> Mapping[str, Any]:
    """The session tags of a request: a list of keys and values, or a map."""
    parameters = _parameters(record)
    tags = parameters.get("tags") or ()
    listed = {tag["key"]: tag["value"] for tag in tags if isinstance(tag, Mapping)}
    return listed or parameters.get("principalTags") or {}


def _by_tags(tags: Mapping[str, Any], role: str, through: tuple[str, ...]) -> Attribution:
    return Attribution(
        "pod-identity",
        role,
        tags.get("kubernetes-namespace"),
        tags.get("kubernetes-service-account"),
        tags.get("kubernetes-pod-name"),
        tags.get("eks-cluster-arn"),
        through,
    )


def _by_inherited_tags(issuing: Record, through: tuple[str, ...]) -> Attribution | None:
    """Pod Identity's tags go along a chain: they name the pod where its own session is missing."""
    tags = _parameters(issuing).get("incomingTransitiveTags") or {}
    if "kubernetes-service-account" not in tags:
        return None
    identity = issuing.get("userIdentity") or {}
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
    return _by_tags(tags, str(issuer.get("arn", "")), through)
