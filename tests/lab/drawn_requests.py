"""A lab's traffic, drawn from a seed: the hostile requests of all doors, and what only goes well
after something else, with keys and tokens that the lab has just handed out."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from podrole.lab.serving.served_lab import ServedLab
from tests.lab.fuzz.aws_requests import AwsRequests
from tests.lab.fuzz.kubernetes_requests import KubernetesRequests
from tests.lab.fuzz.plain_requests import SERVERS, PlainRequests
from tests.lab.fuzz.wsgi_request import Answer, WireRequest

_ROLE = "arn:aws:iam::111122223333:role/orders"
_KEYS = {
    "AWS_ACCESS_KEY_ID": r"AccessKeyId\"?[>:]\s*\"?((?:AKIA|ASIA)[A-Z0-9]+)",
    "AWS_SECRET_ACCESS_KEY": r"SecretAccessKey\"?[>:]\s*\"?([A-Za-z0-9/+]{40})",
    "AWS_SESSION_TOKEN": r"(?:SessionToken|\"Token)\"?[>:]\s*\"?([A-Za-z0-9/+=]+)",
}
_MOST = 40
#: Seconds by which the clock moves, and steps that it must refuse.
_STEPS = ("1", "90", "-1", "1e400", "NaN", '"1"', "null", "9" * 5000, "[" * 10_000, "{}")


class DrawnRequests:
    """An endless supply for all doors, which learns from the answers."""

    def __init__(self, served: ServedLab, seed: int) -> None:
        self._draw = random.Random(seed)
        self._control = {"Host": "127.0.0.1", "X-Podrole-Lab": served.control_token}
        self._keys: list[dict[str, str]] = [served.described()["environment"]]
        self._tokens = ["a.b.c"]
        self._metadata = "x"
        self.aws = AwsRequests(self._draw, self._keys[0])
        self.kubernetes = KubernetesRequests(
            self._draw, served.kubeconfig()["users"][0]["user"]["token"]
        )
        (cluster,) = served.lab.gateway.eks.clusters()
        self._plain = {
            place: PlainRequests(self._draw, place, cluster.issuer.path) for place in SERVERS
        }
        self._kinds: dict[Callable[[], tuple[str, WireRequest]], int] = {
            self._of_aws: 60,
            self._of_kubernetes: 20,
            self._unsigned: 8,
            self._with_token: 5,
            self._pod: 4,
            self._clock: 3,
        }

    def draw(self) -> tuple[str, WireRequest]:
        """The door of the next request, and the request."""
        return self._draw.choices(list(self._kinds), list(self._kinds.values()))[0]()

    def learn(self, door: str, answer: Answer) -> None:
        """Take keys and tokens out of an answer."""
        if answer.status >= 300 or len(answer.body) > 100_000:
            return
        text = answer.body.decode("utf-8", "replace")
        found = {name: re.search(pattern, text) for name, pattern in _KEYS.items()}
        if found["AWS_ACCESS_KEY_ID"] and found["AWS_SECRET_ACCESS_KEY"]:
            keys = {name: match[1] if match else "" for name, match in found.items()}
            self._keys = [*self._keys[:1], *self._keys[1:][-_MOST:], keys]
        self._tokens = [*self._tokens, *re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", text)][-_MOST:]
        if door == "metadata" and re.fullmatch(r"[\w+/=]{40,}", text):
            self._metadata = text

    def _of_aws(self) -> tuple[str, WireRequest]:
        mine = self._draw.random() < 0.8
        self.aws.use(self._keys[0] if mine else self._draw.choice(self._keys))
        return "aws", self.aws.draw()

    def _of_kubernetes(self) -> tuple[str, WireRequest]:
        request = self.kubernetes.draw()
        if self._draw.random() < 0.05:
            request.headers["Authorization"] = f"Bearer {self._draw.choice(self._tokens)}"
        return "kubernetes", request

    def _unsigned(self) -> tuple[str, WireRequest]:
        place = self._draw.choice(list(SERVERS))
        request = self._plain[place].draw()
        if place == "control" and self._draw.random() < 0.7:
            request.headers |= self._control
        return SERVERS[place], request

    def _with_token(self) -> tuple[str, WireRequest]:
        token, chance = self._draw.choice(self._tokens), self._draw.random()
        if chance < 0.4:
            given = {"RoleArn": _ROLE, "RoleSessionName": "s", "WebIdentityToken": token}
            return "aws", self.aws.call("sts", "AssumeRoleWithWebIdentity", given)
        host = {"Host": "127.0.0.1"}
        if chance < 0.8:
            return "agent", WireRequest("GET", "/v1/credentials", {**host, "Authorization": token})
        path = "/latest/meta-data/iam/security-credentials/eks-node"
        headers = {**host, "X-aws-ec2-metadata-token": self._metadata}
        return "metadata", WireRequest("GET", path, headers)

    def _pod(self) -> tuple[str, WireRequest]:
        name = self._draw.choice(("orders", "none"))
        return "aws", WireRequest("GET", f"/_podrole/pods/default/{name}", dict(self._control))

    def _clock(self) -> tuple[str, WireRequest]:
        step: Any = self._draw.choice((1, 1, 90)) if self._draw.random() < 0.5 else None
        text = json.dumps(step) if step else self._draw.choice(_STEPS)
        body = f'{{"seconds": {text}}}'.encode()
        return "aws", WireRequest("POST", "/_podrole/clock", dict(self._control), body)
