"""Requests to a served lab's doors, drawn from a seed: good ones from the services' models,
objects of Kubernetes, tokens, clock moves, and all of these spoilt."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from botocore.credentials import Credentials

from podrole.lab.action_table import ActionTable
from podrole.lab.operations import service_model
from podrole.lab.served_lab import DOORS, ServedLab

from .doors import Environ, environ, operator, serialized, signed
from .drawn_values import BODIES, FIRST_CALLS, FIRST_OBJECTS, KUBERNETES, PATCHES, Values

#: The services by how much there is to do, and which of their operations the lab carries.
_TABLES = ("dynamodb", "ecr", "kms", "s3", "secretsmanager", "sns", "sqs", "ssm")
_OWN = ("access-analyzer", "cloudtrail", "eks", "eks-auth", "organizations", "sts")
_IAM = re.compile(
    r"(Add|Attach|Create|Delete|Detach|Get|List|Put|Remove|Set|Simulate|Tag|Untag|Update)"
    r"\w*(User|Role|Group|Polic|AccessKey|OpenID|InstanceProfile|AccountAuthorization)\w*"
)
_APIS = (
    ("Namespace", "/api/v1/namespaces"),
    ("ServiceAccount", "/api/v1/namespaces/{}/serviceaccounts"),
    ("Secret", "/api/v1/namespaces/{}/secrets"),
    ("ConfigMap", "/api/v1/namespaces/{}/configmaps"),
    ("Pod", "/api/v1/namespaces/{}/pods"),
    ("Deployment", "/apis/apps/v1/namespaces/{}/deployments"),
    ("StatefulSet", "/apis/apps/v1/namespaces/{}/statefulsets"),
    ("DaemonSet", "/apis/apps/v1/namespaces/{}/daemonsets"),
    ("Job", "/apis/batch/v1/namespaces/{}/jobs"),
    ("Role", "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles"),
    ("RoleBinding", "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings"),
    ("NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"),
)


class Drawn:
    """Draws requests one after another; it learns keys and tokens from the answers."""

    def __init__(self, served: ServedLab, seed: int) -> None:
        self._served = served
        self._chance = random.Random(seed)
        self._values = Values(self._chance)
        self._keys = [operator(served, account) for account in served.lab.accounts]
        self._admin = served.kubeconfig()["users"][0]["user"]["token"]
        self._imds = ""
        self._operations = {
            service: [service_model(service).operation_model(name) for name in names]
            for service, names in _operations(served).items()
        }

    def first(self) -> list[tuple[str, Environ]]:
        """What there must be for most of the others to come far."""
        made = []
        for service, name, parameters in FIRST_CALLS:
            model = service_model(service).operation_model(name)
            made.append(self._serialized(service, model, parameters))
        (cluster,) = self._served.lab.gateway.eks.clusters()
        model = service_model("iam").operation_model("CreateOpenIDConnectProvider")
        provider = {"Url": cluster.issuer.url, "ClientIDList": ["sts.amazonaws.com"]}
        made.append(self._serialized("iam", model, provider))
        for kind, name in FIRST_OBJECTS:
            place = dict(_APIS)[kind].format("orders")
            body = {**KUBERNETES[kind], "metadata": {**KUBERNETES[kind]["metadata"], "name": name}}
            headers = {"Authorization": f"Bearer {self._admin}", "Content-Type": _TYPES[1]}
            data = json.dumps(body).encode()
            made.append(("kubernetes", environ("kubernetes", "POST", place, headers, data)))
        return [found for found in made if found is not None]

    def next(self) -> tuple[str, Environ]:
        """The door of the next request, and the request."""
        weights: dict[Callable[[], tuple[str, Environ]], int] = {
            self._aws: 60,
            self._spoilt_aws: 14,
            self._kubernetes: 14,
            self._agent: 4,
            self._metadata: 3,
            self._control: 4,
            self._bytes: 1,
        }
        return self._chance.choices(list(weights), list(weights.values()))[0]()

    def learn(self, door: str, status: int, body: bytes) -> None:
        """Take keys and tokens out of an answer."""
        if status >= 300 or len(body) > 100_000:
            return
        text = body.decode("utf-8", "replace")
        if door == "metadata" and re.fullmatch(r"[\w+/=]{20,}", text):
            self._imds = text
        found = [
            re.search(pattern, text, re.IGNORECASE)
            for pattern in (
                r"AccessKeyId\"?[>:]\s*\"?((?:AKIA|ASIA)[A-Z0-9]+)",
                r"SecretAccessKey\"?[>:]\s*\"?([A-Za-z0-9/+]{40})",
                r"(?:SessionToken|\"Token)\"?[>:]\s*\"?([A-Za-z0-9/+=]+)",
            )
        ]
        if found[0] and found[1]:
            keys = [match and match[1] for match in found]
            self._keep(self._keys, Credentials(*keys))
        for token in re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", text):
            self._keep(self._values.tokens, token)
        for arn in re.findall(r"arn:aws:[a-z-]+:[a-z0-9-]*:\d{12}:[\w/:.+@=-]{1,80}", text)[:3]:
            self._keep(self._values.arns, arn)
        for url in re.findall(r"http://[\w.:-]+/\d{12}/[\w.-]+", text)[:1]:
            self._keep(self._values.queues, url)
        for handle in re.findall(r"(?:ReceiptHandle|UploadId)\"?[>:]\s*\"?([\w-]+)", text)[:1]:
            self._keep(self._values.handles, handle)

    def _keep(self, known: list[Any], found: Any) -> None:
        if len(known) < 60:
            known.append(found)
        else:
            known[self._chance.randrange(8, 60)] = found

    # -- AWS -----------------------------------------------------------------------------

    def _aws(self) -> tuple[str, Environ]:
        service = self._chance.choice(list(self._operations))
        operation = self._chance.choice(self._operations[service])
        if "Delete" in operation.name:  # else there is soon nothing left
            operation = self._chance.choice(self._operations[service])
        parameters = self._values.structure(operation.input_shape, service)
        return self._serialized(service, operation, parameters) or self._spoilt_aws()

    def _serialized(
        self, service: str, operation: Any, parameters: dict[str, Any]
    ) -> tuple[str, Environ] | None:
        """The signed request of a call; None for one that botocore does not let out."""
        try:
            method, target, headers, body = serialized(operation, parameters)
        except Exception:
            return None
        return self._signed(service, method, target, headers, body)

    def _spoilt_aws(self) -> tuple[str, Environ]:
        service = self._chance.choice([*self._operations, "lambda", "x"])
        model = service_model(service) if service in self._operations else None
        headers = {"Content-Type": self._chance.choice(_TYPES)}
        if model is not None and "targetPrefix" in model.metadata:
            name = self._chance.choice(self._operations[service]).name
            headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{name}"
            headers["Content-Type"] = "application/x-amz-json-1.1"
        elif model is not None and model.metadata["protocol"] == "query":
            headers["Content-Type"] = _TYPES[0]
        body = self._chance.choice(BODIES)
        if headers["Content-Type"] == _TYPES[0] and model is not None:
            operation = self._chance.choice(self._operations[service])
            names = list(operation.input_shape.members if operation.input_shape else ())
            given = {name: self._values.text(name) for name in names if self._chance.random() < 0.8}
            form = urlencode({"Action": operation.name, **given}, errors="replace").encode()
            body = form + (b"&" + body if self._chance.random() < 0.1 else b"")
        method = self._chance.choice(("POST", "POST", "GET", "PUT", "DELETE", "HEAD", "PATCH"))
        return self._signed(service, method, self._chance.choice(_PATHS), headers, body)

    def _signed(
        self, service: str, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[str, Environ]:
        given = {name: _plain(value) for name, value in headers.items()}
        if self._chance.random() < 0.04:
            body = self._values.spoilt(body)
        if self._chance.random() > 0.04:
            keys = self._keys[0] if self._chance.random() < 0.7 else self._chance.choice(self._keys)
            given = signed(keys, service, method, target, given, body)
        if self._chance.random() < 0.03:
            body = self._values.spoilt(body)
        if given and self._chance.random() < 0.03:
            name = self._chance.choice(list(given))
            given[name] = self._chance.choice(("", "x", "\u00e9", given[name][:9], given[name] * 2))
        return "aws", environ("aws", method, target, given, body)

    # -- the other doors -----------------------------------------------------------------

    def _kubernetes(self) -> tuple[str, Environ]:
        chance = self._chance
        kind, place = chance.choice(_APIS)
        space = chance.choice(("default", "orders", "orders", "kube-system", "none"))
        name = chance.choice(("orders-api", "a", "b", "default", "x" * 300, "%00", ".."))
        method = chance.choice(("GET", "POST", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE"))
        media = "application/json"
        body: Any = self._values.mutated(KUBERNETES[kind], 0.02 if chance.random() < 0.5 else 0.0)
        if isinstance(body, dict) and isinstance(body.get("metadata"), dict):
            body["metadata"]["name"] = name if chance.random() < 0.97 else self._values.any()
        path = place.format(space)
        if method != "POST":
            path += f"/{quote(name)}"
        if method == "PATCH":
            media, patch = chance.choice(PATCHES)
            body = self._values.mutated(patch, 0.05)
        if chance.random() < 0.1:
            path += chance.choice(("/token", "/status", "/scale", "/exec", "/x"))
        if chance.random() < 0.1:
            path = chance.choice(_OTHER_PATHS)
        if chance.random() < 0.1:
            path += chance.choice(
                ("?dryRun=All", "?fieldValidation=Strict", "?fieldManager=m&force=true",
                 "?labelSelector=a=b", "?limit=" + "9" * 5000, "?timeoutSeconds=x&watch=1")
            )  # fmt: skip
        data = json.dumps(body).encode() if method not in ("GET", "DELETE") else b""
        if chance.random() < 0.06:
            data = chance.choice(BODIES)
        token = chance.choice(self._values.tokens) if chance.random() < 0.1 else self._admin
        if chance.random() < 0.02:
            token = "k8s-aws-v1." + base64.urlsafe_b64encode(
                chance.choice(BODIES)[:200] or b"https://sts.us-west-2.amazonaws.com/?Action=x"
            ).decode().rstrip("=")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
        if method == "GET" and chance.random() < 0.5:
            headers["Accept"] = "application/json;as=Table;v=v1;g=meta.k8s.io"
            path = path.rpartition("/")[0]
        return "kubernetes", environ("kubernetes", method, path, headers, data)

    def _agent(self) -> tuple[str, Environ]:
        token = self._chance.choice(self._values.tokens)
        if self._chance.random() < 0.3:
            token = self._values.token()
        headers = {"Authorization": _plain(token)}
        return "agent", environ("agent", "GET", "/v1/credentials", headers)

    def _metadata(self) -> tuple[str, Environ]:
        if not self._imds or self._chance.random() < 0.3:
            seconds = self._chance.choice(("60", "21600", "0", "-1", "9" * 5000, "\u0663", "x"))
            headers = {"X-aws-ec2-metadata-token-ttl-seconds": seconds}
            return "metadata", environ("metadata", "PUT", "/latest/api/token", headers)
        path = self._chance.choice(
            ("iam/security-credentials/", "iam/security-credentials/eks-node", "instance-id", "x")
        )
        headers = {"X-aws-ec2-metadata-token": self._imds}
        return "metadata", environ("metadata", "GET", f"/latest/meta-data/{path}", headers)

    def _control(self) -> tuple[str, Environ]:
        chance = self._chance
        headers = {"X-Podrole-Lab": "1"}
        if chance.random() < 0.6:
            name = chance.choice(("orders-api", "a", "b", "none", "", "%ff"))
            target = f"/_podrole/pods/{chance.choice(('orders', 'default', ''))}/{name}"
            return "aws", environ("aws", "GET", target, headers)
        step: Any = {chance.choice(("seconds", "minutes")): chance.randrange(1, 200)}
        body = json.dumps(step).encode()
        if chance.random() < 0.4:
            body = chance.choice(_STEPS)
        return "aws", environ("aws", "POST", "/_podrole/clock", headers, body)

    def _bytes(self) -> tuple[str, Environ]:
        chance = self._chance
        door = chance.choice(DOORS)
        target = "/" + quote(chance.randbytes(chance.randrange(30)))
        headers = {
            chance.choice(("Authorization", "Content-Type", "X-Amz-Target", "Accept", "Cookie")):
            chance.randbytes(chance.randrange(30)).decode("latin-1").replace("\n", "")
        }  # fmt: skip
        method = chance.choice(("GET", "POST", "PUT", "OPTIONS", "BREW"))
        return door, environ(door, method, target, headers, chance.choice(BODIES))


_TYPES = ("application/x-www-form-urlencoded", "application/json", "application/x-amz-json-1.1")
_PATHS = (
    "/", "/", "/", "/v1/credentials", "/id/x/keys", "/clusters", "/clusters/demo",
    "/clusters/demo/pod-identity-associations", "/clusters/demo/assume-role-for-pod-identity",
    "/clusters/%ff", "/orders-data", "/orders-data?delete", "/orders-data?policy",
    "/orders-data?list-type=2&max-keys=" + "9" * 5000, "/orders-data/%2e%2e/x", "/%00", "//",
    "/?Action=GetUser&Action=x", "/policies/x", "/clusters/demo/addons?maxResults=" + "9" * 30,
)  # fmt: skip
_OTHER_PATHS = (
    "/mutate", "/version", "/openapi/v3", "/apis", "/api/v1/pods?watch=1&timeoutSeconds=0",
)  # fmt: skip
_STEPS = (
    b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"hours": -1}', b'{"hours": 1e400}', b'{"a": 1}',
    b'{"hours": NaN}', b'{"days": 1e300}', b'{"weeks": ' + b"9" * 5000 + b"}", b'{"hours": "1"}',
    b'{"days": 999999999}', b'{"self": 1}', b"\xff", b'{"hours": null}', b'{"microseconds": 1}',
)  # fmt: skip


def _operations(served: ServedLab) -> dict[str, list[str]]:
    found = {service: list(ActionTable.of(service).operations) for service in _TABLES}
    for service in _OWN:
        carried = served.lab.gateway._services[service].operation
        found[service] = [n for n in service_model(service).operation_names if carried(n)]
    found["sts"].append("AssumeRoleWithWebIdentity")
    found["eks"] += ["CreateCluster", "DescribeCluster", "DeleteCluster", "ListClusters"]
    found["iam"] = [n for n in service_model("iam").operation_names if _IAM.fullmatch(n)]
    return found


def _plain(text: str) -> str:
    """What a header can carry."""
    return re.sub(r"[\x00-\x1f\x7f]", "", text).encode("latin-1", "replace").decode("latin-1")
