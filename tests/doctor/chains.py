"""Two chains that work, taken apart: what a test changes, and what the doctor then says."""

from __future__ import annotations

import copy
import json
from typing import Any

from podrole.doctor import Evidence, Link, diagnose

ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/teams/press/printer"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/7D3A0B61C2E94F58A1B2C3D4E5F60718"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CLUSTER = {
    "name": "mill",
    "arn": f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/mill",
    "identity": {"oidc": {"issuer": f"https://{ISSUER}"}},
}
FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
IRSA_ENVIRONMENT = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": f"{FOLDER}/token"}
AGENT_ENVIRONMENT = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/run/secrets/pods.eks.amazonaws.com/token",
}
AGENT_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
IRSA_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{ISSUER}:sub": "system:serviceaccount:press:printer",
                    f"{ISSUER}:aud": "sts.amazonaws.com",
                }
            },
        }
    ],
}


class Chain:
    """What the files hold; a part that is None is in no file."""

    def __init__(self, environment: dict[str, str], trust: Any) -> None:
        self.container: dict[str, Any] = {"name": "app"}
        self.set(**environment)
        self.pod: dict[str, Any] = {
            "kind": "Pod",
            "metadata": {
                "name": "printer-5c9f-x2",
                "namespace": "press",
                "uid": "u1",
                "creationTimestamp": "2026-11-20T10:00:00Z",
            },
            "spec": {
                "serviceAccountName": "printer",
                "nodeName": "node-a",
                "containers": [self.container],
            },
        }
        self.account: dict[str, Any] | None = {
            "kind": "ServiceAccount",
            "metadata": {
                "name": "printer",
                "namespace": "press",
                "creationTimestamp": "2026-11-01T10:00:00Z",
                "annotations": {},
            },
        }
        self.cluster: dict[str, Any] | None = copy.deepcopy(CLUSTER)
        self.trust: Any = copy.deepcopy(trust)
        self.association: dict[str, Any] | None = None
        self.listed: list[dict[str, Any]] | None = None
        self.provider_arns: list[str] | None = None
        self.provider: dict[str, Any] | None = None
        self.addons: list[str] | None = None
        self.more: list[Any] = []

    def set(self, **variables: str) -> None:
        """The container's whole environment."""
        self.container["env"] = [{"name": key, "value": it} for key, it in variables.items()]

    @property
    def annotations(self) -> dict[str, Any]:
        assert self.account is not None
        found: dict[str, Any] = self.account["metadata"]["annotations"]
        return found

    def links(self) -> list[Link]:
        kubernetes = [one for one in (self.account, self.pod) if one is not None]
        documents: list[Any] = [{"kind": "List", "items": kubernetes}, *self.more]
        if self.trust is not None:
            documents.append({"Role": {"Arn": ROLE, "AssumeRolePolicyDocument": self.trust}})
        if self.cluster is not None:
            documents.append({"cluster": self.cluster})
        if self.association is not None:
            documents.append({"association": self.association})
        if self.listed is not None:
            documents.append({"associations": self.listed})
        if self.provider_arns is not None:
            listed = [{"Arn": arn} for arn in self.provider_arns]
            documents.append({"OpenIDConnectProviderList": listed})
        if self.provider is not None:
            documents.append(self.provider)
        if self.addons is not None:
            documents.append({"addons": self.addons})
        evidence = Evidence()
        for number, document in enumerate(documents):
            evidence.add(json.dumps(document), f"file {number}")
        return diagnose(evidence)

    def of(self, state: str) -> list[Link]:
        """The links of that state. Of the role's own permissions no file tells, in any chain."""
        found = [link for link in self.links() if link.state == state]
        return [link for link in found if link.name != "permissions"]

    def says(self, state: str = "broken") -> list[tuple[str, str]]:
        """Name and text of each link of that state."""
        return [(link.name, link.says) for link in self.of(state)]

    def only(self, state: str = "broken") -> Link:
        (link,) = self.of(state)
        return link


def irsa() -> Chain:
    """A pod that becomes its role by its token."""
    chain = Chain(IRSA_ENVIRONMENT, IRSA_TRUST)
    chain.annotations["eks.amazonaws.com/role-arn"] = ROLE
    chain.container["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": FOLDER}]
    token = {"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}}
    chain.pod["spec"]["volumes"] = [{"name": "aws-iam-token", "projected": {"sources": [token]}}]
    chain.provider_arns = [PROVIDER]
    chain.provider = {"Url": ISSUER, "ClientIDList": ["sts.amazonaws.com"]}
    return chain


def by_agent() -> Chain:
    """A pod that gets its role's credentials of the node's agent."""
    chain = Chain(AGENT_ENVIRONMENT, AGENT_TRUST)
    chain.association = {
        "clusterName": "mill",
        "namespace": "press",
        "serviceAccount": "printer",
        "roleArn": ROLE,
        "associationId": "a-1",
        "createdAt": "2026-11-10T10:00:00Z",
    }
    chain.addons = ["vpc-cni", "eks-pod-identity-agent"]
    return chain
