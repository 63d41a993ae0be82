"""Escalation paths: each is walkable with exactly its permissions, and a Deny closes it."""

from __future__ import annotations

from typing import Any

from podrole.policy import PolicySet, parse_policy
from podrole.policy.analysis import walkable
from podrole.policy.analysis.escalation_paths import PATHS
from podrole.policy.document import Policy
from podrole.policy.lint import lint


def policy(*statements: dict[str, Any]) -> Policy:
    whole = [{"Effect": "Allow", "Resource": "*", **one} for one in statements]
    return parse_policy({"Version": "2012-10-17", "Statement": whole})


def ids(*policies: Policy, **more: Any) -> set[str]:
    return {found.path.id for found in walkable(PolicySet(identity=policies, **more))}


def test_each_path_needs_all_of_its_permissions_and_no_more() -> None:
    assert len(PATHS) == len({path.id for path in PATHS}) == 65
    for path in PATHS:
        if path.kind == "users":
            assert path.id not in ids(policy({"Action": "*"}))
            continue
        assert path.id in ids(policy({"Action": list(path.actions)})), path.id
        for action in path.actions:
            rest = [one for one in path.actions if one != action] or ["s3:GetObject"]
            assert path.id not in ids(policy({"Action": rest})), path.id


def test_the_permissions_may_stand_in_several_policies() -> None:
    parts = policy({"Action": "iam:PassRole"}), policy({"Action": "ec2:Run*"})
    assert ids(*parts) == {"ec2-001"}


def test_a_deny_a_boundary_and_a_condition_close_a_path() -> None:
    deny = {"Effect": "Deny", "Action": "iam:PutRolePolicy"}
    assert ids(policy({"Action": "iam:PutRolePolicy"})) == {"iam-005"}
    assert ids(policy({"Action": "iam:PutRolePolicy"}, deny)) == set()
    boundary = policy({"Action": "s3:*"})
    assert ids(policy({"Action": "iam:PutRolePolicy"}), boundary=boundary) == set()
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Condition": to_lambda}
    assert ids(policy(passing, {"Action": "ec2:RunInstances"})) == set()


def test_a_named_target_is_no_path() -> None:
    named = "arn:aws:lambda:us-west-2:111122223333:function:orders"
    assert ids(policy({"Action": "lambda:UpdateFunctionCode", "Resource": named})) == set()


def test_lint_names_the_path_and_the_request() -> None:
    (found,) = lint(policy({"Action": "ssm:SendCommand"}))
    assert (found.code, found.path) == ("PODROLE_ESCALATION_BY_TAKEOVER", "Statement[0].Action")
    assert "ssm:SendCommand on arn:aws:ec2:" in found.message
    assert "ssm-002" in found.message
