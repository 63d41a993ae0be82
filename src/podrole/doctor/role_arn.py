"""A role's ARN as someone wrote it: what is wrong with it, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROLE = re.compile(r"arn:([a-z-]+):iam::([0-9]{12}):role/([!-~]+)\Z")
_NAME = re.compile(r"[\w+=,.@-]{1,64}\Z")
_WITHIN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]*[\w+=@-]")
FORM = "arn:aws:iam::<account>:role/<name>"


@dataclass(frozen=True)
class RoleArn:
    """The parts of a role's ARN. `path` is empty or ends with a slash."""

    partition: str
    account: str
    path: str
    name: str


def read_role_arn(text: str) -> RoleArn | None:
    """The parts of a role's ARN; None if it is none."""
    found = _ROLE.match(text)
    if not found or "arn:" in found[3]:
        return None
    path, slash, name = found[3].rpartition("/")
    return RoleArn(found[1], found[2], path + slash, name) if _NAME.match(name) else None


def fault_of(text: str) -> tuple[str, str]:
    """What is wrong with a text that is not a role's ARN, and what to write instead."""
    if text.count("arn:") > 1:
        pieces = [_WITHIN.match(one) for one in re.split(r"(?=arn:)", text)]
        right = next((one[0] for one in reversed(pieces) if one and read_role_arn(one[0])), FORM)
        return (
            f"{text!r} is not a valid role ARN: it contains a second ARN",
            right,
        )
    bare = text.strip().strip("\"'").strip()
    if bare != text and read_role_arn(bare):
        return f"{text!r} is not a valid role ARN: it has spaces or quotes around it", bare
    if "{{" in text or "${" in text or (text.startswith("<") and text.endswith(">")):
        return f"{text!r} is a placeholder that was not filled in", FORM
    if re.fullmatch(r"[\w+=,.@/-]+", text):
        return f"{text!r} is a role's name, not its ARN", f"arn:aws:iam::<account>:role/{text}"
    parts = text.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        partition, service, region, account, resource = parts[1:]
        if service == "sts" and resource.startswith("assumed-role/"):
            name = resource.split("/")[1]
            return (
                f"{text!r} is the ARN of a session, not of a role",
                f"arn:{partition}:iam::{account}:role/{name}",
            )
        if service != "iam":
            return (
                f"{text!r} is an ARN of {service or 'no service'}, not of an IAM role",
                FORM,
            )
        if region:
            return (
                f"{text!r} is not a valid role ARN: IAM has no Region, so write two colons after"
                " iam",
                f"arn:{partition}:iam::{account}:{resource}",
            )
        if not re.fullmatch(r"[0-9]{12}", account):
            return (
                f"{text!r} is not a valid role ARN: {account or 'nothing'} is not an account ID"
                " (12 digits)",
                FORM,
            )
        if resource == "role" or resource == "role/" or resource.endswith("/"):
            return (
                f"{text!r} is not a valid role ARN: the role's name is missing",
                FORM,
            )
        if not resource.startswith("role/"):
            kind = resource.partition("/")[0]
            article = "an" if kind[:1] in "aeio" else "a"
            return f"{text!r} is the ARN of {article} {kind}, not of a role", FORM
    if text.startswith("arn:"):
        return f"{text!r} is not a valid role ARN: it is cut off or misspelt", FORM
    return f"{text!r} is not a role's ARN", FORM
