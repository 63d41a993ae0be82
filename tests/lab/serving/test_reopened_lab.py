"""A lab that is loaded again equals the one that went, whatever its clients have sent.

`make fuzz` draws a hundred thousand requests (PODROLE_DRAWN); the suite draws some of them.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from podrole.lab import fault
from podrole.lab.kubernetes.http import watch
from podrole.lab.serving.journal_entry import Options
from podrole.lab.serving.stack_room import same_room
from tests.lab.drawn_requests import DrawnRequests
from tests.lab.fuzz.furnished import furnish
from tests.lab.fuzz.kubernetes_requests import contents
from tests.lab.fuzz.wsgi_request import ask
from tests.lab.lab_dump import differences, dump
from tests.lab.wsgi_doors import Doors, opened

_SEED, _DRAWN = 20261128, int(os.environ.get("PODROLE_DRAWN", "1200"))
_FURNISHED_FOR = 300
_READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("iam", "ListUsers", {}),
    ("iam", "ListRoles", {}),
    ("iam", "ListGroups", {}),
    ("iam", "ListPolicies", {"Scope": "Local"}),
    ("iam", "ListAccessKeys", {"UserName": "orders"}),
    ("eks", "ListClusters", {}),
    ("eks", "ListPodIdentityAssociations", {"clusterName": "demo"}),
    ("s3", "ListObjectsV2", {"Bucket": "orders"}),
    ("s3", "GetObject", {"Bucket": "orders", "Key": "orders"}),
    ("dynamodb", "Scan", {"TableName": "orders"}),
    ("kms", "ListKeys", {}),
    ("ssm", "DescribeParameters", {}),
    ("secretsmanager", "ListSecrets", {}),
    ("organizations", "ListAccounts", {}),
)
_PATHS = (
    "/api/v1/namespaces", "/api/v1/serviceaccounts", "/api/v1/secrets", "/api/v1/configmaps",
    "/api/v1/pods", "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets", "/apis/batch/v1/jobs",
    "/apis/rbac.authorization.k8s.io/v1/roles", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
)  # fmt: skip


def test_a_lab_that_is_loaded_again_equals_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LONGEST", 0)
    state, options = tmp_path / "lab.json", Options(metadata="open")
    with opened(state, options=options) as lab, fault.held() as faults:
        codes = _send(lab, _DRAWN)
        read = _read(lab)
        records = lab.served.lab.gateway.trail.records("111122223333")
        before = dump(lab.served)
    assert faults == []
    # They got somewhere, and were refused in many ways.
    assert codes.keys() >= {(door, 400) for door in ("aws", "agent", "kubernetes")}
    assert codes.keys() >= {("aws", 200), ("aws", 403), ("kubernetes", 200), ("kubernetes", 201)}
    with opened(state, options=options) as again:
        assert again.notes == []
        assert differences(before, dump(again.served)) == []
        assert again.served.lab.gateway.trail.records("111122223333") == records
        assert _read(again) == read


def test_reading_a_cluster_is_noted_where_it_changes_something(tmp_path: Path) -> None:
    """The first request makes the API server; one by an IAM user's token uses the user's key."""
    state = tmp_path / "lab.json"
    node = "/api/v1/nodes/ip-10-0-1-23.us-west-2.compute.internal"
    with opened(state) as lab:
        lab.call("iam", "CreateUser", {"UserName": "a"})
        key = lab.call("iam", "CreateAccessKey", {"UserName": "a"}).text
        named = ("AccessKeyId", "SecretAccessKey")
        keys = [key.partition(f"<{name}>")[2].partition("<")[0] for name in named]
        made = lab.kubernetes("GET", node).text
        lab.control("POST", "clock", b'{"minutes": 2}')  # what comes later is made later
        size = state.stat().st_size
        lab.kubernetes("GET", node)
        lab.kubernetes("GET", f"{node}?watch=1&timeoutSeconds=0")
        assert state.stat().st_size == size
        token = _iam_token(Credentials(*keys))
        answer = lab.ask("kubernetes", "GET", node, Authorization=f"Bearer {token}")
        assert answer.status == 401  # it has no access entry
        assert state.stat().st_size > size
        used = lab.call("iam", "GetAccessKeyLastUsed", {"AccessKeyId": keys[0]}).text
        assert "<ServiceName>sts</ServiceName>" in used
        lab.control("POST", "clock", b'{"hours": 1}')
        lab.kubernetes("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
    with opened(state) as again:
        assert again.kubernetes("GET", node).text == made
        again_used = again.call("iam", "GetAccessKeyLastUsed", {"AccessKeyId": keys[0]}).text
        assert _plain(again_used) == _plain(used)


def test_a_virtual_mfa_device_is_the_same_again(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        made = lab.call("iam", "CreateVirtualMFADevice", {"VirtualMFADeviceName": "phone"}).text
        assert "<QRCodePNG>" in made
        before = dump(lab.served)
    with opened(state) as again:
        assert differences(before, dump(again.served)) == []


def test_what_recurses_has_the_same_room_from_everywhere() -> None:
    def deepest() -> int:
        try:
            return 1 + deepest()
        except RecursionError:
            return 0

    def measured(frames: int) -> int:
        if frames:
            return measured(frames - 1)
        with same_room():
            return deepest()

    limit = sys.getrecursionlimit()
    assert len({measured(frames) for frames in (0, 50, 200, 400)}) == 1
    assert sys.getrecursionlimit() == limit


def _send(lab: Doors, count: int) -> Counter[tuple[str, int]]:
    drawn = DrawnRequests(lab.served, _SEED)
    codes: Counter[tuple[str, int]] = Counter()
    for number in range(count):
        if number % _FURNISHED_FOR == 0:  # what they removed is made again
            furnish(lab.apps["aws"], lab.requests)
            for kind, content in contents().items():
                lab.send("kubernetes", drawn.kubernetes.create(kind, content))
        door, request = drawn.draw()
        answer = ask(lab.apps[door], request)
        if answer is not None:  # else the server refuses it by itself
            assert b"Traceback" not in answer.body
            codes[door, answer.status] += 1
            drawn.learn(door, answer)
    return codes


def _iam_token(keys: Credentials) -> str:
    """`aws eks get-token`: a presigned GetCallerIdentity."""
    url = "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("GET", url, headers={"x-k8s-aws-id": "demo"})
    SigV4QueryAuth(keys, "sts", "us-west-2", expires=60).add_auth(request)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def _plain(text: str) -> str:
    return re.sub(r"(?i)RequestId>[^<]*|HostId>[^<]*", "", text)


def _read(lab: Doors) -> list[tuple[str, int, str]]:
    """What clients see, without the ids of their requests."""
    found = [(name, lab.call(service, name, given)) for service, name, given in _READS]
    found += [(path, lab.kubernetes("GET", path)) for path in _PATHS]
    return [(name, answer.status, _plain(answer.text)) for name, answer in found]
