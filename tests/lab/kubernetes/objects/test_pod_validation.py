"""Volumes, mounts and variables that the API server refuses, in Kubernetes' words.

Source: kubernetes/kubernetes v1.35.0, pkg/apis/core/validation/validation.go (2026-11-28).
"""

from __future__ import annotations

from typing import Any

import pytest

from podrole.lab import Kubernetes, KubernetesError, Lab
from tests.lab.conftest import Setup
from tests.lab.kubernetes.api import DEPLOYMENTS, JSON_PATCH, Api, deployment

PODS = "/api/v1/namespaces/orders/pods"


@pytest.fixture
def api(lab: Lab, cluster: Kubernetes) -> Api:
    return Api(lab)


def token(**changed: Any) -> dict[str, Any]:
    """A volume `t` with a token in it."""
    source = {"path": "token", **changed}
    wanted = {name: value for name, value in source.items() if value is not None}
    return {"name": "t", "projected": {"sources": [{"serviceAccountToken": wanted}]}}


def projected(*sources: dict[str, Any]) -> dict[str, Any]:
    return {"name": "t", "projected": {"sources": list(sources)}}


def mount(**changed: Any) -> dict[str, Any]:
    return {"name": "t", "mountPath": "/t", **changed}


VOLUME = "spec.volumes[0]"
MOUNT = "spec.containers[0].volumeMounts[0]"
MISSING = f'{MOUNT}.name: Not found: "t"'
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
NO_DOTS = "must not contain '..'"


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        (token(path="../t"), f'{VOLUME}.projected.path: Invalid value: "../t": {NO_DOTS}'),
        (token(path="a/../b"), f'{VOLUME}.projected.path: Invalid value: "a/../b": {NO_DOTS}'),
        (token(path="a/.."), f'{VOLUME}.projected.path: Invalid value: "a/..": {NO_DOTS}'),
        (
            token(path="..t"),
            f"{VOLUME}.projected.path: Invalid value: \"..t\": must not start with '..'",
        ),
        (
            token(path="/etc/t"),
            f'{VOLUME}.projected.path: Invalid value: "/etc/t": must be a relative path',
        ),
        (token(path=""), f"{VOLUME}.projected.path: Required value"),
        (token(path=None), f"{VOLUME}.projected.path: Required value"),
        (
            token(expirationSeconds=599),
            f"{VOLUME}.projected.sources[0].serviceAccountToken.expirationSeconds:"
            " Invalid value: 599: may not specify a duration less than 10 minutes",
        ),
        (
            token(expirationSeconds=2**32 + 1),
            f"{VOLUME}.projected.sources[0].serviceAccountToken.expirationSeconds:"
            " Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds",
        ),
        (
            projected({"secret": {"name": "s", "items": [{"key": "k", "path": "../k"}]}}),
            f'{VOLUME}.projected.sources[0].secret.items[0].path: Invalid value: "../k": {NO_DOTS}',
        ),
        (
            projected({"configMap": {"items": [{"path": "k"}]}}),
            f"[{VOLUME}.projected.sources[0].configMap.name: Required value,"
            f" {VOLUME}.projected.sources[0].configMap.items[0].key: Required value, {MISSING}]",
        ),
        (
            projected({"downwardAPI": {"items": [{"path": "/k"}]}}),
            f"{VOLUME}.projected.sources[0].downwardAPI.path:"
            ' Invalid value: "/k": must be a relative path',
        ),
        (
            projected(*[{"secret": {"name": "s", "items": [{"key": "k", "path": "k"}]}}] * 2),
            f'{VOLUME}.projected: Invalid value: "s": conflicting duplicate paths',
        ),
        (
            projected({"secret": {"name": "s"}, "configMap": {"name": "c"}}),
            f"{VOLUME}.projected.sources[0]:"
            " Forbidden: may not specify more than 1 volume type per source",
        ),
        (
            {"name": "t", "secret": {"secretName": "s", "items": [{"key": "k", "path": "/k"}]}},
            f'{VOLUME}.secret.items[0].path: Invalid value: "/k": must be a relative path',
        ),
        (
            {"name": "t", "configMap": {"name": "s", "items": [{"key": "k", "path": "a/../../k"}]}},
            f'{VOLUME}.configMap.items[0].path: Invalid value: "a/../../k": {NO_DOTS}',
        ),
        (
            {"name": "t", "downwardAPI": {"items": [{"path": "..\n"}]}},
            f"{VOLUME}.downwardAPI.path: Invalid value: \"..\\n\": must not start with '..'",
        ),
        (
            {"name": "t", "hostPath": {"path": "/var/../etc"}},
            f'{VOLUME}.hostPath.path: Invalid value: "/var/../etc": {NO_DOTS}',
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_volume_that_kubernetes_refuses(api: Api, volume: dict[str, Any], said: str) -> None:
    """The volume counts as missing then, which the mount says too."""
    specification = {
        "containers": [{"name": "app", "image": "app", "volumeMounts": [mount()]}],
        "volumes": [volume],
    }
    if not said.startswith("["):
        said = f"[{said}, {MISSING}]"
    answer = api("POST", PODS, {"metadata": {"name": "p"}, "spec": specification}, 422)
    assert answer["message"] == f'Pod "p" is invalid: {said}'
    assert answer["details"]["causes"][-1] == {
        "field": f"{MOUNT}.name",
        "message": 'Not found: "t"',
    }
    assert api("GET", PODS)["items"] == []


@pytest.mark.parametrize(
    ("mounts", "said"),
    [
        ([mount(name="")], f'[{MOUNT}.name: Required value, {MOUNT}.name: Not found: ""]'),
        ([mount(name="u")], f'{MOUNT}.name: Not found: "u"'),
        ([{"name": "t"}], f"{MOUNT}.mountPath: Required value"),
        (
            [mount(), mount()],
            'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/t": must be unique',
        ),
        (
            [mount(subPath="../x")],
            f'spec.containers[0].volumeMounts.subPath: Invalid value: "../x": {NO_DOTS}',
        ),
        (
            [mount(subPath="/x")],
            'spec.containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path',
        ),
        (
            [mount(subPathExpr="$(A)/..")],
            f'spec.containers[0].volumeMounts.subPathExpr: Invalid value: "$(A)/..": {NO_DOTS}',
        ),
        (
            [mount(subPath="a", subPathExpr="b")],
            f'{MOUNT}.subPathExpr: Invalid value: "b":'
            " subPathExpr and subPath are mutually exclusive",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_mount_that_kubernetes_refuses(api: Api, mounts: list[dict[str, Any]], said: str) -> None:
    specification = {
        "containers": [{"name": "app", "image": "app", "volumeMounts": mounts}],
        "volumes": [token()],
    }
    answer = api("POST", PODS, {"metadata": {"name": "p"}, "spec": specification}, 422)
    assert answer["message"] == f'Pod "p" is invalid: {said}'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Required value"),
        ("A.b", f'Invalid value: "A.b": {LABEL}'),
        ("a.b", 'Invalid value: "a.b": must not contain dots'),
        ("a" * 64, f'Invalid value: "{"a" * 64}": must be no more than 63 bytes'),
    ],
)
def test_a_volumes_name(api: Api, name: str, said: str) -> None:
    specification = {
        "containers": [{"name": "app", "image": "app:1"}],
        "volumes": [{"name": name, "emptyDir": {}}],
    }
    answer = api("POST", PODS, {"metadata": {"name": "p"}, "spec": specification}, 422)
    assert answer["message"] == f'Pod "p" is invalid: {VOLUME}.name: {said}'
    specification["volumes"] = [{"name": "t", "emptyDir": {}}] * 2
    answer = api("POST", PODS, {"metadata": {"name": "p"}, "spec": specification}, 422)
    assert answer["message"] == 'Pod "p" is invalid: spec.volumes[1].name: Duplicate value: "t"'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Required value"),
        ("A=B", 'Invalid value: "A=B": '),
        ("A\0", 'Invalid value: "A\\x00": '),
        ("É", 'Invalid value: "É": '),
        ("A\u200b", 'Invalid value: "A\\u200b": '),
    ],
)
def test_a_variables_name(api: Api, name: str, said: str) -> None:
    specification = {"initContainers": [{"name": "i", "image": "i", "env": [{"name": name}]}],
                     "containers": [{"name": "app", "image": "app:1"}]}  # fmt: skip
    answer = api("POST", PODS, {"metadata": {"name": "p"}, "spec": specification}, 422)
    rule = (
        "a valid environment variable name must consist only of printable ASCII characters other"
        " than '='"
    )
    place = "spec.initContainers[0].env[0].name"
    assert answer["message"] == (f'Pod "p" is invalid: {place}: {said}{rule if name else ""}')


def test_a_template_is_checked_where_it_stands(api: Api) -> None:
    wanted = deployment(volumes=[token(path="../t")])
    for verb, path in (("POST", DEPLOYMENTS), ("PUT", f"{DEPLOYMENTS}/orders-api")):
        answer = api(verb, path, wanted, 422)
        assert answer["message"] == (
            'Deployment.apps "orders-api" is invalid: spec.template.spec.volumes[0].projected.path:'
            f' Invalid value: "../t": {NO_DOTS}'
        )
        if verb == "POST":
            assert api("GET", DEPLOYMENTS)["items"] == []
            api("POST", DEPLOYMENTS, deployment(volumes=[token()]), 201)
    change = [{"op": "replace", "path": "/spec/template/spec/volumes/0/projected/sources/0"
               "/serviceAccountToken/path", "value": "/t"}]  # fmt: skip
    answer = api("PATCH", f"{DEPLOYMENTS}/orders-api", change, 422, kind=JSON_PATCH)
    assert "must be a relative path" in answer["message"]


def test_a_stateful_sets_claims_are_volumes_of_its_pods(api: Api) -> None:
    path = "/apis/apps/v1/namespaces/orders/statefulsets"
    container = {"name": "db", "image": "db", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
    specification = {
        "selector": {"matchLabels": {"a": "b"}},
        "serviceName": "db",
        "template": template,
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}],
    }
    api("POST", path, {"metadata": {"name": "db"}, "spec": specification}, 201)
    (pod,) = api("GET", PODS)["items"]
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    assert pod["spec"]["volumes"][:-1] == [claim]  # and the volume of every pod
    del specification["volumeClaimTemplates"]
    answer = api("POST", path, {"metadata": {"name": "other"}, "spec": specification}, 422)
    assert answer["message"].endswith('volumeMounts[0].name: Not found: "data"')


def test_what_the_webhook_adds_is_checked_too(setup: Setup) -> None:
    """A pod that mounts something of its own where the token belongs."""
    setup.cluster.apply(setup.annotated())
    taken = {"name": "mine", "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}
    manifest = {
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "orders"},
        "spec": {
            "serviceAccountName": "orders-api",
            "containers": [{"name": "app", "image": "app:1", "volumeMounts": [taken]}],
            "volumes": [{"name": "mine", "emptyDir": {}}],
        },
    }
    with pytest.raises(KubernetesError, match="must be unique"):
        setup.cluster.apply(manifest)


@pytest.mark.parametrize(
    ("mounted", "shown"),
    [
        ({"mountPath": "/a/b/"}, "/a/b/deep/token"),
        ({"mountPath": "a"}, "/a/deep/token"),
        ({"mountPath": "/"}, "/deep/token"),
        ({"mountPath": "//a"}, "/a/deep/token"),
        ({"mountPath": "/a:b"}, "/a:b/deep/token"),
        ({"mountPath": "/a/../../../etc"}, "/etc/deep/token"),
        ({"mountPath": "../etc/.."}, "/deep/token"),
        ({"mountPath": "/a", "subPath": "deep"}, "/a/token"),
        ({"mountPath": "/a", "subPath": "deep/token"}, "/a"),
        ({"mountPath": "/a", "subPath": "de"}, None),
    ],
)
def test_a_mount_path_is_read_from_the_containers_root(
    cluster: Kubernetes, mounted: dict[str, str], shown: str | None
) -> None:
    """As a container's runtime does, to which API server and kubelet pass `..` and `:` on."""
    container = {"name": "app", "image": "app", "volumeMounts": [{"name": "t", **mounted}]}
    specification = {"containers": [container], "volumes": [token(path="deep/token")]}
    cluster.apply(
        {"kind": "Pod", "metadata": {"name": "p", "namespace": "orders"}, "spec": specification}
    )
    pod = cluster.pod("p", "orders")
    assert list(pod.files()) == ([shown] if shown else [])


def test_two_tokens_of_a_volume_differ(cluster: Kubernetes) -> None:
    """Each source has its own audience, and its own token."""
    volume = projected(
        {"serviceAccountToken": {"path": "a", "audience": "vault"}},
        {"serviceAccountToken": {"path": "b", "audience": "sts.amazonaws.com"}},
    )
    container = {"name": "app", "image": "app", "volumeMounts": [mount()]}
    specification = {"containers": [container], "volumes": [volume]}
    cluster.apply(
        {"kind": "Pod", "metadata": {"name": "p", "namespace": "orders"}, "spec": specification}
    )
    pod = cluster.pod("p", "orders")
    assert pod.read("/t/a") != pod.read("/t/b")
    assert pod.read("/t/a") == pod.read("/t/a")
