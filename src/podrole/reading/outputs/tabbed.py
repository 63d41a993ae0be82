"""What `--output text` of the AWS CLI prints: the fields that its order of columns lets one tell.

Columns stand in the order of their keys' names. Source: awscli's `text.py` (read 2026-11-28).
"""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/\S+")
_ASSOCIATION = re.compile(r"arn:[a-z-]+:eks:[a-z0-9-]+:[0-9]{12}:podidentityassociation/\S+")
_CLUSTER = re.compile(r"arn:[a-z-]+:eks:[a-z0-9-]+:[0-9]{12}:cluster/(\S+)")


def tabbed(text: str) -> tuple[dict[str, Any], str]:
    """What the lines tell, in the shape of the JSON, and the command that shows the rest."""
    found: dict[str, Any] = {}
    shows = ""
    for line in text.splitlines():
        head, *columns = line.rstrip("\r").split("\t")
        if head == "ROLE":
            arn = next((one for one in columns if _ROLE.fullmatch(one)), "")
            found["Role"] = {"Arn": arn, "RoleName": arn.rpartition("/")[2]}
            shows = f"aws iam get-role --role-name {arn.rpartition('/')[2] or '<role>'}"
        elif head == "CLUSTER":
            arn = next((one for one in columns if _CLUSTER.fullmatch(one)), "")
            name = arn.rpartition("/")[2]
            found.setdefault("cluster", {}).update({"arn": arn, "name": name})
            shows = f"aws eks describe-cluster --name {name or '<cluster>'}"
        elif head == "OIDC" and columns:
            found.setdefault("cluster", {})["identity"] = {"oidc": {"issuer": columns[0]}}
        elif head == "ADDONS":
            found.setdefault("addons", []).extend(columns)
        elif head == "OPENIDCONNECTPROVIDERLIST":
            found.setdefault("OpenIDConnectProviderList", []).extend(
                {"Arn": one} for one in columns
            )
        elif head in ("ASSOCIATION", "ASSOCIATIONS"):
            found.setdefault("associations", []).append(_association(columns))
            shows = "aws eks describe-pod-identity-association, with --cluster-name and its id,"
    return found, f"{shows} --output json" if shows else ""


def _association(columns: list[str]) -> dict[str, Any]:
    """The columns behind the association's ARN: its id, cluster, namespace and service account."""
    at = next((n for n, one in enumerate(columns) if _ASSOCIATION.fullmatch(one)), None)
    if at is None:
        return {}
    names = ("associationArn", "associationId", "clusterName", "namespace", "serviceAccount")
    # `describe` has times and a role among them: only `list` is in this order.
    return dict(zip(names, columns[at:], strict=False)) if len(columns) == len(names) else {}
