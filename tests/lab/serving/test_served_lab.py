"""A lab on ports: its state file, resets, the moved clock, and who may ask for them."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.lab_process import client, control, serving


def podrole(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "podrole", *arguments], capture_output=True, text=True, **more
    )


def command(served: dict[str, Any], method: str, path: str, body: object = None) -> Any:
    request = urllib.request.Request(
        f"{served['endpoint']}/_podrole/{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers=control(served),
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def test_a_state_file_brings_everything_back(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as served:
        iam, s3 = client(served, "iam"), client(served, "s3")
        iam.create_user(UserName="bob")
        key = iam.create_access_key(UserName="bob")["AccessKey"]
        s3.create_bucket(
            Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        s3.put_object(Bucket="orders-data", Key="k", Body=b"\xff\x00binary")
        command(served, "POST", "clock", {"hours": 2})
        before = iam.get_user(UserName="bob")["User"]
        stored = s3.list_objects_v2(Bucket="orders-data")["Contents"]
    assert state.stat().st_mode & 0o077 == 0
    with serving("--state", str(state)) as served:
        assert client(served, "iam").get_user(UserName="bob")["User"] == before
        s3 = client(served, "s3")
        assert s3.get_object(Bucket="orders-data", Key="k")["Body"].read() == b"\xff\x00binary"
        assert s3.list_objects_v2(Bucket="orders-data")["Contents"] == stored
        sts = client(
            served,
            "sts",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        assert sts.get_caller_identity()["Arn"].endswith(":user/bob")


def test_a_state_file_that_broke_off_is_read_up_to_there(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as served:
        client(served, "iam").create_user(UserName="bob")
    lines = state.read_text().count("\n")
    state.write_text(state.read_text() + '{"door": "aws", "at": "2026')
    told = f"podrole: {state}:{lines + 1}: the last line is incomplete and was ignored\n"
    with serving("--state", str(state), told=told) as served:
        client(served, "iam").create_user(UserName="eve")
    with serving("--state", str(state)) as served:
        users = client(served, "iam").list_users()["Users"]
        assert [user["UserName"] for user in users] == ["bob", "eve"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: not a state file of a lab"),
        ('{"format": "x"}\n', ":1: not a state file of a lab"),
        ("HEAD\nx\n", ":2: not a request of a lab"),
        ("HEAD8\n", "give --seed 8, or another file"),
    ],
)
def test_another_file_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    head = {
        "format": "podrole lab state 3",
        "began": "2026-01-15T09:00:00+00:00",
        "secret": "0" * 64,
        "accounts": ["111122223333", "444455556666"],
        "region": "us-west-2",
        "cluster": "demo",
    }
    state = tmp_path / "lab.json"
    text = text.replace("HEAD8", json.dumps({**head, "seed": 8}))
    state.write_text(text.replace("HEAD", json.dumps({**head, "seed": 7})))
    done = podrole("lab", "serve", "--port", "0", "--state", str(state))
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_state_file_in_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    done = podrole("lab", "serve", "--port", "0", "--state", str(tmp_path / "no" / "lab.json"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_the_clock_is_moved_and_clients_go_on_signing_by_their_own() -> None:
    with serving() as served:
        iam, sts = client(served, "iam"), client(served, "sts")
        iam.create_role(
            RoleName="r",
            AssumeRolePolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"AWS": "111122223333"},
                        "Action": "sts:AssumeRole",
                    },
                }
            ),
        )
        role = "arn:aws:iam::111122223333:role/r"
        found = sts.assume_role(RoleArn=role, RoleSessionName="hop")["Credentials"]
        hop = client(
            served,
            "sts",
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found["SessionToken"],
        )
        hop.get_caller_identity()
        assert command(served, "POST", "clock", {"hours": 1})["now"]
        with pytest.raises(ClientError, match="ExpiredToken"):
            hop.get_caller_identity()
        sts.get_caller_identity()
        with pytest.raises(urllib.request.HTTPError) as caught:
            command(served, "POST", "clock", {"hours": -1})
        assert caught.value.code == 400
        caught.value.close()


def test_reset_makes_the_lab_new_and_keeps_its_keys(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as served:
        iam = client(served, "iam")
        iam.create_user(UserName="bob")
        done = podrole("lab", "reset", "--endpoint", served["endpoint"])
        assert (done.returncode, done.stderr) == (0, "")
        assert iam.list_users()["Users"] == []
    with serving("--state", str(state)) as served:
        assert client(served, "iam").list_users()["Users"] == []


def test_only_who_has_the_token_commands_the_lab(tmp_path: Path) -> None:
    with serving() as served:
        client(served, "iam").create_user(UserName="bob")
        host, _, port = served["endpoint"].removeprefix("http://").partition(":")
        given = control(served)["X-Podrole-Lab"]
        for token in (None, "", "1", given[:-1], f"{given}x", given.upper()):
            for method, path in (("POST", "reset"), ("POST", "clock"), ("GET", "pods/default/p")):
                connection = http.client.HTTPConnection(host, int(port))
                headers = {} if token is None else {"X-Podrole-Lab": token}
                connection.request(method, f"/_podrole/{path}", body="{}", headers=headers)
                response = connection.getresponse()
                assert response.status == 403
                assert b"paste the lines" in response.read()
                connection.close()
        reset = ("lab", "reset", "--endpoint", served["endpoint"])
        # From a place where the lab's private folder is not seen.
        elsewhere = {**os.environ, "TMPDIR": str(tmp_path)}
        done = podrole(*reset, env=elsewhere)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "paste the lines that `podrole lab serve` printed" in done.stderr
        assert client(served, "iam").list_users()["Users"]
        assert podrole(*reset, env={**elsewhere, "PODROLE_LAB_TOKEN": given}).returncode == 0
        assert client(served, "iam").list_users()["Users"] == []
        # Whoever started the lab needs no variable.
        assert podrole(*reset).returncode == 0


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("http://127.0.0.1:9", "no lab at http://127.0.0.1:9: start one with `podrole lab serve`"),
        ("https://sts.amazonaws.com", "https://sts.amazonaws.com is not on this machine"),
    ],
)
def test_no_lab_is_one_clear_line(endpoint: str, said: str) -> None:
    for command in (("reset",), ("exec", "--endpoint", endpoint, "p", "--", "true")):
        arguments = (*command, "--endpoint", endpoint) if len(command) == 1 else command
        done = podrole("lab", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith(f"podrole: {said}")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["exec", "inject", "reset"])
def test_what_only_speaks_to_a_lab_loads_none(command: str) -> None:
    script = (
        "import sys\n"
        "from podrole.cli import main\n"
        f"try: main(['lab', '{command}', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'boto3', 'moto'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
