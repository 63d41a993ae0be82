"""A lab that is loaded again equals the one that went, whatever its clients have sent.

`make fuzz` draws a hundred thousand requests (PODROLE_DRAWN); the suite draws some of them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

from podrole.lab import fault

from .doors import Doors, opened
from .drawn_requests import Drawn
from .lab_dump import differences, dump

_SEED, _DRAWN = 20261128, int(os.environ.get("PODROLE_DRAWN", "1200"))
_READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("iam", "ListUsers", {}),
    ("iam", "ListRoles", {}),
    ("iam", "ListGroups", {}),
    ("iam", "ListPolicies", {"Scope": "Local"}),
    ("iam", "ListAccessKeys", {"UserName": "a"}),
    ("eks", "ListClusters", {}),
    ("eks", "ListPodIdentityAssociations", {"clusterName": "demo"}),
    ("s3", "ListObjectsV2", {"Bucket": "orders-data"}),
    ("s3", "GetObject", {"Bucket": "orders-data", "Key": "k"}),
    ("dynamodb", "Scan", {"TableName": "a"}),
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


def test_a_lab_that_is_loaded_again_equals_what_it_was(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab, fault.held() as faults:
        codes = _send(lab, _DRAWN)
        read = _read(lab)
        records = lab.served.lab.gateway.trail.records("111122223333")
        before = dump(lab.served)
    assert faults == []
    # They got somewhere, and were refused in many ways.
    assert codes.keys() >= {(door, 400) for door in ("aws", "agent", "kubernetes")}
    assert codes.keys() >= {("aws", 200), ("aws", 403), ("kubernetes", 200), ("kubernetes", 201)}
    with opened(state) as again:
        assert again.notes == []
        assert differences(before, dump(again.served)) == []
        assert again.served.lab.gateway.trail.records("111122223333") == records
        assert _read(again) == read


def _send(lab: Doors, count: int) -> Counter[tuple[str, int]]:
    drawn = Drawn(lab.served, _SEED)
    first = drawn.first()
    codes: Counter[tuple[str, int]] = Counter()
    for _ in range(count):
        door, given = first.pop(0) if first else drawn.next()
        try:
            answer = lab.send(door, given)
        except ConnectionError:  # the metadata service at hop limit 1
            continue
        assert b"Traceback" not in answer.body
        codes[door, answer.status] += 1
        drawn.learn(door, answer.status, answer.body)
    return codes


def _read(lab: Doors) -> list[tuple[str, int, str]]:
    """What clients see, without the ids of their requests."""
    found = [(name, lab.call(service, name, **given)) for service, name, given in _READS]
    found += [(path, lab.kubernetes("GET", path)) for path in _PATHS]
    return [
        (name, answer.status, re.sub(r"(?i)RequestId>[^<]*|HostId>[^<]*", "", answer.text))
        for name, answer in found
    ]
