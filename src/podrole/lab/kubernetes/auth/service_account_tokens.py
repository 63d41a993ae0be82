"""Tokens of service accounts: issued by TokenRequest, projected into pods, and read again.

Source: Kubernetes, "Managing Service Accounts", section "Bound service account tokens", and
API reference, TokenRequest (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from podrole.lab.clock import Clock, stamp
from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.rbac import User
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.oidc.issuer import Issuer, Token, TokenError

API_AUDIENCE = "https://kubernetes.default.svc"
_EXTRA = "authentication.kubernetes.io/"
_SHORTEST, _LONGEST = 600, 1 << 32
_ACCOUNT, _NODE, _POD = BUILT_IN["ServiceAccount"], BUILT_IN["Node"], BUILT_IN["Pod"]
_BOUND_TO = ("Pod", "Secret", "Node")


class ServiceAccountTokens:
    """Signs tokens with the cluster's issuer, and says whose a token is."""

    def __init__(self, issuer: Issuer, store: ObjectStore, clock: Clock, node: str) -> None:
        """`node` is the name of the node that pods run on."""
        self._issuer = issuer
        self._store = store
        self._clock = clock
        self._node = node

    def sign(
        self,
        account: Object,
        audiences: list[str],
        lifetime: int,
        bound: Mapping[str, Any] | None = None,
    ) -> str:
        """A token of an account for `lifetime` seconds, bound to an object or to none."""
        metadata = account["metadata"]
        claim: dict[str, Any] = {"namespace": metadata["namespace"]}
        if bound is not None and bound["kind"] == "Pod":
            node = self._store.get(_NODE, "", self._node)
            claim["node"] = _named(node)
        if bound is not None:
            claim[bound["kind"].lower()] = _named(bound)
        claim["serviceaccount"] = _named(account)
        subject = f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}"
        return self._issuer.sign(subject, audiences, lifetime, claim)

    def issue(self, namespace: str, name: str, specification: Mapping[str, Any]) -> dict[str, Any]:
        """The status of a TokenRequest for an account.

        Raises ApiError: NotFound, Invalid for a lifetime, Conflict for another object's uid, and
        BadRequest for a pod of another account.
        """
        account = self._store.get(_ACCOUNT, namespace, name)
        seconds = specification.get("expirationSeconds", 3600)
        if seconds < _SHORTEST:
            raise _invalid_lifetime(seconds, "may not specify a duration less than 10 minutes")
        if seconds > _LONGEST:
            raise _invalid_lifetime(seconds, "may not specify a duration larger than 2^32 seconds")
        bound = self._bound(account, specification.get("boundObjectRef"))
        audiences = list(specification.get("audiences") or [API_AUDIENCE])
        expires = self._clock.now() + timedelta(seconds=seconds)
        return {
            "token": self.sign(account, audiences, seconds, bound),
            "expirationTimestamp": stamp(expires),
        }

    def _bound(self, account: Object, reference: Mapping[str, Any] | None) -> Object | None:
        if reference is None:
            return None
        kind, metadata = reference.get("kind", ""), account["metadata"]
        if kind not in _BOUND_TO:
            group, _, version = str(reference.get("apiVersion", "")).rpartition("/")
            why = f"cannot bind token to object of type {group}/{version}, Kind={kind}"
            raise ApiError(400, why)
        found = self._store.get(BUILT_IN[kind], metadata["namespace"], reference.get("name", ""))
        uid = reference.get("uid")
        if uid and uid != found["metadata"]["uid"]:
            raise ApiError(
                409,
                f'Operation cannot be fulfilled on {BUILT_IN[kind].plural} "{reference["name"]}":'
                f" the UID in the bound object reference ({uid}) does not match the UID in record."
                " The object might have been deleted and then recreated",
            )
        runs_as = found.get("spec", {}).get("serviceAccountName")
        if kind == "Pod" and runs_as != metadata["name"]:
            raise ApiError(
                400,
                f'cannot bind token for serviceaccount "{metadata["name"]}" to pod running with'
                " different serviceaccount name.",
            )
        return found

    def user_of(self, text: str) -> User | None:
        """Whose token it is at the API server; None for one that is not good there."""
        found = self.review(text, [API_AUDIENCE])
        return None if found is None else found[0]

    def review(self, text: str, audiences: Sequence[str]) -> tuple[User, list[str]] | None:
        """Whose token it is, and for which of the audiences, by default the API server's.

        None for one that is for none of them, or not good: where its account or the object that it
        is bound to is gone, even if there is another one of that name.
        """
        try:
            token = Token.read(text)
            good = (
                token.text("iss") == self._issuer.url
                and self._issuer.signed(token)
                and (token.seconds("nbf") or 0)
                <= self._clock.timestamp()
                < (token.seconds("exp") or 0)
            )
        except TokenError:
            return None
        if not good:
            return None
        wanted = [one for one in audiences or (API_AUDIENCE,) if one in token.audiences]
        if not wanted:
            return None
        claim = token.claims["kubernetes.io"]
        # The node of a pod may be gone, that of a token of its own may not.
        nodes = () if "pod" in claim else (_NODE,)
        for kind in (_ACCOUNT, _POD, BUILT_IN["Secret"], *nodes):
            named = claim.get(kind.name.lower())
            if named is None:
                continue
            found = self._store.find(kind, claim["namespace"], named["name"])
            if found is None or found["metadata"]["uid"] != named["uid"]:
                return None
        user = rbac.service_account(claim["namespace"], claim["serviceaccount"]["name"])
        uid, extra = claim["serviceaccount"]["uid"], tuple(_extra(token))
        return replace(user, uid=uid, extra=extra), wanted


def _extra(token: Token) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the API server knows of a token's bearer beside the name (Kubernetes, "Authenticating",
    section "Additional metadata in pod bound tokens", checked 2026-11-29)."""
    if token.claims.get("jti"):
        yield f"{_EXTRA}credential-id", (f"JTI={token.claims['jti']}",)
    claim = token.claims["kubernetes.io"]
    for kind in ("node", "pod"):
        for name in ("name", "uid"):
            if name in (claim.get(kind) or {}):
                yield f"{_EXTRA}{kind}-{name}", (claim[kind][name],)


def _named(found: Mapping[str, Any]) -> dict[str, str]:
    return {"name": found["metadata"]["name"], "uid": found["metadata"]["uid"]}


def _invalid_lifetime(seconds: int, why: str) -> ApiError:
    return ApiError(
        422,
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value:'
        f" {seconds}: {why}",
    )
