"""The agent where EKS Auth is down, hangs or throttles, and the agent's own rate limit.

Figures: aws/eks-pod-identity-agent d4dc0f3 (0.1.37), run on 2026-11-28.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import CredentialRetrievalError
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request, Response

from podrole.lab import Lab, LabError, Pod
from podrole.lab.clock import Clock
from podrole.lab.eks_auth_states import TAKES
from podrole.lab.node.pod_identity_agent import Agent
from podrole.lab.serving.journal_entry import Options
from podrole.lab.throttle import Throttle, TokenBucket
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, Setup
from tests.lab.stub_lab import Reader, answering
from tests.lab.stub_lab import pod as pod_of_a_lab
from tests.lab.test_throttle import TOKEN
from tests.lab.wsgi_doors import Doors, opened

HOST = "169.254.170.23"
FAILS = (sys.executable, "-c", "raise SystemExit(1)")


def asked(lab: Lab, pod: Pod) -> tuple[int, str, float]:
    """The agent's answer to the pod, and how many seconds it takes."""
    headers = {"Host": HOST, "Authorization": pod.read(TOKEN)}
    environ = EnvironBuilder(path="/v1/credentials", headers=headers).get_environ()
    environ[TAKES] = []
    result, status, _ = run_wsgi_app(lab.gateway, environ)
    return int(status.split()[0]), b"".join(result).decode(), sum(environ[TAKES])


@pytest.mark.parametrize(("state", "seconds"), [("down", 2.8), ("hanging", 7.2)])
def test_eks_auth_does_not_answer(setup: Setup, state: str, seconds: float) -> None:
    pod = setup.pod_identity_pod()
    setup.lab.eks_auth = state
    assert asked(setup.lab, pod) == (500, "[]\n", seconds)
    setup.lab.eks_auth = "up"
    first = asked(setup.lab, pod)
    assert (first[0], first[2]) == (200, 0)
    setup.lab.eks_auth = state
    setup.lab.clock.move(hours=5)
    assert asked(setup.lab, pod) == first  # credentials that are good outlast it
    setup.lab.clock.move(hours=1)
    assert asked(setup.lab, pod) == (500, "[]\n", seconds)


def test_a_throttled_eks_auth_takes_three_attempts(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.lab.throttled = {"eks-auth"}
    status, text, seconds = asked(setup.lab, pod)
    assert (status, seconds) == (429, 2.7)
    assert "(ThrottlingException): " in text


@pytest.mark.parametrize("state", ["down", "hanging"])
def test_boto3_has_less_patience_than_the_agent(setup: Setup, state: str) -> None:
    pod = setup.pod_identity_pod()
    setup.lab.eks_auth = state
    with pod.inside(), pytest.raises(CredentialRetrievalError, match="Read timeout on endpoint"):
        boto3.client("sts").get_caller_identity()
    setup.lab.eks_auth = "up"
    with pod.inside():
        assert "orders-api" in boto3.client("sts").get_caller_identity()["Arn"]


def test_calls_of_aws_wait_for_nobody(setup: Setup) -> None:
    setup.pod_identity_pod()
    setup.lab.eks_auth = "hanging"
    patient = boto3.client("sts", config=Config(read_timeout=0.001))
    assert patient.get_caller_identity()["Account"]


def test_another_state_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="EKS Auth is one of up, down, hanging, not 'slow'"):
        lab.eks_auth = "slow"
    assert lab.eks_auth == "up"


# -- the agent's own limit -------------------------------------------------------------------


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 29, tzinfo=UTC))


@pytest.fixture
def agent(clock: Clock) -> Agent:
    return Agent(clock, dict, lambda: "x", Throttle())


def answer(agent: Agent, path: str = "/v1/credentials") -> Response:
    environ = EnvironBuilder(path=path, headers={"Host": HOST}).get_environ()
    return agent.answer(Request(environ))


def answers(agent: Agent, number: int) -> list[int]:
    return [answer(agent).status_code for _ in range(number)]


def test_the_agents_rate_limit_counts_by_the_clock(agent: Agent, clock: Clock) -> None:
    assert answers(agent, 501) == [400] * 500 + [429]
    clock.move(milliseconds=3)
    assert answers(agent, 4) == [400] * 3 + [429]
    clock.move(hours=1)
    assert answers(agent, 501) == [400] * 500 + [429]


def test_a_refusal_for_the_rate_names_no_time_to_wait(agent: Agent) -> None:
    answers(agent, 500)
    refused = answer(agent)
    assert (refused.status_code, refused.get_data(as_text=True)) == (429, "Too Many Requests\n")
    assert "Retry-After" not in refused.headers
    # Another path is none of the limited handler's.
    assert answer(agent, "/").status_code == 404


def test_a_bucket_holds_no_more_than_its_burst(clock: Clock) -> None:
    bucket = TokenBucket(clock, rate=2, burst=2)
    assert [bucket.allows() for _ in range(3)] == [True, True, False]
    clock.move(seconds=0.5)
    assert [bucket.allows() for _ in range(2)] == [True, False]
    clock.move(days=1)
    assert [bucket.allows() for _ in range(3)] == [True, True, False]


# -- on ports --------------------------------------------------------------------------------

TRUST = json.dumps(POD_IDENTITY_TRUST)


def a_pods_token(doors: Doors) -> str:
    """The token of a service account whose role the agent could get."""
    doors.call("iam", "CreateRole", {"RoleName": "orders-api", "AssumeRolePolicyDocument": TRUST})
    doors.call("eks", "CreateAddon", {"clusterName": "demo", "addonName": "eks-pod-identity-agent"})
    role = f"arn:aws:iam::{ACCOUNT}:role/orders-api"
    association = {"namespace": "default", "serviceAccount": "default", "roleArn": role}
    doors.call("eks", "CreatePodIdentityAssociation", {"clusterName": "demo", **association})
    asked = {"spec": {"audiences": ["pods.eks.amazonaws.com"]}}
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    return str(json.loads(doors.kubernetes("POST", path, asked).text)["status"]["token"])


def test_on_ports_the_answer_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door waits as long as the agent tries, and others are answered meanwhile."""
    with opened(options=Options(eks_auth="hanging")) as doors:
        token = a_pods_token(doors)

        def meanwhile(seconds: float) -> None:
            if seconds:
                slept.append((seconds, doors.call("sts", "GetCallerIdentity").status))

        slept: list[tuple[float, int]] = []
        monkeypatch.setattr(doors.served.lab.clock, "sleep", meanwhile)
        answer = doors.ask("agent", "GET", "/v1/credentials", Authorization=token)
        assert (answer.status, answer.text, slept) == (500, "[]\n", [(7.2, 200)])
        assert json.loads(doors.control("POST", "eks-auth/up").text) == {"was": "hanging"}
        answer = doors.ask("agent", "GET", "/v1/credentials", Authorization=token)
        assert (answer.status, len(slept)) == (200, 1)
        refused = doors.control("POST", "eks-auth/slow")
        assert (refused.status, refused.text) == (
            400,
            "EKS Auth is one of up, down, hanging, not 'slow'\n",
        )


def test_exec_changes_eks_auth_for_one_program(reader: Reader, tmp_path: Path) -> None:
    asked: list[str] = []

    def lab(path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path.removeprefix("/_podrole/"))
        return 200, {}, b'{"was": "up"}' if "eks-auth" in path else pod_of_a_lab()

    with answering(lab) as endpoint:
        done = reader.execute(endpoint, "--eks-auth", "down", "orders-api", "--", *FAILS)
    assert (done.returncode, done.stderr) == (1, "")
    assert asked == ["pods/default/orders-api", "eks-auth/down", "eks-auth/up"]


def test_what_is_no_lab_has_no_state_of_eks_auth(reader: Reader) -> None:
    with answering(pod_of_a_lab()) as endpoint:
        done = reader.execute(endpoint, "--eks-auth", "down", "orders-api", "--", "true")
    assert done.returncode == 2
    assert "is not a lab (no state of EKS Auth)" in done.stderr
