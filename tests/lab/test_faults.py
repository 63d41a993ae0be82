"""A fault of the lab's own is told as one: 500 in each door's shape, its traceback on stderr, and
nothing half-done; the state file brings the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from podrole.lab import Lab, fault
from podrole.lab.audit.record import record_of
from podrole.lab.audit.trail import Trail
from podrole.lab.kubernetes.controllers.controllers import Controllers
from podrole.lab.node.instance_metadata import Node
from podrole.lab.node.pod_identity_agent import Agent
from podrole.lab.services.eks.access_entries import AccessEntries
from tests.lab.wsgi_doors import Answer, Doors, opened

NAMESPACES = "/api/v1/namespaces"


def fails(*_: Any, **__: Any) -> Any:
    raise KeyError("spoilt")


def query(answer: Answer) -> bool:
    return "<Type>Receiver</Type><Code>InternalFailure</Code>" in answer.text


def rest_xml(answer: Answer) -> bool:
    return "<Error><Code>InternalError</Code>" in answer.text


def json_protocol(answer: Answer) -> bool:
    return bool(json.loads(answer.text)["__type"] == "InternalFailure")


def status_object(answer: Answer) -> bool:
    found = json.loads(answer.text)
    assert found["message"].startswith("Internal error occurred: ")
    return (found["kind"], found["reason"], found["code"]) == ("Status", "InternalError", 500)


def plain(answer: Answer) -> bool:
    return answer.headers["content-type"].startswith("text/plain")


CASES: dict[str, tuple[Any, str, Callable[[Doors], Answer], Callable[[Answer], bool]]] = {
    "query": (Trail, "entry", lambda lab: lab.call("sts", "GetCallerIdentity"), query),
    "rest-xml": (Trail, "entry", lambda lab: lab.call("s3", "ListBuckets"), rest_xml),
    "json": (Trail, "entry", lambda lab: lab.call("kms", "ListKeys"), json_protocol),
    "rest-json": (Trail, "entry", lambda lab: lab.call("eks", "ListClusters"), json_protocol),
    "kubernetes": (
        Controllers,
        "created",
        lambda lab: lab.kubernetes("POST", NAMESPACES, {"metadata": {"name": "orders"}}),
        status_object,
    ),
    "agent": (Agent, "answer", lambda lab: lab.ask("agent", "GET", "/v1/credentials"), plain),
    "control": (
        Lab,
        "kubernetes",
        lambda lab: lab.control("GET", "pods/a/b"),
        plain,
    ),
}


@contextmanager
def broken(owner: Any, name: str) -> Iterator[None]:
    """A lab with a fault in it. What makes the cluster at the first request stays whole."""
    works = getattr(owner, name)

    def created(self: Controllers, kind: Any, found: Any) -> None:
        works(self, kind, found) if found["metadata"]["name"] != "orders" else fails()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, created if name == "created" else fails)
        yield


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_a_500_in_the_shape_of_its_door(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner, name, ask, has_shape = CASES[case]
    state = tmp_path / "lab.json"
    with opened(state) as lab, broken(owner, name):
        answer = ask(lab)
        assert answer.status == 500
        assert has_shape(answer), answer.text
        assert "lab: a fault of the lab, not of the request (KeyError: 'spoilt')" in answer.text
        assert "Traceback" not in answer.text
        heard = capsys.readouterr().err
        assert heard.startswith("Traceback (most recent call last):")
        assert heard.endswith("KeyError: 'spoilt'\n")
    with broken(owner, name), opened(state) as again:
        said = f"{state}: the lab itself failed at 1 of its requests, last by KeyError: 'spoilt'"
        assert again.notes == [said]
        assert ask(again).status == 500
        capsys.readouterr()
    with opened(state) as fixed:  # the next version of the lab has no such fault
        assert fixed.notes == []
        assert ask(fixed).status in (200, 201, 400, 404, 409)
    assert capsys.readouterr().err == ""


def test_the_metadata_service_too(capsys: pytest.CaptureFixture[str]) -> None:
    from podrole.lab.serving.journal_entry import Options

    with opened(options=Options(metadata="open")) as lab, broken(Node, "metadata"):
        assert lab.ask("metadata", "GET", "/latest/meta-data/").status == 500
    assert "KeyError: 'spoilt'" in capsys.readouterr().err


def test_a_fault_in_a_controller_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Its object is not there, no watch has seen it, and the versions are as before."""
    pods = "/api/v1/namespaces/orders/pods"
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    with opened() as lab:
        lab.kubernetes("POST", NAMESPACES, {"metadata": {"name": "orders"}})
        before = json.loads(lab.kubernetes("GET", pods).text)
        with broken(Controllers, "_run"):
            assert lab.kubernetes("POST", pods, pod).status == 500
        assert json.loads(lab.kubernetes("GET", pods).text) == before
        version = before["metadata"]["resourceVersion"]
        watch = f"{pods}?watch=1&timeoutSeconds=0&resourceVersion={version}"
        assert lab.kubernetes("GET", watch).body == b""
        assert lab.kubernetes("POST", pods, pod).status == 201
        assert b'"ADDED"' in lab.kubernetes("GET", watch).body
    assert "KeyError" in capsys.readouterr().err


def test_a_fault_while_a_cluster_is_made_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """moto has made it by then."""
    cluster = {
        "name": "two",
        "roleArn": "arn:aws:iam::111122223333:role/eks-cluster",
        "resourcesVpcConfig": {"subnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]},
    }
    with opened() as lab:
        issuers = [*lab.served.lab.gateway.eks.issuers]
        with broken(AccessEntries, "associate"):
            assert lab.call("eks", "CreateCluster", cluster).status == 500
        assert json.loads(lab.call("eks", "ListClusters").text)["clusters"] == ["demo"]
        assert [*lab.served.lab.gateway.eks.issuers] == issuers
        assert lab.call("eks", "CreateCluster", cluster).status == 200
    assert "KeyError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("service", "create", "given", "read", "about"),
    [
        ("iam", "CreateUser", {"UserName": "u"}, "ListUsers", {}),
        ("s3", "CreateBucket", {"Bucket": "b-1"}, "ListBuckets", {}),
        ("kms", "CreateKey", {}, "ListKeys", {}),
        ("sqs", "CreateQueue", {"QueueName": "q"}, "ListQueues", {}),
        ("eks", "CreatePodIdentityAssociation",
         {"clusterName": "demo", "namespace": "shop", "serviceAccount": "s",
          "roleArn": "arn:aws:iam::111122223333:role/eks-cluster"},
         "ListPodIdentityAssociations", {"clusterName": "demo"}),
    ],
)  # fmt: skip
def test_a_fault_in_a_record_leaves_nothing(
    service: str, create: str, given: dict[str, Any], read: str, about: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A record is made before anything is stored, whether moto stores it or the lab."""
    with opened() as lab:
        before = _stable(lab.call(service, read, about).text)
        with broken(Trail, "entry"):
            assert lab.call(service, create, given).status == 500
        assert _stable(lab.call(service, read, about).text) == before
    assert "KeyError" in capsys.readouterr().err


def _stable(text: str) -> str:
    return re.sub("<RequestId>.*?</RequestId>|[0-9a-f-]{36}", "", text)


def test_a_fault_within_a_watch_ends_it_by_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with opened() as lab, pytest.MonkeyPatch.context() as patch:
        lab.kubernetes("GET", "/version")
        patch.setattr("podrole.lab.kubernetes.http.table.row", fails)
        token = lab.served.kubeconfig()["users"][0]["user"]["token"]
        answer = lab.ask(
            "kubernetes", "GET", f"{NAMESPACES}?watch=1&timeoutSeconds=0",
            Authorization=f"Bearer {token}", Accept="application/json;as=Table",
        )  # fmt: skip
        (event,) = map(json.loads, answer.body.splitlines())
        assert (event["type"], event["object"]["reason"]) == ("ERROR", "InternalError")
    assert capsys.readouterr().err.endswith("KeyError: 'spoilt'\n")


def test_a_stateful_set_whose_pods_are_refused_stays_without_them() -> None:
    """As in a cluster: its controller tells why, and tries again."""
    sets = "/apis/apps/v1/namespaces/orders/statefulsets"
    template: dict[str, Any] = {
        "spec": {"serviceAccountName": "none", "containers": [{"name": "a", "image": "app:1"}]}
    }
    labels = {"app": "s"}
    template["metadata"] = {"labels": labels}
    specification = {"selector": {"matchLabels": labels}, "template": template}
    wanted = {"metadata": {"name": "s"}, "spec": specification}
    with opened() as lab:
        lab.kubernetes("POST", NAMESPACES, {"metadata": {"name": "orders"}})
        assert lab.kubernetes("POST", sets, wanted).status == 201
        (found,) = json.loads(lab.kubernetes("GET", sets).text)["items"]
        assert found["status"]["replicas"] == 0
        told = lab.kubernetes("GET", "/api/v1/namespaces/orders/events")
        assert "FailedCreate" in told.text


def test_the_record_of_a_name_that_only_begins_like_an_arn(tmp_path: Path) -> None:
    """What the request names must not break the record of it."""
    assert record_of.__module__ == "podrole.lab.audit.record"
    with opened(tmp_path / "lab.json") as lab, fault.held() as faults:
        for service, name, given in (
            ("dynamodb", "GetItem", {"TableName": "arn:", "Key": {}}),
            ("sns", "Publish", {"TopicArn": "arn:", "Message": "m"}),
            ("sqs", "ReceiveMessage", {"QueueUrl": "http://x/arn:"}),
            ("ssm", "GetParameter", {"Name": "arn:"}),
            ("ssm", "GetParametersByPath", {"Path": "arn:"}),
            ("ssm", "GetParameter", {"Name": "arn:aws:ssm:us-west-2:1"}),
        ):
            assert 400 <= lab.call(service, name, given).status < 500, given
    assert faults == []
    with opened(tmp_path / "lab.json") as again:
        assert again.notes == []


@pytest.mark.parametrize("levels", [99, 101, 400, 900, 1100, 100_000])
@pytest.mark.parametrize("door", ["aws", "kubernetes"])
def test_what_is_nested_without_end_is_the_callers_fault(
    tmp_path: Path, door: str, levels: int
) -> None:
    """Before authentication or after it, live and from the file: 400 in the protocol's words."""
    state = tmp_path / "lab.json"
    body = b'{"a":' * levels + b"1" + b"}" * levels
    with opened(state) as lab:
        token = lab.served.kubeconfig()["users"][0]["user"]["token"]
        if door == "aws":
            target = {"X_Amz_Target": "DynamoDB_20120810.GetItem"}
            answer = lab.ask("aws", "POST", "/", body, **target)
            scope = "AWS4-HMAC-SHA256 Credential=A/20261128/us-west-2/dynamodb/aws4_request"
            given = {"Authorization": f"{scope}, SignedHeaders=host, Signature=0"}
            answer = lab.ask("aws", "POST", "/", body, X_Amz_Date="20261128T000000Z",
                             **target, **given)  # fmt: skip
            code = json.loads(answer.text)["__type"]
            # A body that is not too deep gets as far as its signature.
            assert (code == "SerializationException") == (levels > 100)
        else:
            answer = lab.ask("kubernetes", "POST", NAMESPACES, body,
                             Authorization=f"Bearer {token}")  # fmt: skip
            assert json.loads(answer.text)["reason"] in ("BadRequest", "Invalid")
        assert answer.status in (400, 422)
    with opened(state) as again:
        assert again.notes == []


def test_recursion_anywhere_is_a_400(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def recurses(*given: Any, **more: Any) -> Any:
        return recurses(*given, **more)

    with opened() as lab:
        lab.kubernetes("GET", "/version")
        monkeypatch.setattr(Trail, "entry", recurses)
        monkeypatch.setattr(Controllers, "created", recurses)
        for answer, code in (
            (lab.call("sts", "GetCallerIdentity"), "<Code>ValidationError</Code>"),
            (lab.call("s3", "ListBuckets"), "<Code>MalformedXML</Code>"),
            (lab.call("kms", "ListKeys"), '"SerializationException"'),
            (lab.kubernetes("POST", NAMESPACES, {"metadata": {"name": "a"}}), '"BadRequest"'),
        ):
            assert answer.status == 400
            assert code in answer.text
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "body",
    [
        b'{"TableName": "\\ud800"}',
        b'{"TableName": NaN}',
        b'{"TableName": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b"[]",
    ],
    ids=["half a surrogate pair", "NaN", "5,000 digits", "no text", "list"],
)
def test_what_is_no_json_of_aws(body: bytes) -> None:
    with opened() as lab:
        scope = "AWS4-HMAC-SHA256 Credential=A/20261128/us-west-2/dynamodb/aws4_request"
        answer = lab.ask(
            "aws", "POST", "/", body, X_Amz_Date="20261128T000000Z",
            X_Amz_Target="DynamoDB_20120810.GetItem",
            Authorization=f"{scope}, SignedHeaders=host, Signature=0",
        )  # fmt: skip
        assert (answer.status, json.loads(answer.text)["__type"]) == (400, "SerializationException")


def test_kubernetes_takes_half_a_surrogate_pair_as_go_does() -> None:
    maps = "/api/v1/namespaces/default/configmaps"
    with opened() as lab:
        answer = lab.kubernetes("POST", maps, {"metadata": {"name": "a"}, "data": {"a": "\ud800"}})
        assert answer.status == 201
        assert json.loads(answer.text)["data"] == {"a": "\ufffd"}
