"""The links of IRSA: annotation, token, provider, trust policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.doctor.evidence import Evidence, text
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import PodView
from podrole.doctor.trust_policy import trust_link
from podrole.policy import Request

_ROLE = re.compile(r"arn:[a-z-]+:iam::(?P<account>[0-9]{12}):role/.+\Z")


def web_identity_links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """Walk from the variables that the webhook wrote to the trust policy."""
    arn = view.environment["AWS_ROLE_ARN"]
    annotations = (view.service_account or {}).get("metadata")
    annotated = text(annotations, "annotations", "eks.amazonaws.com/role-arn")
    if annotated and annotated != arn:
        yield broken(
            "annotation",
            f"the pod was made for {arn}, the annotation names {annotated} now",
            "recreate the pod",
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
    yield trust_link(
        evidence, [_request(view, arn, issuer, audience)], view.subject, "trust-irsa-exact"
    )


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
            f"account {account} has no OIDC provider for {issuer}; a cluster that was recreated "
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


def _request(view: PodView, arn: str, issuer: str, audience: str) -> Request:
    """What STS asks the trust policy once it has verified the token."""
    _, partition, _, _, account, _ = arn.split(":", 5)
    return Request(
        f"arn:{partition}:iam::{account}:oidc-provider/{issuer}",
        "sts:AssumeRoleWithWebIdentity",
        arn,
        {f"{issuer}:sub": view.subject, f"{issuer}:aud": audience},
    )
