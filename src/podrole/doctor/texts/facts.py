"""What an error's text says in itself: who called, what was asked, who answered and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Literal

from podrole.doctor.texts.known import speakers
from podrole.doctor.texts.plain import Passage

Kind = Literal["", "node", "user", "root", "person", "role", "anonymous"]

_REFUSED = "is not authorized to perform"
_NODE_SESSION = re.compile(r"m?i-(?:[0-9a-f]{8,17}|[0-9a-f]{0,8}[xX*.]{3,21}[0-9a-f]{0,8})\Z")
_TOKEN = re.compile(r"[^\s]{1,2048}")
_WORD = re.compile(r"[^\s\"'`,;()<>\[\]{}]{1,2048}")
_ARN = re.compile(r"arn:aws[a-z-]{0,12}:(?:sts|iam):[^\s:\"']{0,32}:[^\s\"',;()<>\]}]{1,600}")
_POLICY = re.compile(
    r"arn:aws[a-z-]{0,12}:(?:iam|organizations):[^\s:\"']{0,32}:[^\s:\"']{0,32}:policy/[^\s\"',;()<>\]}]{1,300}"
)
_CODES = (
    re.compile(r"An error occurred \(([A-Za-z.]{1,60})\)"),
    re.compile(r"api error ([A-Za-z.]{1,60}):"),
    re.compile(r"<Code>([A-Za-z.]{1,60})</Code>"),
    re.compile(r"Error Code: ([A-Za-z.]{1,60})"),
    re.compile(r"errorCode: ([A-Za-z.]{1,60})"),
    re.compile(r"\(([A-Z][A-Za-z]{3,50}Exception)\)"),
    re.compile(
        r"\b([A-Z][A-Za-z]{3,40}(?:Exception|Denied|Operation|IdentityToken|ClientTokenId|Document"
        r"|AlreadyExists|Throttling|AccessKeyId|ExpiredToken|Entity))\b"
    ),
    re.compile(r"\b(AccessDenied|Throttling|ExpiredToken|ValidationError|InternalFailure)\b"),
)
_STATUS = re.compile(
    r"(?:status ?code ?[:=(]? ?|non 200 response |response:? |HTTP/1\.1 )([1-5][0-9]{2})\b",
    re.IGNORECASE,
)
_OPERATIONS = (
    re.compile(r"when calling the ([A-Za-z]{1,60}) operation"),
    re.compile(r"operation error [A-Za-z0-9 .]{1,40}: ([A-Za-z]{1,60})"),
    re.compile(r"eventName: ([A-Za-z]{1,60})"),
)
#: How `aws sts decode-authorization-message` and OpenSearch name what was asked, and who asked.
_DECODED = re.compile(r"\baction\W{1,5}([a-z0-9-]{2,40}:[A-Za-z0-9]{2,80})")
_SEARCH = re.compile(
    r"no permissions for \[([^\]\s]{1,200})[^\]]{0,600}\] and User \[name=([^,\]\s]{1,600})"
)
#: The role that eksctl and EKS's templates make for nodes; a role's own ARN has no session to tell.
_NODE_ROLE = re.compile(r"NodeInstanceRole|-node-?group-", re.IGNORECASE)
_SUBJECT = re.compile(r"system:serviceaccount:([a-z0-9.-]{1,63}):([a-z0-9.-]{1,253})")
_ACCOUNT = re.compile(
    r"service account ([a-z0-9.-]{1,253}) \(namespace: ([a-z0-9.-]{1,63})\)", re.IGNORECASE
)
_REGION = re.compile(r"\b([a-z]{2}(?:-[a-z]{2,5}){1,2}-[0-9])\b")
_VERSION = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,30}")
#: Names in paths and annotations that look like a host.
_NO_HOSTS = ("eks.amazonaws.com", "pods.eks.amazonaws.com", "iam-for-pods.amazonaws.com")
_LAYERS = (
    "permissions boundary",
    "session policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
    "resource-based policy",
    "identity-based policy",
)


@dataclass(frozen=True)
class Facts:
    """What a text says; empty where it does not.

    Attributes:
        speakers: whose words, such as `AWS SDK for Go v2`.
        version: of the SDK.
        caller: the ARN that called, or `anonymous`.
        kind: `node`, `user`, `root`, `person` (IAM Identity Center), `role`, `anonymous`.
        role: the caller's role. user: its user. session: the role's session name.
        account: the caller's account, 12 digits.
        action: what was asked, as `s3:GetObject`. resource: on what.
        target_role, target_account: the role that was to be assumed or passed, and its account.
        layer: the kind of policy that denied. policy_arn: that policy.
        code, status, operation: of the answer.
        host: the last host that is named. region: as `eu-west-1`. issuer: an OIDC issuer's URL.
        namespace, service_account: of the pod. token_file: its path.
    """

    speakers: tuple[str, ...] = ()
    version: str = ""
    caller: str = ""
    kind: Kind = ""
    role: str = ""
    user: str = ""
    session: str = ""
    account: str = ""
    action: str = ""
    resource: str = ""
    target_role: str = ""
    target_account: str = ""
    layer: str = ""
    policy_arn: str = ""
    code: str = ""
    status: str = ""
    operation: str = ""
    host: str = ""
    region: str = ""
    issuer: str = ""
    namespace: str = ""
    service_account: str = ""
    token_file: str = ""

    @property
    def role_arn(self) -> str:
        """The caller's role, as far as its session's ARN tells; a path is not in that."""
        parts = self.caller.split(":")
        if not self.role or len(parts) < 6:
            return ""
        return f"{parts[0]}:{parts[1]}:iam::{parts[4]}:role/{self.role}"

    def to_json(self) -> dict[str, object]:
        """What is known, as plain data."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


def read_identity(passage: Passage) -> Facts:
    """Who called, what was asked on what, and which host is named: enough for the causes."""
    facts = _asked(passage.text, passage.text.lower())
    hosts = _hosts(passage.text)
    if not facts.caller and not facts.action and not hosts:
        return facts
    return replace(_caller(facts), host=_important(hosts))


def read_rest(facts: Facts, passage: Passage) -> Facts:
    """The facts of an error with all else that its text says."""
    text = passage.text
    names, version = _speakers(passage)
    subject, account = _SUBJECT.search(text), _ACCOUNT.search(text)
    namespace, service_account = (
        (account[2], account[1]) if account else (subject[1], subject[2]) if subject else ("", "")
    )
    policy, status = _POLICY.search(text), _STATUS.search(text)
    words = _WORD.findall(text)
    token_file = next((one for one in words if one.startswith("/var/run/secrets/")), "")
    issuer = next(
        (one for one in map(_bare, words) if one.startswith("oidc") and "/id/" in one), ""
    )
    return replace(
        facts,
        speakers=names,
        version=version,
        layer=_layer(text.lower()),
        policy_arn=policy[0].rstrip(".:") if policy else "",
        code=next((found[1] for one in _CODES if (found := one.search(text))), ""),
        status=status[1] if status else "",
        operation=_last(_OPERATIONS, text),
        region=next((one[1] for host in _hosts(text) if (one := _REGION.search(host))), ""),
        issuer=f"https://{issuer}" if issuer else "",
        namespace=namespace,
        service_account=service_account,
        token_file=token_file.rstrip(":."),
    )


def _asked(text: str, lower: str) -> Facts:
    """Caller, action and resource of a refusal; else the first identity that is named."""
    at = lower.find(_REFUSED)
    if at < 0 and (search := _SEARCH.search(text)):
        return Facts(caller=search[2], action=search[1])
    if at < 0 and "explicitdeny" in lower and (decoded := _DECODED.search(text)):
        return _decoded(text, decoded)
    if at < 0:
        found = _ARN.search(text)
        caller = found[0] if found else ""
        is_session = ":assumed-role/" in caller or ":user/" in caller
        return Facts(caller=caller.rstrip(".:") if is_session else "")
    before = text[max(0, at - 700) : at].rstrip()
    start = max(before.rfind("arn:aws"), before.rfind("User: ") + 6 if "User: " in before else -1)
    named = before[start:].split() if start >= 0 else before.split()[-1:]
    caller = "".join(named) if named and named[0].startswith("arn:") else (named or [""])[-1]
    after = text[at + len(_REFUSED) : at + len(_REFUSED) + 4000].lstrip(": ")
    action = _TOKEN.match(after)
    resource = ""
    on = after.find("on resource")
    if on >= 0:
        words = after[on + 11 :].lstrip(": ").split()[:2]
        if words[:1] and words[0].strip("\"':") in ("role", "user", "policy", "instance"):
            resource = "/".join(one.strip("\"':") for one in words)
        else:
            resource = (words or [""])[0]
    return Facts(
        caller=caller.strip("\"'`,;()"),
        action=action[0].strip("\"'`,;()").rstrip(".:") if action else "",
        resource=(resource[:1] + resource[1:].partition("<")[0]).strip("\"'`,;()").rstrip(".:"),
    )


def _decoded(text: str, action: re.Match[str]) -> Facts:
    """What `aws sts decode-authorization-message` prints: the request that was denied."""
    caller, at = _ARN.search(text), text.find("resource", action.end())
    words = text[at + 8 : at + 1000].lstrip(' :"').split() if at >= 0 else []
    return Facts(
        caller=caller[0] if caller else "",
        action=action[1],
        resource=words[0].strip("\"',;") if words else "",
    )


def _caller(facts: Facts) -> Facts:
    """The facts with what the caller's ARN and the resource's tell."""
    caller = facts.caller
    parts = caller.split(":", 5)
    account = parts[4] if len(parts) == 6 else ""
    role = user = session = ""
    kind: Kind = ""
    if ":assumed-role/" in caller or "assumed-role/" in caller:
        role, _, session = caller.partition("assumed-role/")[2].partition("/")
        kind = "node" if _NODE_SESSION.match(session) else "role"
        if role.startswith("AWSReservedSSO_"):
            kind = "person"
    elif ":user/" in caller:
        user, kind = caller.partition(":user/")[2].rpartition("/")[2], "user"
    elif caller.endswith(":root"):
        kind = "root"
    elif ":role/" in caller:
        role = caller.partition(":role/")[2].rpartition("/")[2]
        kind = "node" if _NODE_ROLE.search(role) else "role"
    elif caller == "anonymous":
        kind = "anonymous"
    target = target_account = ""
    if ":role:" in facts.resource:  # as a colon that was written for a slash
        facts = replace(facts, resource=facts.resource.replace(":role:", ":role/"))
    if ":role/" in facts.resource:
        target = facts.resource.partition(":role/")[2].rpartition("/")[2]
        target_account = facts.resource.split(":")[4] if facts.resource.count(":") >= 5 else ""
    elif facts.resource.startswith("role/"):
        target = facts.resource.partition("/")[2]
    return replace(
        facts, kind=kind, role=role, user=user, session=session, account=account,
        target_role=target, target_account=target_account,
    )  # fmt: skip


def _speakers(passage: Passage) -> tuple[tuple[str, ...], str]:
    """Whose words, and the version that stands behind an SDK's name."""
    names, version = [], ""
    lower = passage.text.lower()
    for one in speakers():
        if any(mark in lower for mark in one.marks):
            names.append(one.name)
            at = lower.find(one.version.lower()) if one.version else -1
            if at >= 0 and not version:
                found = _VERSION.match(passage.text, at + len(one.version))
                version = found[0].rstrip(".") if found else ""
    return tuple(names), version


def _layer(lower: str) -> str:
    """The kind of policy that a refusal names."""
    for begins in ("because no ", "explicit deny in "):
        at = lower.find(begins)
        if at >= 0:
            said = lower[at : at + 80]
            return next((one for one in _LAYERS if one.lower() in said), "")
    return ""


def _hosts(text: str) -> list[str]:
    """The hosts of AWS and of the node that are named, in order."""
    found: list[str] = []
    if not any(one in text for one in ("amazonaws.com", ".api.aws", "169.254.", "fd00:ec2::")):
        return found
    for word in re.split(r"[\s\"'`,;()<>{}=/@\\]", text):
        bare = word.strip("[].:").removesuffix(":443").removesuffix(":80")
        if bare in _NO_HOSTS:
            continue
        if bare.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")) or (
            bare.startswith(("169.254.", "fd00:ec2::")) or "amazonaws.com:443" in bare
        ):
            found.append(bare.partition("]")[0])
    return found


def _important(hosts: list[str]) -> str:
    """The host that an error is about: the last, but for those that only stand in an issuer."""
    asked = [one for one in hosts if not one.startswith("oidc")]
    return (asked or hosts or [""])[-1]


def _bare(word: str) -> str:
    return word.removeprefix("https://").rstrip(".:/")


def _last(patterns: tuple[re.Pattern[str], ...], text: str) -> str:
    """The innermost operation: the last that is named."""
    for pattern in patterns:
        found = pattern.findall(text)
        if found:
            return str(found[-1])
    return ""
