"""`kubectl --as`: a user who acts as another, if RBAC lets them.

Source: Kubernetes, "Authenticating", section "User impersonation" (checked 2026-11-24).
"""

from __future__ import annotations

from werkzeug.datastructures import Headers

from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.rbac import Attempt, User
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError, forbidden

_USERS, _GROUPS = Kind("User", "users", namespaced=False), Kind("Group", "groups", namespaced=False)
_AUTHENTICATED = "system:authenticated"


def acting(store: ObjectStore, user: User, headers: Headers) -> User:
    """The user whom the request is for: the sender, or whom it names.

    Raises ApiError (Forbidden) where the sender may not impersonate them.
    """
    name, groups = headers.get("Impersonate-User"), headers.getlist("Impersonate-Group")
    others = [key for key, _ in headers if key.lower().startswith("impersonate-")]
    if not others:
        return user
    if not name:
        raise ApiError(
            400,
            f"requested {others[0]} without impersonating a user; send Impersonate-User too",
        )
    account = rbac.read_service_account(name)
    if account is not None:
        wanted = Attempt("impersonate", BUILT_IN["ServiceAccount"], *account)
        acted = rbac.service_account(*account)
    else:
        wanted = Attempt("impersonate", _USERS, "", name)
        acted = User(name, (_AUTHENTICATED,))
    for attempt in (wanted, *(Attempt("impersonate", _GROUPS, "", group) for group in groups)):
        if not rbac.allowed(store, user, attempt):
            raise forbidden(attempt.kind, attempt.name, rbac.denial(user, attempt))
    if groups:
        kept = (_AUTHENTICATED,) if name != "system:anonymous" else ()
        acted = User(name, (*groups, *(group for group in kept if group not in groups)))
    return acted
