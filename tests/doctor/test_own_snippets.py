"""No command calls a snippet of the guide broken in the setting that it is made for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.catalog import Catalog
from podrole.catalog.formats.document import filled
from podrole.cli import main
from podrole.doctor import Evidence, diagnose
from podrole.lab import Lab
from podrole.policy import Request
from tests.catalogue import CATALOG
from tests.doctor import setting
from tests.doctor.conftest import Ward
from tests.lab.conftest import Setup

POLICIES = CATALOG.of("policy")
TRUSTS = [one for one in POLICIES if one.layer == "trust"]


FORMS = {"json", "yaml", "terraform", "terraform-jsonencode", "cloudformation"}


def rows(snippet: Any) -> list[Any]:
    """The rows of a truth table that a pod can stand for, each with what doctor must not say."""
    return [row for row in CATALOG.truth_table(snippet.id) if _by_token(row) or _by_eks(row)]


def _by_token(row: Any) -> bool:
    issuer = row.principal.partition(":oidc-provider/")[2]
    subject = str(row.context.get(f"{issuer}:sub", ""))
    return (
        row.actions == (setting.WEB_IDENTITY,)
        # STS looks for the provider in the role's account.
        and row.principal.split(":")[4] == row.resource.split(":")[4]
        and issuer.startswith("oidc")
        and subject.startswith("system:serviceaccount:")
        and f"{issuer}:aud" in row.context
    )


def _one_cluster(context: Any) -> bool:
    """Whether all keys are about one cluster, as those of a call of EKS's are."""
    arn = context.get("aws:SourceArn", "::::")
    tag = context.get("aws:RequestTag/eks-cluster-arn", "" if "aws:TagKeys" in context else arn)
    return bool(tag == arn and context.get("aws:SourceAccount") == arn.split(":")[4])


def _by_eks(row: Any) -> bool:
    wanted = {"aws:RequestTag/kubernetes-namespace", "aws:RequestTag/kubernetes-service-account"}
    return (
        row.principal == setting.PODS
        and _one_cluster(row.context)
        and row.actions[:1] == ("sts:AssumeRole",)
        and wanted | {"aws:SourceArn"} <= set(row.context)
    )


@pytest.mark.parametrize("snippet", TRUSTS, ids=lambda snippet: snippet.id)
def test_doctor_says_of_a_trust_policy_what_its_truth_table_says(snippet: Any) -> None:
    document = filled(snippet.body, CATALOG.values)
    for row in rows(snippet):
        if _by_token(row):
            request = Request(row.principal, row.actions[0], row.resource, row.context)
            links, trust = setting.web_identity(request, document)
        else:
            links, trust = setting.pod_identity(row.resource, row.context, document)
        states = [link.state for link in trust]
        if row.allowed:
            assert "broken" not in [link.state for link in links], (row.name, *map(str, links))
            assert states in (["ok"], ["unknown"]), row.name
        else:
            assert states in (["broken"], ["unknown"]), (row.name, *map(str, links))


def test_most_trust_policies_have_a_row_that_a_pod_can_stand_for() -> None:
    assert sum(any(row.allowed for row in rows(one)) for one in TRUSTS) >= 16


@pytest.mark.parametrize("snippet", POLICIES, ids=lambda snippet: snippet.id)
def test_lint_who_and_explain_take_a_policy_in_each_form_that_they_read(
    snippet: Any, tmp_path: Path, capsys: Any
) -> None:
    """Exit code 2 says that a file is no policy; an error of lint says that it is broken."""
    said = set()
    for form in FORMS & set(CATALOG.formats(snippet.id)):
        path = tmp_path / f"policy.{form}"
        path.write_text(CATALOG.render(snippet.id, form))
        kind = ["--kind", str(snippet.layer)]
        code = main(["lint", str(path), *kind, "--format", "json"])
        output = capsys.readouterr()
        assert code in (0, 1), output.err
        findings = json.loads(output.out)
        said.add(tuple(sorted((one["code"], one["severity"]) for one in findings)))
        if not snippet.antipattern:
            assert [one for one in findings if one["severity"] == "error"] == []
        if snippet.layer == "trust":
            assert main(["who", str(path)]) == 0
            assert capsys.readouterr().out.strip()
        option = {"trust": "resource-policy", "resource": "resource-policy"}
        layer = option.get(str(snippet.layer), str(snippet.layer))
        layer = "endpoint" if snippet.holder == "vpc-endpoint" else layer
        for row in CATALOG.truth_table(snippet.id)[:2]:
            command = ["explain", f"--{layer}", str(path), "--principal", row.principal]
            command += ["--action", row.actions[0], "--resource", row.resource]
            code = main(command)
            assert (code, capsys.readouterr().err) == (0, "")
    assert len(said) == 1, "the forms of one policy have other findings"


OTHERS = [
    one
    for one in CATALOG.snippets
    if one.kind in ("manifest", "eksctl", "terraform", "cloudformation")
]


@pytest.mark.parametrize("snippet", OTHERS, ids=lambda snippet: snippet.id)
def test_a_text_of_the_guide_beside_a_chain_that_works_breaks_nothing(snippet: Any) -> None:
    values = CATALOG.values
    text = CATALOG.render(snippet.id, CATALOG.formats(snippet.id)[0])
    row = next(one for one in CATALOG.truth_table("trust-irsa-exact") if one.allowed)
    request = Request(row.principal, row.actions[0], row.resource, row.context)
    exact = filled(CATALOG["trust-irsa-exact"].body, values)
    by_token, _ = setting.web_identity(request, exact, text)
    row = next(one for one in CATALOG.truth_table("trust-pod-identity-scoped") if one.allowed)
    scoped = filled(CATALOG["trust-pod-identity-scoped"].body, values)
    by_eks, _ = setting.pod_identity(row.resource, row.context, scoped, text)
    for links in (by_token, by_eks):
        assert "ok" in [link.state for link in links if link.name == "trust policy"]
        assert [str(link) for link in links if link.state == "broken"] == []


@pytest.fixture(scope="module")
def running() -> Iterator[Setup]:
    """A cluster where both mechanisms are set up for the catalogue's own names."""
    with Lab.start() as lab:
        cluster = lab.kubernetes()
        cluster.apply({"kind": "Namespace", "metadata": {"name": "orders"}})
        setup = Setup(lab, cluster)
        setup.create_provider()
        setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        catalog = Catalog(values={"oidc_provider": setup.provider})
        trust = json.loads(catalog.render("trust-dual-migration", "json"))
        setup.create_role(trust, name=catalog.values["role_name"])
        yield setup


WORKLOADS = [
    (one.id, mechanism)
    for one in CATALOG.of("manifest")
    for mechanism in one.mechanism
    if any(f"kind: {kind}\n" in one.body for kind in ("Deployment", "Job", "Pod"))
]


@pytest.mark.parametrize(("name", "mechanism"), WORKLOADS)
def test_a_pod_that_a_manifest_of_the_guide_makes_has_its_role(
    name: str, mechanism: str, running: Setup
) -> None:
    values = CATALOG.values
    by_eks = mechanism == "pod-identity"
    running.cluster.apply(CATALOG.render("sa-plain" if by_eks else "sa-annotated", "yaml"))
    association = {"clusterName": "demo"}
    if by_eks:
        answer = running.eks.create_pod_identity_association(
            **association,
            namespace=values["namespace"],
            serviceAccount=values["service_account"],
            roleArn=f"arn:aws:iam::{values['account_id']}:role/{values['role_name']}",
        )
        association["associationId"] = answer["association"]["associationId"]
    manifest = CATALOG.render(name, "yaml")
    made = yaml.safe_load(manifest)
    running.cluster.apply(manifest)
    try:
        evidence = Evidence()
        for text in Ward(running).outputs(values["role_name"]):
            evidence.add(text, "output")
        links = diagnose(evidence, values["namespace"])
    finally:
        running.cluster.delete(made["kind"], made["metadata"]["name"], values["namespace"])
        if by_eks:
            running.eks.delete_pod_identity_association(**association)
    broken = [link.name for link in links if link.state == "broken"]
    if CATALOG[name].antipattern:
        assert broken[0] == "static key"
        return
    assert broken == [], [*map(str, links)]
    assert "ok" in [link.state for link in links if link.name == "trust policy"]
