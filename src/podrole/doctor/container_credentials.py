"""The links of Pod Identity: association, agent, the way to it, trust policies."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.agent import agent_link
from podrole.doctor.evidence import Evidence
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import AGENT, PodView
from podrole.doctor.role_arn import fault_of, read_role_arn
from podrole.doctor.tree import Tree, text
from podrole.doctor.trust_policy import get_role, trust_link
from podrole.doctor.trust_verdict import Asked
from podrole.policy import Request
from podrole.terminal import shell_option

_PRINCIPAL = "pods.eks.amazonaws.com"
#: Keys that a call of EKS's never has: the tags are six, and no caller of an account speaks.
_ABSENT = ("aws:principalarn", "aws:principalaccount", "aws:principaltag/", "aws:requesttag/")


def association_of(evidence: Evidence, view: PodView) -> Tree | None:
    """The association of the pod's service account in the pod's cluster, described or listed."""
    return next((one for one in _associations(evidence, view) if not _foreign(evidence, one)), None)


def _associations(evidence: Evidence, view: PodView) -> Iterator[Tree]:
    for association in [*evidence.associations, *(evidence.listed_associations or ())]:
        if (
            text(association, "namespace") == view.namespace
            and text(association, "serviceAccount") == view.account_name
        ):
            yield association


def _foreign(evidence: Evidence, association: Tree) -> bool:
    """Whether an association is of another cluster than the files' own."""
    name, other = text(evidence.cluster, "name"), text(association, "clusterName")
    return bool(name and other and name != other)


def foreign_association(evidence: Evidence, view: PodView) -> Link | None:
    """The link that says that the only association is another cluster's."""
    others = [one for one in _associations(evidence, view) if _foreign(evidence, one)]
    if not others or association_of(evidence, view) is not None:
        return None
    cluster = text(evidence.cluster, "name")
    return broken(
        "association",
        f"the association for {view.namespace}/{view.account_name} belongs to another cluster, "
        f"{text(others[0], 'clusterName')}; this cluster has no association, {cluster}",
        f"create it in the cluster {cluster}, then recreate the pod",
        "pia-create",
    )


def container_links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """Walk from the variables that the webhook wrote to the trust policies."""
    if view.proxied:
        # Go's SDK asks the agent through the proxy, botocore does not (both read 2026-11-24): which
        # one runs in the container, no manifest says.
        yield unknown(
            "way to the agent",
            f"HTTP_PROXY is set, but NO_PROXY lacks {AGENT[0]}: some SDKs send the request to the"
            " proxy",
            f"add {AGENT[0]} and [{AGENT[1]}] to NO_PROXY",
            "deployment-proxy",
        )
    yield agent_link(evidence, text(view.pod, "spec", "nodeName"))
    if view.partial:
        yield unknown(
            "association",
            "the output of env does not name the service account",
            "kubectl get pod <pod> -o yaml",
        )
        return
    association = association_of(evidence, view)
    if association is None:
        yield foreign_association(evidence, view) or _missing(evidence, view)
        return
    arn = text(association, "roleArn")
    if not arn:
        yield _listed_only(association)
        return
    if read_role_arn(arn) is None:
        says, right = fault_of(arn)
        fix = f"update the association with {right}, then recreate the pod"
        yield broken("association", says, fix, "association-update-role")
        return
    yield ok("association", f"names {arn}")
    yield trust_link(
        evidence,
        list(_asked(evidence, view, association, arn)),
        f"{_PRINCIPAL} (for {view.namespace}/{view.account_name})",
        "trust-pod-identity",
    )
    if target := text(association, "targetRoleArn"):
        yield _target(evidence, association, arn, target)


def _missing(evidence: Evidence, view: PodView) -> Link:
    if evidence.listed_associations is None:
        command = "aws eks list-pod-identity-associations --cluster-name <cluster>"
        return unknown("association", "no file lists the associations", command)
    return broken(
        "association",
        f"there is no longer one for {view.namespace}/{view.account_name}",
        "create it again, or recreate the pod to run without it",
        "pia-create",
    )


def _listed_only(association: Tree) -> Link:
    cluster = text(association, "clusterName")
    options = (
        shell_option("--cluster-name", cluster, to_fill_in="<cluster>"),
        shell_option("--association-id", text(association, "associationId"), to_fill_in="<id>"),
    )
    return unknown(
        "association",
        "the list shows it without its role",
        f"aws eks describe-pod-identity-association {' '.join(options)}",
    )


def _target(evidence: Evidence, association: Tree, arn: str, target: str) -> Link:
    """The role in another account, which the association's role assumes (EKS User Guide, "Access
    AWS resources using EKS Pod Identity target IAM roles", checked 2026-11-28)."""
    role, other = read_role_arn(arn), read_role_arn(target)
    if other is None:
        says, right = fault_of(target)
        fix = f"update the association with {right}, then recreate the pod"
        return broken("target role", says, fix, "association-set-target")
    if evidence.role(target) is None and evidence.error_of("GetRole", other.name) is None:
        return unknown(
            "target role",
            f"{target} has its own trust policy, in its account",
            f"{get_role(target)}, in that account",
        )
    assert role is not None
    session = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/eks"
    context: dict[str, str | list[str]] = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": role.account,
    }
    if external := text(association, "externalId"):
        context["sts:ExternalId"] = external
    actions = ["sts:AssumeRole"]
    if not _untagged(association):
        # The first role's session has the tags.
        context |= {
            f"aws:PrincipalTag/{key}": value for key, value in _tags(evidence, association).items()
        }
    asked = [Asked(Request(session, action, target, context)) for action in actions]
    return trust_link(
        evidence, asked, arn, "trust-target-role-tags", link="target role's trust policy"
    )


def _asked(evidence: Evidence, view: PodView, association: Tree, arn: str) -> Iterator[Asked]:
    """What EKS asks the trust policy: to assume the role, and to tag the session."""
    tags = {} if _untagged(association) else _tags(evidence, association, view)
    cluster = _cluster_arn(evidence, association)
    account = cluster.split(":")[4] if cluster.count(":") >= 5 else arn.split(":")[4]
    context: dict[str, str | list[str]] = {"aws:SourceAccount": account}
    if cluster:
        context["aws:SourceArn"] = cluster
    absent: tuple[str, ...] = _ABSENT
    if tags:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags.items() if value}
        context["aws:TagKeys"] = list(tags)
        # A tag whose value no file tells is there all the same.
        hidden = {f"aws:requesttag/{key}" for key, value in tags.items() if not value}
        absent = _ABSENT if not hidden else _ABSENT[:-1]
    yield Asked(Request(_PRINCIPAL, "sts:AssumeRole", arn, context), absent)
    if tags:
        yield Asked(Request(_PRINCIPAL, "sts:TagSession", arn, context), absent)


def _untagged(association: Tree) -> bool:
    return str(association.get("disableSessionTags")).lower() == "true"


def _tags(evidence: Evidence, association: Tree, view: PodView | None = None) -> dict[str, str]:
    """The six session tags (EKS User Guide); a value that no file tells is empty."""
    return {
        "eks-cluster-arn": _cluster_arn(evidence, association),
        "eks-cluster-name": _cluster_name(evidence, association),
        "kubernetes-namespace": text(association, "namespace"),
        "kubernetes-service-account": text(association, "serviceAccount"),
        "kubernetes-pod-name": view.name if view and not view.written else "",
        "kubernetes-pod-uid": text(view.pod, "metadata", "uid") if view else "",
    }


def _cluster_arn(evidence: Evidence, association: Tree) -> str:
    if arn := text(evidence.cluster, "arn"):
        return arn
    # The association's own ARN holds Region and account, and its second part the cluster's name.
    parts = text(association, "associationArn").split(":")
    name = _cluster_name(evidence, association)
    return ":".join([*parts[:5], f"cluster/{name}"]) if len(parts) == 6 and name else ""


def _cluster_name(evidence: Evidence, association: Tree) -> str:
    return text(association, "clusterName") or text(evidence.cluster, "name")
