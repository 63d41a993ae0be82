"""The volume by which a pod calls its API server: who gets it, and where.

Form: kubernetes/kubernetes v1.37.2, `plugin/pkg/admission/serviceaccount`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.kubernetes.api import MERGE, Api

PODS = "/api/v1/namespaces/orders/pods"
PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"


def _pod(**specification: Any) -> dict[str, Any]:
    given = {"serviceAccountName": "orders-api", "containers": [{"name": "a", "image": "a"}]}
    return {"metadata": {"name": "p"}, "spec": {**given, **specification}}


def _mounts(container: dict[str, Any]) -> list[str]:
    return [mount["mountPath"] for mount in container.get("volumeMounts", ())]


def test_each_container_gets_it(api: Api) -> None:
    own = {"name": "own", "emptyDir": {}}
    made = api("POST", PODS, _pod(volumes=[own], initContainers=[{"name": "i", "image": "a"}]))
    first, volume = made["spec"]["volumes"]
    assert first == own
    assert volume["name"].startswith("kube-api-access-")
    assert volume["projected"] == {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {
                "downwardAPI": {
                    "items": [
                        {
                            "path": "namespace",
                            "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                        }
                    ]
                }
            },
        ],
    }
    mount = {"name": volume["name"], "readOnly": True, "mountPath": PLACE}
    for place in ("containers", "initContainers"):
        assert made["spec"][place][0]["volumeMounts"] == [mount]


@pytest.mark.parametrize(
    ("of_account", "of_pod", "there"),
    [(None, None, True), (False, None, False), (False, True, True), (True, False, False)],
    ids=str,
)
def test_who_wants_none_of_it(
    api: Api, of_account: bool | None, of_pod: bool | None, there: bool
) -> None:
    path = "/api/v1/namespaces/orders/serviceaccounts/orders-api"
    api("PATCH", path, {"automountServiceAccountToken": of_account}, kind=MERGE)
    wanted = {} if of_pod is None else {"automountServiceAccountToken": of_pod}
    made = api("POST", PODS, _pod(**wanted))
    assert (_mounts(made["spec"]["containers"][0]) == [PLACE]) is there
    assert ("volumes" in made["spec"]) is there


def test_a_container_with_a_mount_of_its_own_there(api: Api) -> None:
    mount = {"name": "own", "mountPath": PLACE}
    container = {"name": "a", "image": "a", "volumeMounts": [mount]}
    made = api(
        "POST", PODS, _pod(containers=[container], volumes=[{"name": "own", "emptyDir": {}}])
    )
    assert made["spec"]["containers"][0]["volumeMounts"] == [mount]
    assert [volume["name"] for volume in made["spec"]["volumes"]] == ["own"]


def test_a_pod_that_is_applied_again_keeps_it(api: Api) -> None:
    made = api("POST", PODS, _pod())
    again = api("PATCH", f"{PODS}/p", {"metadata": {"labels": {"a": "b"}}}, kind=MERGE)
    assert again["spec"]["volumes"] == made["spec"]["volumes"]
