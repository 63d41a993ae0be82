"""`aws eks get-token`: a presigned GetCallerIdentity, which stands for a user of Kubernetes.

Form and checks: kubernetes-sigs/aws-iam-authenticator 0.6.13, README "API Authorization from
Outside a Cluster" and `pkg/token` (read 2026-11-29). A token made for the lab names its loopback
endpoint by HTTP; any other names an endpoint of STS by HTTPS.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from podrole.lab.caller import AssumedRole, Caller
from podrole.lab.kubernetes.auth.rbac import ADMINS, User
from podrole.lab.loopback_hosts import LOOPBACK_HOSTS
from podrole.lab.services.eks.cluster import Cluster
from podrole.partitions import host_suffix

PREFIX = "k8s-aws-v1."
_CLUSTER_HEADER = "x-k8s-aws-id"
_LONGEST_TOKEN = 16 * 1024  # bytes
_LONGEST_EXPIRY = 900  # seconds
_PARAMETERS = frozenset(
    {"action", "version"}
    | {
        f"x-amz-{name}"
        for name in ("algorithm", "credential", "date", "expires", "security-token", "signature")
    }
    | {"x-amz-signedheaders"}
)
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
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = {name.lower(): value for name, value in pairs}
    if len(query) < len(pairs) or not query.keys() <= _PARAMETERS:
        return None
    expires = query.get("x-amz-expires", "")
    if not (expires.isascii() and expires.isdecimal() and int(expires[:9]) <= _LONGEST_EXPIRY):
        return None
    signed = query.get("x-amz-signedheaders", "").lower().split(";")
    if query.get("action") != "GetCallerIdentity" or _CLUSTER_HEADER not in signed:
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
    """The URL in a token, None where it is not one of STS."""
    text = token.removeprefix(PREFIX)
    if len(token) > _LONGEST_TOKEN or "=" in text:
        return None
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if parts.hostname in LOOPBACK_HOSTS:
        return url if parts.scheme in ("http", "https") and parts.path in ("", "/") else None
    return url if parts.scheme == "https" and parts.path == "/" and _is_sts(parts.netloc) else None


def _is_sts(host: str) -> bool:
    """Whether it is an endpoint of STS: the global one, a Region's, one for FIPS."""
    return host == "sts.amazonaws.com" or any(
        host == f"{service}.{region}.{host_suffix(region)}"
        for service in ("sts", "sts-fips")
        if (region := host.partition(".")[2].partition(".")[0])
    )
