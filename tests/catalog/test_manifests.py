"""Manifests: applied to the lab by kubectl, and checked strictly against Kubernetes' schemas."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from podrole.catalog import Catalog, Snippet
from tests.catalog.conftest import Shell
from tests.catalogue import CATALOG

MANIFESTS = CATALOG.of("manifest")
VERSIONS = ("1.31", "1.33", "1.35")
#: Kinds of controllers, and one of Kubernetes 1.36: these schemas do not know them.
CUSTOM = {
    "MutatingAdmissionPolicy",
    "SecretProviderClass",
    "SecretStore",
    "ExternalSecret",
    "PodIdentityAssociation",
}


def documents(snippet: Snippet) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(CATALOG.render(snippet.id, "yaml")))


BUILT_IN = [one for one in MANIFESTS if documents(one)[0]["kind"] not in CUSTOM]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("snippet", BUILT_IN, ids=lambda snippet: snippet.id)
def test_kubernetes_schema(snippet: Snippet, version: str) -> None:
    for document in documents(snippet):
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize(
    "snippet",
    [one for one in MANIFESTS if one.proof == "applied"],
    ids=lambda snippet: snippet.id,
)
def test_it_is_applied(shell: Shell, catalog: Catalog, snippet: Snippet) -> None:
    for name in ("namespace", "sa-annotated"):
        shell.run("kubectl apply -f -", stdin=catalog.render(name, "yaml"))
    text = catalog.render(snippet.id, "yaml")
    shell.run("kubectl apply --validate=strict -f -", stdin=text)
    # Applied again, nothing changes: the lab holds what the manifest says.
    again = shell.run("kubectl apply -f -", stdin=text)
    if "stringData" in text or "kind: Pod\n" in text:
        return  # what the server has made of these differs, so kubectl always says configured
    assert again.strip().endswith("unchanged"), again


def test_workloads_run_as_nobody_and_hold_no_keys() -> None:
    """But for what is shown as a mistake, or runs on Windows, which knows no such user."""
    for snippet in MANIFESTS:
        text = CATALOG.render(snippet.id, "yaml")
        if snippet.antipattern or "kind: Deployment" not in text or "windows" in text:
            continue
        assert "runAsNonRoot: true" in text, snippet.id
        assert "AWS_SECRET_ACCESS_KEY" not in text, snippet.id


def test_the_webhook_sees_the_annotations(shell: Shell, catalog: Catalog) -> None:
    """A misspelt annotation is accepted by every schema: only the webhook's answer shows it."""
    for name in ("namespace", "sa-annotated-options", "deployment-skip-containers"):
        shell.run("kubectl apply -f -", stdin=catalog.render(name, "yaml"))
    pods = yaml.safe_load(shell.run("kubectl -n orders get pods -o yaml"))["items"]
    containers = {one["name"]: one.get("env", []) for one in pods[0]["spec"]["containers"]}
    assert {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} <= {
        variable["name"] for variable in containers["app"]
    }
    assert containers["proxy"] == []
    (token,) = (
        source["serviceAccountToken"]
        for volume in pods[0]["spec"]["volumes"]
        if volume["name"] == "aws-iam-token"
        for source in volume["projected"]["sources"]
    )
    assert token["expirationSeconds"] == 3600
