"""Loading, filling and rendering snippets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole import yaml_writer
from podrole.catalog import Catalog, CatalogError
from podrole.catalog.notebook import drift, fill_notebook
from tests.catalogue import CATALOG

ROOT = Path(__file__).parents[2] / "snippets"
#: Other people's files that a test has put beside a program.
INSTALLED = shutil.ignore_patterns("node_modules")
#: What someone might type to break out of a document.
HOSTILE = [
    'x", "Resource": "*',
    "x\nkind: Secret",
    "$(id)",
    "a b",
    "{{account_id}}",
    "'; rm -rf ~",
    "",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "snippets", ignore=INSTALLED))


def edit(path: Path, **changes: Any) -> None:
    """Change keys of a YAML file; None removes one."""
    content = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        content.pop(key, None) if value is None else content.update({key: value})
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def refusal(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        Catalog.load(folder)
    return str(caught.value)


def test_a_parameter_without_a_default(folder: Path) -> None:
    edit(folder / "parameters.yml", region={"description": "x", "pattern": "x"})
    assert refusal(folder) == "parameters.yml: region: needs a default (a quoted string)"


def test_a_default_that_its_pattern_refuses(folder: Path) -> None:
    edit(
        folder / "parameters.yml",
        region={"description": "x", "default": "mars", "pattern": r"\d+"},
    )
    assert refusal(folder).startswith(r"parameters.yml: region: 'mars' does not match \d+")


def test_a_placeholder_that_is_not_declared(folder: Path) -> None:
    edit(folder / "parameters.yml", stream=None)
    message = refusal(folder)
    assert "policies/identity-kinesis-consumer.yml" in message
    assert "placeholder {{stream}} is not declared in parameters.yml" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "other"}, "policies/trust-irsa-exact.yml: id 'other' must be the file's name"),
        ({"colour": "red"}, "policies/trust-irsa-exact.yml: unknown key 'colour'"),
        ({"title": None}, "policies/trust-irsa-exact.yml: needs 'title'"),
        ({"cases": None}, "needs cases: a policy without a truth table proves nothing"),
        (
            {"layer": "bucket"},
            "policies/trust-irsa-exact.yml: layer is 'bucket'; it must be one of",
        ),
        ({"sources": ["x"]}, "sources: each needs page and checked"),
        (
            {"antipattern": {"reason": "x", "better": "no"}},
            "policies/trust-irsa-exact.yml: no snippet 'no'",
        ),
        ({"cases": [{"name": "n", "expect": "yes"}]}, "case 1 (n): expect is 'yes'"),
    ],
)
def test_a_faulty_file_is_named(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder / "policies" / "trust-irsa-exact.yml", **changes)
    assert message in refusal(folder)


def test_a_file_that_is_no_yaml(folder: Path) -> None:
    (folder / "policies" / "trust-irsa-exact.yml").write_text("a: [")
    assert "trust-irsa-exact.yml" in refusal(folder)


def test_a_wrong_truth_table_is_noticed(folder: Path) -> None:
    path = folder / "policies" / "trust-irsa-exact.yml"
    content = yaml.safe_load(path.read_text())
    content["policy"]["Statement"][0]["Condition"]["StringEquals"].popitem()
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    verdicts = Catalog.load(folder).truth_table("trust-irsa-exact")
    assert [verdict.name for verdict in verdicts if not verdict.holds] == [
        "other service account, same namespace",
        "same service account name, other namespace",
        "a token without sub",
    ]


# -- values and formats --------------------------------------------------------------------


def test_values_reach_the_document_and_derived_ones_follow() -> None:
    values = {"namespace": "payments", "region": "eu-west-1", "account_id": "999988887777"}
    text = CATALOG.render("trust-irsa-exact", "json", values)
    document = json.loads(text)
    condition = document["Statement"][0]["Condition"]["StringEquals"]
    provider = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
    assert condition[f"{provider}:sub"] == "system:serviceaccount:payments:orders-api"
    assert "999988887777" in document["Statement"][0]["Principal"]["Federated"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["namespace", "bucket", "role_name", "cluster", "secret_name"])
def test_a_value_that_does_not_fit_is_refused_with_an_example(name: str, value: str) -> None:
    with pytest.raises(CatalogError, match=rf"{name}: .* does not match .*; example: "):
        CATALOG.parameters.values({name: value})


def test_unknown_and_derived_values_are_refused() -> None:
    with pytest.raises(CatalogError, match="colour: no such parameter"):
        CATALOG.parameters.values({"colour": "red"})
    with pytest.raises(CatalogError, match=r"external_id: is made of \{\{region\}\}/.*set these"):
        CATALOG.parameters.values({"external_id": "x"})


@pytest.mark.parametrize("given", ["", "https://", "arn:aws:iam::111122223333:oidc-provider/"])
def test_an_issuer_of_your_own_is_given_as_one_value(given: str) -> None:
    host = "oidc-of-kops.s3.eu-north-1.amazonaws.com/clusters/blue"
    assert CATALOG.parameters.values({"oidc_provider": given + host})["oidc_provider"] == host
    assert host not in CATALOG.parameters.values({})["oidc_provider"]
    with pytest.raises(CatalogError, match="oidc_provider: 'no host' does not match"):
        CATALOG.parameters.values({"oidc_provider": "no host"})


@pytest.mark.parametrize("given", ["a/b/r", "arn:aws:iam::111122223333:role/a/b/r"])
def test_a_path_in_a_role_name_is_told_where_it_belongs(given: str) -> None:
    with pytest.raises(CatalogError, match=r"role_name: .*; role_path takes the path"):
        CATALOG.parameters.values({"role_name": given})


def test_no_value_breaks_out_of_a_manifest_whatever_the_pattern(folder: Path) -> None:
    anything = {"description": "x", "default": "orders", "pattern": r"[\s\S]*"}
    edit(folder / "parameters.yml", namespace=anything, secret_name=anything)
    catalog = Catalog.load(folder)
    for value in ("x\nkind: Secret", "x # y", "{a: b}", "[", "x: y", "null", "1e3", "y", "-"):
        metadata = yaml.safe_load(catalog.render("sa-plain", "yaml", {"namespace": value}))[
            "metadata"
        ]
        assert metadata == {"name": "orders-api", "namespace": value}
    with pytest.raises(CatalogError, match=r"ascp-spc: secret_name: .* would not stay one string"):
        catalog.render("ascp-spc", "yaml", {"secret_name": 'a"b'})
    with pytest.raises(CatalogError, match=r"pia-create: namespace: .* a shell interprets"):
        catalog.render("pia-create", "bash", {"namespace": "x; id"})


@pytest.mark.parametrize("snippet", CATALOG.of("policy"), ids=lambda snippet: snippet.id)
def test_a_policys_formats_say_the_same(snippet: Any) -> None:
    document = json.loads(CATALOG.render(snippet.id, "json"))
    assert yaml.safe_load(CATALOG.render(snippet.id, "yaml")) == document
    scope: dict[str, Any] = dict(CATALOG.parameters.values({}))
    exec(CATALOG.render(snippet.id, "python", variable="policy"), scope)
    assert scope["policy"] == document


@pytest.mark.parametrize("snippet", CATALOG.of("manifest"), ids=lambda snippet: snippet.id)
def test_a_manifests_formats_say_the_same(snippet: Any) -> None:
    scope: dict[str, Any] = dict(CATALOG.parameters.values({}))
    exec(CATALOG.render(snippet.id, "python", variable="manifest"), scope)
    manifests = list(yaml.safe_load_all(CATALOG.render(snippet.id, "yaml")))
    assert list(yaml.safe_load_all(scope["manifest"])) == manifests
    for manifest in manifests:
        assert {"apiVersion", "kind", "metadata"} <= set(manifest)


def test_yaml_is_the_same_where_pyyaml_has_no_c(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [("trust-irsa-exact", "cloudformation"), ("trust-irsa-exact", "ack")]
    by_c = [CATALOG.render(*one) for one in written]
    assert "|" in by_c[1]
    monkeypatch.setattr(yaml_writer, "_Dumper", yaml_writer.dumper(yaml.SafeDumper))
    assert [CATALOG.render(*one) for one in written] == by_c


def test_unknown_snippets_and_formats() -> None:
    with pytest.raises(
        CatalogError, match=r"no snippet 'nothing'; `podrole snippet list` lists all"
    ):
        CATALOG.render("nothing", "json")
    with pytest.raises(CatalogError, match="no format 'bash'; it has json, yaml"):
        CATALOG.render("trust-irsa-exact", "bash")


def test_antipatterns_say_why_and_name_the_better() -> None:
    for snippet in [*CATALOG.of("policy"), *CATALOG.of("manifest")]:
        if "-bad-" in snippet.id or snippet.id.endswith("static-key"):
            assert snippet.antipattern, snippet.id
            assert snippet.antipattern.better, snippet.id


# -- notebooks -----------------------------------------------------------------------------


def test_notebook_cells_follow_the_catalogue() -> None:
    cell = {
        "cell_type": "code",
        "metadata": {"podrole": {"snippet": "sa-plain", "as": "manifest"}},
        "source": ["old"],
    }
    notebook = {"cells": [{"cell_type": "markdown", "metadata": {}, "source": []}, cell]}
    assert drift(notebook, CATALOG, "n.ipynb") == [
        "n.ipynb, cell 1: its text is not snippet 'sa-plain'"
    ]
    assert fill_notebook(notebook, CATALOG) == 1
    assert drift(notebook, CATALOG, "n.ipynb") == []
    assert fill_notebook(notebook, CATALOG) == 0
