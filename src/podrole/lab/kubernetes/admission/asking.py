"""Who asks for a change, and what admission tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podrole.lab.kubernetes.auth.rbac import User


@dataclass(frozen=True)
class Asking:
    """One request for a change, as webhooks hear of it.

    Attributes:
        user: who asks.
        options: `fieldManager` and its kin, as the webhook's request has them.
        dry_run: whether nothing is to be stored.
        subresource: the part that is written, empty for the object.
        warnings: what the client is to hear; admission adds to it.
    """

    user: User
    options: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    subresource: str = ""
    warnings: list[str] = field(default_factory=list)


def controller(name: str) -> Asking:
    """A controller of the cluster, as `replicaset-controller`."""
    return Asking(
        User(
            f"system:serviceaccount:kube-system:{name}",
            (
                "system:serviceaccounts",
                "system:serviceaccounts:kube-system",
                "system:authenticated",
            ),
        )
    )
