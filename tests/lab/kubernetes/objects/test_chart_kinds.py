"""The kinds that charts bring along: defaults, refusals, columns.

The words are the API server's (kubernetes/kubernetes v1.37.2, `pkg/apis/*/validation`).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import DEPLOYMENTS, MERGE, Api, deployment

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
SPACED = "namespaces/orders"
POD = {"containers": [{"name": "a", "image": "a"}], "restartPolicy": "Never"}
JOB = {"spec": {"template": {"spec": POD}}}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
RULES = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}]
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
#: Path, and an object that is taken there.
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "cronjobs": (
        f"/apis/batch/v1/{SPACED}",
        {"spec": {"schedule": "0 1 * * *", "jobTemplate": JOB}},
    ),
    "endpoints": (f"/api/v1/{SPACED}", {"subsets": [{"addresses": [{"ip": "10.0.1.5"}]}]}),
    "endpointslices": (
        f"/apis/discovery.k8s.io/v1/{SPACED}",
        {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.1.5"]}], "ports": [{"port": 1}]},
    ),
    "horizontalpodautoscalers": (
        f"/apis/autoscaling/v2/{SPACED}",
        {"spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "a"}}},
    ),
    "ingressclasses": ("/apis/networking.k8s.io/v1", {"spec": {"controller": "a.b/c"}}),
    "ingresses": (f"/apis/networking.k8s.io/v1/{SPACED}", {"spec": {"rules": RULES}}),
    "leases": (f"/apis/coordination.k8s.io/v1/{SPACED}", {"spec": {"holderIdentity": "me"}}),
    "persistentvolumeclaims": (f"/api/v1/{SPACED}", {"spec": CLAIM}),
    "persistentvolumes": (
        "/api/v1",
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": "1Gi"},
                "hostPath": {"path": "/x"},
            }
        },
    ),
    "poddisruptionbudgets": (f"/apis/policy/v1/{SPACED}", {"spec": {"minAvailable": 1}}),
    "priorityclasses": ("/apis/scheduling.k8s.io/v1", {"value": 5}),
    "resourcequotas": (f"/api/v1/{SPACED}", {"spec": {"hard": {"pods": "5"}}}),
    "storageclasses": ("/apis/storage.k8s.io/v1", {"provisioner": "ebs.csi.aws.com"}),
}
CELLS: dict[str, list[Any]] = {
    "cronjobs": ["one", "0 1 * * *", "<none>", "False", 0, "<none>", "0s"],
    "endpointslices": ["one", "IPv4", "1", "10.0.1.5", "0s"],
    "horizontalpodautoscalers": ["one", "Deployment/a", "cpu: <unknown>/80%", "1", 3, 0, "0s"],
    "ingresses": ["one", "<none>", "*", "", "80", "0s"],
    "persistentvolumeclaims": ["one", "Pending", None, None, "", "", "<unset>", "0s", "Filesystem"],
    "poddisruptionbudgets": ["one", "1", "N/A", 0, "0s"],
    "priorityclasses": ["one", 5, "false", "0s", "PreemptLowerPriority"],
    "storageclasses": ["one", "ebs.csi.aws.com", "Delete", "Immediate", "false", "0s"],
}


def _made(plural: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    path, given = GOOD[plural]
    return f"{path}/{plural}", {"metadata": {"name": "one"}, **given, **changes}


@pytest.mark.parametrize("plural", GOOD)
def test_an_object_is_kept_shown_and_deleted(api: Api, plural: str) -> None:
    path, given = _made(plural)
    api("POST", path, given)
    (row,) = api("GET", path, Accept=TABLE)["rows"]
    assert row["cells"][0] == "one"
    if plural in CELLS:
        assert row["cells"] == CELLS[plural]
    group = path.partition(f"/{SPACED}")[0].removesuffix(f"/{plural}")
    assert plural in [one["name"] for one in api("GET", group)["resources"]]
    api("DELETE", f"{path}/one")
    assert api("GET", path)["items"] == []


@pytest.mark.parametrize(
    ("plural", "changes", "said"),
    [
        ("cronjobs", {"spec": {"jobTemplate": JOB}}, "spec.schedule: Required value"),
        (
            "horizontalpodautoscalers",
            {"spec": {"scaleTargetRef": {"kind": "D", "name": "a"}}},
            "spec.maxReplicas: Required value: must be set and greater than 0",
        ),
        (
            "ingresses",
            {"spec": {}},
            "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified",
        ),
        (
            "ingresses",
            {"spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": BACKEND}]}}]}},
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        ),
        (
            "persistentvolumeclaims",
            {"spec": {"accessModes": ["Often"]}},
            '[spec.accessModes: Unsupported value: "Often": supported values: "ReadOnlyMany",'
            ' "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod", spec.resources[storage]:'
            " Required value]",
        ),
        (
            "persistentvolumes",
            {"spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}},
            "spec: Required value: must specify a volume type",
        ),
        (
            "poddisruptionbudgets",
            {"spec": {"minAvailable": 1, "maxUnavailable": 1}},
            "minAvailable and maxUnavailable cannot be both set",
        ),
        (
            "priorityclasses",
            {"value": 2_000_000_000},
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
        ),
        ("storageclasses", {"provisioner": ""}, "provisioner: Required value"),
        ("endpointslices", {"addressType": None}, "addressType: Required value"),
    ],
    ids=lambda value: value if isinstance(value, str) and value in GOOD else "",
)
def test_what_is_refused(api: Api, plural: str, changes: dict[str, Any], said: str) -> None:
    path, given = _made(plural, **changes)
    assert said in api.said("POST", path, given, 422)


@pytest.mark.parametrize(
    ("plural", "change", "said"),
    [
        ("priorityclasses", {"value": 6}, "value: Forbidden: may not be changed in an update."),
        (
            "storageclasses",
            {"parameters": {"a": "b"}},
            "parameters: Forbidden: updates to parameters are forbidden.",
        ),
        (
            "persistentvolumeclaims",
            {"spec": {"storageClassName": "x"}},
            "spec: Forbidden: spec is immutable after creation except resources.requests and"
            " volumeAttributesClassName for bound claims",
        ),
    ],
    ids=["priority", "class", "claim"],
)
def test_what_may_not_change(api: Api, plural: str, change: dict[str, Any], said: str) -> None:
    path, given = _made(plural)
    api("POST", path, given)
    assert said in api.said("PATCH", f"{path}/one", change, 422, kind=MERGE)


def test_a_pod_of_a_priority_class(api: Api) -> None:
    path, given = _made("priorityclasses")
    pods = "/api/v1/namespaces/orders/pods"
    pod = {"metadata": {"name": "p"}, "spec": {**POD, "priorityClassName": "one"}}
    said = api.said("POST", pods, pod, 403)
    assert said == 'pods "p" is forbidden: no PriorityClass with name one was found'
    api("POST", path, given)
    assert api("POST", pods, pod)["spec"]["priority"] == 5
    api("POST", DEPLOYMENTS, deployment(priorityClassName="system-cluster-critical"))
    (made,) = [one for one in api("GET", pods)["items"] if one["metadata"]["name"] != "p"]
    assert made["spec"]["priority"] == 2_000_000_000
