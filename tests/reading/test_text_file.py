"""Files that outsiders name: a device, a folder, another encoding, no file at all."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from podrole.reading import Limits, ReadingError, read_blocks, read_lines, read_text

SMALL = Limits(characters=100)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"x" * 101, "is larger than the limit of 100 bytes"),
        (b"a\nb\xff", "is not valid UTF-8 (line 2)"),
        (b"\xff\xfea\0b", "is not valid UTF-16"),
        (b"\x1f\x8bx", "is an incomplete gzip file"),
        (gzip.compress(b"x" * 101, mtime=0), "is larger than the limit of 100 bytes"),
    ],
)
def test_what_is_no_text_of_ours(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ReadingError) as caught:
        read_text(path, SMALL)
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/dev/zero", "is larger than the limit of 100 bytes"),
        ("/no/such", "No such file or directory"),
        ("/", "Is a directory"),
        ("a\0b", "no file can have this name"),
        ("\ud800", "no file can have this name"),
        ("x" * 5000, "File name too long"),
        ("/proc/self/mem", "Input/output error"),
    ],
)
def test_what_is_no_file_of_ours(path: str, says: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_text(path, SMALL)
    assert str(caught.value) == says
    if path != "/dev/zero":
        with pytest.raises(ReadingError):
            next(read_blocks(path))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_windows_writes_is_read(tmp_path: Path, encoding: str) -> None:
    """Windows PowerShell's `>` writes UTF-16, other programs leave the mark out."""
    path = tmp_path / "file"
    text = '{"Role": "é"}\r\n'
    path.write_bytes(text.encode(encoding))
    assert read_text(path) == text
    if encoding != "utf-8-sig":
        assert b"".join(read_blocks(path, 10)).decode().removeprefix("\ufeff") == text


def test_a_log_file_of_cloudtrail_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes(gzip.compress(b'{"Records": []}', mtime=0))
    assert read_text(path) == '{"Records": []}'


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(path) == "{}"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfa\xc3\xa9")))
    assert read_text("-") == "aé"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abcde")))
    assert list(read_blocks("-", 2)) == [b"ab", b"cd", b"e"]
    monkeypatch.setattr("sys.stdin", None)
    assert read_text("-") == ""


def test_lines_of_any_length_and_any_bytes() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a\n" + b"x" * 1000 + b"\n\xffb\n\xc3\xa9\n12345\n67890"))
    found = [str(line) for line in read_lines(stream, 5)]
    too_long, other = "more than 5 characters", "not valid UTF-8"
    assert found == ["a\n", too_long, other, "é\n", "12345\n", "67890"]
    assert [str(line) for line in read_lines(io.StringIO("abc\n123456"), 5)] == ["abc\n", too_long]
    assert list(read_lines(None, 5)) == []
