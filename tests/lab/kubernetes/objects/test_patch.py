"""The four kinds of PATCH."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.lab.kubernetes.objects.json_patch import json_patch
from podrole.lab.kubernetes.objects.patch import merge_patch, strategic_merge
from podrole.lab.kubernetes.objects.status import ApiError
from tests.lab.kubernetes.api import DEPLOYMENTS, JSON_PATCH, MERGE, STRATEGIC, Api, deployment


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("document", "change", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge(document: Any, change: Any, result: Any) -> None:
    assert merge_patch(document, change) == result


# The examples of RFC 6902, appendix A.
@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ({"a": [1, 2, 3]}, {"op": "remove", "path": "/a/1"}, {"a": [1, 3]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        (
            {"a": {"b": 1}, "c": {}},
            {"op": "move", "from": "/a/b", "path": "/c/d"},
            {"a": {}, "c": {"d": 1}},
        ),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        ({"a": 1}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": 1, "b": 1}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1}, {"a": 1}),
        ({"/": 1, "~": 2}, {"op": "test", "path": "/~1", "value": 1}, {"/": 1, "~": 2}),
        ({"~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"~1": 10}),
        ({"a": 1}, {"op": "add", "path": "", "value": {"b": 2}}, {"b": 2}),
    ],
)
def test_json(document: Any, operation: Any, result: Any) -> None:
    given = {**document}
    assert json_patch(document, [operation]) == result
    assert document == given


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/a", "value": True},
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "add", "path": "/none/b", "value": 1},
        {"op": "add", "path": "/l/7", "value": 1},
        {"op": "add", "path": "/l/-1", "value": 1},
        {"op": "add", "path": "/l/01", "value": 1},
        {"op": "remove", "path": "/l/-"},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/b"},
        {"op": "move", "from": "/o", "path": "/o/x"},
        {"op": "copy", "path": "/b"},
        {"op": "spam", "path": "/a"},
        {"path": "/a"},
        {"op": "add"},
        "add",
        None,
    ],
)
def test_json_patches_that_cannot_be_done(operation: Any) -> None:
    with pytest.raises(ApiError):
        json_patch({"a": 1, "l": [1, 2], "o": {"x": {}}}, [operation])


@pytest.mark.parametrize(
    ("document", "change", "result"),
    [
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]},
            {
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": "3"},
                    {"name": "C", "value": "4"},
                ]
            },
        ),
        (
            {"env": [{"name": "A"}, {"name": "B"}]},
            {"env": [{"name": "A", "$patch": "delete"}]},
            {"env": [{"name": "B"}]},
        ),
        (
            {"env": [{"name": "A"}]},
            {"env": [{"name": "B"}, {"$patch": "replace"}]},
            {"env": [{"name": "B"}]},
        ),
        ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
        ({"finalizers": ["a"]}, {"finalizers": ["b"]}, {"finalizers": ["a", "b"]}),
        (
            {"finalizers": ["a", "b"]},
            {"$deleteFromPrimitiveList/finalizers": ["a"]},
            {"finalizers": ["b"]},
        ),
        (
            {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}},
            {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
            {"strategy": {"type": "Recreate"}},
        ),
        ({"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}, "c": 1}, {"a": {"$patch": "delete"}}, {"c": 1}),
        (
            {"env": [{"name": "A"}, {"name": "B"}]},
            {"$setElementOrder/env": [{"name": "B"}, {"name": "A"}], "env": []},
            {"env": [{"name": "B"}, {"name": "A"}]},
        ),
        (  # what a webhook has put first stays first
            {"env": [{"name": "W"}, {"name": "A"}, {"name": "V"}]},
            {"$setElementOrder/env": [{"name": "B"}, {"name": "A"}], "env": [{"name": "B"}]},
            {"env": [{"name": "B"}, {"name": "W"}, {"name": "A"}, {"name": "V"}]},
        ),
    ],
)
def test_strategic_merge(document: Any, change: Any, result: Any) -> None:
    assert strategic_merge(document, change) == result


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 2}]),
        (MERGE, {"spec": {"replicas": 2}}),
        (STRATEGIC, {"spec": {"replicas": 2}}),
    ],
)
def test_over_http(api: Api, kind: str, change: Any) -> None:
    api("POST", DEPLOYMENTS, deployment())
    path = f"{DEPLOYMENTS}/orders-api"
    before = api("GET", path)
    assert api("PATCH", f"{path}?dryRun=All", change, kind=kind)["spec"]["replicas"] == 2
    assert api("GET", path) == before
    after = api("PATCH", path, change, kind=kind)
    assert (after["spec"]["replicas"], after["metadata"]["generation"]) == (2, 2)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    api("PATCH", f"{DEPLOYMENTS}/none", change, code=404, kind=kind)
    said = api.said("PATCH", path, change, 415, kind="application/json")
    assert said == "415: Unsupported Media Type"


def test_a_patch_of_another_version_conflicts(api: Api) -> None:
    api("POST", DEPLOYMENTS, deployment())
    change = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 2}}
    for query in ("", "?dryRun=All"):
        path = f"{DEPLOYMENTS}/orders-api{query}"
        said = api.said("PATCH", path, change, 409, kind=MERGE)
        assert said.startswith(
            'Operation cannot be fulfilled on deployments.apps "orders-api": the object has been'
            " modified; please apply your changes"
        )
