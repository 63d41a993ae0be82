"""Each error text leads to its cause, whoever says it; what every text in our tables owes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.doctor.texts import PAGE, causes, explain, known_texts
from podrole.doctor.texts.known import permits, speakers
from podrole.doctor.texts.log import TRIGGERS
from tests.catalogue import CATALOG

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = [
    case
    for name in ("cases.yml", "cases_of_reports.yml")
    for case in yaml.safe_load((HERE / name).read_text())
]
SDK_TEXTS: list[dict[str, Any]] = yaml.safe_load((HERE / "sdk_texts.yml").read_text())
NODE = "arn:aws:sts::111122223333:assumed-role/nodes/i-0123456789abcdef0"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"][:50])
def test_a_case(case: dict[str, Any]) -> None:
    assert explain(case["text"]).causes == case["causes"]


@pytest.mark.parametrize("row", SDK_TEXTS, ids=lambda row: f"{row['client'][:24]} {row['fault']}")
def test_an_sdk_s_own_words(row: dict[str, Any]) -> None:
    found = [one.cause.id for one in explain(row["text"]).answers[0].findings]
    assert found == row["causes"]


def test_the_sdks_that_were_run_are_many() -> None:
    assert len({row["client"] for row in SDK_TEXTS}) >= 18


@pytest.mark.parametrize("one", known_texts(), ids=lambda one: one.shows[:60])
def test_each_text_has_a_source_and_leads_to_its_causes(one: Any) -> None:
    assert one.source
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", one.checked)
    assert set(one.causes) <= set(causes())
    said = explain(" ".join(one.text))
    found = [f.cause.id for answer in said.answers for f in answer.findings]
    found += [f.cause.id for f in said.noise]
    # `denied` without a caller is told as what it is then.
    assert {"denied-unnamed"} & set(found) if one.causes == ("denied",) else one.causes[0] in found
    assert any(trigger.decode() in part.lower() for part in one.text for trigger in TRIGGERS)


def test_each_cause_leads_to_a_section_and_a_snippet() -> None:
    page = (Path(__file__).parents[3] / "docs" / PAGE).read_text()
    anchors = set(re.findall(r"^## .+ \{ #([a-z0-9-]+) \}$", page, re.MULTILINE))
    known = {snippet.id for snippet in CATALOG.snippets}
    for cause in causes().values():
        assert cause.section in anchors, cause.id
        assert cause.take in known, cause.id
    assert {one.permits for one in speakers() if one.permits} <= known


@pytest.mark.parametrize(("prefix", "name"), permits().items())
def test_permissions_for_a_denied_action_are_about_its_service(prefix: str, name: str) -> None:
    assert f'"{prefix}:' in CATALOG.render(name, "json")


def test_a_rule_s_cause_shows_how_it_is_met() -> None:
    told = {id for one in known_texts() for id in one.causes}
    for cause in causes().values():
        assert cause.id in told or (cause.shows and cause.source and cause.checked), cause.id


@pytest.mark.parametrize(
    "ending",
    [
        "",
        " because no identity-based policy allows the s3:GetObject action",
        " with an explicit deny in a resource-based policy",
    ],
)
def test_a_node_s_role_is_never_told_of_a_policy(ending: str) -> None:  # fmt: skip
    said = str(explain(f"User: {NODE} is not authorized to perform: s3:GetObject on resource: "
                       f"arn:aws:s3:::b/k{ending}"))  # fmt: skip
    assert "node-role: The caller is the node's role (nodes)" in said
    assert "denied" not in said.replace("access_denied", "")
    assert "identity-s3-read" not in said


def test_the_permissions_fit_what_was_denied() -> None:
    def taken(action: str, around: str = "") -> str:
        said = explain(
            f"{around} User: arn:aws:sts::111122223333:assumed-role/r/1 is not authorized to "
            f"perform: {action} on resource: * because no identity-based policy allows the action"
        )
        return said.answers[0].findings[0].take

    assert taken("s3:GetObject") == "identity-s3-read"
    assert taken("s3:PutObject") == "identity-s3-write"
    assert taken("route53:ListHostedZones") == "identity-external-dns"
    assert taken("route53:ListHostedZones", "cert-manager:") == "identity-cert-manager-dns01"
    assert taken("ec2:CreateFleet", "karpenter") == "identity-karpenter-nodes"
    assert taken("quicksight:ListUsers") == ""
