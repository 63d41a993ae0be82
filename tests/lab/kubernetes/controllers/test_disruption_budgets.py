"""Evictions, and the budgets that hold pods.

Words: kubernetes/kubernetes v1.37.2, `pkg/registry/core/pod/storage/eviction.go`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import DEPLOYMENTS, MERGE, Api, deployment

BUDGETS = "/apis/policy/v1/namespaces/orders/poddisruptionbudgets"
PODS = "/api/v1/namespaces/orders/pods"


def _budget(name: str = "b", **specification: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "orders-api"}}
    return {"metadata": {"name": name}, "spec": {"selector": selector, **specification}}


@pytest.fixture
def three(api: Api) -> Api:
    made = deployment()
    made["spec"]["replicas"] = 3
    api("POST", DEPLOYMENTS, made)
    return api


def _names(api: Api) -> list[str]:
    return [pod["metadata"]["name"] for pod in api("GET", PODS)["items"]]


def test_an_eviction_makes_room_for_another_pod(three: Api) -> None:
    name = _names(three)[0]
    evicted = three("POST", f"{PODS}/{name}/eviction", {"metadata": {"name": name}})
    assert (evicted["status"], evicted["code"]) == ("Success", 201)
    assert name not in _names(three)
    assert len(_names(three)) == 3


@pytest.mark.parametrize(
    ("given", "desired", "allowed"),
    [
        ({"minAvailable": 2}, 2, 1),
        ({"minAvailable": "50%"}, 2, 1),
        ({"maxUnavailable": 0}, 3, 0),
        ({"maxUnavailable": "50%"}, 1, 2),
        ({}, 1, 2),
    ],
    ids=str,
)
def test_what_a_budget_counts(
    three: Api, given: dict[str, Any], desired: int, allowed: int
) -> None:
    three("POST", BUDGETS, _budget(**given))
    status = three("GET", f"{BUDGETS}/b")["status"]
    assert (status["expectedPods"], status["currentHealthy"]) == (3, 3)
    assert (status["desiredHealthy"], status["disruptionsAllowed"]) == (desired, allowed)
    three("PATCH", f"{DEPLOYMENTS}/orders-api", {"spec": {"replicas": 4}}, kind=MERGE)
    assert three("GET", f"{BUDGETS}/b")["status"]["expectedPods"] == 4


def test_a_budget_holds_its_pods(three: Api) -> None:
    three("POST", BUDGETS, _budget(minAvailable=3))
    name = _names(three)[0]
    status = three("POST", f"{PODS}/{name}/eviction", {}, 429)
    assert (status["reason"], status["message"]) == (
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
    assert status["details"]["causes"] == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget b needs 3 healthy pods and has 3 currently",
        }
    ]
    three("POST", BUDGETS, _budget("c", minAvailable=1))
    said = three.said("POST", f"{PODS}/{name}/eviction", {}, 500)
    assert said == (
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not"
        " support."
    )
    assert name in _names(three)


def test_an_eviction_that_only_asks(three: Api) -> None:
    name = _names(three)[0]
    three("POST", f"{PODS}/{name}/eviction", {"deleteOptions": {"dryRun": ["All"]}})
    assert name in _names(three)
    said = three.said("POST", f"{PODS}/{name}/eviction", {"metadata": {"name": "x"}}, 400)
    assert said == "name in URL does not match name in Eviction object"
    three.said("POST", f"{PODS}/none/eviction", {}, 404)
