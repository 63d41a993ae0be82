"""Manifests of Crossplane and External Secrets, against the CRDs of their own releases.

The CRDs come with the projects' Go modules; nothing of them is kept here.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from podrole.catalog import Snippet
from tests.catalogue import CATALOG
from tests.tools import needs

#: Module, its checksum, and where its CRDs are.
MODULES = {
    "aws.upbound.io": (
        "github.com/upbound/provider-aws@v1.14.0",
        "h1:DDUdlMp+dNlFXXlhsGdCvQD7qFdT1AsEcaqlRU3BO14=",
        "package/crds",
    ),
    "external-secrets.io": (
        "github.com/external-secrets/external-secrets@v1.3.2",
        "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        "config/crds/bases",
    ),
}
MANIFESTS = [
    one
    for one in CATALOG.of("manifest")
    if one.proof == "schema-checked" and "networking.k8s.io" not in one.body
]
CROSSPLANE = [one for one in CATALOG.of("policy") if "crossplane" in CATALOG.formats(one.id)]


@cache
def folder(group: str) -> Path:
    module, checksum, crds = MODULES[group]
    done = subprocess.run(
        [needs("go"), "mod", "download", "-json", module],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["Sum"] == checksum, module
    return Path(found["Dir"]) / crds


@cache
def schema(group: str, version: str, kind: str) -> Mapping[str, Any]:
    """The CRD's schema, strict: a field that it does not know is an error."""
    home = next(one for one in MODULES if group.endswith(one))
    for path in sorted(folder(home).glob(f"{group}_*.yaml")):
        crd = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        if crd["spec"]["names"]["kind"] == kind:
            (found,) = (one for one in crd["spec"]["versions"] if one["name"] == version)
            return strict(found["schema"]["openAPIV3Schema"])
    raise AssertionError(f"no CRD for {kind} of {group}")


def strict(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    kept = {key: strict(item) for key, item in node.items()}
    if "properties" in kept and not node.get("x-kubernetes-preserve-unknown-fields"):
        kept["properties"] = {key: strict(item) for key, item in node["properties"].items()}
        kept.setdefault("additionalProperties", False)
    return kept


def faults(document: Mapping[str, Any]) -> list[str]:
    group, _, version = document["apiVersion"].partition("/")
    given = {key: item for key, item in document.items() if key != "metadata"}
    wanted = dict(schema(group, version, document["kind"]))
    wanted["properties"] = {
        key: item for key, item in wanted["properties"].items() if key != "metadata"
    }
    validator = jsonschema.Draft202012Validator(wanted)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(given)]


@pytest.mark.parametrize("snippet", MANIFESTS, ids=lambda snippet: snippet.id)
def test_a_manifest(snippet: Snippet) -> None:
    assert faults(yaml.safe_load(CATALOG.render(snippet.id, "yaml"))) == []


@pytest.mark.parametrize("snippet", CROSSPLANE, ids=lambda snippet: snippet.id)
def test_a_policy_for_crossplane(snippet: Snippet) -> None:
    document = yaml.safe_load(CATALOG.render(snippet.id, "crossplane"))
    assert faults(document) == []
    wanted = json.loads(CATALOG.render(snippet.id, "json"))
    given = document["spec"]["forProvider"]
    assert json.loads(given.get("policy") or given["assumeRolePolicy"]) == wanted


def test_a_misspelt_field_is_noticed() -> None:
    document = yaml.safe_load(CATALOG.render("trust-irsa-exact", "crossplane"))
    document["spec"]["forProvider"]["asumeRolePolicy"] = "x"
    assert any("asumeRolePolicy" in fault for fault in faults(document))
