"""The doctor's own fixes, applied to the failures that they are for: they admit the pod alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from podrole.doctor import Link
from tests.doctor.conftest import Ward
from tests.doctor.typist import Typist
from tests.lab.conftest import (
    ACCOUNT,
    DEPLOYMENT,
    POD_IDENTITY_TRUST,
    ROLE_ARN,
    SERVICE_ACCOUNT,
    statement,
)

Break = Callable[[Ward], None]
PODS = {"Service": "pods.eks.amazonaws.com"}
BOTH = ["sts:AssumeRole", "sts:TagSession"]
ANNOTATION = "eks.amazonaws.com/role-arn"


def trust(document: Callable[[Ward], Any]) -> Break:
    def breaks(ward: Ward) -> None:
        ward.setup.iam.update_assume_role_policy(
            RoleName="orders-api", PolicyDocument=json.dumps(document(ward))
        )
        ward.restart()  # the agent keeps what it has for a pod

    return breaks


def edited(*, sub: Any = None, key: Callable[[str], str] = str, **elements: Any) -> Break:
    """IRSA's trust policy with another subject, other keys, or other elements."""

    def document(ward: Ward) -> Any:
        found = ward.setup.irsa_trust(subject=sub) if sub else ward.setup.irsa_trust()
        (only,) = found["Statement"]
        only |= elements
        for of_operator in only["Condition"].values():
            for name in list(of_operator):
                of_operator[key(name)] = of_operator.pop(name)
        return found

    return trust(document)


def account(annotations: dict[str, str], *, restart: bool = True) -> Break:
    def breaks(ward: Ward) -> None:
        ward.setup.cluster.delete("ServiceAccount", "orders-api", "orders")
        lines = "".join(f"    {key}: '{value}'\n" for key, value in annotations.items())
        ward.setup.cluster.apply(SERVICE_ACCOUNT + (f"  annotations:\n{lines}" if lines else ""))
        if restart:
            ward.restart()

    return breaks


def deployment(old: str, new: str) -> Break:
    return lambda ward: ward.setup.cluster.apply(DEPLOYMENT.replace(old, new)) and None


def _provider(ward: Ward) -> dict[str, str]:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ward.setup.provider}"
    return {"OpenIDConnectProviderArn": arn}


def no_provider(ward: Ward) -> None:
    ward.setup.iam.delete_open_id_connect_provider(**_provider(ward))


def another_audience(ward: Ward) -> None:
    of_it = _provider(ward)
    ward.setup.iam.add_client_id_to_open_id_connect_provider(**of_it, ClientID="other")
    ward.setup.iam.remove_client_id_from_open_id_connect_provider(
        **of_it, ClientID="sts.amazonaws.com"
    )


def no_agent(ward: Ward) -> None:
    ward.setup.eks.delete_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    ward.restart()


def no_association(ward: Ward) -> None:
    ward.restart()  # the agent has nothing for the new pod yet
    listed = ward.setup.eks.list_pod_identity_associations(clusterName="demo")
    ward.setup.eks.delete_pod_identity_association(
        clusterName="demo", associationId=listed["associations"][0]["associationId"]
    )


def late_association(ward: Ward) -> None:
    no_association(ward)
    ward.restart()
    ward.setup.lab.clock.move(seconds=5)
    ward.setup.associate()


def late_annotation(ward: Ward) -> None:
    account({})(ward)
    account({ANNOTATION: ROLE_ARN}, restart=False)(ward)


def role_with_path(ward: Ward) -> None:
    """The role was made again, below a path."""
    ward.setup.iam.delete_role(RoleName="orders-api")
    ward.setup.create_role(ward.setup.irsa_trust(), Path="/eks/")


KEY = (
    "image: app, env: [{name: AWS_ACCESS_KEY_ID, value: AKIAIOSFODNN7EXAMPLE}, "
    "{name: AWS_SECRET_ACCESS_KEY, value: x}]}"
)
LABELS = "labels: {app: orders-api}"
SKIPS = f"{LABELS}, annotations: {{eks.amazonaws.com/skip-containers: app}}"
BY_HAND = f"image: app, env: [{{name: AWS_ROLE_ARN, value: {ROLE_ARN}}}]}}"
ASSOCIATION = f"arn:aws:eks:us-west-2:{ACCOUNT}:podidentityassociation/demo/a-1"


def of_eks(**elements: Any) -> Break:
    return trust(lambda _: statement(**{"Principal": PODS, "Action": BOTH, **elements}))


def condition(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


#: The link that breaks, how, and what the pod is then told; for both mechanisms.
IRSA: dict[str, tuple[Break, str]] = {
    "wildcard": (edited(sub="system:serviceaccount:orders:*"), "trust policy"),
    "namespace": (edited(sub="system:serviceaccount:billing:orders-api"), "trust policy"),
    "several": (edited(sub=["system:serviceaccount:a:b", "system:serviceaccount:c:d"]),
                "trust policy"),
    "https": (edited(key=lambda name: f"https://{name}"), "trust policy"),
    "issuer": (edited(key=lambda name: name.replace("id/", "id/0")), "trust policy"),
    "action": (edited(Action="sts:AssumeRole"), "trust policy"),
    "a-policy-for-pod-identity": (trust(lambda _: POD_IDENTITY_TRUST), "trust policy"),
    "source": (
        edited(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}), "trust policy"),
    "deny": (trust(lambda ward: {"Version": "2012-10-17", "Statement": [
        *ward.setup.irsa_trust()["Statement"],
        {**ward.setup.irsa_trust()["Statement"][0], "Effect": "Deny"}]}), "trust policy"),
    "no-provider": (no_provider, "provider"),
    "audience": (another_audience, "provider's client IDs"),
    "path": (role_with_path, "role's ARN"),
    "arn": (account({ANNOTATION: "orders-api"}), "role's ARN"),
    "region-in-arn": (account({ANNOTATION: ROLE_ARN.replace("::", ":us-west-2:")}), "role's ARN"),
    "annotated-later": (late_annotation, "injection"),
    "misspelt": (account({"eks.amazonaws.com/rolearn": ROLE_ARN}), "set-up"),
    "kube2iam": (account({"iam.amazonaws.com/role": "orders-api"}), "annotation"),
    "empty": (account({ANNOTATION: ""}), "annotation"),
    "skipped": (deployment(LABELS, SKIPS), "injection"),
    "by-hand": (deployment("image: app}", BY_HAND), "injection"),
    "static-key": (deployment("image: app}", KEY), "static key"),
    "default-account": (deployment("serviceAccountName: orders-api", "serviceAccountName: default"),
                        "service account"),
}  # fmt: skip
POD_IDENTITY: dict[str, tuple[Break, str]] = {
    "no-tags": (of_eks(Action="sts:AssumeRole"), "trust policy"),
    "association": (of_eks(**condition("ArnEquals", "aws:SourceArn", ASSOCIATION)),
                    "trust policy"),
    "namespace": (of_eks(**condition(
        "StringEquals", "aws:RequestTag/kubernetes-namespace", "billing")), "trust policy"),
    "principal-arn": (of_eks(**condition("ArnLike", "aws:PrincipalArn", "*")), "trust policy"),
    "a-policy-for-irsa": (trust(lambda ward: ward.setup.irsa_trust()), "trust policy"),
    "service": (of_eks(Principal={"Service": "eks.amazonaws.com"}), "trust policy"),
    "no-agent": (no_agent, "agent"),
    "no-association": (no_association, "association"),
    "late-association": (late_association, "injection"),
    "static-key": (deployment("image: app}", KEY), "static key"),
}  # fmt: skip


def strangers_get(ward: Ward) -> list[str]:
    """Whom the role admits besides the pod."""
    cluster, got = ward.setup.cluster, []
    for namespace, name in (("orders", "default"), ("billing", "orders-api")):
        if namespace == "billing":
            cluster.apply({"kind": "Namespace", "metadata": {"name": namespace}})
            cluster.apply(SERVICE_ACCOUNT.replace("namespace: orders", "namespace: billing"))
        cluster.apply(
            {
                "kind": "Pod",
                "metadata": {"name": "stranger", "namespace": namespace},
                "spec": {"serviceAccountName": name, "containers": [{"name": "a", "image": "a"}]},
            }
        )
        if ward.works("stranger", namespace):
            got.append(f"pod of {namespace}/{name}")
        token = cluster.create_token(name, namespace, audience="sts.amazonaws.com")
        by_token = {"RoleArn": ROLE_ARN, "RoleSessionName": "stranger", "WebIdentityToken": token}
        if _succeeds(lambda asked=by_token: ward.setup.sts.assume_role_with_web_identity(**asked)):
            got.append(f"token of {namespace}/{name}")
    if _succeeds(lambda: ward.setup.sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="stranger")):
        got.append("a person of the account")
    return got


def _succeeds(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError:
        return False
    return True


def cures(ward: Ward, breaks: Break, name: str) -> Link:
    assert ward.works()
    breaks(ward)
    assert not ward.works()
    first = next(link for link in ward.links() if link.state == "broken")
    assert first.name == name, str(first)
    Typist(ward.setup).apply(first)
    assert [str(link) for link in ward.links() if link.state == "broken"] == []
    assert ward.works(), str(first)
    assert strangers_get(ward) == []
    return first


@pytest.mark.parametrize("fault", IRSA)
def test_a_fix_for_irsa_lets_the_pod_in_and_nobody_else(ward: Ward, fault: str) -> None:
    ward.setup.irsa_pod()
    cures(ward, *IRSA[fault])


@pytest.mark.parametrize("fault", POD_IDENTITY)
def test_a_fix_for_pod_identity_lets_the_pod_in_and_nobody_else(ward: Ward, fault: str) -> None:
    ward.setup.pod_identity_pod()
    cures(ward, *POD_IDENTITY[fault])


@pytest.mark.parametrize("fault", ["principal-arn", "a-policy-for-irsa"])
def test_a_corrected_policy_names_the_service_account(ward: Ward, fault: str) -> None:
    """What it takes away kept all others out."""
    ward.setup.pod_identity_pod()
    cures(ward, *POD_IDENTITY[fault])
    ward.setup.eks.create_pod_identity_association(
        clusterName="demo", namespace="billing", serviceAccount="orders-api", roleArn=ROLE_ARN
    )
    ward.setup.cluster.delete("Pod", "stranger", "billing")
    assert strangers_get(ward) == []
