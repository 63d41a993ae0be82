"""Webhooks that a cluster is given: who is asked, what comes of the answers, and if none comes.

The words are the API server's (k8s.io/apiserver v0.37.2, `pkg/admission/plugin/webhook`).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.kubernetes.admission.webhook_server import WebhookServer, patch, webhook_server
from tests.lab.kubernetes.api import DEPLOYMENTS, MERGE, Api, deployment

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
MAPS = "/api/v1/namespaces/orders/configmaps"
ALL_MAPS = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
MAP = {"metadata": {"name": "one"}, "data": {"a": "1"}}


@pytest.fixture(scope="module")
def started() -> Iterator[WebhookServer]:
    with webhook_server() as server:
        yield server


@pytest.fixture
def hook(started: WebhookServer) -> WebhookServer:
    started.asked.clear()
    started.answer, started.raw = lambda request: {"allowed": True}, None
    return started


def configure(api: Api, server: WebhookServer, kind: str = "Validating", **more: Any) -> None:
    """Register the webhook for changes of config maps."""
    config = more.pop("clientConfig", {"url": server.url, "caBundle": server.authority})
    named = more.pop("named", "maps")
    webhook = {
        "name": f"{named}.hooks.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": config,
        "rules": [{**ALL_MAPS, "operations": ["*"]}],
        **more,
    }
    path = f"{ADMISSION}/{kind.lower()}webhookconfigurations"
    api("POST", path, {"metadata": {"name": named}, "webhooks": [webhook]})


def test_what_a_webhook_is_asked(api: Api, hook: WebhookServer) -> None:
    configure(api, hook)
    api("POST", f"{MAPS}?fieldManager=me", MAP)
    api("PATCH", f"{MAPS}/one", {"data": {"a": "2"}}, kind=MERGE)
    api("DELETE", f"{MAPS}/one")
    created, changed, deleted = hook.asked
    assert created["path"] == "/hook?timeout=10s"
    kind = {"group": "", "version": "v1", "kind": "ConfigMap"}
    resource = {"group": "", "version": "v1", "resource": "configmaps"}
    assert (created["kind"], created["requestKind"]) == (kind, kind)
    assert (created["resource"], created["requestResource"]) == (resource, resource)
    assert (created["name"], created["namespace"], created["operation"]) == (
        "one",
        "orders",
        "CREATE",
    )
    assert created["userInfo"]["username"] == "podrole-admin"
    assert "system:masters" in created["userInfo"]["groups"]
    assert created["options"] == {
        "kind": "CreateOptions",
        "apiVersion": "meta.k8s.io/v1",
        "fieldManager": "me",
    }
    assert (created["object"]["data"], created["oldObject"]) == ({"a": "1"}, None)
    assert (changed["operation"], changed["object"]["data"], changed["oldObject"]["data"]) == (
        "UPDATE",
        {"a": "2"},
        {"a": "1"},
    )
    assert (deleted["operation"], deleted["object"]) == ("DELETE", None)
    assert len({request["uid"] for request in hook.asked}) == 3


def test_a_refusal_has_the_webhooks_own_code_and_words(api: Api, hook: WebhookServer) -> None:
    configure(api, hook)
    refusals = (
        ({"message": "no maps", "code": 403}, 403, ": no maps"),
        ({"reason": "NoMaps"}, 400, ": NoMaps"),
        (None, 400, " without explanation"),
    )
    for status, code, said in refusals:
        hook.answer = lambda request, status=status: {"allowed": False, "status": status}
        message = api.said("POST", MAPS, MAP, code)
        assert message == f'admission webhook "maps.hooks.example.com" denied the request{said}'
    api("GET", f"{MAPS}/one", code=404)


def test_warnings_reach_the_client(api: Api, hook: WebhookServer) -> None:
    configure(api, hook)
    hook.answer = lambda request: {"allowed": True, "warnings": ["mind the gap"]}
    assert api.raw("POST", MAPS, MAP).headers.getlist("Warning") == ['299 - "mind the gap"']


def test_a_mutating_webhook_changes_what_is_stored(api: Api, hook: WebhookServer) -> None:
    configure(api, hook, "Mutating")
    hook.answer = lambda request: patch({"op": "add", "path": "/data/b", "value": "2"})
    assert api("POST", MAPS, MAP)["data"] == {"a": "1", "b": "2"}
    hook.answer = lambda request: patch({"op": "remove", "path": "/data/none"})
    said = api.said("POST", MAPS, {"metadata": {"name": "two"}, "data": {}}, 500)
    assert said.startswith("Internal error occurred: ")


def test_pods_of_a_deployment_are_changed_as_well(api: Api, hook: WebhookServer) -> None:
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    configure(api, hook, "Mutating", rules=[{**pods, "operations": ["CREATE"]}])
    hook.answer = lambda request: patch(
        {"op": "add", "path": "/spec/containers/0/env", "value": [{"name": "A", "value": "b"}]}
    )
    api("POST", DEPLOYMENTS, deployment())
    (pod,) = api("GET", "/api/v1/namespaces/orders/pods")["items"]
    assert {"name": "A", "value": "b"} in pod["spec"]["containers"][0]["env"]
    user = hook.asked[0]["userInfo"]["username"]
    assert user == "system:serviceaccount:kube-system:replicaset-controller"


def test_reinvocation_where_a_later_webhook_changed_the_object(
    api: Api, hook: WebhookServer
) -> None:
    configure(api, hook, "Mutating", named="a", reinvocationPolicy="IfNeeded")
    configure(api, hook, "Mutating", named="b")
    counted: list[str] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        counted.append(",".join(sorted(request["object"]["data"])))
        if len(counted) == 2:
            return patch({"op": "add", "path": "/data/b", "value": "2"})
        return {"allowed": True}

    hook.answer = answer
    api("POST", MAPS, MAP)
    assert counted == ["a", "a", "a,b"]


def test_selectors_and_rules(api: Api, hook: WebhookServer) -> None:
    configure(
        api,
        hook,
        namespaceSelector={"matchExpressions": [{"key": "team", "operator": "Exists"}]},
        objectSelector={"matchLabels": {"app": "a"}},
    )
    labelled = {**MAP, "metadata": {"name": "one", "labels": {"app": "a"}}}
    api("POST", MAPS, labelled)
    assert hook.asked == []
    api("PATCH", "/api/v1/namespaces/orders", {"metadata": {"labels": {"team": "x"}}}, kind=MERGE)
    api("POST", MAPS, {**MAP, "metadata": {"name": "other"}})
    api("POST", "/api/v1/namespaces/orders/secrets", {"metadata": {"name": "s"}})
    assert hook.asked == []
    api("PATCH", f"{MAPS}/one", {"data": {"a": "2"}}, kind=MERGE)
    assert len(hook.asked) == 1


def test_a_webhook_that_cannot_be_asked(api: Api, hook: WebhookServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    configure(api, hook, clientConfig={"url": f"https://127.0.0.1:{port}/x"})
    assert api.said("POST", MAPS, MAP, 500) == (
        'Internal error occurred: failed calling webhook "maps.hooks.example.com": failed to call'
        f' webhook: Post "https://127.0.0.1:{port}/x?timeout=10s": dial tcp 127.0.0.1:{port}:'
        " connect: connection refused"
    )
    path = f"{ADMISSION}/validatingwebhookconfigurations/maps"
    change = [{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]
    api("PATCH", path, change, kind="application/json-patch+json")
    response = api.raw("POST", MAPS, MAP)
    assert (response.status_code, response.headers.getlist("Warning")) == (201, [])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ((200, "{}"), "received invalid webhook response: webhook response was absent"),
        (
            (500, "oh"),
            'failed to call webhook: an error on the server ("oh") has prevented the request from'
            " succeeding",
        ),
        ((404, ""), "failed to call webhook: the server could not find the requested resource"),
    ],
    ids=["empty", "500", "404"],
)
def test_an_answer_that_is_none(
    api: Api, hook: WebhookServer, raw: tuple[int, str], said: str
) -> None:
    configure(api, hook)
    hook.raw = raw
    message = api.said("POST", MAPS, MAP, 500)
    assert message.endswith(f'failed calling webhook "maps.hooks.example.com": {said}')


def test_an_answer_to_another_request(api: Api, hook: WebhookServer) -> None:
    configure(api, hook)
    hook.answer = lambda request: {"uid": "x", "allowed": True}
    message = api.said("POST", MAPS, MAP, 500)
    uid = hook.asked[0]["uid"]
    assert message.endswith(f'invalid webhook response: expected response.uid="{uid}", got "x"')


def test_an_authority_that_nobody_knows(api: Api, hook: WebhookServer) -> None:
    configure(api, hook, clientConfig={"url": hook.url})
    message = api.said("POST", MAPS, MAP, 500)
    assert "tls: failed to verify certificate: x509: " in message


def test_a_webhook_in_the_cluster_is_passed_over_aloud(api: Api, hook: WebhookServer) -> None:
    service = {"name": "hooks", "namespace": "tools", "path": "/x"}
    configure(api, hook, clientConfig={"service": service})
    assert api.raw("POST", MAPS, MAP).headers.getlist("Warning") == [
        '299 - "lab: webhook \\"maps.hooks.example.com\\" was not asked: Service tools/hooks has no'
        ' container that runs in the lab"'
    ]


def test_a_dry_run_asks_only_who_says_so(api: Api, hook: WebhookServer) -> None:
    configure(api, hook)
    api("POST", f"{MAPS}?dryRun=All", MAP)
    assert (hook.asked[0]["dryRun"], hook.asked[0]["options"]["dryRun"]) == (True, ["All"])
    api("GET", f"{MAPS}/one", code=404)


def test_what_is_refused_of_a_configuration(api: Api, hook: WebhookServer) -> None:
    path = f"{ADMISSION}/mutatingwebhookconfigurations"
    given = {"metadata": {"name": "x"}, "webhooks": [{"name": "short", "clientConfig": {}}]}
    message = api.said("POST", path, given, 422)
    for said in (
        'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments'
        " separated by dots",
        "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
        "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
        "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
    ):
        assert said in message


def test_the_labs_own_webhook_is_not_asked_twice(api: Api, hook: WebhookServer) -> None:
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["*"]}
    url = api.door.webhook_url("demo")
    configure(api, hook, "Mutating", clientConfig={"url": url}, rules=[pods])
    api("POST", DEPLOYMENTS, deployment())
    assert len(api("GET", "/api/v1/namespaces/orders/pods")["items"]) == 1
