"""The lab's Pod Identity Agent beside AWS's own: the same answers, the same words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from podrole.lab.clock import Clock
from podrole.lab.node.pod_identity_agent import Agent
from podrole.lab.throttle import Throttle
from tests.lab.node.agent_requests import REQUESTS, Asked, token

ANSWERS = json.loads(Path(__file__).with_name("agent_answers.json").read_text())
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


class EksAuth:
    """EKS Auth, as far as the agent calls it: each call gives new credentials."""

    def __init__(self, clock: Clock) -> None:
        self.calls = 0
        self.lifetime = timedelta(hours=6)
        self._clock = clock

    def __call__(self, token: str) -> dict[str, Any]:
        self.calls += 1
        return {
            "credentials": {
                "accessKeyId": f"ASIA{self.calls}",
                "secretAccessKey": "s",
                "sessionToken": "t",
                "expiration": self._clock.now() + self.lifetime,
            },
            "assumedRoleUser": {"arn": "arn:aws:sts::111122223333:assumed-role/r/s"},
        }


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def eks_auth(clock: Clock) -> EksAuth:
    return EksAuth(clock)


@pytest.fixture
def agent(clock: Clock, eks_auth: EksAuth) -> Agent:
    return Agent(clock, eks_auth, lambda: "request-1", Throttle())


def answered(agent: Agent, asked: Asked) -> dict[str, Any]:
    """The answer as `agent_answers.json` keeps one."""
    path, _, query = asked.path.partition("?")
    environ = {
        "REQUEST_METHOD": asked.method,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "HTTP_HOST": asked.host,
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
    }
    if asked.token is not None:
        environ["HTTP_AUTHORIZATION"] = asked.token

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        response: Response = agent.answer(Request(environ))
        return response(environ, start_response)

    body, status, headers = run_wsgi_app(app, environ)
    text = b"".join(body).decode()
    return {
        "status": int(status.split()[0]),
        "headers": {k: v for k, v in sorted(headers.items()) if k != "Content-Length"},
        "body": "credentials" if '"AccessKeyId"' in text else text,
    }


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: asked.name)
def test_the_answer_is_that_of_aws_s_agent(agent: Agent, asked: Asked) -> None:
    assert answered(agent, asked) == ANSWERS[asked.name]


def body_of(agent: Agent) -> str:
    environ = {"HTTP_HOST": "169.254.170.23", "HTTP_AUTHORIZATION": token()}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/credentials"}
    return agent.answer(Request(environ)).get_data(as_text=True)


def test_credentials_are_json_without_spaces(agent: Agent) -> None:
    assert body_of(agent).startswith('{"AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t"')


def test_credentials_are_fetched_anew_after_three_hours(
    agent: Agent, clock: Clock, eks_auth: EksAuth
) -> None:
    body_of(agent)
    clock.move(hours=2, minutes=59)
    body_of(agent)
    assert eks_auth.calls == 1
    clock.move(minutes=1)
    assert "ASIA2" in body_of(agent)


def test_credentials_that_end_within_15_seconds_are_not_handed_out(
    agent: Agent, clock: Clock, eks_auth: EksAuth
) -> None:
    eks_auth.lifetime = timedelta(minutes=20)
    body_of(agent)
    clock.move(minutes=19, seconds=44)
    body_of(agent)
    assert eks_auth.calls == 1
    clock.move(seconds=1)
    assert "ASIA2" in body_of(agent)


def test_credentials_that_come_too_short_lived(agent: Agent, eks_auth: EksAuth) -> None:
    eks_auth.lifetime = timedelta(seconds=15)
    said = "fetched credentials are expired or will expire within the next 15.00 seconds\n"
    assert body_of(agent) == said
