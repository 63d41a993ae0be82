"""The links of IRSA: annotation, token, provider, trust policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy import PolicyError, PolicySet, Request, authorize, parse_policy

from .evidence import Evidence, text, trust_document
from .link import Link, broken, ok, unknown
from .pod_view import PodView

_ROLE = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)\Z")


def web_identity_links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """Walk from the variables that the webhook wrote to the trust policy."""
    arn = view.environment["AWS_ROLE_ARN"]
    annotations = (view.service_account or {}).get("metadata")
    annotated = text(annotations, "annotations", "eks.amazonaws.com/role-arn")
    if annotated and annotated != arn:
        yield broken(
            "annotation",
            f"the pod was made for {arn}, the annotation names {annotated} now",
            "make the pod anew",
            "sa-annotate",
        )
    role = _ROLE.match(arn)
    if not role:
        yield broken(
            "role's ARN",
            f"{arn!r} is no role's ARN",
            "write arn:aws:iam::<account>:role/<name> into the annotation",
            "sa-annotated",
        )
        return
    audience = view.token_audience()
    if audience:
        yield ok("token", f"made for the audience {audience}")
    else:
        yield broken(
            "token",
            "no projected token is mounted where AWS_WEB_IDENTITY_TOKEN_FILE points",
            "take the variables out of the manifest; the webhook writes variable and volume",
            "deployment-app",
        )
        return
    issuer = text(evidence.cluster, "identity", "oidc", "issuer").removeprefix("https://")
    if not issuer:
        yield unknown("issuer", "no file names it", "aws eks describe-cluster --name <cluster>")
        return
    yield from _provider(evidence, issuer, role["account"], audience)
    yield from _trust(evidence, view, arn, role, issuer, audience)


def _provider(evidence: Evidence, issuer: str, account: str, audience: str) -> Iterator[Link]:
    wanted = f"::{account}:oidc-provider/{issuer}"
    if evidence.provider_arns is not None and not any(
        arn.endswith(wanted) for arn in evidence.provider_arns
    ):
        if evidence.provider_arns and not any(
            f"::{account}:" in arn for arn in evidence.provider_arns
        ):
            yield unknown(
                "provider",
                f"the listed providers are of another account than the role's, {account}",
                f"aws iam list-open-id-connect-providers, in account {account}",
            )
            return
        yield broken(
            "provider",
            f"account {account} has no OIDC provider for {issuer}; a cluster that was built anew "
            "has a new issuer",
            "create it in the role's account",
            "oidc-provider-create",
        )
        return
    for provider in evidence.providers:
        if text(provider, "Url").removeprefix("https://") == issuer:
            if audience in provider["ClientIDList"]:
                yield ok("provider", f"takes tokens of {issuer} for {audience}")
            else:
                yield broken(
                    "provider's client ids",
                    f"{provider['ClientIDList']} lacks the token's audience {audience}",
                    "aws iam add-client-id-to-open-id-connect-provider",
                    "oidc-provider-lookup",
                )
            return
    if evidence.provider_arns is None:
        yield unknown("provider", "no file tells", "aws iam list-open-id-connect-providers")
    else:
        yield unknown(
            "provider's client ids",
            "the provider is there; no file lists them",
            "aws iam get-open-id-connect-provider --open-id-connect-provider-arn <arn>",
        )


def _trust(
    evidence: Evidence,
    view: PodView,
    arn: str,
    role: re.Match[str],
    issuer: str,
    audience: str,
) -> Iterator[Link]:
    found = evidence.role(arn)
    if found is None:
        command = f"aws iam get-role --role-name {role['name']}"
        yield unknown("trust policy", f"no file shows {arn}", command)
        return
    provider = f"arn:{arn.split(':')[1]}:iam::{role['account']}:oidc-provider/{issuer}"
    subject = f"system:serviceaccount:{view.namespace}:{view.account_name}"
    request = Request(
        provider,
        "sts:AssumeRoleWithWebIdentity",
        arn,
        {f"{issuer}:sub": subject, f"{issuer}:aud": audience},
    )
    try:
        trust = parse_policy(trust_document(found), kind="trust")
    except PolicyError as error:
        yield broken("trust policy", str(error), "write a valid policy", "trust-irsa-exact")
        return
    decision = authorize(request, PolicySet(resource=trust), explain=True)
    if decision.allowed:
        yield ok("trust policy", f"lets {subject} in")
        return
    near = next((str(one) for one in decision.trace if one.near_miss), decision.reason)
    yield broken("trust policy", f"refuses {subject}: {near}", "mend that part", "trust-irsa-exact")
