"""State files that were edited, cut, shared or had no room: one clear line, and nothing lost."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from podrole.lab.serving.journal import JournalError
from podrole.lab.serving.journal_entry import Options
from podrole.lab.settings import Settings
from tests.lab.fuzz.sigv4 import sign
from tests.lab.fuzz.wsgi_request import Answer, WireRequest
from tests.lab.wsgi_doors import Doors, opened

HEAD = b'{"format": "podrole lab state 3", "began": "2026-11-28T00:00:00+00:00", "seed": 7, '
HEAD += b'"secret": "%s", ' % (b"0f" * 32)
HEAD += b'"accounts": ["111122223333", "444455556666"], "region": "us-west-2", "cluster": "demo"}\n'
ENTRY = b'{"door": "aws", "at": "2026-11-28T00:00:01+00:00", "method": "GET", "target": "/", '
ENTRY += b'"headers": [["Host", "127.0.0.1"]], "body": "x"}\n'


def changed(line: bytes, **members: Any) -> bytes:
    """The line with these members; None takes one away."""
    found = json.loads(line) | members
    return json.dumps({k: v for k, v in found.items() if v is not None}).encode() + b"\n"


def users(lab: Doors) -> str:
    return lab.call("iam", "ListUsers").text


FIX = "; delete this line and what follows, or give another file"
#: What stands in the file; the line that is at fault; what is said of it.
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "empty": (
        b"",
        1,
        "not a state file of a lab: the file is empty; delete it, or give another file",
    ),
    "NUL bytes": (b"\0" * 64, 1, "not a state file of a lab (podrole lab state 3); give another"),
    "binary": (os.urandom(3000) + b"\n", 1, "not a state file of a lab"),
    "another JSON": (b"[1, 2]\n", 1, "not a state file of a lab"),
    "another format": (
        changed(HEAD, format="podrole lab state 9"),
        1,
        "not a state file of a lab (podrole lab state 3) but 'podrole lab state 9'; use the Podrole"
        " that wrote it, or give another file",
    ),
    "a format that is no text": (changed(HEAD, format=1), 1, "not a state file of a lab"),
    "a deep head": (b'{"a":' * 5000 + b"\n", 1, "not a state file of a lab"),
    "a huge seed": (
        HEAD.replace(b" 7,", b" " + b"9" * 5000 + b","),
        1,
        "not a state file of a lab",
    ),
    "a seed that is no number": (
        changed(HEAD, seed="7"),
        1,
        'not a state file of a lab: "seed" is no whole number; correct the line, or give another',
    ),
    "a seed that is true": (changed(HEAD, seed=True), 1, '"seed" is no whole number'),
    "accounts that are no list": (changed(HEAD, accounts="1"), 1, '"accounts" is no list'),
    "accounts of numbers": (changed(HEAD, accounts=[1]), 1, '"accounts" is not a list of texts'),
    "no region": (changed(HEAD, region=None), 1, '"region" is no text'),
    "a cluster that is a list": (changed(HEAD, cluster=[]), 1, '"cluster" is no text'),
    "began in no zone": (changed(HEAD, began="2026-11-28T00:00:00"), 1, '"began" is no instant'),
    "began in the year 1": (changed(HEAD, began="0001-01-01T00:00:00Z"), 1, '"began" is no'),
    "began in the year 9999": (changed(HEAD, began="9999-12-31T23:59:59Z"), 1, '"began" is no'),
    "began at a number": (changed(HEAD, began=5), 1, '"began" is no instant'),
    "no secret": (changed(HEAD, secret=None), 1, '"secret" is no text'),
    "a short secret": (changed(HEAD, secret="0f"), 1, '"secret" is not 32 bytes'),
    "a member too many": (changed(HEAD, x=1), 1, "'x' is not a member of it"),
    "bad options": (changed(HEAD, options={"metadata": "no"}), 1, "not a state file of a lab: "),
    "a line that is not JSON": (HEAD + b"x\n" + ENTRY, 2, f"no JSON{FIX}"),
    "a line cut in the middle": (HEAD + ENTRY[:40] + b"\n" + ENTRY, 2, f"no JSON{FIX}"),
    "a letter cut in the middle": (
        HEAD + ENTRY.replace(b'"x"', b'"\xe4\xb8"') + ENTRY,
        2,
        f"no JSON{FIX}",
    ),
    "a line of NUL bytes": (HEAD + b"\0" * 80 + b"\n" + ENTRY, 2, f"no JSON{FIX}"),
    "a line that is a list": (HEAD + ENTRY + b"[]\n", 3, f"no JSON object{FIX}"),
    "a deep line": (HEAD + ENTRY + b"[" * 5000 + b"\n", 3, f"no JSON{FIX}"),
    "the head twice": (HEAD + ENTRY + HEAD, 3, f"a second beginning of a state file{FIX}"),
    "an unknown door": (HEAD + changed(ENTRY, door="x"), 2, '"door" is not one of aws, agent, '),
    "a door that is a list": (HEAD + changed(ENTRY, door=[]), 2, f'"door" is no text{FIX}'),
    "no instant": (HEAD + changed(ENTRY, at=None), 2, '"at" is no instant with'),
    "an instant that is none": (HEAD + changed(ENTRY, at="x"), 2, '"at" is no instant with a time'),
    "an instant out of range": (HEAD + changed(ENTRY, at="9999-12-31T23:59:59Z"), 2, '"at" is no'),
    "an instant in no zone": (HEAD + changed(ENTRY, at="2026-11-28T00:00:01"), 2, '"at" is no'),
    "a method that is a number": (HEAD + changed(ENTRY, method=1), 2, '"method" is no text'),
    "a target that no wire has": (HEAD + changed(ENTRY, target="/\u4e2d"), 2, "in Latin-1"),
    "headers of three": (HEAD + changed(ENTRY, headers=[["a", "b", "c"]]), 2, '"headers" is no'),
    "headers of numbers": (
        HEAD + changed(ENTRY, headers=[["a", 1]]),
        2,
        '"headers" is not a list of',
    ),
    "headers that are an object": (HEAD + changed(ENTRY, headers={}), 2, '"headers" is no list'),
    "a body that is a number": (HEAD + changed(ENTRY, body=1), 2, '"body" is no text'),
    "no base64": (HEAD + changed(ENTRY, body=None, base64="x"), 2, '"base64" is no base64'),
    "two bodies": (HEAD + changed(ENTRY, base64=""), 2, "stand side by side"),
    "half a surrogate pair": (HEAD + ENTRY.replace(b'"x"', b'"\\ud800"'), 2, f"no JSON{FIX}"),
    "options of a wrong type": (HEAD + b'{"options": 1}\n', 2, '"options" is no object'),
    "an unknown option": (HEAD + b'{"options": {"x": 1}}\n', 2, "'x' is not a member of it"),
    "a huge delay": (
        HEAD + b'{"options": {"metadata": "open", "throttled": [], "association_delay": 1e300}}\n',
        2,
        '"association_delay" is no number of seconds',
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_none_is_one_line_and_stays(tmp_path: Path, kind: str) -> None:
    text, line, said = REFUSED[kind]
    state = tmp_path / "lab.json"
    state.write_bytes(text)
    with pytest.raises(JournalError) as caught, opened(state):
        pass
    told = str(caught.value)
    assert told.startswith(f"{state}:{line}: ")
    assert said in told
    assert told.count("\n") == 0
    assert "give another file" in told
    assert state.read_bytes() == text


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "Is a directory"),
    "a FIFO": (os.mkfifo, "not a regular file; give another one"),
    "a link to a device": (lambda path: path.symlink_to("/dev/null"), "not a regular file"),
    "a link in a circle": (lambda path: path.symlink_to(path), "File exists"),
    "a socket": (listening, "No such device or address"),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_one_line(tmp_path: Path, kind: str) -> None:
    make, said = NO_FILES[kind]
    state = tmp_path / "s"
    make(state)
    with pytest.raises(JournalError, match=said), opened(state):
        pass


def test_a_file_that_may_not_be_opened_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "lab.json"
    state.write_bytes(HEAD)
    denied = PermissionError(errno.EACCES, "Permission denied")

    def refused(*_: Any) -> int:
        raise denied  # the tests may run as root, whom nothing refuses

    monkeypatch.setattr("podrole.lab.serving.state_file.os.open", refused)
    with pytest.raises(JournalError, match=f"{state}: Permission denied"), opened(state):
        pass
    with pytest.raises(JournalError, match="Permission denied"), opened(tmp_path / "new.json"):
        pass


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "no/lab.json"])
def test_a_name_that_no_file_can_have_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError) as caught, opened(tmp_path / name):
        pass
    assert str(caught.value).count("\n") == 0


def test_what_an_editor_leaves_is_taken(tmp_path: Path) -> None:
    """Line ends of Windows, blank lines, and a last line without its end."""
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        lab.call("iam", "CreateUser", {"UserName": "bob"})
        lab.call("iam", "CreateUser", {"UserName": "eve"})
    text = state.read_bytes()
    state.write_bytes(text.replace(b"\n", b"\r\n\r\n").rstrip())
    with opened(state) as again:
        assert again.notes == []
        assert "bob" in users(again)
        again.call("iam", "CreateUser", {"UserName": "mallory"})
    with opened(state) as again:
        assert again.notes == []
        assert [name in users(again) for name in ("bob", "eve", "mallory")] == [True] * 3


@pytest.mark.parametrize("rest", [b'{"door": "aws", "at": "20', b"\0" * 40, b"\xe4\xb8", b"{}"])
def test_a_last_line_that_broke_off_is_left_out_and_said(tmp_path: Path, rest: bytes) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        lab.call("iam", "CreateUser", {"UserName": "bob"})
    whole = state.read_bytes()
    state.write_bytes(whole + rest)
    with opened(state) as again:
        assert again.notes == [f"{state}:3: the last line is incomplete and was ignored"]
        assert state.read_bytes() == whole
        assert "bob" in users(again)


def test_two_labs_never_share_a_file(tmp_path: Path) -> None:
    """Under whatever name, and after a reset too; the second one changes nothing."""
    state, link = tmp_path / "lab.json", tmp_path / "link.json"
    link.symlink_to(state)
    said = "another lab is using it; stop that lab or give another file"
    with opened(link) as first:
        first.call("iam", "CreateUser", {"UserName": "bob"})
        for _ in range(2):
            before = state.read_bytes()
            for name in (state, link):
                with pytest.raises(JournalError, match=said), opened(name):
                    pass
            assert state.read_bytes() == before
            assert first.control("POST", "reset").status == 200
            first.call("iam", "CreateUser", {"UserName": "eve"})
        assert link.is_symlink()
    with opened(state) as second:
        assert "eve" in users(second)
        assert "bob" not in users(second)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.json", "link.json"]


class Disk:
    """A stand-in for `os.write` with so many bytes left."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        taken = data[: max(self.room, 0)]
        if not taken and data:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(taken)
        return self._write(descriptor, taken)


FULL = "cannot be written (No space left on device): the request was not carried out"


def test_what_had_no_room_was_not_done_and_is_not_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        lab.call("iam", "CreateUser", {"UserName": "bob"})
        lab.kubernetes("GET", "/version")
        whole = state.read_bytes()
        disk = Disk(100)  # a part of a line
        monkeypatch.setattr("podrole.lab.serving.state_file.os.write", disk)
        for _ in range(2):
            refused = lab.call("iam", "CreateUser", {"UserName": "eve"})
            assert (refused.status, FULL in refused.text) == (503, True)
            assert "<Code>ServiceUnavailable</Code>" in refused.text
            assert state.read_bytes() == whole
            disk.room = 50
        kept = lab.kubernetes("POST", "/api/v1/namespaces", {"metadata": {"name": "a"}})
        assert (kept.status, json.loads(kept.text)["reason"]) == (503, "ServiceUnavailable")
        assert lab.ask("agent", "GET", "/v1/credentials").status == 503
        assert lab.control("POST", "clock", b'{"hours": 1}').status == 503
        assert lab.control("POST", "reset").status == 503
        assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.json"]
        assert lab.kubernetes("GET", "/api/v1/namespaces/a").status == 404  # reading goes on
        disk.room = 1 << 20
        assert "eve" not in users(lab)
        assert "bob" in users(lab)
        lab.call("iam", "CreateUser", {"UserName": "mallory"})
    with opened(state) as again:
        assert again.notes == []
        assert [name in users(again) for name in ("bob", "eve", "mallory")] == [True, False, True]
        assert again.served.lab.clock.now() - datetime.now(UTC) < timedelta(minutes=1)


def test_a_part_of_a_line_that_could_not_be_taken_back_goes_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        whole = state.read_bytes()
        disk, truncate = Disk(30), os.ftruncate

        def stuck(_descriptor: int, _size: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr("podrole.lab.serving.state_file.os.write", disk)
        monkeypatch.setattr("podrole.lab.serving.state_file.os.ftruncate", stuck)
        assert lab.call("iam", "CreateUser", {"UserName": "eve"}).status == 503
        assert len(state.read_bytes()) == len(whole) + 30
        disk.room = 1 << 20
        assert lab.call("iam", "CreateUser", {"UserName": "eve"}).status == 503
        monkeypatch.setattr("podrole.lab.serving.state_file.os.ftruncate", truncate)
        assert lab.call("iam", "CreateUser", {"UserName": "bob"}).status == 200
    with opened(state) as again:
        assert again.notes == []
        assert "bob" in users(again)
        assert "eve" not in users(again)


def test_a_file_that_is_gone_is_not_written_to_in_silence(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with opened(state) as lab:
        state.unlink()
        refused = lab.call("iam", "CreateUser", {"UserName": "bob"})
        assert refused.status == 503
        assert f"{state} was deleted or replaced; start the lab again" in refused.text


def test_a_new_file_without_room_is_one_line_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podrole.lab.serving.state_file.os.write", Disk(10))
    with pytest.raises(JournalError, match="No space left on device"), opened(tmp_path / "lab"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_options_of_each_start_are_in_the_file(tmp_path: Path) -> None:
    """A request that was answered at hop limit 2 is answered so again when the lab has 1."""
    state = tmp_path / "lab.json"

    def token(lab: Doors) -> int:
        ttl = {"X_aws_ec2_metadata_token_ttl_seconds": "60"}
        return lab.ask("metadata", "PUT", "/latest/api/token", **ttl).status

    with opened(state, options=Options(metadata="open")) as lab:
        assert token(lab) == 200
        tokens = dict(lab.served.lab.node._tokens)
    with opened(state) as again:
        assert again.served.lab.node._tokens == tokens
        with pytest.raises(ConnectionError):
            token(again)
        again.call("iam", "CreateUser", {"UserName": "bob"})
    with opened(state, options=Options(metadata="open", throttled=frozenset({"sts"}))) as third:
        assert third.notes == []
        assert third.served.lab.node._tokens == tokens
        assert token(third) == 200
        assert "Rate exceeded" in third.call("sts", "GetCallerIdentity").text
    options = [line for line in state.read_text().splitlines() if line.startswith('{"options"')]
    assert len(options) == 2


def test_a_file_without_options_is_taken(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    state.write_bytes(HEAD + ENTRY)
    with opened(state, Settings()) as lab:
        assert lab.notes == []
        assert lab.call("sts", "GetCallerIdentity").status == 200


def test_an_upload_in_parts_and_key_pairs_are_there_again(tmp_path: Path) -> None:
    """moto takes ids of uploads and KMS's key pairs from the machine's randomness."""
    state = tmp_path / "lab.json"

    def s3(lab: Doors, method: str, target: str, body: bytes = b"") -> Answer:
        request = WireRequest(method, f"/orders-data{target}", {}, body)
        sign(request, "s3", lab.served.described()["environment"], presigned=False)
        return lab.send("aws", request)

    with opened(state) as lab:
        place = b"<LocationConstraint>us-west-2</LocationConstraint>"
        config = b"<CreateBucketConfiguration>" + place + b"</CreateBucketConfiguration>"
        s3(lab, "PUT", "", config)
        begun = s3(lab, "POST", "/k?uploads").text
        upload = "/k?uploadId=" + begun.partition("<UploadId>")[2].partition("<")[0]
        tag = s3(lab, "PUT", f"{upload}&partNumber=1", b"whole").headers["etag"]
        part = f"<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>"
        done = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
        s3(lab, "POST", upload, done.encode())
        made = [
            lab.call("kms", "CreateKey", {"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"})
            for spec in ("RSA_2048", "ECC_NIST_P256", "ECC_NIST_P521")
        ]
        ids = [json.loads(found.body)["KeyMetadata"]["KeyId"] for found in made]
        keys = [lab.call("kms", "GetPublicKey", {"KeyId": key}).text for key in ids]
    with opened(state) as again:
        assert s3(again, "GET", "/k").body == b"whole"
        assert [again.call("kms", "GetPublicKey", {"KeyId": key}).text for key in ids] == keys
