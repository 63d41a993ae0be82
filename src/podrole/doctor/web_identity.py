"""The links of IRSA: annotation, token, provider, trust policy."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.evidence import Evidence
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import AUDIENCE_ANNOTATION, ROLE_ANNOTATION, PodView
from podrole.doctor.provider import provider_links
from podrole.doctor.role_arn import fault_of, read_role_arn
from podrole.doctor.tree import text
from podrole.doctor.trust_policy import trust_link
from podrole.doctor.trust_verdict import Asked
from podrole.policy import Request
from podrole.terminal import shell_word

AUDIENCE = "sts.amazonaws.com"
#: Keys that a call with a token never has: no service calls for an account, nobody is signed in.
_ABSENT = (
    *(f"aws:source{rest}" for rest in ("arn", "account", "orgid", "orgpaths", "owner")),
    *("aws:principal", "aws:requesttag/", "aws:tagkeys", "sts:externalid"),
)


def web_identity_links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """Walk from the variables that the webhook wrote, or will write, to the trust policy."""
    arn = view.environment.get("AWS_ROLE_ARN") or view.annotated
    annotated = view.annotated
    if annotated and annotated != arn:
        yield broken(
            "annotation",
            f"the pod was created with {arn}, but the annotation now names {annotated}",
            "recreate the pod",
            "sa-annotate",
        )
    if read_role_arn(arn) is None:
        says, right = fault_of(arn)
        yield broken(
            "role's ARN",
            says,
            f"write {right} into the annotation, then recreate the pod",
            "sa-annotated",
            _annotate(view, right),
        )
        return
    wrong = _other_path(evidence, view, arn)
    if wrong is not None:
        yield wrong
        return
    audience = view.token_audience()
    if audience:
        yield ok("token", f"has the audience {audience}")
    elif view.written or view.partial or view.described:
        metadata = (view.service_account or {}).get("metadata")
        audience = text(metadata, "annotations", AUDIENCE_ANNOTATION) or AUDIENCE
        yield unknown(
            "token",
            f"no file shows the token's volume; assumed audience: {audience}",
            f"kubectl -n {shell_word(view.namespace)} get pod -o yaml",
        )
    else:
        yield broken(
            "token",
            "no projected token is mounted where AWS_WEB_IDENTITY_TOKEN_FILE points",
            "remove the variables from the manifest; the webhook writes variables and volume",
            "deployment-app",
        )
        return
    if view.partial:
        yield unknown(
            "trust policy",
            "the output of env does not name the service account",
            "kubectl get pod <pod> -o yaml",
        )
        return
    issuer = (
        text(evidence.cluster, "identity", "oidc", "issuer").removeprefix("https://").rstrip("/")
    )
    if not issuer:
        yield unknown("issuer", "no file shows it", "aws eks describe-cluster --name <cluster>")
        return
    yield from provider_links(evidence, issuer, arn, audience)
    asked = Asked(_request(view, arn, issuer, audience), _ABSENT)
    yield trust_link(evidence, [asked], view.subject, "trust-irsa-exact")


def _annotate(view: PodView, arn: str) -> str:
    if "<" in arn or view.partial:
        return ""
    return (
        f"kubectl -n {shell_word(view.namespace)} annotate serviceaccount --overwrite "
        f"{shell_word(view.account_name)} {shell_word(f'{ROLE_ANNOTATION}={arn}')}"
    )


def _other_path(evidence: Evidence, view: PodView, arn: str) -> Link | None:
    """A role of the same name with another path or in another account: STS knows no such role."""
    if evidence.role(arn) is not None:
        return None
    wanted = read_role_arn(arn)
    assert wanted is not None
    for role in evidence.roles:
        seen = read_role_arn(text(role, "Arn"))
        if seen is None or seen.name.lower() != wanted.name.lower():
            continue
        right = text(role, "Arn")
        if seen.account == wanted.account:
            if seen.path == wanted.path:
                continue
            says = (
                f"the role {seen.name} has the path /{seen.path}, and {arn} "
                f"{'names the path /' + wanted.path if wanted.path else 'leaves the path out'}: "
                "STS does not find that role"
            )
            fix = f"write {right} into the annotation, then recreate the pod"
            return broken("role's ARN", says, fix, "sa-annotated", _annotate(view, right))
        return unknown(
            "role's ARN",
            f"the pod uses {arn}; the files show a role in another account, {right}",
            "compare the accounts; the annotation must name the role's own account",
        )
    return None


def _request(view: PodView, arn: str, issuer: str, audience: str) -> Request:
    """What STS asks the trust policy once it has verified the token."""
    _, partition, _, _, account, _ = arn.split(":", 5)
    return Request(
        f"arn:{partition}:iam::{account}:oidc-provider/{issuer}",
        "sts:AssumeRoleWithWebIdentity",
        arn,
        {f"{issuer}:sub": view.subject, f"{issuer}:aud": audience, "aws:SecureTransport": "true"},
    )
