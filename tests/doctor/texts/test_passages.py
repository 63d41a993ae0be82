"""An error is the same error however a log, a shell or a ticket has changed it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podrole.cli import main
from podrole.doctor.texts import explain
from podrole.doctor.texts.facts import read_identity, read_rest
from podrole.doctor.texts.plain import passages

SAID = (
    "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not "
    "authorized to perform sts:AssumeRoleWithWebIdentity"
)
DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/orders/1 is not authorized to perform: "
    's3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the '
    "s3:GetObject action"
)
FORMS = {
    "plain": SAID,
    "colours": f"\x1b[31mERROR\x1b[0m {SAID[:40]}\x1b[1m{SAID[40:]}\x1b[0m",
    "windows line ends": SAID.replace("Not ", "Not\r\n    "),
    "broken at a word": SAID.replace("perform", "\nperform"),
    "broken and indented": SAID.replace("perform", "\n      perform"),
    "broken in a word": "\n".join(SAID[at : at + 78] for at in range(0, len(SAID), 78)),
    "JSON": json.dumps({"level": "error", "msg": f"x\n{SAID}", "stacktrace": "a.b\n\t/c/d.go:1"}),
    "JSON in JSON": json.dumps({"log": json.dumps({"error": SAID})}),
    "cut JSON": json.dumps({"level": "error", "msg": SAID})[:-1],
    "logfmt": f'time="2026-11-28T10:00:00Z" level=error msg="{SAID}"',
    "klog": f'E1128 10:00:00.000000       1 controller.go:1] "Failed" err="{SAID}"',
    "docker": f"2026-11-28T10:00:00.000000000Z stderr F {SAID}",
    "kubectl --prefix": f"[pod/web-1/app] {SAID}",
    "event": f"  Warning  Failed  2m (x4 over 3m)  kubelet  {SAID}",
    "terraform": "╷\n│ Error: reading\n│ \n│ " + SAID.replace("perform", "\n│ perform") + "\n╵",
    "mail": "\n".join(f"> {SAID[at : at + 60]}" for at in range(0, len(SAID), 60)),
    "XML": "<Error><Code>AccessDenied</Code><Message>Not authorized to perform "
    "sts:AssumeRoleWithWebIdentity</Message></Error>",
    "curly quotes": f"“{SAID}”",
    "traceback": f'Traceback (most recent call last):\n  File "a.py", line 1\nClientError: {SAID}',
    "Java": f"Exception in thread main: x\n\tat a.b(C.java:1)\nCaused by: {SAID}\n\t... 12 more",
    "zero width": SAID.replace("Not ", "Not\u200b "),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_read_in_each_form(form: str) -> None:
    assert explain(FORMS[form]).causes == ["not-authorized"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_it_is_read_in_each_encoding(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "error.txt"
    path.write_bytes(f"é {SAID}\n".encode(encoding))
    assert main(["doctor", "--error", str(path)]) == 0
    assert "not-authorized: " in capsys.readouterr().out


def test_several_errors_are_each_answered_and_noise_is_known_as_such() -> None:
    noise = "I0101 request.go:655] Waited for 1.1s due to client-side throttling"
    network = (
        "WebIdentityErr: failed to retrieve credentials\n"
        'caused by: Post "https://sts.amazonaws.com/": dial tcp 54.239.29.25:443: i/o timeout'
    )
    reply = explain("\n".join([noise, DENIED, SAID, SAID, network, "done"]))
    assert reply.causes == ["denied", "not-authorized", "sts-unreachable"]
    assert [one.times for one in reply.answers] == [1, 2, 1]
    assert [one.cause.id for one in reply.noise] == ["client-throttling"]
    said = str(reply)
    assert "error 2, 2 times" in said
    assert said.splitlines()[-1].startswith("not an AWS error: The Kubernetes client slowed")


def test_what_only_follows_stands_last_and_alone_it_is_told() -> None:
    follows = "NoCredentialProviders: no valid providers in chain"
    reply = explain(f"{follows}\n{SAID}")
    assert reply.causes == ["not-authorized", "nothing-injected"]
    assert "error 2, possibly only a consequence of another" in str(reply)
    assert explain(f"{follows}, {SAID}").causes == ["not-authorized"]
    assert explain(follows).causes == ["nothing-injected"]


def test_the_facts_are_read() -> None:
    text = (
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 1, api "
        "error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/orders/eks-demo-web-1 is "
        "not authorized to perform: s3:PutObject on resource: \\"
        '"arn:aws:s3:::b/k\\" with an explicit deny in a service control policy: '
        "arn:aws:organizations::999988887777:policy/o-a/service_control_policy/p-b; "
        "aws-sdk-go-v2/1.36.3 os/linux; system:serviceaccount:acme:web; "
        'Post "https://s3.eu-west-1.amazonaws.com/b"'
    )
    (passage,) = passages(text)
    facts = read_rest(read_identity(passage), passage)
    assert facts.to_json() == {
        "speakers": ("AWS SDK for Go v2",),
        "version": "1.36.3",
        "caller": "arn:aws:sts::111122223333:assumed-role/orders/eks-demo-web-1",
        "kind": "role",
        "role": "orders",
        "session": "eks-demo-web-1",
        "account": "111122223333",
        "action": "s3:PutObject",
        "resource": "arn:aws:s3:::b/k",
        "layer": "service control policy",
        "policy_arn": "arn:aws:organizations::999988887777:policy/o-a/service_control_policy/p-b",
        "code": "AccessDenied",
        "status": "403",
        "operation": "PutObject",
        "host": "s3.eu-west-1.amazonaws.com",
        "region": "eu-west-1",
        "namespace": "acme",
        "service_account": "web",
    }
    said = str(explain(text))
    assert "a service control policy denies s3:PutObject (arn:aws:organizations" in said


def test_a_name_from_the_text_is_one_word_of_a_command() -> None:
    finding = explain(DENIED.replace("role/orders/1", "role/a$(id)/1")).answers[0].findings[0]
    assert "--policy-source-arn 'arn:aws:iam::111122223333:role/a$(id)' --act" in finding.decide


def test_records_of_cloudtrail_are_read() -> None:
    record = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        "errorCode": "AccessDenied",
        "userIdentity": {"userName": "system:serviceaccount:orders:orders-api"},
    }
    denied = {"eventName": "GetObject", "errorCode": "AccessDenied", "errorMessage": DENIED}
    for written in (
        json.dumps({"Records": [record, denied]}, indent=1),
        json.dumps({"Events": [{"CloudTrailEvent": json.dumps(one)} for one in (record, denied)]},
                   indent=1),
    ):  # fmt: skip
        assert explain(written).causes == ["not-authorized", "denied"]
    assert explain(json.dumps(record)).causes == ["not-authorized"]


def test_sessions_of_one_role_are_one_error_and_roles_are_several() -> None:
    texts = [DENIED.replace("orders/1", name) for name in ("orders/1", "orders/2", "billing/1")]
    reply = explain("\n".join(texts))
    assert [(one.facts.role, one.times) for one in reply.answers] == [("orders", 2), ("billing", 1)]
