"""What a pod's network policies let out to an address of its node.

Rules: Kubernetes, "Network Policies" (checked 2026-11-24), in a cluster whose network plugin
enforces them. What no policy lets out is dropped, and the program waits until its own time is up
(containers-blog-maelstrom #123, of a rule that drops).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

Tree = Mapping[str, Any]


def reaches(pod: Tree, policies: Iterable[Tree], address: str, port: int) -> bool:
    """Whether TCP from the pod gets to an IP address outside the cluster's pods.

    `policies` are the NetworkPolicy objects of the pod's namespace. Raises ValueError for a block
    that is no CIDR.
    """
    if pod["spec"].get("hostNetwork"):
        return True
    stated = (policy.get("spec") or {} for policy in policies)
    bound = [policy for policy in stated if _binds(policy, pod)]
    if not bound:
        return True
    rules = [rule for policy in bound for rule in policy.get("egress") or []]
    return any(_to(rule, address) and _port(rule, port) for rule in rules)


def _binds(policy: Tree, pod: Tree) -> bool:
    types = policy.get("policyTypes") or (["Egress"] if policy.get("egress") else [])
    labels = pod["metadata"].get("labels") or {}
    return "Egress" in types and _selects(policy.get("podSelector") or {}, labels)


def _selects(selector: Tree, labels: Mapping[str, str]) -> bool:
    """A label selector; an empty one selects all."""
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _meets(one, labels) for one in selector.get("matchExpressions") or []
    )


def _meets(expression: Tree, labels: Mapping[str, str]) -> bool:
    key: str = expression.get("key", "")
    operator: str = expression.get("operator", "")
    values: list[str] = expression.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) is (operator == "Exists")


def _to(rule: Tree, address: str) -> bool:
    """An absent list means everywhere; selectors mean pods, which the node's addresses are not."""
    peers = rule.get("to") or []
    return not peers or any(_in(peer["ipBlock"], address) for peer in peers if peer.get("ipBlock"))


def _in(block: Tree, address: str) -> bool:
    wanted = ip_address(address)
    return wanted in ip_network(block.get("cidr", ""), strict=False) and not any(
        wanted in ip_network(one, strict=False) for one in block.get("except") or []
    )


def _port(rule: Tree, port: int) -> bool:
    """An absent list means every port; a name means one of a pod's."""
    ports = rule.get("ports") or []
    return not ports or any(_covers(one, port) for one in ports)


def _covers(allowed: Tree, port: int) -> bool:
    if allowed.get("protocol", "TCP") != "TCP":
        return False
    first = allowed.get("port")
    if first is None:
        return True
    return isinstance(first, int) and first <= port <= allowed.get("endPort", first)
