"""Values of every partition, and values in the forms that people have them in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest

from podrole.catalog import Catalog, CatalogError
from podrole.partitions import PARTITIONS, of_region

KNOWN: Any = json.loads(
    (Path(botocore.__file__).parent / "data/partitions.json").read_text("utf-8")
)


def test_the_table_is_botocores() -> None:
    assert {one.id for one in PARTITIONS} == {one["id"] for one in KNOWN["partitions"]}
    for partition in KNOWN["partitions"]:
        for region in partition["regions"]:
            if region.endswith("-global"):
                continue  # no Region that a cluster is in
            found = of_region(region)
            assert found is not None, region
            assert (found.id, found.dns_suffix) == (
                partition["id"],
                partition["outputs"]["dnsSuffix"],
            ), region


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda one: one.id)
def test_the_region_decides(partition: Any) -> None:
    region = partition.example
    catalog = Catalog(values={"region": region})
    text = catalog.render("trust-irsa-exact", "json")
    host = f"oidc.eks.{region}.{partition.dns_suffix}/id/"
    assert f"arn:{partition.id}:iam::111122223333:oidc-provider/{host}" in text
    same = Catalog(values={"region": region, "partition": partition.id})
    assert same.render("trust-irsa-exact", "json") == text
    secrets = catalog.render("identity-secretsmanager-read", "json")
    assert f'"secretsmanager.{region}.{partition.dns_suffix}"' in secrets
    assert f".{region}.rds.{partition.dns_suffix}" in catalog.render("rds-token-python", "python")
    for snippet in catalog.of("policy"):
        arns = re.findall(r"\barn:([a-z-]+):", catalog.render(snippet.id, "json"))
        assert set(arns) <= {partition.id}, snippet.id


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"region": "cn-north-1", "partition": "aws"},
            "partition: 'aws' contradicts region cn-north-1, which needs aws-cn; for aws use a"
            " Region such as us-west-2",
        ),
        (
            {"partition": "aws-us-gov"},
            "partition: 'aws-us-gov' contradicts region us-west-2, which needs aws; for aws-us-gov"
            " use a Region such as us-gov-west-1",
        ),
        (
            {"region": "cn-north-1", "dns_suffix": "amazonaws.com"},
            "dns_suffix: 'amazonaws.com' contradicts region cn-north-1, which needs"
            " amazonaws.com.cn; for amazonaws.com use a Region such as us-gov-west-1",
        ),
        ({"region": "xx-north-1"}, "region: no AWS partition has a Region like 'xx-north-1'"),
    ],
)
def test_a_contradiction_is_an_error(values: dict[str, str], said: str) -> None:
    with pytest.raises(CatalogError) as caught:
        Catalog(values=values)
    assert str(caught.value) == said


ID = "FEDCBA9876543210FEDCBA9876543210"
ISSUER = f"oidc.eks.eu-west-1.amazonaws.com/id/{ID}"


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("oidc_id", f"https://{ISSUER}", ID),
        ("oidc_id", ISSUER, ID),
        ("oidc_id", f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}", ID),
        ("oidc_id", f"https://oidc.eks.cn-north-1.amazonaws.com.cn/id/{ID}", ID),
        ("cluster", "arn:aws:eks:eu-west-1:111122223333:cluster/shop", "shop"),
        ("role_name", "arn:aws:iam::111122223333:role/checkout", "checkout"),
        ("role_path", "/team/eks/", "team/eks"),
        ("bucket", "s3://my.bucket", "my.bucket"),
        ("bucket", "arn:aws-cn:s3:::my.bucket", "my.bucket"),
        ("queue", "jobs.fifo", "jobs.fifo"),
        ("queue", "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs.fifo", "jobs.fifo"),
        ("topic", "events.fifo", "events.fifo"),
        ("topic", "arn:aws:sns:eu-west-1:111122223333:events", "events"),
        ("secret_name", "rds!cluster-0a1b-2c3d", "rds!cluster-0a1b-2c3d"),
        (
            "secret_name",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db-a1B2c3",
            "orders/db",
        ),
        ("kms_key_id", "mrk-" + "0a" * 16, "mrk-" + "0a" * 16),
        (
            "kms_key_id",
            "arn:aws:kms:eu-west-1:111122223333:key/mrk-" + "0a" * 16,
            "mrk-" + "0a" * 16,
        ),
        ("table", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders.v2/index/x", None),
        ("table", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders.v2", "orders.v2"),
        ("role_name", "arn:aws:iam::111122223333:role/team/checkout", None),
        ("queue", "jobs.queue", None),
    ],
)
def test_what_people_have(name: str, given: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(CatalogError, match=f"^{name}: .* does not match "):
            Catalog(values={name: given})
    else:
        assert Catalog(values={name: given}).values[name] == meant


def test_a_name_with_a_mark_of_exclamation_is_for_no_shell() -> None:
    """An interactive bash would look it up in its history."""
    catalog = Catalog(values={"secret_name": "rds!cluster-0a1b"})
    assert "secret:rds!cluster-0a1b-??????" in catalog.render(
        "identity-secretsmanager-read", "json"
    )
