"""The evidence of a pod that makes a given call for a role: what kubectl and aws would print."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from podrole.doctor import Evidence, Link, diagnose
from podrole.policy import Request

PODS = "pods.eks.amazonaws.com"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
_TOKEN_FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount"


def web_identity(request: Request, trust: Any, *more: str) -> tuple[list[Link], list[Link]]:
    """All links, and those of the trust policy, for a pod with IRSA whose token has the claims."""
    issuer = request.principal.partition(":oidc-provider/")[2]
    _, _, namespace, name = str(request.context[f"{issuer}:sub"]).split(":")
    audience = str(request.context[f"{issuer}:aud"])
    container = {
        "name": "app",
        "env": [
            {"name": "AWS_ROLE_ARN", "value": request.resource},
            {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{_TOKEN_FOLDER}/token"},
        ],
        "volumeMounts": [{"name": "aws-iam-token", "mountPath": _TOKEN_FOLDER}],
    }
    token = {"serviceAccountToken": {"audience": audience, "path": "token"}}
    volume = {"name": "aws-iam-token", "projected": {"sources": [token]}}
    annotations = {"eks.amazonaws.com/role-arn": request.resource}
    return _asked(
        request.resource,
        trust,
        _pod(namespace, name, container, volumes=[volume]),
        _account(namespace, name, annotations),
        {"cluster": {"name": "demo", "identity": {"oidc": {"issuer": f"https://{issuer}"}}}},
        {"OpenIDConnectProviderList": [{"Arn": request.principal}]},
        {"Url": issuer, "ClientIDList": [audience]},
        more=more,
    )


def pod_identity(
    resource: str, context: Mapping[str, Any], trust: Any, *more: str, tagged: bool = True
) -> tuple[list[Link], list[Link]]:
    """All links, and those of the trust policy, for a pod with an association."""
    namespace = str(context["aws:RequestTag/kubernetes-namespace"])
    name = str(context["aws:RequestTag/kubernetes-service-account"])
    cluster = str(context["aws:SourceArn"])
    container = {
        "name": "app",
        "env": [
            {
                "name": "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "value": "http://169.254.170.23/v1/credentials",
            },
            {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": "/token"},
        ],
    }
    association = {
        "clusterName": cluster.rpartition("/")[2],
        "namespace": namespace,
        "serviceAccount": name,
        "roleArn": resource,
        "disableSessionTags": not tagged,
    }
    return _asked(
        resource,
        trust,
        _pod(namespace, name, container),
        _account(namespace, name, {}),
        {"cluster": {"name": cluster.rpartition("/")[2], "arn": cluster}},
        {"addons": ["eks-pod-identity-agent"]},
        {"association": association},
        more=more,
    )


def _asked(
    role: str, trust: Any, pod: Any, account: Any, *documents: Any, more: Sequence[str]
) -> tuple[list[Link], list[Link]]:
    shown = {"Role": {"Arn": role, "AssumeRolePolicyDocument": trust}}
    evidence = Evidence()
    for document in ({"kind": "List", "items": [account, pod]}, shown, *documents):
        evidence.add(json.dumps(document), "file")
    for text in more:
        evidence.take_text(text, "another file")
    links = diagnose(evidence)
    return links, [link for link in links if link.name == "trust policy"]


def _pod(namespace: str, account: str, container: Any, **spec: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": "pod-7d9f", "namespace": namespace, "uid": "0cda7f85"},
        "spec": {"serviceAccountName": account, "containers": [container], **spec},
    }


def _account(namespace: str, name: str, annotations: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"kind": "ServiceAccount", "metadata": metadata}
