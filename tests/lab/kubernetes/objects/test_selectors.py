"""Label and field selectors, and collections by them."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.lab.kubernetes.objects import selectors
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.status import ApiError
from tests.lab.kubernetes.api import Api

PODS = "/api/v1/namespaces/orders/pods"
LABELS: dict[str, Any] = {"metadata": {"labels": {"app": "orders", "tier/x": "web"}}}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=orders", True),
        ("app==orders", True),
        ("app=other", False),
        ("app!=orders", False),
        ("none!=orders", True),
        ("app", True),
        ("!app", False),
        ("!none", True),
        ("app in (a, orders)", True),
        ("app notin (a,orders)", False),
        ("none notin (a)", True),
        ("app=orders,tier/x=web", True),
        ("app=orders,tier/x=db", False),
    ],
)
def test_labels(text: str, matches: bool) -> None:
    assert selectors.labels(text)(LABELS) is matches


@pytest.mark.parametrize("text", ["=", "a=b=c", "a in b", "a in (b", "!", "a b", "a=b,,", "(a)"])
def test_labels_of_no_form(text: str) -> None:
    with pytest.raises(ApiError, match="unable to parse requirement"):
        selectors.labels(text)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("metadata.name=p", True),
        ("metadata.name!=p", False),
        ("status.phase==Running,spec.nodeName=n", True),
        ("status.phase=Failed", False),
        ("spec.serviceAccountName=", True),
    ],
)
def test_fields(text: str, matches: bool) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}}
    assert selectors.fields(BUILT_IN["Pod"], text)(pod) is matches


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spec.image=x", "field label not supported: spec.image"),
        ("metadata.name", "can't understand 'metadata.name'"),
    ],
)
def test_fields_that_select_nothing(text: str, said: str) -> None:
    with pytest.raises(ApiError, match=said):
        selectors.fields(BUILT_IN["Pod"], text)


def test_a_collection_is_listed_and_deleted_by_label(api: Api) -> None:
    for name, tier in (("a", "web"), ("b", "db"), ("c", "web")):
        metadata = {"name": name, "labels": {"tier": tier}}
        api(
            "POST",
            PODS,
            {"metadata": metadata, "spec": {"containers": [{"name": "a", "image": "app:1"}]}},
        )
    path = f"{PODS}?labelSelector=tier%3Dweb"
    assert [item["metadata"]["name"] for item in api("GET", path)["items"]] == ["a", "c"]
    api("DELETE", f"{path}&dryRun=All")
    api("DELETE", path, {"dryRun": ["All"]})
    assert len(api("GET", PODS)["items"]) == 3
    api("DELETE", path)
    assert [item["metadata"]["name"] for item in api("GET", PODS)["items"]] == ["b"]
