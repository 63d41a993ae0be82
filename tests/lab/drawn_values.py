"""Values for drawn requests: names that meet again, documents, and what belongs nowhere."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

ACCOUNT = "111122223333"
DEEP = b"[" * 100_000
NAMES = ("orders-api", "a", "b", "orders-data", "default", "orders")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ACCOUNT, "Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
_IDENTITY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_RESOURCE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}
    ],
}
DOCUMENTS = tuple(json.dumps(found) for found in (_TRUST, _IDENTITY, _RESOURCE))
ODD_TEXTS = (
    "", "arn:", "arn:aws:", "arn:aws:iam::111122223333:", "arn:aws:s3:::", ":", "::::::::", "/",
    "\x00", "x" * 3000, "\u00e9\u4e2d", "\ud800", "null", "-h", "../..", "%00", "9" * 5000, "NaN",
    "1e999", "[" * 3000, '{"a":' * 3000, "{}", "[]", '{"Statement":[5]}', '{"a":"\\ud800"}',
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "*", "${aws:username}", "a\nb", "a.b.c",
    "e30.e30.e30", "http://x/111122223333/q", "alias/x", "alias/aws/s3",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 10**400, 1.5, float("nan"), float("inf"), 1e300, [], {},
    [None], [[]], {"": None}, {"a": {"a": {"a": 1}}}, *ODD_TEXTS,
)  # fmt: skip
BODIES: tuple[bytes, ...] = (
    b"", b"{", b"{}", b"[]", b"null", DEEP, b'{"a":' * 100_000, b'{"a":' * 99 + b"1" + b"}" * 99,
    b'{"a":' * 500 + b"1" + b"}" * 500, b'{"Name": "\\ud800"}', b'{"Name": NaN}',
    b'{"MaxResults": ' + b"9" * 5000 + b"}", b'{"MaxResults": 1e999}', b'{"Name": "arn:"}',
    b'{"TableName": "arn:"}', b'{"TopicArn": "arn:"}', b'{"StartTime": 1e300}', b"\xff\xfe{\x00}",
    b'{"StartTime": "x"}', b'{"EndTime": -1e15}', b"<a>" * 50_000, b"<Delete>",
    b"a: [" * 20_000, b"\xff\xfe\x00", b"a=b&&=&%ff=%", b"k8s\0\xff\xff\xff\xff\xff",
    b'{"NextToken": "bGFiLzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}', b'{"Policy": "[[[[[["}',
    b"--- !!python/object/apply:os.system [x]", b"a: 2026-01-15\nb: .nan\nc: !!set {x}",
    b'{"namespace":"orders","serviceAccount":"a","roleArn":"arn:"}', b'{"token":"a.b.c"}',
    b'{"request":{"object":{"kind":"Pod","spec":{"containers":[{"env":[{}]}]}}}}',
)  # fmt: skip

_CONTAINER = {
    "name": "app",
    "image": "app:1",
    "env": [
        {"name": "A", "value": "b"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "a", "key": "a"}}},
    ],
    "volumeMounts": [{"name": "t", "mountPath": "/t"}],
    "ports": [{"containerPort": 80}],
}
_TOKEN = {"serviceAccountToken": {"path": "t", "audience": "x", "expirationSeconds": 600}}
_POD = {
    "serviceAccountName": "orders-api",
    "containers": [_CONTAINER],
    "volumes": [{"name": "t", "projected": {"sources": [_TOKEN]}}],
}
_TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": _POD}
_WORKLOAD = {"replicas": 2, "selector": {"matchLabels": {"app": "a"}}, "template": _TEMPLATE}
_JOB = {"template": {"spec": {**_POD, "restartPolicy": "Never"}}}
KUBERNETES: dict[str, dict[str, Any]] = {
    "Namespace": {"metadata": {}},
    "ServiceAccount": {
        "metadata": {
            "annotations": {
                "eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/orders-api",
                "eks.amazonaws.com/token-expiration": "600",
            }
        }
    },
    "Secret": {"metadata": {}, "data": {"a": "eA=="}, "stringData": {"b": "x"}},
    "ConfigMap": {"metadata": {}, "data": {"a": "b"}},
    "Pod": {"metadata": {}, "spec": _POD},
    "Deployment": {"metadata": {}, "spec": _WORKLOAD},
    "StatefulSet": {"metadata": {}, "spec": _WORKLOAD},
    "DaemonSet": {"metadata": {}, "spec": {k: v for k, v in _WORKLOAD.items() if k != "replicas"}},
    "Job": {"metadata": {}, "spec": _JOB},
    "Role": {
        "metadata": {},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    },
    "RoleBinding": {
        "metadata": {},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
        "subjects": [{"kind": "ServiceAccount", "name": "orders-api", "namespace": "orders"}],
    },
    "NetworkPolicy": {
        "metadata": {},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": []}]},
    },
}
PATCHES: tuple[tuple[str, Any], ...] = (
    ("application/merge-patch+json", {"spec": {"replicas": 3}, "metadata": {"labels": {"a": "b"}}}),
    (
        "application/strategic-merge-patch+json",
        {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}},
    ),
    (
        "application/json-patch+json",
        [
            {"op": "copy", "from": "/metadata", "path": "/metadata/labels"},
            {"op": "add", "path": "/spec/replicas", "value": 2},
            {"op": "remove", "path": "/data/a"},
        ],
    ),
    ("application/apply-patch+yaml", {"metadata": {}, "spec": {"replicas": 1}}),
)

_ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-api"
FIRST_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("iam", "CreateUser", {"UserName": "a"}),
    ("iam", "PutUserPolicy", {"UserName": "a", "PolicyName": "a", "PolicyDocument": DOCUMENTS[1]}),
    ("iam", "CreateAccessKey", {"UserName": "a"}),
    ("iam", "CreateGroup", {"GroupName": "a"}),
    ("iam", "CreateRole", {"RoleName": "orders-api", "AssumeRolePolicyDocument": DOCUMENTS[0]}),
    ("iam", "CreatePolicy", {"PolicyName": "a", "PolicyDocument": DOCUMENTS[1]}),
    ("iam", "AttachRolePolicy", {"RoleName": "orders-api",
                                 "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/a"}),
    ("eks", "CreateAddon", {"clusterName": "demo", "addonName": "eks-pod-identity-agent"}),
    ("eks", "CreatePodIdentityAssociation", {"clusterName": "demo", "namespace": "orders",
                                             "serviceAccount": "a", "roleArn": _ROLE}),
    ("s3", "CreateBucket", {"Bucket": "orders-data", "CreateBucketConfiguration":
                            {"LocationConstraint": "us-west-2"}}),
    ("s3", "PutObject", {"Bucket": "orders-data", "Key": "k", "Body": b"one"}),
    ("sqs", "CreateQueue", {"QueueName": "a"}),
    ("sns", "CreateTopic", {"Name": "a"}),
    ("kms", "CreateKey", {}),
    ("kms", "CreateKey", {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}),
    ("ssm", "PutParameter", {"Name": "a", "Value": "x", "Type": "SecureString"}),
    ("secretsmanager", "CreateSecret", {"Name": "a", "SecretString": "x"}),
    ("ecr", "CreateRepository", {"repositoryName": "orders"}),
    ("dynamodb", "CreateTable", {
        "TableName": "a", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}),
    ("organizations", "CreateOrganization", {"FeatureSet": "ALL"}),
    ("cloudtrail", "CreateTrail", {"Name": "orders", "S3BucketName": "orders-data"}),
)  # fmt: skip
FIRST_OBJECTS = (
    ("Namespace", "orders"),
    ("ServiceAccount", "orders-api"),
    ("ServiceAccount", "a"),
    ("Deployment", "orders-api"),
    ("Pod", "a"),
)
_ARNS = {
    "keyid": ":key/",
    "policyarn": ":policy/",
    "principalarn": ":role/",
    "rolearn": ":role/",
    "topicarn": ":sns:",
}


class Values:
    """Draws values for the members of the services' models."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.tokens = ["a.b.c", "e30.e30.e30"]
        self.arns = [
            f"arn:aws:iam::{ACCOUNT}:role/orders-api",
            f"arn:aws:iam::{ACCOUNT}:role/a",
            f"arn:aws:iam::{ACCOUNT}:policy/a",
            f"arn:aws:sns:us-west-2:{ACCOUNT}:a",
            f"arn:aws:sqs:us-west-2:{ACCOUNT}:a",
            f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo",
            f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/a",
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        ]
        self.queues = [f"http://127.0.0.1:1/{ACCOUNT}/a"]
        self.handles = ["x"]

    def structure(self, shape: Any, service: str, depth: int = 0) -> dict[str, Any]:
        """Parameters of a shape: what is required, and some of the rest."""
        if shape is None:
            return {}
        found = {}
        for name, member in shape.members.items():
            required = name in shape.required_members
            if self._chance.random() < (0.98 if required else 0.25 / (1 + depth)):
                found[name] = self._member(member, name, service, depth)
        return found

    def _member(self, shape: Any, name: str, service: str, depth: int) -> Any:
        chance = self._chance
        if chance.random() < 0.02:
            return self.any()
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, service, depth + 1) if depth < 5 else {}
        if kind == "list":
            size = max(chance.choice((0, 1, 1, 2)), shape.metadata.get("min", 0))
            return [self._member(shape.member, name, service, depth + 1) for _ in range(size)]
        if kind == "map":
            key = self._member(shape.key, f"{name}Key", service, depth + 1)
            value = self._member(shape.value, name, service, depth + 1)
            return {key if isinstance(key, str) else "id": value}
        if kind == "string":
            if shape.enum and chance.random() < 0.95:
                return chance.choice(shape.enum)
            return self.text(name)
        if kind in ("integer", "long"):
            return chance.choice((1, 1, 5, 900, 3600, shape.metadata.get("min", 0), 2**31, 10**30))
        return {
            "boolean": chance.random() < 0.5,
            "blob": chance.choice((b"x", b"{}", b"\xff\x00", b"")),
            "timestamp": chance.choice(("2026-11-28T00:00:00Z", "1970-01-01T00:00:00Z")),
        }.get(kind, 1.5)

    def text(self, name: str) -> str:
        """A text for a member of that name."""
        chance = self._chance
        if chance.random() < 0.04:
            return chance.choice(ODD_TEXTS)
        small = name.lower()
        if "assumerolepolicy" in small:
            return DOCUMENTS[0]
        if "policydocument" in small or small in ("policy", "policytext", "content"):
            return chance.choice(DOCUMENTS)
        if small.endswith(("arn", "arns", "keyid")):
            kind = _ARNS.get(small, "")
            return chance.choice([arn for arn in self.arns if kind in arn] or self.arns)
        if small == "queueurl":
            return chance.choice(self.queues)
        if small in ("receipthandle", "uploadid"):
            return chance.choice(self.handles)
        if "token" in small:
            return chance.choice(self.tokens)
        known = {
            "bucket": "orders-data" if chance.random() < 0.9 else "a",
            "clustername": "demo",
            "repositoryname": "orders",
            "secretid": "a",
            "tablename": "a",
            "trailname": "orders",
            "url": "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF",
            "attributename": "id",
            "key": chance.choice(("id", "k", "team")),
            "userid": "AIDA",
            "principaltype": "ROLE",
            "target": ACCOUNT,
        }
        return known.get(small) or chance.choice(NAMES)

    def any(self) -> Any:
        """Something that belongs nowhere."""
        return self._chance.choice(ODD)

    def mutated(self, value: Any, rate: float) -> Any:
        """A copy of the value, some of whose parts belong nowhere."""
        if self._chance.random() < rate:
            return self.any()
        if isinstance(value, dict):
            return {name: self.mutated(item, rate) for name, item in value.items()}
        if isinstance(value, list):
            return [self.mutated(item, rate) for item in value]
        return value

    def spoilt(self, body: bytes) -> bytes:
        """The body with some of its bytes changed, cut or added."""
        chance = self._chance
        place = chance.randrange(len(body) + 1)
        return chance.choice(
            (
                body[:place],
                body[:place] + chance.randbytes(3) + body[place:],
                body[:place] + chance.choice(BODIES)[:3000] + body[place:],
                body.replace(b"a", b"\\ud800", 1),
            )
        )

    def token(self) -> str:
        """Something of the form of a JSON Web Token."""
        chance = self._chance
        parts = [
            base64.urlsafe_b64encode(
                chance.choice((*BODIES[:18], b'{"exp": 1e400}', b'{"exp": 1e300, "iss": 5}'))[:6000]
            )
            .decode()
            .rstrip("=")
            for _ in range(3)
        ]
        good = chance.choice(self.tokens).split(".")
        index = chance.randrange(3)
        if len(good) == 3:
            parts[index] = good[index]
        return ".".join(parts)
