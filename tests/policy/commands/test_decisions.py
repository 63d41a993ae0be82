"""`podrole decide`, `explain` and `who`, as a shell meets them."""

from __future__ import annotations

import fnmatch
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podrole.cli import main
from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.who import who
from tests.catalogue import CATALOG

CASES = Path(__file__).parents[2] / "conformance" / "policy" / "cases.jsonl"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
}


def row(**changes: Any) -> dict[str, Any]:
    request = {
        "principal": "arn:aws:iam::111122223333:user/bob",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "resource_account": "111122223333",
        "context": {},
    }
    return {"id": "r", "request": {**request, **changes}, "policies": {"identity": ALLOW}}


def decided(
    lines: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    assert main(["decide"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return [json.loads(line) for line in output.out.splitlines()]


def test_decide_answers_every_given_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CASES.read_text()
    expected = {item["id"]: item["expected"] for item in map(json.loads, text.splitlines())}
    answers = decided(text, monkeypatch, capsys)
    assert {answer["id"]: answer["effect"] for answer in answers} == expected
    assert all(answer["decided_by"] and answer["reason"] for answer in answers)


def test_all_of_several_actions_must_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [row(action=["s3:GetObject", "s3:GetObjectTagging"])]
    lines.append(row(action=["s3:GetObject", "s3:PutObject"]))
    answers = decided("\n".join(map(json.dumps, lines)), monkeypatch, capsys)
    assert [answer["effect"] for answer in answers] == ["allow", "implicit_deny"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("7", "a row must be a JSON object"),
        ("{}", "request: must be an object"),
        (json.dumps(row(action=[])), "request.action: must be an action or a list"),
        (json.dumps(row(principal=None)), "request.principal: must be a string"),
        (json.dumps(row(context={"a": {}})), "request.context.a: must be a string or a list"),
        (json.dumps(row(resource_account=5)), "request.resource_account: must be a string"),
        (json.dumps(row(colour=1)), "request.colour: unknown"),
        (
            json.dumps({**row(), "policies": {"identity": [ALLOW, {"Statement": {}}]}}),
            "policies.identity[1].Statement[0].Effect: None is neither Allow nor Deny",
        ),
        (json.dumps({**row(), "policies": {"resource": "x"}}), "policies.resource"),
        (json.dumps({**row(), "policies": {"trust": {}}}), "policies.trust: unknown"),
    ],
)
def test_a_bad_row_is_an_error_line_and_the_rest_goes_on(
    line: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = decided(f"{line}\n\n{json.dumps(row())}\n", monkeypatch, capsys)
    assert message in bad["error"]
    assert "effect" not in bad
    assert good["effect"] == "allow"


def test_decide_ends_quietly_when_its_reader_does() -> None:
    command = (
        f"yes '{json.dumps(row())}' | head -50000 | {sys.executable} -m podrole decide | head -1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert json.loads(done.stdout)["effect"] == "allow"
    assert done.stderr == ""


def test_decide_without_a_standard_input() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m podrole decide <&-"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# -- explain -------------------------------------------------------------------------------


def test_explain_from_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(CATALOG.render("identity-s3-read", "json"))
    arguments = ["explain", "--principal", "arn:aws:iam::111122223333:user/bob"]
    arguments += [
        "--action",
        "s3:ListBucket",
        "--resource",
        "arn:aws:s3:::orders-data-111122223333",
    ]
    arguments += ["--context", "s3:prefix=secret/", "--identity", str(policy)]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert output.startswith("DENY (implicit) by identity")
    assert "StringLike s3:prefix = in/* or in: the request has secret/" in output
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["effect"] == "implicit_deny"


def test_explain_from_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "row.json"
    path.write_text(json.dumps(row()))
    assert main(["explain", str(path)]) == 0
    assert capsys.readouterr().out.startswith("ALLOW by identity")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "none.json"], "none.json: No such file or directory"),
        (["explain", "."], ".: Is a directory"),
        (["explain", "--action", "s3:GetObject"], "request.principal: must be a string"),
        (["explain", "--context", "x"], "--context: 'x' must be KEY=VALUE"),
        (["who", "none.json"], "none.json: No such file or directory"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"podrole: {message}\n"


# -- who -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("snippet", "sentence"),
    [
        ("trust-irsa-exact", "exactly system:serviceaccount:orders:orders-api"),
        (
            "trust-irsa-many-sa",
            "exactly system:serviceaccount:orders:orders-api;"
            " exactly system:serviceaccount:orders:orders-api-worker",
        ),
        ("trust-irsa-namespace", "any service account in namespace orders"),
        ("trust-irsa-bad-star", "every pod of the cluster"),
        ("trust-irsa-bad-no-sub", "every pod of the cluster"),
        (
            "trust-irsa-bad-prefix",
            "any service account in any namespace that begins with orders",
        ),
        (
            "trust-irsa-bad-literal-star",
            "nobody: system:serviceaccount:orders:* never matches: * is a literal character"
            " under"
            " StringEquals",
        ),
    ],
)
def test_who(
    snippet: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trust.json"
    path.write_text(CATALOG.render(snippet, "json"))
    assert main(["who", str(path)]) == 0
    provider = "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
    assert capsys.readouterr().out == f"{provider}: {sentence}\n"
    assert main(["who", str(path), "--issuer", "https://other.example"]) == 0
    assert "the trust policy does not name this provider" in capsys.readouterr().out


def test_who_of_a_policy_without_a_provider(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trust.json"
    path.write_text(CATALOG.render("trust-pod-identity", "json"))
    assert main(["who", str(path)]) == 0
    assert capsys.readouterr().out.startswith(
        "EKS Pod Identity (pods.eks.amazonaws.com): any service account with an association to"
    )


def test_who_names_the_file_that_is_no_trust_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, message in (
        ('"x"', "contains no policy"),
        (json.dumps(ALLOW), "Statement[0].Resource: Has prohibited field Resource"),
    ):
        path = tmp_path / "trust.json"
        path.write_text(text)
        assert main(["who", str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"podrole: {path}: {message}")


@pytest.mark.parametrize(
    "snippet",
    [item for item in CATALOG.of("policy") if item.id.startswith("trust-irsa")],
    ids=lambda snippet: snippet.id,
)
def test_who_agrees_with_the_decision(snippet: Any) -> None:
    """Nobody is admitted whom a sentence does not name, and everyone whom it names."""
    trust = parse_policy(CATALOG.render(snippet.id, "json"), kind="trust")
    for admitted in who(trust):
        arns = [
            value
            for statement in trust.statements
            for value in statement.principal["Federated"]  # type: ignore[index,call-overload]
            if value.endswith(admitted.provider)
        ]
        for namespace in ("orders", "orders-x", "kube-system"):
            for name in ("orders-api", "orders-api-worker", "default"):
                subject = f"system:serviceaccount:{namespace}:{name}"
                request = Request(
                    arns[0],
                    "sts:AssumeRoleWithWebIdentity",
                    "arn:aws:iam::111122223333:role/r",
                    {
                        f"{admitted.provider}:sub": subject,
                        f"{admitted.provider}:aud": "sts.amazonaws.com",
                    },
                )
                allowed = authorize(request, PolicySet(resource=trust)).allowed
                named = any(_fits(pattern, subject) for pattern in admitted.patterns)
                assert allowed == named, (subject, str(admitted))


def _fits(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)


POD_TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    },
}


def role(name: str, trust: Any, *allowed: dict[str, Any]) -> dict[str, Any]:
    """A role as get-account-authorization-details shows it."""
    policies = [
        {
            "PolicyName": f"{name}-{number}",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Resource": "*", **one},
            },
        }
        for number, one in enumerate(allowed)
    ]
    return {"RoleName": name, "AssumeRolePolicyDocument": trust, "RolePolicyList": policies}


class TestWhoAndWhatTheyReach:
    def told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], *roles: dict[str, Any]
    ) -> list[str]:
        file = tmp_path / "details.json"
        file.write_text(json.dumps({"RoleDetailList": roles}))
        assert main(["who", str(file)]) == 0
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if "whoever gets in" in line]

    def test_one_policy(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        printer = role("printer", POD_TRUST, {"Action": "iam:PutRolePolicy"})
        (line,) = self.told(tmp_path, capsys, printer)
        assert line == (
            "if the identity policies in this file are the role's: whoever gets in can give its own"
            " role any permission, by iam:PutRolePolicy (pathfinding.cloud: iam-005)"
        )

    def test_two_policies_together(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        passing, running = {"Action": "iam:PassRole"}, {"Action": "ec2:RunInstances"}
        assert self.told(tmp_path, capsys, role("printer", POD_TRUST, passing)) == []
        (line,) = self.told(tmp_path, capsys, role("printer", POD_TRUST, passing, running))
        assert "by iam:PassRole, then ec2:RunInstances (pathfinding.cloud: ec2-001)" in line

    def test_an_administrator(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (line,) = self.told(tmp_path, capsys, role("printer", POD_TRUST, {"Action": "*"}))
        assert "may do everything in the account" in line

    def test_a_deny_in_another_policy(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        allowed, denied = {"Action": "iam:*"}, {"Action": "iam:*", "Effect": "Deny"}
        assert self.told(tmp_path, capsys, role("printer", POD_TRUST, allowed, denied)) == []

    def test_where_it_cannot_be_known(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = {**POD_TRUST, "Statement": {**POD_TRUST["Statement"], "Sid": "Other"}}  # type: ignore[dict-item]
        two = role("printer", POD_TRUST, {"Action": "iam:*"}), role("binder", other)
        assert self.told(tmp_path, capsys, *two) == []
        nobody = {**POD_TRUST, "Statement": {**POD_TRUST["Statement"], "Effect": "Deny"}}  # type: ignore[dict-item]
        assert self.told(tmp_path, capsys, role("printer", nobody, {"Action": "iam:*"})) == []
