"""What stands in a served lab that someone made: in IAM, EKS, the data services and Kubernetes."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import cache
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

#: Kinds of Kubernetes objects that people make: `name` in a path, and the group's path.
_KINDS = {
    "/api/v1": (
        "namespaces", "serviceaccounts", "secrets", "configmaps", "pods", "services",
    ),
    "/apis/apps/v1": ("deployments", "statefulsets", "daemonsets"),
    "/apis/batch/v1": ("jobs",),
    "/apis/networking.k8s.io/v1": ("networkpolicies",),
    "/apis/rbac.authorization.k8s.io/v1": (
        "roles", "rolebindings", "clusterroles", "clusterrolebindings",
    ),
}  # fmt: skip


class Inventory:
    """Reads what stands in all accounts of a served lab."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as `podrole lab serve --json` prints them."""
        self._clients = {
            account: _clients(settings["endpoint"], keys)
            for account, keys in settings["accounts"].items()
        }
        self._cluster = _Kubernetes(settings["kubeconfig"])

    def read(self) -> dict[str, str]:
        """The name of each thing, and its content as a text."""
        return dict(self._things())

    def _things(self) -> Iterator[tuple[str, str]]:
        for account, clients in self._clients.items():
            for read in (_iam, _eks, _data, _organization):
                for name, content in read(clients):
                    yield f"{account}: {name}", json.dumps(content, default=str, sort_keys=True)
        for name, content in self._cluster.objects():
            yield name, json.dumps(content, sort_keys=True)


def left_behind(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What is there and was not, is not there and was, or is not as it was."""
    found = [f"{name} is left behind" for name in sorted(after.keys() - before.keys())]
    found += [f"{name} is gone" for name in sorted(before.keys() - after.keys())]
    return found + [
        f"{name} is not as it was"
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name]
    ]


_Clients = Callable[[str], Any]


@cache
def _loader() -> Loader:
    """The services' models, read once for all labs and accounts."""
    return create_loader(botocore.session.get_session().get_config_variable("data_path"))


def _clients(endpoint: str, keys: Mapping[str, str]) -> _Clients:
    own = botocore.session.get_session()
    own.register_component("data_loader", _loader())
    session = boto3.Session(
        keys["AWS_ACCESS_KEY_ID"],
        keys["AWS_SECRET_ACCESS_KEY"],
        keys["AWS_SESSION_TOKEN"],
        keys["AWS_REGION"],
        botocore_session=own,
    )
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=endpoint, config=config)
        return made[service]

    return client


def _iam(client: _Clients) -> Iterator[tuple[str, Any]]:
    iam = client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        inline = {
            one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"]
            for one in iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        trust, longest = role["AssumeRolePolicyDocument"], role["MaxSessionDuration"]
        bound = iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary")
        yield f"role {name}", [trust, longest, inline, attached, bound]
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        yield f"policy {policy['PolicyName']}", policy["DefaultVersionId"]
    for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
        yield f"OIDC provider {provider['Arn']}", found["ClientIDList"]
    for user in iam.list_users()["Users"]:
        listed = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        yield f"user {user['UserName']}", [(one["AccessKeyId"], one["Status"]) for one in listed]


def _eks(client: _Clients) -> Iterator[tuple[str, Any]]:
    eks = client("eks")
    for cluster in eks.list_clusters()["clusters"]:
        logging = eks.describe_cluster(name=cluster)["cluster"]["logging"]["clusterLogging"]
        yield f"cluster {cluster}", [one["types"] for one in logging if one["enabled"]]
        for addon in eks.list_addons(clusterName=cluster)["addons"]:
            yield f"add-on {addon} of {cluster}", ""
        for one in eks.list_pod_identity_associations(clusterName=cluster)["associations"]:
            found = eks.describe_pod_identity_association(
                clusterName=cluster, associationId=one["associationId"]
            )["association"]
            told = {key: found.get(key) for key in ("roleArn", "targetRoleArn", "policy")}
            yield f"association of {one['namespace']}/{one['serviceAccount']} in {cluster}", told
        for entry in eks.list_access_entries(clusterName=cluster)["accessEntries"]:
            listed = eks.list_associated_access_policies(clusterName=cluster, principalArn=entry)
            policies = [one["policyArn"] for one in listed["associatedAccessPolicies"]]
            yield f"access entry {entry} of {cluster}", policies


def _data(client: _Clients) -> Iterator[tuple[str, Any]]:
    s3 = client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        try:
            policy = s3.get_bucket_policy(Bucket=name)["Policy"]
        except s3.exceptions.ClientError:
            policy = ""
        listed = s3.list_objects_v2(Bucket=name).get("Contents", [])
        yield f"bucket {name}", [policy, [(one["Key"], one["ETag"]) for one in listed]]
    for secret in client("secretsmanager").list_secrets()["SecretList"]:
        yield f"secret {secret['Name']}", secret.get("LastChangedDate")
    for table in client("dynamodb").list_tables()["TableNames"]:
        yield f"table {table}", ""
    for queue in client("sqs").list_queues().get("QueueUrls", []):
        yield f"queue {queue}", ""
    for topic in client("sns").list_topics()["Topics"]:
        yield f"topic {topic['TopicArn']}", ""
    kms = client("kms")
    for key in kms.list_keys()["Keys"]:
        found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if "DeletionDate" not in found:  # as gone as a key can be
            yield f"key {key['KeyId']}", kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    for trail in client("cloudtrail").describe_trails()["trailList"]:
        yield f"trail {trail['Name']}", ""
    for analyzer in client("accessanalyzer").list_analyzers()["analyzers"]:
        yield f"analyzer {analyzer['name']}", analyzer["type"]


def _organization(client: _Clients) -> Iterator[tuple[str, Any]]:
    organizations = client("organizations")
    try:
        organizations.describe_organization()
        root = organizations.list_roots()["Roots"][0]
    except organizations.exceptions.ClientError:
        return  # none, or not its management account
    yield "organization", [one["Type"] for one in root["PolicyTypes"]]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        for policy in organizations.list_policies(Filter=kind)["Policies"]:
            if not policy["AwsManaged"]:
                yield f"{kind.lower()} {policy['Name']}", ""


class _Kubernetes:
    """The cluster's API server, as its administrator."""

    def __init__(self, kubeconfig: str) -> None:
        config = json.loads(Path(kubeconfig).read_text())
        cluster = config["clusters"][0]["cluster"]
        server = urlsplit(cluster["server"])
        self._path = server.path
        self._headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        self._connection = HTTPSConnection(str(server.hostname), server.port, context=context)

    def objects(self) -> Iterator[tuple[str, Any]]:
        with closing(self._connection):  # a page may take longer than the door keeps it
            for group, plurals in _KINDS.items():
                for plural in plurals:
                    yield from self._listed(f"{group}/{plural}", plural)

    def _listed(self, path: str, plural: str) -> Iterator[tuple[str, Any]]:
        for item in self._get(path)["items"]:
            metadata = item["metadata"]
            space = f"{metadata['namespace']}/" if "namespace" in metadata else ""
            own = {key: value for key, value in item.items() if key != "status"}
            own["metadata"] = {key: metadata.get(key) for key in ("annotations", "labels")}
            yield f"{plural} {space}{metadata['name']}", own

    def _get(self, path: str) -> Any:
        self._connection.request("GET", self._path + path, headers=self._headers)
        return json.loads(self._connection.getresponse().read())
