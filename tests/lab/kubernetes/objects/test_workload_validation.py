"""What a real kube-apiserver 1.37.2 refuses of workloads, roles and metadata, in its words.

Each text was compared with its answer (`make real`, 2026-11-29).
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.lab.kubernetes.api import DEPLOYMENTS, RBAC, Api, deployment

PODS = "/api/v1/namespaces/orders/pods"
JOBS = "/apis/batch/v1/namespaces/orders/jobs"
ROLES = f"{RBAC}/namespaces/orders/roles"
ACCOUNTS = "/api/v1/namespaces/orders/serviceaccounts"
KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
    " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or"
    " '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def container(name: str = "app", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "app:1", **more}


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        ({"containers": [{"name": "app"}]}, "spec.containers[0].image: Required value"),
        (
            {"containers": [container("App")]},
            f'spec.containers[0].name: Invalid value: "App": {LABEL}',
        ),
        (
            {"containers": [container(), container()]},
            'spec.containers[1].name: Duplicate value: "app"',
        ),
        (
            {"containers": [container()], "initContainers": [container()]},
            'spec.initContainers[0].name: Duplicate value: "app"',
        ),
        (
            {"containers": [container()], "restartPolicy": "Sometimes"},
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always",'
            ' "OnFailure", "Never"',
        ),
        (
            {"containers": [{}]},
            "[spec.containers[0].name: Required value, spec.containers[0].image: Required value]",
        ),
    ],
)
def test_containers(api: Api, specification: dict[str, Any], said: str) -> None:
    given = {"metadata": {"name": "p"}, "spec": specification}
    assert api.said("POST", PODS, given, 422) == f'Pod "p" is invalid: {said}'


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        (
            {"annotations": {"eks.amazonaws.com/role/arn": "x"}},
            'metadata.annotations: Invalid value: "eks.amazonaws.com/role/arn": a valid label key'
            f" {KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        ),
        (
            {"annotations": {"/role-arn": "x"}},
            'metadata.annotations: Invalid value: "/role-arn": prefix part must be non-empty',
        ),
        ({"labels": {"team": "a b"}}, f'metadata.labels: Invalid value: "a b": {VALUE}'),
        (
            {"labels": {"team": "a" * 64}},
            f'metadata.labels: Invalid value: "{"a" * 64}": must be no more than 63 bytes',
        ),
        ({"labels": {"-": "x"}}, f'metadata.labels: Invalid value: "-": name part {KEY}'),
    ],
)
def test_labels_and_annotations(api: Api, metadata: dict[str, Any], said: str) -> None:
    given = {"metadata": {"name": "a", **metadata}}
    assert api.said("POST", ACCOUNTS, given, 422) == f'ServiceAccount "a" is invalid: {said}'


@pytest.mark.parametrize("key", ["EKS.amazonaws.com/Role-ARN", "plain", "a.b/c_d.e"])
def test_annotation_keys_that_pass(api: Api, key: str) -> None:
    api("POST", ACCOUNTS, {"metadata": {"name": "a", "annotations": {key: "x y/z"}}})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"apiGroups": [""], "resources": ["pods"]},
            "rules[0].verbs: Required value",
        ),
        (
            {"verbs": ["get"]},
            "[rules[0].apiGroups: Required value: resource rules must supply at least one api"
            " group, rules[0].resources: Required value: resource rules must supply at least one"
            " resource]",
        ),
        (
            {"verbs": ["get"], "nonResourceURLs": ["/x"]},
            'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to'
            " non-resource URLs",
        ),
    ],
)
def test_roles(api: Api, rule: dict[str, Any], said: str) -> None:
    given = {"metadata": {"name": "r"}, "rules": [rule]}
    refused = api.said("POST", ROLES, given, 422)
    assert refused == f'Role.rbac.authorization.k8s.io "r" is invalid: {said}'


def _without_selector(given: dict[str, Any]) -> None:
    del given["spec"]["selector"]


def _other_selector(given: dict[str, Any]) -> None:
    given["spec"]["selector"] = {"matchLabels": {"app": "x"}}


def _no_step(given: dict[str, Any]) -> None:
    given["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}


def _ends(given: dict[str, Any]) -> None:
    given["spec"]["template"]["spec"]["restartPolicy"] = "Never"


MISMATCH = (
    'spec.template.metadata.labels: Invalid value: {"app":"orders-api"}: `selector` does not match'
    " template `labels`"
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_selector, f"[spec.selector: Required value, {MISMATCH}]"),
        (_other_selector, MISMATCH),
        (
            _no_step,
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when"
            " `maxSurge` is 0",
        ),
        (
            _ends,
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values:'
            ' "Always"',
        ),
    ],
)
def test_deployments(api: Api, change: Any, said: str) -> None:
    given = copy.deepcopy(deployment())
    change(given)
    refused = api.said("POST", DEPLOYMENTS, given, 422)
    assert refused == f'Deployment.apps "orders-api" is invalid: {said}'


def test_a_job_says_how_it_restarts(api: Api) -> None:
    template = {"spec": {"containers": [container()]}}
    given = {"metadata": {"name": "j"}, "spec": {"template": template}}
    refused = api.said("POST", JOBS, given, 422)
    assert refused == (
        'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Required value: valid values:'
        ' "OnFailure", "Never"'
    )
