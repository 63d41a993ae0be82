"""Terraform: formatted as `terraform fmt` does, taken by the provider, and the same policy."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog import Snippet
from podrole.catalog.catalog import own_folder
from podrole.site.pages.page_blocks import read_blocks
from tests.catalog.terraform_schema import complaints
from tests.catalogue import CATALOG
from tests.client_programs import CLIENTS
from tests.files import files
from tests.tools import needs

POLICIES = [one for one in CATALOG.of("policy") if "terraform" in CATALOG.formats(one.id)]
MODULES = CATALOG.of("terraform")
HCL = ("hcl", "terraform", "terraform-jsonencode")
#: What a block of a configuration declares; a second one of the same is an error of Terraform.
ADDRESS = re.compile(r'^(resource|data) "([^"]+)" "([^"]+)"|^(output|variable) "([^"]+)"', re.M)
#: Each is another form of what blocks above it declare.
INSTEAD = {"tf-many-clusters", "tf-many-clusters-irsa"}
_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def texts() -> dict[str, str]:
    found = {one.id: CATALOG.render(one.id, "hcl") for one in MODULES}
    for one in POLICIES:
        for format in ("terraform", "terraform-jsonencode"):
            found[f"{format}/{one.id}"] = CATALOG.render(one.id, format)
    return {name: f"{text}\n" for name, text in found.items()}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What HCL's own library makes of every text."""
    program = tmp_path_factory.mktemp("hcl") / "hcl"
    subprocess.run(
        [needs("go"), "build", "-o", str(program), "."],
        cwd=CLIENTS / "hcl",
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [str(program)], input=json.dumps(texts()), capture_output=True, text=True, check=True
    )
    answers: Mapping[str, Any] = json.loads(done.stdout)
    return answers


def test_terraform_fmt_has_nothing_to_do(read: Mapping[str, Any]) -> None:
    for name, text in texts().items():
        assert "error" not in read[name], (name, read[name]["error"])
        assert read[name]["formatted"] == text, name


def test_the_provider_takes_the_arguments(read: Mapping[str, Any]) -> None:
    found = [
        f"{name}: {complaint}"
        for name, answer in read.items()
        for block in answer["blocks"]
        if block["type"] in ("resource", "data")
        for complaint in complaints(block)
    ]
    assert found == []


def test_a_wrong_argument_is_noticed() -> None:
    block = {"type": "resource", "labels": ["aws_iam_role", "x"], "blocks": [], "attributes": {}}
    assert list(complaints(block)) == ["aws_iam_role: missing required 'assume_role_policy'"]
    block["attributes"] = {"assume_role_policy": "", "nam": ""}
    assert list(complaints(block)) == ["aws_iam_role: unsupported argument or block 'nam'"]


@pytest.mark.parametrize("snippet", POLICIES, ids=lambda snippet: snippet.id)
def test_the_document_comes_back(read: Mapping[str, Any], snippet: Snippet) -> None:
    document = json.loads(CATALOG.render(snippet.id, "json"))
    (resource,) = read[f"terraform-jsonencode/{snippet.id}"]["blocks"]
    encoded = [
        json.loads(value)
        for value in resource["attributes"].values()
        if isinstance(value, str) and value.startswith("{")
    ]
    assert encoded == [document]
    data, _ = read[f"terraform/{snippet.id}"]["blocks"]
    assert canonical(from_data_source(data)) == canonical(document)


def from_data_source(block: Mapping[str, Any]) -> dict[str, Any]:
    """The document that the data source makes of its blocks (its documentation, 2026-11-24)."""
    statements = []
    for one in block["blocks"]:
        attributes = one["attributes"]
        statement: dict[str, Any] = {"Effect": attributes["effect"]}
        if "sid" in attributes:
            statement["Sid"] = attributes["sid"]
        statement |= {
            element: attributes[name] for name, element in _LISTS.items() if name in attributes
        }
        for inner in one["blocks"]:
            attributes = inner["attributes"]
            if inner["type"] == "condition":
                operator = statement.setdefault("Condition", {}).setdefault(attributes["test"], {})
                operator[attributes["variable"]] = attributes["values"]
            elif attributes["type"] == "*":
                statement[_PRINCIPALS[inner["type"]]] = "*"
            else:
                named = statement.setdefault(_PRINCIPALS[inner["type"]], {})
                named[attributes["type"]] = attributes["identifiers"]
        statements.append(statement)
    version = block["attributes"].get("version", "2012-10-17")
    return {"Version": version, "Statement": statements}


def canonical(value: Any) -> Any:
    """One text and a list of one text say the same; numbers stand as texts in a condition."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value] if len(value) != 1 else canonical(value[0])
    return str(value)


def test_a_trust_policy_has_room_for_twelve_clusters_but_for_four_issuers() -> None:
    """The quota counts all but white space (IAM user guide, "IAM and AWS STS quotas")."""
    quota = 2048
    statement = json.loads(CATALOG.render("trust-irsa-exact", "json"))["Statement"][0]
    issuers = [
        len(
            json.dumps({"Version": "2012-10-17", "Statement": [statement] * number}).replace(
                " ", ""
            )
        )
        for number in (4, 5)
    ]
    assert issuers[0] <= quota < issuers[1]
    clusters = [
        f"arn:aws:eks:ap-southeast-2:111122223333:cluster/production-{n}" for n in range(12)
    ]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"ArnEquals": {"aws:SourceArn": clusters}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert len(policy.replace(" ", "")) <= quota


@pytest.mark.parametrize(
    "page", files(own_folder().parent / "docs" / "howto", "*.md"), ids=lambda page: page.stem
)
def test_the_blocks_of_a_page_fit_into_one_folder(page: Path) -> None:
    """Two blocks of one set of tabs are alternatives; all others are kept together."""
    found = read_blocks(page.read_text(), CATALOG)
    blocks = [one for one in found if one.format in HCL and one.name not in INSTEAD]
    for first, second in combinations(blocks, 2):
        alternatives = {number for number, _ in first.tabs} & {number for number, _ in second.tabs}
        if not alternatives:
            both = set(ADDRESS.findall(first.text)) & set(ADDRESS.findall(second.text))
            assert not both, f"{first.place} and {second.place} both declare {both}"
