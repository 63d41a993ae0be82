"""What programs in the lab's pods show when something is refused: each symptom, produced."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.test import Client

from tests.doctor.conftest import Ward
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, allow, statement
from tests.lab.test_throttle import TOKEN

TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
EVERYTHING = allow("*")


def said(call: Callable[[], Any]) -> str:
    """What a program shows: its error, or its identity."""
    try:
        return str(call())
    except (BotoCoreError, ClientError) as error:
        return str(error)


def in_pod(ward: Ward, call: Callable[[], Any] | None = None) -> str:
    def identity() -> str:
        return str(boto3.client("sts").get_caller_identity()["Arn"])

    with ward.setup.cluster.pod("orders-api", "orders").inside():
        return said(call or identity)


def refused_trust(ward: Ward) -> str:
    ward.setup.create_provider()
    ward.setup.create_role(ward.setup.irsa_trust(subject="system:serviceaccount:orders:*"))
    ward.setup.deploy(ward.setup.annotated())
    return in_pod(ward)


def no_provider(ward: Ward, texts: str = "2026") -> str:
    ward.setup.lab.sts_texts = texts
    ward.setup.create_role(ward.setup.irsa_trust())
    ward.setup.deploy(ward.setup.annotated())
    return in_pod(ward)


def wrong_audience(ward: Ward, texts: str = "2026") -> str:
    ward.setup.lab.sts_texts = texts
    ward.setup.irsa_pod()
    ward.setup.cluster.apply(ward.setup.annotated(audience="vault"))
    ward.restart()
    return in_pod(ward)


def no_keys(ward: Ward) -> str:
    """The cluster is deleted, and the provider of its issuer is left."""
    ward.setup.irsa_pod()
    token = ward.setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    ward.setup.eks.delete_cluster(name="demo")
    return said(
        lambda: ward.setup.sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/orders-api",
            RoleSessionName="try",
            WebIdentityToken=token,
        )
    )


def expired_token(ward: Ward) -> str:
    ward.setup.irsa_pod()
    token = ward.setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    ward.setup.lab.clock.move(days=2)
    return said(
        lambda: ward.setup.sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/orders-api",
            RoleSessionName="try",
            WebIdentityToken=token,
        )
    )


def trust_of_eks(ward: Ward) -> str:
    ward.setup.pod_identity_pod()
    ward.setup.iam.update_assume_role_policy(
        RoleName="orders-api",
        PolicyDocument=json.dumps(
            statement(Principal={"Service": "pods.eks.amazonaws.com"}, Action="sts:AssumeRole")
        ),
    )
    ward.restart()
    return in_pod(ward)


def no_agent(ward: Ward) -> str:
    ward.setup.pod_identity_pod()
    ward.setup.eks.delete_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    return in_pod(ward)


def no_way_to_the_agent(ward: Ward) -> str:
    ward.setup.pod_identity_pod()
    https = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 443}]}]}
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "https", "namespace": "orders"}}
    ward.setup.cluster.apply({**policy, "apiVersion": "networking.k8s.io/v1", "spec": https})
    return in_pod(ward)


def too_early(ward: Ward) -> str:
    ward.setup.lab.association_delay = timedelta(seconds=10)
    ward.setup.pod_identity_pod()
    return in_pod(ward)


def throttled(ward: Ward, place: str) -> str:
    if place == "sts":
        ward.setup.irsa_pod()
    else:
        ward.setup.pod_identity_pod()
    ward.setup.lab.throttled = {place}
    return in_pod(ward)


def throttled_eks_auth(ward: Ward) -> str:
    """What a client reads that waits as long as the agent tries; boto3 does not."""
    pod = ward.setup.pod_identity_pod()
    ward.setup.lab.throttled = {"eks-auth"}
    token = pod.read(TOKEN)
    headers = {"Host": "169.254.170.23", "Authorization": token}
    return str(Client(ward.setup.lab.gateway).get("/v1/credentials", headers=headers).text)


def slow_agent(ward: Ward, state: str) -> str:
    ward.setup.pod_identity_pod()
    ward.setup.lab.eks_auth = state
    return in_pod(ward)


def node_role(ward: Ward) -> str:
    ward.setup.lab.node.metadata_mode = "open"
    ward.setup.cluster.apply(
        {"kind": "ServiceAccount", "metadata": {"name": "orders-api", "namespace": "orders"}}
    )
    ward.setup.deploy()
    return in_pod(ward)


def left_over_key(ward: Ward) -> str:
    ward.setup.irsa_pod()
    ward.setup.iam.create_user(UserName="legacy")
    key = ward.setup.iam.create_access_key(UserName="legacy")["AccessKey"]

    def with_key() -> Any:
        session = boto3.Session(
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )
        return session.client("sts").get_caller_identity()["Arn"]

    return in_pod(ward, with_key)


def to_target(ward: Ward, actions: list[str], **asked: Any) -> str:
    ward.setup.pod_identity_pod(EVERYTHING)
    trust = statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/orders-api"}, Action=actions)
    ward.setup.lab.session(OTHER_ACCOUNT).client("iam").create_role(
        RoleName="target", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=43200
    )
    return in_pod(
        ward,
        lambda: boto3.client("sts").assume_role(RoleArn=TARGET, RoleSessionName="try", **asked),
    )


def list_users(ward: Ward) -> str:
    return in_pod(ward, lambda: boto3.client("iam").list_users())


def denied(ward: Ward) -> str:
    ward.setup.irsa_pod()
    return list_users(ward)


def denied_explicitly(ward: Ward) -> str:
    no = {"Version": "2012-10-17", "Statement": [{**EVERYTHING["Statement"][0], "Effect": "Deny"}]}
    ward.setup.irsa_pod(EVERYTHING, no)
    return list_users(ward)


def denied_by_boundary(ward: Ward) -> str:
    ward.setup.irsa_pod(EVERYTHING)
    arn = ward.setup.iam.create_policy(PolicyName="b", PolicyDocument=json.dumps(allow("sts:*")))[
        "Policy"
    ]["Arn"]
    ward.setup.iam.put_role_permissions_boundary(RoleName="orders-api", PermissionsBoundary=arn)
    return list_users(ward)


def denied_by_session(ward: Ward) -> str:
    ward.setup.pod_identity_pod(
        EVERYTHING, disableSessionTags=True, policy=json.dumps(allow("sts:*"))
    )
    return list_users(ward)


def denied_by_organization(ward: Ward) -> str:
    """The other account manages; of FullAWSAccess only STS is left to ours."""
    ward.setup.irsa_pod(EVERYTHING)
    manager = ward.setup.lab.session(OTHER_ACCOUNT).client("organizations")
    manager.create_organization(FeatureSet="ALL")
    invited = manager.invite_account_to_organization(Target={"Id": ACCOUNT, "Type": "ACCOUNT"})
    boto3.client("organizations").accept_handshake(HandshakeId=invited["Handshake"]["Id"])
    kind = {"Name": "sts", "Description": "", "Type": "SERVICE_CONTROL_POLICY"}
    made = manager.create_policy(**kind, Content=json.dumps(allow("sts:*")))
    only_sts = made["Policy"]["PolicySummary"]["Id"]
    manager.attach_policy(PolicyId=only_sts, TargetId=ACCOUNT)
    manager.detach_policy(PolicyId="p-FullAWSAccess", TargetId=ACCOUNT)
    return list_users(ward)


def copied_keys(ward: Ward) -> str:
    ward.setup.irsa_pod()

    def copied() -> Any:
        keys = boto3.Session().get_credentials().get_frozen_credentials()
        ward.setup.lab.clock.move(hours=2)
        return boto3.client(
            "sts",
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
        ).get_caller_identity()

    return in_pod(ward, copied)


#: By the symptom's name; where several faults show it, each after a colon.
PRODUCED: dict[str, Callable[[Ward], str]] = {
    "chained-tags": lambda ward: to_target(ward, ["sts:AssumeRole"]),
    "chained-too-long": lambda ward: to_target(
        ward, ["sts:AssumeRole", "sts:TagSession"], DurationSeconds=7200
    ),
    "eks-may-not-assume": trust_of_eks,
    "provider-or-audience:provider": no_provider,
    "provider-or-audience:audience": wrong_audience,
    "no-provider": lambda ward: no_provider(ward, "2024"),
    "wrong-audience": lambda ward: wrong_audience(ward, "2024"),
    "issuer-keys": no_keys,
    "token-expired": expired_token,
    "not-authorized": refused_trust,
    "agent-silent:refused": no_agent,
    "agent-silent:dropped": no_way_to_the_agent,
    "throttled:agent": lambda ward: throttled(ward, "agent"),
    "throttled:eks-auth": throttled_eks_auth,
    "throttled:sts": lambda ward: throttled(ward, "sts"),
    "agent-silent:down": lambda ward: slow_agent(ward, "down"),
    "agent-silent:hanging": lambda ward: slow_agent(ward, "hanging"),
    "agent-silent:throttled": lambda ward: throttled(ward, "eks-auth"),
    "expired-keys": copied_keys,
    "nothing-injected": too_early,
    "denied-boundary": denied_by_boundary,
    "denied-session": denied_by_session,
    "denied-explicitly": denied_explicitly,
    "denied-service-control": denied_by_organization,
    "denied": denied,
    "node-role": node_role,
    "static-key": left_over_key,
}
