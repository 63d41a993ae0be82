"""The links of Pod Identity: association, agent, the way to it, trust policy."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.policy import PolicyError, PolicySet, Request, authorize, parse_policy

from .evidence import Evidence, Tree, text, trust_document
from .link import Link, broken, ok, unknown
from .pod_view import AGENT, PodView

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
        yield Link(
            "way to the agent",
            "unknown",
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
                "create it again, or make the pod anew without it",
                "pia-create",
            )
        return
    arn = text(association, "roleArn")
    if not arn:
        identifier = text(association, "associationId") or "<id>"
        yield unknown(
            "association",
            "it is listed, without its role",
            "aws eks describe-pod-identity-association --cluster-name "
            f"{text(association, 'clusterName') or '<cluster>'} --association-id {identifier}",
        )
        return
    yield ok("association", f"names {arn}")
    yield from _trust(evidence, view, association, arn)
    if target := text(association, "targetRoleArn"):
        yield unknown(
            "target role",
            f"{target} has a trust policy of its own, in its account",
            f"aws iam get-role --role-name {target.rpartition('/')[2]}, in that account",
        )


def _agent(evidence: Evidence) -> Link:
    compute = (evidence.cluster or {}).get("computeConfig")
    if isinstance(compute, dict) and str(compute.get("enabled")).lower() == "true":
        return ok("agent", "Auto Mode has it built in")
    if evidence.addons is None:
        return unknown("agent", "no file tells", "aws eks list-addons --cluster-name <cluster>")
    if _ADDON in evidence.addons:
        return ok("agent", "the add-on is installed; whether it runs on this node, kubectl knows")
    return broken("agent", "the add-on is not installed", "install it", "agent-addon")


def _trust(evidence: Evidence, view: PodView, association: Tree, arn: str) -> Iterator[Link]:
    found = evidence.role(arn)
    if found is None:
        command = f"aws iam get-role --role-name {arn.rpartition('/')[2]}"
        yield unknown("trust policy", f"no file shows {arn}", command)
        return
    try:
        trust = parse_policy(trust_document(found), kind="trust")
    except PolicyError as error:
        yield broken("trust policy", str(error), "write a valid policy", "trust-pod-identity")
        return
    context = _context(evidence, view, association, arn)
    tagged = str(association.get("disableSessionTags")).lower() != "true"
    for action in ("sts:AssumeRole", *(("sts:TagSession",) if tagged else ())):
        request = Request(_PRINCIPAL, action, arn, context)
        decision = authorize(request, PolicySet(resource=trust), explain=True)
        if decision.allowed:
            continue
        near = next((str(one) for one in decision.trace if one.near_miss), decision.reason)
        yield broken(
            "trust policy",
            f"does not let EKS {action}: {near}",
            "mend that part",
            "trust-pod-identity",
        )
        return
    yield ok("trust policy", f"lets {_PRINCIPAL} in for {view.namespace}/{view.account_name}")


def _context(
    evidence: Evidence, view: PodView, association: Tree, arn: str
) -> dict[str, str | list[str]]:
    """What EKS sends with the call: for whom it asks, and the six tags (EKS User Guide)."""
    context: dict[str, str | list[str]] = {}
    account = arn.split(":")[4]
    context["aws:SourceAccount"] = account
    # The association's own ARN holds Region and account, and its second part the cluster's name.
    parts = text(association, "associationArn").split(":")
    name = text(association, "clusterName") or text(evidence.cluster, "name")
    cluster = text(evidence.cluster, "arn")
    if not cluster and len(parts) == 6 and name:
        cluster = ":".join([*parts[:5], f"cluster/{name}"])
    if cluster:
        context["aws:SourceArn"] = cluster
    if str(association.get("disableSessionTags")).lower() == "true":
        return context
    tags = {
        "eks-cluster-arn": cluster,
        "eks-cluster-name": name,
        "kubernetes-namespace": view.namespace,
        "kubernetes-service-account": view.account_name,
        "kubernetes-pod-name": view.name,
        "kubernetes-pod-uid": text(view.pod, "metadata", "uid"),
    }
    context |= {f"aws:RequestTag/{key}": value for key, value in tags.items() if value}
    context["aws:TagKeys"] = [key for key, value in tags.items() if value]
    return context
