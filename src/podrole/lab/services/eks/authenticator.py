"""`aws eks get-token`: a presigned GetCallerIdentity, which stands for a user of Kubernetes.

Form and checks: kubernetes-sigs/aws-iam-authenticator, README "API Authorization from Outside a
Cluster" and `pkg/token` (checked 2026-11-24).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from podrole.lab.caller import AssumedRole, Caller
from podrole.lab.kubernetes.auth.rbac import ADMINS, User
from podrole.lab.services.eks.cluster import Cluster

PREFIX = "k8s-aws-v1."
_CLUSTER_HEADER = "x-k8s-aws-id"
_ADMIN = "cluster-admin"
_WHO = Callable[[str, Mapping[str, str]], Caller | None]


def user_of(token: str, cluster: Cluster, who: _WHO) -> User | None:
    """The Kubernetes user of a token, None where it is not good or has no access entry.

    `who(target, headers)` says who signed a GET request of STS.
    """
    url = _url(token)
    if url is None:
        return None
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    signed = query.get("X-Amz-SignedHeaders", "").split(";")
    if query.get("Action") != "GetCallerIdentity" or _CLUSTER_HEADER not in signed:
        return None
    headers = {"host": parts.netloc, _CLUSTER_HEADER: cluster.name}
    caller = who(f"{parts.path or '/'}?{parts.query}", headers)
    entry = cluster.access_entries.of(caller) if caller else None
    if caller is None or entry is None:
        return None
    session = caller.name if isinstance(caller, AssumedRole) else ""
    granted = entry.grants()
    # The policy for administrators is Kubernetes' own cluster-admin, all namespaces at once.
    admin = (ADMINS,) if (_ADMIN, None) in granted else ()
    return User(
        entry.username.replace("{{SessionName}}", session),
        (*entry.groups, *admin, "system:authenticated"),
        granted,
    )


def _url(token: str) -> str | None:
    text = token.removeprefix(PREFIX)
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.path in ("", "/") else None
