"""Tokens that come to STS: whose they are, and whether STS believes them.

Codes: STS API reference. Texts: `sts_texts`, and aws/aws-sdk-java-v2 5709 on GitHub (expired;
checked 2026-11-23).
The order of the checks, and texts marked `lab:`, are the lab's own: AWS publishes neither.
"""

from __future__ import annotations

from collections.abc import Mapping

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import WebIdentity
from podrole.lab.clock import Clock
from podrole.lab.oidc.issuer import Issuer, Token, TokenError
from podrole.lab.oidc.outside_issuer import OutsideIssuer
from podrole.lab.sts_texts import STS_TEXTS, no_provider, wrong_audience


class WebIdentities:
    """Checks tokens against the OIDC providers of accounts and the issuers' keys."""

    def __init__(
        self,
        iam: IamState,
        issuers: Mapping[str, Issuer],
        outside: Mapping[str, OutsideIssuer],
        clock: Clock,
    ) -> None:
        """`issuers` maps URLs to the lab's issuers, `outside` to others; both may change later."""
        self._iam = iam
        self._issuers, self._outside = issuers, outside
        self._clock = clock
        #: One of STS_TEXTS.
        self.texts = STS_TEXTS[0]

    def verified(self, text: str, account: str) -> WebIdentity:
        """Whom the token stands for, by its provider in `account`. Raises AwsError."""
        try:
            token = Token.read(text)
        except TokenError:
            raise AwsError(
                "InvalidIdentityToken",
                "The ID Token provided is not a valid JWT."
                " (You may see this error if you sent an Access Token)",
            ) from None
        url = token.text("iss")
        issuer = self._issuers.get(url) or self._outside.get(url)
        provider = url.removeprefix("https://")
        arn = f"arn:aws:iam::{account}:oidc-provider/{provider}"
        audiences = self._iam.provider_audiences(account, arn)
        if audiences is None:
            raise AwsError("InvalidIdentityToken", no_provider(self.texts, url))
        if issuer is None:
            raise AwsError(
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider,  please"
                " reference AssumeRoleWithWebIdentity documentation for requirements",
            )
        if not issuer.signed(token):
            raise AwsError(
                "InvalidIdentityToken", "lab: the issuer's keys do not verify the signature"
            )
        if not token.audiences or not set(token.audiences) <= set(audiences):
            raise AwsError("InvalidIdentityToken", wrong_audience(self.texts))
        self._check_age(token)
        context = self._iam.context_providers.get(arn)
        return WebIdentity(
            arn,
            provider,
            token.audiences[0],
            token.text("sub"),
            context.condition_keys(token.claims, arn) if context else {},
        )

    def _check_age(self, token: Token) -> None:
        now = self._clock.timestamp()
        expiry = token.seconds("exp")
        if expiry is None or now >= expiry:
            raise AwsError(
                "ExpiredTokenException",
                f"Token expired: current date/time {now} must be before the expiration"
                f" date/time {int(expiry or 0)}",
            )
        if (token.seconds("nbf") or 0) > now:
            raise AwsError("InvalidIdentityToken", "lab: the token is not valid yet")
