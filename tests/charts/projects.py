"""The projects whose charts are installed, and where their releases have them.

Go's module proxy serves a project's repository at a release; charts and definitions are in it. A
version is the newest whose `go.mod` Go 1.26.8 takes (2026-11-29).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """One project.

    Args:
        name: of the release, and of the manifest beside this file.
        module: Go's name of the repository, with the version.
        charts: folders with a chart, in the order in which they are installed.
        settings: values of the last chart.
        definitions: a folder of definitions that kubectl applies, where the chart has none.
    """

    name: str
    module: str
    charts: tuple[str, ...]
    settings: tuple[str, ...] = ()
    definitions: str = ""


HELM = "helm.sh/helm/v3/cmd/helm@v3.22.0"
PROJECTS = (
    Project(
        "cert-manager",
        "github.com/cert-manager/cert-manager@v1.21.2",
        ("deploy/charts/cert-manager",),
        ("crds.enabled=true", "crds.keep=false"),
    ),
    Project(
        "external-dns",
        "sigs.k8s.io/external-dns@v0.21.0",
        ("charts/external-dns",),
        ("provider.name=aws", "sources={service,crd}"),
    ),
    Project(
        "aws-load-balancer-controller",
        "github.com/kubernetes-sigs/aws-load-balancer-controller"
        "@v0.0.0-20260423195125-93ff3b5fdaad",
        ("helm/aws-load-balancer-controller",),
        ("clusterName=demo", "region=eu-central-1", "vpcId=vpc-1"),
    ),
    Project(
        "karpenter",
        "github.com/aws/karpenter-provider-aws@v1.14.1",
        ("charts/karpenter-crd", "charts/karpenter"),
        ("settings.clusterName=demo",),
    ),
    Project(
        "external-secrets",
        "github.com/external-secrets/external-secrets@v1.3.2",
        ("deploy/charts/external-secrets",),
        ("installCRDs=false",),
        "config/crds/bases",
    ),
)
