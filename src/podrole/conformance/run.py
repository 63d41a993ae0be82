"""A run: each case in a state of its own, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.conformance.case import Case
from podrole.conformance.cluster_tokens import ClusterTokens, NoCluster
from podrole.conformance.endpoint import Answer, Endpoint, Keys, Unreachable
from podrole.conformance.scene import Scene, StepFailed
from podrole.conformance.token_issuer import ISSUER, TokenIssuer
from podrole.conformance.undo import undo

#: What can become of a case, from good to bad; `skipped` counts for nothing.
OUTCOMES = ("passed", "words", "code", "decision", "setup", "skipped")


@dataclass(frozen=True)
class Result:
    """What became of a case.

    `outcome`: `passed`; `words`, if only the text differs; `code`, if code or status differ;
    `decision`, if the endpoint accepts what AWS refuses or the other way round; `setup`, if the
    state could not be made; `skipped`. `said` is what the endpoint answered, or the reason;
    `wanted` is what AWS answers.
    """

    case: Case
    outcome: str
    said: str = ""
    wanted: str = ""

    @property
    def failed(self) -> bool:
        """Whether the endpoint does otherwise than AWS."""
        return self.outcome not in ("passed", "skipped")


class Run:
    """Runs cases against one endpoint."""

    def __init__(
        self, endpoint: Endpoint, issuer: TokenIssuer, operator: Keys, other: Keys | None
    ) -> None:
        """`operator` may do everything in its account, `other` in a second one.

        Raises Unreachable, and InputError for keys that the endpoint does not take.
        """
        self._endpoint, self._issuer = endpoint, issuer
        self._callers = {"operator": operator, **({"other": other} if other else {})}
        self._prefix = f"pc{secrets.token_hex(3)}"
        self._scenes: list[Scene] = []
        self._lacks: dict[str, str] = {}
        self._cluster: ClusterTokens | None = None
        self._variables = {
            "account": self._account(operator),
            "region": endpoint.region,
            "issuer": ISSUER.removeprefix("https://"),
        }

    def results(self, cases: Iterable[Case]) -> Iterator[Result]:
        """The result of each case, in their order. Raises Unreachable and Elsewhere."""
        wanted = list(cases)
        self._prepare({need for case in wanted for need in case.needs})
        for number, case in enumerate(wanted, 1):
            reasons = [self._lacks[need] for need in case.needs if need in self._lacks]
            if reasons:
                yield Result(case, "skipped", reasons[0], case.then.told())
                continue
            yield self._result(case, f"{self._prefix}-{number}")

    def clean(self) -> None:
        """Delete what the run has created, as far as the endpoint lets it."""
        for scene in reversed(self._scenes):
            undo(self._endpoint, scene.done)

    def _result(self, case: Case, name: str) -> Result:
        scene = self._scene(name)
        try:
            for step in case.given:
                scene.take(step)
            answer = scene.ask(case.when)
            return compared(case, scene, answer)
        except (StepFailed, NoCluster) as error:
            return Result(case, "setup", str(error), case.then.told())

    def _scene(self, name: str) -> Scene:
        variables = {**self._variables, "n": name}
        scene = Scene(self._endpoint, self._issuer, self._callers, variables, self._cluster)
        self._scenes.append(scene)
        return scene

    # -- what cases share ----------------------------------------------------------------

    def _account(self, keys: Keys) -> str:
        answer = self._endpoint.call(keys, "sts.GetCallerIdentity", {})
        if answer.code is not None:
            raise Unreachable(
                f"{self._endpoint.url} does not take the operator's keys (AWS_ACCESS_KEY_ID,"
                f" AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN): {answer.code}: {answer.message}"
            )
        return str(answer.body["Account"])

    def _prepare(self, needs: set[str]) -> None:
        if "second-account" in needs:
            self._second_account()
        if "keys" in needs:
            self._provider()
        if "cluster" in needs or "pod-tokens" in needs:
            self._make_cluster(tokens="pod-tokens" in needs)

    def _second_account(self) -> None:
        other = self._callers.get("other")
        if other is None:
            self._lacks["second-account"] = (
                "no keys of a second account: set OTHER_AWS_ACCESS_KEY_ID and the others"
            )
        else:
            self._variables["other_account"] = self._account(other)

    def _provider(self) -> None:
        """Make the provider of the suite's issuer, and see whether the endpoint knows its keys."""
        scene = self._scene(f"{self._prefix}-probe")
        account, issuer = self._variables["account"], self._variables["issuer"]
        arn = f"arn:aws:iam::{account}:oidc-provider/{issuer}"
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
            },
        }
        made = scene.ask(
            {
                "call": "iam.CreateOpenIDConnectProvider",
                "with": {
                    "Url": ISSUER,
                    "ClientIDList": ["sts.amazonaws.com"],
                    "ThumbprintList": ["a" * 40],
                },
            }
        )
        if made.code not in (None, "EntityAlreadyExists"):
            self._lacks["keys"] = f"no OIDC provider could be made: {made.code}: {made.message}"
            return
        self._variables["provider"] = arn
        try:
            for step in (
                {
                    "call": "iam.CreateRole",
                    "with": {"RoleName": "${n}", "AssumeRolePolicyDocument": trust},
                    "save": {"role": "Role.Arn"},
                },
                {"token": {"claims": {"sub": "probe"}}},
                {
                    "call": "sts.AssumeRoleWithWebIdentity",
                    "as": "anonymous",
                    "with": {
                        "RoleArn": "${role}",
                        "RoleSessionName": "probe",
                        "WebIdentityToken": "${token}",
                    },
                },
            ):
                scene.take(step)
        except StepFailed as error:
            self._lacks["keys"] = (
                f"the endpoint does not trust tokens of {ISSUER}: give it the keys that"
                f" --make-keys has made, and the suite --keys ({error})"
            )

    def _make_cluster(self, *, tokens: bool) -> None:
        scene = self._scene(self._prefix)
        account = self._variables["account"]
        self._variables["cluster"] = self._prefix
        steps: list[Mapping[str, Any]] = [
            {
                "call": "iam.CreateRole",
                "with": {
                    "RoleName": "${n}",
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": {"Service": "eks.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        },
                    },
                },
            },
            {
                "call": "eks.CreateCluster",
                "with": {
                    "name": "${n}",
                    "roleArn": f"arn:aws:iam::{account}:role/${{n}}",
                    "resourcesVpcConfig": {"subnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]},
                },
            },
        ]
        try:
            for step in steps:
                scene.take(step)
            described = scene.ask({"call": "eks.DescribeCluster", "with": {"name": "${n}"}})
            if tokens:
                cluster = described.body.get("cluster", {})
                self._cluster = ClusterTokens(self._endpoint, self._callers["operator"], cluster)
        except StepFailed as error:
            self._lacks["cluster"] = self._lacks["pod-tokens"] = (
                f"no cluster could be made: {error}"
            )
        except NoCluster as error:
            self._lacks["pod-tokens"] = str(error)


def compared(case: Case, scene: Scene, answer: Answer) -> Result:
    """The result of a case whose request has been answered. Raises StepFailed."""
    then, wanted = case.then, scene.filled(case.then.told())
    said = "accepted" if answer.code is None else f"{answer.status} {answer.code}: {answer.message}"
    if then.refused != (answer.code is not None):
        return Result(case, "decision", said, wanted)
    if not then.refused:
        for path, value in scene.filled(dict(then.has or {})).items():
            found = answer.at(path)
            if found != value:
                return Result(case, "words", f"{path} is {found!r}", wanted)
        return Result(case, "passed", said, wanted)
    if (answer.code, answer.status) != (then.code, then.status):
        return Result(case, "code", said, wanted)
    if then.message is not None and answer.message != scene.filled(then.message):
        return Result(case, "words", said, wanted)
    return Result(case, "passed", said, wanted)
