"""The links of Pod Identity: association, agent, the way to it, trust policy."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.evidence import Evidence, Tree, mapping, text
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import AGENT, PodView
from podrole.doctor.trust_policy import get_role, trust_link
from podrole.policy import Request
from podrole.terminal import shell_option

_ADDON = "eks-pod-identity-agent"
_PRINCIPAL = "pods.eks.amazonaws.com"


def association_of(evidence: Evidence, view: PodView) -> Tree | None:
    """The association of the pod's service account: described, or only listed."""
    known: list[Tree] = [*evidence.associations, *(evidence.listed_associations or ())]
    for association in known:
        if (
            text(association, "namespace") == view.namespace
            and text(association, "serviceAccount") == view.account_name
        ):
            return association
    return None


def container_links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """Walk from the variables that the webhook wrote to the trust policy."""
    if view.proxied:
        # Go's SDK asks the agent through the proxy, botocore does not (both read 2026-11-24): which
        # one runs in the container, no manifest says.
        yield unknown(
            "way to the agent",
            f"HTTP_PROXY is set, and NO_PROXY lacks {AGENT[0]}: some SDKs ask the proxy",
            f"add {AGENT[0]} and [{AGENT[1]}] to NO_PROXY",
            "deployment-proxy",
        )
    yield _agent(evidence)
    association = association_of(evidence, view)
    if association is None:
        if evidence.listed_associations is None:
            command = "aws eks list-pod-identity-associations --cluster-name <cluster>"
            yield unknown("association", "no file tells", command)
        else:
            yield broken(
                "association",
                f"there is none for {view.namespace}/{view.account_name} any more",
                "create it again, or recreate the pod without it",
                "pia-create",
            )
        return
    arn = text(association, "roleArn")
    if not arn:
        cluster = text(association, "clusterName")
        options = (
            shell_option("--cluster-name", cluster, to_fill_in="<cluster>"),
            shell_option("--association-id", text(association, "associationId"), to_fill_in="<id>"),
        )
        yield unknown(
            "association",
            "it is listed, without its role",
            f"aws eks describe-pod-identity-association {' '.join(options)}",
        )
        return
    yield ok("association", f"names {arn}")
    yield trust_link(
        evidence,
        list(_requests(evidence, view, association, arn)),
        f"{_PRINCIPAL} (for {view.namespace}/{view.account_name})",
        "trust-pod-identity",
    )
    if target := text(association, "targetRoleArn"):
        yield unknown(
            "target role",
            f"{target} has a trust policy of its own, in its account",
            f"{get_role(target)}, in that account",
        )


def _agent(evidence: Evidence) -> Link:
    compute = mapping(mapping(evidence.cluster).get("computeConfig"))
    if str(compute.get("enabled")).lower() == "true":
        return ok("agent", "Auto Mode has it built in")
    if evidence.addons is None:
        return unknown("agent", "no file tells", "aws eks list-addons --cluster-name <cluster>")
    if _ADDON in evidence.addons:
        return ok("agent", "the add-on is installed; whether it runs on this node, kubectl knows")
    return broken("agent", "the add-on is not installed", "install it", "agent-addon")


def _requests(evidence: Evidence, view: PodView, association: Tree, arn: str) -> Iterator[Request]:
    """What EKS asks the trust policy: to assume the role, and to tag the session."""
    tags = _tags(evidence, view, association)
    context: dict[str, str | list[str]] = {"aws:SourceAccount": arn.split(":")[4]}
    if cluster := _cluster_arn(evidence, association):
        context["aws:SourceArn"] = cluster
    if tags:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        context["aws:TagKeys"] = list(tags)
    yield Request(_PRINCIPAL, "sts:AssumeRole", arn, context)
    if tags:
        yield Request(_PRINCIPAL, "sts:TagSession", arn, context)


def _tags(evidence: Evidence, view: PodView, association: Tree) -> dict[str, str]:
    """The six session tags, as far as the files tell them (EKS User Guide); none if disabled."""
    if str(association.get("disableSessionTags")).lower() == "true":
        return {}
    tags = {
        "eks-cluster-arn": _cluster_arn(evidence, association),
        "eks-cluster-name": _cluster_name(evidence, association),
        "kubernetes-namespace": view.namespace,
        "kubernetes-service-account": view.account_name,
        "kubernetes-pod-name": view.name,
        "kubernetes-pod-uid": text(view.pod, "metadata", "uid"),
    }
    return {key: value for key, value in tags.items() if value}


def _cluster_arn(evidence: Evidence, association: Tree) -> str:
    if arn := text(evidence.cluster, "arn"):
        return arn
    # The association's own ARN holds Region and account, and its second part the cluster's name.
    parts = text(association, "associationArn").split(":")
    name = _cluster_name(evidence, association)
    return ":".join([*parts[:5], f"cluster/{name}"]) if len(parts) == 6 and name else ""


def _cluster_name(evidence: Evidence, association: Tree) -> str:
    return text(association, "clusterName") or text(evidence.cluster, "name")
