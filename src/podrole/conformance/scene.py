"""The state of a case: its steps carried out, and what they have made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from podrole.conformance.cluster_tokens import ClusterTokens
from podrole.conformance.endpoint import Answer, Endpoint, Keys
from podrole.conformance.token_issuer import TokenIssuer
from podrole.conformance.undo import Done

_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: Keys that no endpoint has given out.
_STRANGERS = {
    "anonymous": Keys(),
    "unknown": Keys(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    ),  # AWS's docs
}


class StepFailed(RuntimeError):
    """The state of a case could not be made: which step, and what the endpoint said."""


class Scene:
    """What the steps of one case have made, on top of what all cases share."""

    def __init__(
        self,
        endpoint: Endpoint,
        issuer: TokenIssuer,
        callers: Mapping[str, Keys],
        variables: Mapping[str, Any],
        cluster: ClusterTokens | None = None,
    ) -> None:
        self._endpoint, self._issuer, self._cluster = endpoint, issuer, cluster
        self.callers = {**_STRANGERS, **callers}
        self.variables = dict(variables)
        #: The calls that went well, with their parameters: the run undoes them.
        self.done: list[Done] = []

    def take(self, step: Mapping[str, Any]) -> None:
        """Carry out a step of `given`. Raises StepFailed, NoCluster and Unreachable."""
        if "call" not in step:
            self._own(step)
            return
        answer = self.ask(step)
        if answer.code is not None:
            raise StepFailed(f"{step['call']}: {answer.code}: {answer.message}")
        for name, path in step.get("save", {}).items():
            self.variables[name] = answer.at(path)
            if self.variables[name] is None:
                raise StepFailed(f"{step['call']}: the answer has no {path}")
        if "session" in step:
            credentials = answer.body.get("Credentials") or answer.body.get("credentials")
            if not credentials:
                raise StepFailed(f"{step['call']}: the answer has no credentials")
            self.callers[step["session"]] = Keys.of(credentials)

    def ask(self, step: Mapping[str, Any]) -> Answer:
        """The answer to a step's call. Raises StepFailed for a caller that is not there."""
        name = step.get("as", "operator")
        if name not in self.callers:
            raise StepFailed(f"there is no caller {name!r}")
        parameters = self.filled(step.get("with", {}))
        answer = self._endpoint.call(self.callers[name], step["call"], parameters)
        if answer.code is None:
            self.done.append((self.callers[name], step["call"], parameters, answer))
        return answer

    def filled(self, value: Any) -> Any:
        """The value with the variables that it names. Raises StepFailed."""
        if isinstance(value, dict):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return _VARIABLE.sub(self._variable, value) if isinstance(value, str) else value

    def _variable(self, found: re.Match[str]) -> str:
        if found[1] not in self.variables:
            raise StepFailed(f"no step has made ${{{found[1]}}}")
        return str(self.variables[found[1]])

    def _own(self, step: Mapping[str, Any]) -> None:
        if "token" in step:
            asked = self.filled(step["token"])
            self.variables[asked.get("name", "token")] = self._issuer.token(asked)
        elif "pod-token" in step:
            assert self._cluster is not None
            asked = self.filled(step["pod-token"])
            self._cluster.create_account(asked["namespace"], asked["service-account"])
            self.variables[asked.get("name", "token")] = self._cluster.token(
                asked["namespace"], asked["service-account"], asked["audience"]
            )
        elif "keys" in step:
            self._other_keys(step["keys"])
        else:
            raise StepFailed(f"there is no step {', '.join(step)}")

    def _other_keys(self, asked: Mapping[str, str]) -> None:
        """Another caller's keys with one part changed: a wrong secret, a wrong token, none."""
        keys = self.callers[asked["of"]]
        changed = {
            "wrong-secret": Keys(keys.access_key, keys.secret_key[::-1], keys.token),
            "wrong-token": Keys(keys.access_key, keys.secret_key, (keys.token or "")[::-1]),
            "no-token": Keys(keys.access_key, keys.secret_key),
        }
        self.callers[asked["name"]] = changed[asked["change"]]
