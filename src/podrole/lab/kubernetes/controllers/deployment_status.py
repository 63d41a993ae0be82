"""A deployment's status: how many pods its replica sets have, and its conditions.

Source: kubernetes/kubernetes v1.37.2, `pkg/controller/deployment/sync.go` and `progress.go` (read
2026-11-29).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podrole.lab.kubernetes.controllers.rollout import limits, replicas, revision
from podrole.lab.kubernetes.objects.kinds import Object


def deployment_status(deployment: Object, sets: Sequence[Object], now: str) -> Object:
    """The status of a deployment with these replica sets."""
    wanted = replicas(deployment)
    current = max(sets, key=revision, default=None)
    count = sum(_pods(found) for found in sets)
    updated = _pods(current) if current else 0
    status: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": count,
        "updatedReplicas": updated,
        "readyReplicas": count,
        "availableReplicas": count,
    }
    lacking = sum(replicas(found) for found in sets) - count
    if lacking > 0:
        status["unavailableReplicas"] = lacking
    available = count >= wanted - limits(deployment)[1]
    whole = updated == wanted == count
    name = current["metadata"]["name"] if current else ""
    done = f'ReplicaSet "{name}" has successfully progressed.'
    status = {name: number for name, number in status.items() if number}
    status["conditions"] = [
        condition(
            "Available",
            f"MinimumReplicas{'Available' if available else 'Unavailable'}",
            f"Deployment {'has' if available else 'does not have'} minimum availability.",
            now,
            status=available,
        ),
        condition("Progressing", "NewReplicaSetAvailable", done, now)
        if whole
        else condition("Progressing", *_progress(name, updated), now),
    ]
    for found in sets:
        status["conditions"] += (found.get("status") or {}).get("conditions") or ()
    return status


def _progress(name: str, updated: int) -> tuple[str, str]:
    """Reason and message of a rollout that has `updated` pods so far."""
    if updated:
        return "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
    return "NewReplicaSetCreated", f'Created new replica set "{name}"'


def condition(
    name: str, reason: str, message: str, now: str, *, status: bool = True
) -> dict[str, Any]:
    """One condition of a workload."""
    return {
        "type": name,
        "status": str(status),
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def _pods(replica_set: Object) -> int:
    """How many pods it has: they are ready at once."""
    return int((replica_set.get("status") or {}).get("replicas", 0))
