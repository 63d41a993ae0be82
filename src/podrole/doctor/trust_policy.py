"""The last link of both mechanisms: the role's trust policy, asked by the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from podrole.doctor.evidence import Evidence, trust_document
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.tree import text
from podrole.doctor.trust_fix import fix_of
from podrole.doctor.trust_verdict import Asked, Verdict, verdict
from podrole.policy import PolicyError, parse_policy
from podrole.policy.document import Policy
from podrole.terminal import shell_option

_LINK = "trust policy"


def trust_link(
    evidence: Evidence, asked: Sequence[Asked], who: str, snippet: str, link: str = _LINK
) -> Link:
    """Ask a role's trust policy.

    `evidence` is the files, of which one may show the role. All that is `asked` of it must be
    allowed. `who` is whom it lets in, for the text; `snippet` is the catalogue's id of a trust
    policy that does; `link` is the link's name.
    """
    arn = asked[0].request.resource
    found = _document(evidence, arn, link)
    if isinstance(found, Link):
        return found
    document, note = found
    try:
        trust = parse_policy(document, kind="trust")
    except PolicyError as error:
        says = f"{note}not a policy that IAM accepts: {error}"
        return broken(
            link, says, f"correct {error.path or 'the policy'}, or use the snippet", snippet
        )
    verdicts = [(verdict(trust, one), one) for one in asked]
    refused = next(((said, one) for said, one in verdicts if said.answer == "no"), None)
    if refused:
        return _refused(trust, document, asked, refused, f"{note}refuses {who}", snippet, link)
    keys = dict.fromkeys(key for said, _ in verdicts for key in said.open_keys)
    if any(said.answer == "unknown" for said, _ in verdicts):
        names = " and ".join(keys)
        return unknown(
            link,
            f"{note}admits {who} if the condition on {names} matches; no file shows its value",
            f"compare the value of {names} with the policy; CloudTrail's event shows it",
        )
    return ok(link, f"{note}admits {who}")


def _document(evidence: Evidence, arn: str, link: str) -> Link | tuple[Any, str]:
    """The trust policy of a role and what has to be said of it; or the link that says why not."""
    role = evidence.role(arn)
    name = arn.rpartition("/")[2]
    if role is not None and "AssumeRolePolicyDocument" in role:
        return trust_document(role), ""
    error = evidence.error_of("GetRole", name)
    if error is not None and role is None:
        if text(error, "Code") == "NoSuchEntity":
            return broken(
                "role",
                f"{arn} does not exist: {text(error, 'Message')}",
                "create the role, or write the right ARN into the annotation or the association",
                "trust-irsa-exact",
            )
        return unknown(link, f"{text(error, 'Code')}: {text(error, 'Message')}", get_role(arn))
    bare = evidence.bare_trusts
    if role is None and len(bare) == 1:
        file, document = bare[0]
        return document, f"{file} names no role and is treated as the policy of {name}: it "
    if role is not None:
        return unknown(link, f"the file shows {name} without its trust policy", get_role(arn))
    others = [text(one, "Arn") for one in evidence.roles if text(one, "Arn")]
    seen = f"; the files show {', '.join(others[:3])}" if others else ""
    if len(bare) > 1:
        seen = f"; of {len(bare)} policies without a role, none names its role"
    return unknown(link, f"no file shows {arn}{seen}", get_role(arn))


def _refused(
    trust: Policy,
    document: Any,
    asked: Sequence[Asked],
    refused: tuple[Verdict, Asked],
    says: str,
    snippet: str,
    link: str,
) -> Link:
    said, one = refused
    request = one.request
    if said.deny is not None:
        place = said.deny.path
        return Link(
            link,
            "broken",
            f"{says} {request.action}: {place} is a Deny that matches this caller",
            f"exclude the caller from {place}, or remove {place}",
            snippet,
        )
    near = said.nearest
    why = str(near).removeprefix("resource: ") if near else "no statement allows anything"
    hints = "; ".join(_hints(trust, document, one))
    fix = fix_of(trust, document, asked)
    says = f"{says} {request.action}: {why}{f'; {hints}' if hints else ''}"
    if fix is None:
        return broken(link, says, "use the snippet's policy", snippet)
    return Link(
        link,
        "broken",
        says,
        fix.change,
        snippet,
        line=fix.line,
        corrected=json.dumps(fix.corrected, indent=2),
        command=_apply(request.resource, fix.corrected),
    )


def _hints(trust: Policy, document: Any, asked: Asked) -> Iterator[str]:
    """Faults that are met often, in the words that people search for."""
    principal = asked.request.principal
    principals = [item.principal for item in trust.statements]
    named = [one for one in principals if isinstance(one, dict)]
    federated = [value for one in named for value in one.get("Federated", ())]
    services = [value for one in named for value in one.get("Service", ())]
    if "https://" in json.dumps(document):
        yield (
            "it contains https://, but condition keys and ARNs name the issuer without it:"
            " no token matches"
        )
    if principal.startswith("arn:") and ":oidc-provider/" in principal:
        issuer = principal.partition(":oidc-provider/")[2]
        if any("oidc-eks." in value and ".api.aws/" in value for value in federated):
            yield "oidc-eks.….api.aws is the dual-stack address; it is never the issuer of a token"
        elif federated and all(issuer not in value for value in federated):
            yield f"it is written for another cluster, whose issuer is not {issuer}"
        if services and not federated:
            yield "it is written for Pod Identity, but the pod uses IRSA"
    elif principal.endswith(".amazonaws.com"):
        if federated and principal not in services:
            yield f"it is written for IRSA (Federated) and does not allow {principal}"
        near = [value for value in services if value != principal and "eks" in value]
        if near and principal not in services:
            yield f"{near[0]} is not {principal}"


def _apply(arn: str, document: Any) -> str:
    name = shell_option("--role-name", arn.rpartition("/")[2], to_fill_in="<role>")
    policy = shell_option("--policy-document", json.dumps(document, separators=(",", ":")))
    return f"aws iam update-assume-role-policy {name} {policy}"


def get_role(arn: str) -> str:
    """The command that shows a role."""
    name = arn.rpartition("/")[2]
    return f"aws iam get-role {shell_option('--role-name', name, to_fill_in='<role>')}"
