"""The OIDC provider in the role's account, and the audiences that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.doctor.evidence import Evidence
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.tree import text, texts

_DUAL_STACK = re.compile(r"oidc-eks\.[a-z0-9-]+\.api\.aws/id/")


def provider_links(evidence: Evidence, issuer: str, arn: str, audience: str) -> Iterator[Link]:
    """Whether the role's account has a provider for the issuer, and what it takes.

    `issuer` is the cluster's, without `https://`; `arn` is the role's, `audience` the token's.
    """
    account, partition = arn.split(":")[4], arn.split(":")[1]
    listed = evidence.provider_arns
    if listed is not None and not any(
        f"::{account}:oidc-provider/{issuer}" in one for one in listed
    ):
        if listed and not any(f"::{account}:" in one for one in listed):
            yield unknown(
                "provider",
                f"the listed providers are not in the role's account, {account}",
                f"aws iam list-open-id-connect-providers, in account {account}",
            )
            return
        yield _none(issuer, account, listed)
        return
    for provider in evidence.providers:
        url = text(provider, "Url").removeprefix("https://").rstrip("/")
        if url == issuer:
            yield _audiences(
                texts(provider.get("ClientIDList")), issuer, audience, partition, account
            )
            return
    dual = [text(one, "Url") for one in evidence.providers if _DUAL_STACK.search(text(one, "Url"))]
    if dual and listed is None:
        yield _none(issuer, account, dual)
        return
    error = evidence.error_of("GetOpenIDConnectProvider", issuer)
    if error is not None and text(error, "Code") == "NoSuchEntity":
        yield _none(issuer, account, [])
    elif listed is None:
        yield unknown(
            "provider", "no file lists the providers", "aws iam list-open-id-connect-providers"
        )
    else:
        yield unknown(
            "provider's client IDs",
            "the provider exists, but no file lists its client IDs",
            "aws iam get-open-id-connect-provider --open-id-connect-provider-arn "
            f"arn:{partition}:iam::{account}:oidc-provider/{issuer}",
        )


def _none(issuer: str, account: str, listed: list[str]) -> Link:
    dual = next((one for one in listed if _DUAL_STACK.search(one)), None)
    if dual is not None:
        why = (
            f"; there is one for the dual-stack address, {dual.rpartition('oidc-provider/')[2]}, "
            "which is never the issuer of EKS's tokens"
        )
    else:
        why = "; a recreated cluster has a new issuer"
    return broken(
        "provider",
        f"account {account} has no OIDC provider for {issuer}{why}",
        f"create it in the role's account, for https://{issuer}",
        "oidc-provider-create",
    )


def _audiences(known: list[str], issuer: str, audience: str, partition: str, account: str) -> Link:
    if audience in known:
        return ok("provider", f"accepts tokens of {issuer} for {audience}")
    return broken(
        "provider's client IDs",
        f"{known} lacks the token's audience {audience}",
        f"add {audience} to the provider's client IDs",
        "audience-add",
        "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "
        f"arn:{partition}:iam::{account}:oidc-provider/{issuer} --client-id {audience}",
    )
