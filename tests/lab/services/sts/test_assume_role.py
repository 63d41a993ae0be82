"""AssumeRole: trust, the caller's own policies, ExternalId, tags, chaining."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, POD_IDENTITY_TRUST, Setup, allow, statement
from tests.lab.services.sts.test_irsa import refused

TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
CALLER = f"arn:aws:iam::{ACCOUNT}:role/orders-api"


def trust(**condition: Any) -> dict[str, Any]:
    more = {"Condition": condition} if condition else {}
    return statement(Principal={"AWS": CALLER}, Action=["sts:AssumeRole", "sts:TagSession"], **more)


@pytest.fixture
def there(lab: Lab) -> Any:
    return lab.session(OTHER_ACCOUNT).client("iam")


def create_target(there: Any, document: dict[str, Any]) -> None:
    there.create_role(RoleName="target", AssumeRolePolicyDocument=json.dumps(document))


def assume(pod: Any, **more: Any) -> Any:
    with pod.inside():
        return boto3.client("sts").assume_role(
            **{"RoleArn": TARGET, "RoleSessionName": "hop", **more}
        )


def test_across_accounts_both_sides_must_allow(setup: Setup, there: Any) -> None:
    pod = setup.irsa_pod()
    create_target(there, trust())
    code, status, message = refused(lambda: assume(pod))
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {TARGET}")
    setup.iam.put_role_policy(
        RoleName="orders-api",
        PolicyName="hop",
        PolicyDocument=json.dumps(allow("sts:AssumeRole", TARGET)),
    )
    assert assume(pod)["AssumedRoleUser"]["Arn"] == (
        f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/target/hop"
    )
    setup.create_role(POD_IDENTITY_TRUST, name="orders-api-other")
    there.update_assume_role_policy(
        RoleName="target",
        PolicyDocument=json.dumps(
            statement(Principal={"AWS": CALLER + "-other"}, Action="sts:AssumeRole")
        ),
    )
    assert refused(lambda: assume(pod))[0] == "AccessDenied"


def test_within_an_account_a_trust_that_names_the_caller_suffices(setup: Setup) -> None:
    pod = setup.irsa_pod()
    setup.create_role(
        statement(Principal={"AWS": CALLER}, Action="sts:AssumeRole"), name="neighbour"
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/neighbour"
    assert assume(pod, RoleArn=arn)["AssumedRoleUser"]["Arn"].endswith("neighbour/hop")


def test_external_id(setup: Setup, there: Any) -> None:
    pod = setup.irsa_pod(allow("sts:AssumeRole", TARGET))
    create_target(there, trust(StringEquals={"sts:ExternalId": "e-1"}))
    assert refused(lambda: assume(pod))[0] == "AccessDenied"
    assert refused(lambda: assume(pod, ExternalId="e-2"))[0] == "AccessDenied"
    assume(pod, ExternalId="e-1")


def test_tags_are_an_authorization_of_their_own(setup: Setup, there: Any) -> None:
    pod = setup.irsa_pod(allow(["sts:AssumeRole", "sts:TagSession"], TARGET))
    create_target(there, statement(Principal={"AWS": CALLER}, Action="sts:AssumeRole"))
    assume(pod)
    _, _, message = refused(lambda: assume(pod, Tags=[{"Key": "team", "Value": "orders"}]))
    assert f"sts:TagSession on resource: {TARGET}" in message


def test_chaining_is_capped_at_an_hour(setup: Setup, there: Any) -> None:
    pod = setup.irsa_pod(allow("sts:AssumeRole", TARGET))
    create_target(there, trust())
    there.update_role(RoleName="target", MaxSessionDuration=7200)
    assert refused(lambda: assume(pod, DurationSeconds=3601)) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role"
        " chaining.",
    )


def test_a_role_that_does_not_exist(setup: Setup) -> None:
    pod = setup.irsa_pod(allow("sts:AssumeRole"))
    assert refused(lambda: assume(pod))[:2] == ("AccessDenied", 403)
