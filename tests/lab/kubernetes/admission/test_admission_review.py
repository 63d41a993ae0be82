"""The webhook as an endpoint, as the real one is called and answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from podrole.lab.kubernetes.objects.json_patch import json_patch
from tests.lab.conftest import POD_IDENTITY_TRUST, ROLE_ARN, Setup
from tests.lab.kubernetes.api import MERGE, Api

ACCOUNT = "/api/v1/namespaces/orders/serviceaccounts/orders-api"


@pytest.fixture
def irsa(api: Api) -> Api:
    annotations = {"eks.amazonaws.com/role-arn": ROLE_ARN}
    api("PATCH", ACCOUNT, {"metadata": {"annotations": annotations}}, kind=MERGE)
    return api


def pod(**specification: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "orders-"},
        "spec": {
            "serviceAccountName": "orders-api",
            "containers": [{"name": "app", "image": "app"}],
            **specification,
        },
    }


def review(api: Api, given: Any, **request: Any) -> dict[str, Any]:
    asked = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "0df28fbd-5f5f-11e8-bc74-36e6bb280816",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "namespace": "orders",
            "operation": "CREATE",
            "object": given,
            **request,
        },
    }
    answer = api("POST", api.webhook, asked, Authorization="")
    assert (answer["kind"], answer["apiVersion"]) == ("AdmissionReview", "admission.k8s.io/v1")
    assert answer["response"]["uid"] == asked["request"]["uid"]
    assert answer["response"]["allowed"] is True
    return dict(answer["response"])


def changes(response: dict[str, Any]) -> list[dict[str, Any]]:
    assert response["patchType"] == "JSONPatch"
    return list(json.loads(base64.b64decode(response["patch"])))


def test_irsa_in_the_webhooks_order(irsa: Api) -> None:
    given = pod(initContainers=[{"name": "init", "image": "i"}])
    found = changes(review(irsa, given))
    assert [(item["op"], item["path"]) for item in found] == [
        ("add", "/spec/volumes"),
        ("add", "/spec/containers"),
        ("add", "/spec/initContainers"),
    ]
    admitted = json_patch(given, found)
    for container in (*admitted["spec"]["containers"], *admitted["spec"]["initContainers"]):
        assert [item["name"] for item in container["volumeMounts"]] == ["aws-iam-token"]


def test_a_volume_comes_before_those_of_the_pod(irsa: Api) -> None:
    found = changes(review(irsa, pod(volumes=[{"name": "own", "emptyDir": {}}])))
    assert (found[0]["path"], found[0]["value"]["name"]) == ("/spec/volumes/0", "aws-iam-token")


@pytest.mark.parametrize("labels", [None, {"app": "x"}])
def test_pod_identity_begins_with_its_label(
    api: Api, setup: Setup, labels: dict[str, str] | None
) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    setup.associate()
    given = pod()
    if labels:
        given["metadata"]["labels"] = labels
    found = changes(review(api, given))
    assert [item["path"] for item in found] == [
        "/metadata/labels/eks.amazonaws.com~1pod-identity" if labels else "/metadata/labels",
        "/spec/volumes",
        "/spec/containers",
    ]
    admitted = json_patch(given, found)
    expected = {**(labels or {}), "eks.amazonaws.com/pod-identity": "enabled"}
    assert admitted["metadata"]["labels"] == expected


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        (pod(serviceAccountName="default"), {}),
        (pod(serviceAccountName="none"), {}),
        (pod(), {"operation": "UPDATE"}),
        (pod(), {"namespace": "default"}),
        ({**pod(), "kind": "Deployment"}, {}),
    ],
)
def test_what_the_webhook_lets_pass_as_it_is(
    irsa: Api, given: dict[str, Any], request_: dict[str, Any]
) -> None:
    response = review(irsa, given, **request_)
    assert response.keys() == {"uid", "allowed"}


def test_the_server_admits_as_the_endpoint_does(irsa: Api) -> None:
    given = pod(
        volumes=[{"name": "own", "emptyDir": {}}], initContainers=[{"name": "init", "image": "i"}]
    )
    stored = irsa("POST", "/api/v1/namespaces/orders/pods", given)["spec"]
    patched = json_patch(given, changes(review(irsa, given)))["spec"]
    projected = patched["volumes"][0]["projected"]
    assert "defaultMode" not in projected, "the API server's default, which no webhook sends"
    projected["defaultMode"] = 420
    assert stored["volumes"][:1] == patched["volumes"][:1]
    for place in ("containers", "initContainers"):
        assert stored[place][0]["env"] == patched[place][0]["env"]
        first, *others = stored[place][0]["volumeMounts"]
        assert first["name"].startswith("kube-api-access-")  # the webhook finds it there already
        assert others == patched[place][0]["volumeMounts"]


def test_containers_are_sent_as_go_writes_them(irsa: Api) -> None:
    empty = {"name": "app", "image": "app", "args": [], "volumeMounts": None, "nosuch": 1}
    (container,) = changes(review(irsa, pod(containers=[empty])))[1]["value"]
    assert set(container) == {"name", "image", "env", "resources", "volumeMounts"}
    assert container["resources"] == {}


def test_only_who_knows_its_path_calls_it(api: Api) -> None:
    for path in ("/mutate", "/mutate/", "/mutate/guessed", f"{api.webhook}/", api.webhook[:-1]):
        assert api.said("POST", path, {}, 401, Authorization="") == "Unauthorized"
        # The administrator knows the cluster, and there is no such path in it.
        api.said("POST", path, {}, 404)
    assert api.raw("GET", api.webhook, Authorization="").status_code == 401


@pytest.mark.parametrize(
    "kind", ["application/yaml", "text/plain", "application/vnd.kubernetes.protobuf", "", "x"]
)
def test_only_json_is_a_review(irsa: Api, kind: str) -> None:
    """In the webhook's own words, which are no Status."""
    body = json.dumps({"request": {"uid": "1", "object": pod()}}).encode()
    answer = irsa._client.post(f"/clusters/demo{irsa.webhook}", data=body, content_type=kind)
    assert (answer.status_code, answer.text) == (
        415,
        "Invalid Content-Type, expected `application/json`\n",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "bad content"),
        (b"{}", "bad content"),
        (b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', "bad content"),
        (b"[]", "the body is not an object"),
        (b"{", "couldn't get version/kind; json parse error: "),
        (
            b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1"}}',
            "unexpected end of JSON input",
        ),
        (
            b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",'
            b'"request":{"uid":"1","object":{"spec":{"containers":1}}}}',
            "json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type"
            " []v1.Container",
        ),
    ],
)
def test_bodies_that_are_no_reviews(irsa: Api, body: bytes, said: str) -> None:
    """Not a status of HTTP's: an answer that allows nothing, as the real webhook gives it."""
    answer = irsa._client.post(
        f"/clusters/demo{irsa.webhook}", data=body, content_type="application/json"
    )
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    response = json.loads(answer.text)["response"]
    assert (response["allowed"], response["uid"]) == (False, "1" if b"uid" in body else "")
    assert response["status"]["message"].startswith(said)
