"""GetScopedCredentials: a pod's session narrows itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.lab.conftest import ACCOUNT, Setup, allow, client, statement
from tests.lab.services.sts.test_irsa import refused

CLOSED = allow("sts:GetScopedCredentials")
ALL = statement(Action=["s3:*", "sqs:*", "sts:GetScopedCredentials"], Resource="*")


@pytest.fixture
def session(setup: Setup) -> boto3.Session:
    """The session of a pod with Pod Identity, whose tags it has."""
    pod = setup.pod_identity_pod(ALL)
    with pod.inside():
        session = boto3.Session()
        session.client("sts").get_caller_identity()
    return session


def scoped(session: Any, document: Any = None, **more: Any) -> Any:
    policy = {} if document is None else {"Policy": json.dumps(document)}
    return session.client("sts").get_scoped_credentials(**policy, **more)


def derived(answer: Any) -> boto3.Session:
    keys = answer["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def test_it_may_do_what_both_allow_and_stays_who_it_is(session: boto3.Session) -> None:
    answer = scoped(
        session, allow(["s3:ListAllMyBuckets", "ec2:*"]), ScopedSessionDescription="list"
    )
    narrow = derived(answer)
    identity = session.client("sts").get_caller_identity()
    assert narrow.client("sts").get_caller_identity()["Arn"] == identity["Arn"]
    assert answer["SessionInfo"] == {"ScopedSessionId": identity["UserId"], "Arn": identity["Arn"]}
    assert answer["ScopedPoliciesCount"] == 1
    narrow.client("s3").list_buckets()
    message = refused(narrow.client("sqs").list_queues)[2]
    assert message.endswith("because no session policy allows the sqs:listqueues action")
    session.client("sqs").list_queues()  # the session itself is as it was


def test_a_bucket_that_names_the_session_does_not_widen_it(
    setup: Setup, session: boto3.Session
) -> None:
    s3 = boto3.client("s3")
    where = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration=where)
    arn = session.client("sts").get_caller_identity()["Arn"]
    grant = statement(
        Principal={"AWS": arn}, Action="s3:ListBucket", Resource="arn:aws:s3:::orders"
    )
    s3.put_bucket_policy(Bucket="orders", Policy=json.dumps(grant))
    session.client("s3").list_objects_v2(Bucket="orders")
    narrow = derived(scoped(session, allow("s3:ListAllMyBuckets")))
    assert (
        refused(lambda: narrow.client("s3").list_objects_v2(Bucket="orders"))[0] == "AccessDenied"
    )


def test_three_layers_and_no_fourth(session: boto3.Session) -> None:
    current = session
    actions = ["s3:*", "sqs:*", "sts:GetScopedCredentials"]
    for count in (1, 2, 3):
        answer = scoped(current, allow(actions))
        assert answer["ScopedPoliciesCount"] == count
        current = derived(answer)
    code, status, message = refused(lambda: scoped(current, allow(actions)))
    assert (code, status) == ("AccessDenied", 403)
    assert message == "lab: a session has at most 3 scope-down policies"
    assert scoped(current, DurationSeconds=60)["ScopedPoliciesCount"] == 3  # shorter it may be


def test_its_end(setup: Setup, session: boto3.Session) -> None:
    own = session.get_credentials()
    assert own is not None
    now = setup.lab.clock.now()
    assert scoped(session, CLOSED)["Credentials"]["Expiration"] == now + timedelta(hours=6)
    short = scoped(session, DurationSeconds=60)
    assert short["Credentials"]["Expiration"] == now + timedelta(seconds=60)
    code, status, message = refused(lambda: scoped(session, DurationSeconds=6 * 3600 + 1))
    assert (code, status) == ("InsufficientSessionLifetime", 400)
    assert message == "lab: the calling session has 21,600 seconds left, and 21,601 are asked for"
    setup.lab.clock.move(seconds=61)
    with pytest.raises(Exception, match="expired"):
        derived(short).client("s3").list_buckets()


def test_who_may_not_call_it(setup: Setup, session: boto3.Session) -> None:
    assert refused(lambda: scoped(session))[:2] == ("ValidationError", 400)
    assert refused(lambda: scoped(session, "{"))[0] == "MalformedPolicyDocument"
    setup.iam.create_user(UserName="ada")
    setup.iam.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=json.dumps(ALL))
    key = setup.iam.create_access_key(UserName="ada")["AccessKey"]
    user = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"])
    assert refused(lambda: scoped(user, CLOSED))[:2] == ("InvalidSubjectCredentials", 400)
    temporary = derived(user.client("sts").get_session_token())
    assert refused(lambda: scoped(temporary, CLOSED))[1] in (403, 501)
    narrow = derived(scoped(session, allow("s3:*")))
    assert refused(lambda: scoped(narrow, CLOSED))[0] == "AccessDenied"
    everywhere = session.client("sts", endpoint_url="https://sts.amazonaws.com")
    message = refused(lambda: everywhere.get_scoped_credentials(DurationSeconds=60))[2]
    assert message == (
        "lab: GetScopedCredentials is not available on the global endpoint: ask a Region's"
    )


def test_tags_and_size_go_with_it(session: boto3.Session) -> None:
    by_tag = allow(
        "s3:*", Condition={"StringEquals": {"aws:PrincipalTag/eks-cluster-name": "demo"}}
    )
    answer = scoped(session, by_tag, MinimumSessionTokenSize=2000)
    assert answer["SessionTokenSize"] == 2000
    assert answer["SessionTokenUtilization"] == 49
    derived(answer).client("s3").list_buckets()
    plain = client("s3", answer["Credentials"])
    plain.list_buckets()
    assert ACCOUNT in answer["SessionInfo"]["Arn"]
