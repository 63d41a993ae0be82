"""The text of a file or of standard input."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, TextIO

from podrole.reading.error import Limits, ReadingError

STDIN = "-"
#: Windows PowerShell's `>` writes UTF-16. UTF-32 begins as UTF-16 does, so it is asked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
Name = str | os.PathLike[str]


def read_text(path: Name, limits: Limits = Limits()) -> str:  # noqa: B008  (it is frozen)
    """The text of a file, `-` for standard input; a byte order mark at its start is left out.

    Reads UTF-8, and UTF-16 and UTF-32 with their mark or without; unpacks gzip, as CloudTrail's log
    files are. Reads no more than `limits` allow, so a device that never ends is refused too.

    Raises ReadingError: no such file, not to be read, too long, or no text. The message does not
    repeat the path.
    """
    with _opened(path) as file:
        data = file.read(limits.characters + 1)
    if data.startswith(_GZIP):
        data = _unpacked(data, limits.characters + 1)
    encoding = encoding_of(data[:4096])
    if len(data) > limits.characters:
        raise ReadingError(f"is larger than the limit of {limits.characters:,} bytes")
    try:
        return data.decode(encoding or "utf-8-sig").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if encoding:
            raise ReadingError(f"is not valid {encoding.upper()}") from error
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadingError(f"is not valid UTF-8 (line {line})") from error


def encoding_of(start: bytes) -> str | None:
    """`utf-16`, `utf-32` or one of their kind, by the first bytes of a text; None for UTF-8."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    # Without a mark: every other byte of English in UTF-16 is zero, and none of it in UTF-8.
    if len(start) >= 4 and b"\0" in start:
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if not even and odd * 4 > len(start):
            return "utf-16-le"
        if not odd and even * 4 > len(start):
            return "utf-16-be"
    return None


def read_blocks(path: Name, size: int = 1 << 20, most: int = 1 << 28) -> Iterator[bytes]:
    """The text of a long file, `-` for standard input, in UTF-8, a block at a time.

    Ends after `most` bytes of the file: a device never ends.

    Raises ReadingError: no such file, or not to be read; at the first block.
    """
    with _opened(path) as file:
        block = file.read(size)
        encoding = encoding_of(block[:4096])
        decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        while block and most > 0:
            yield decoder.decode(block).encode("utf-8", "replace") if decoder else block
            most -= len(block)
            block = file.read(size)


def _unpacked(data: bytes, most: int) -> bytes:
    """What a gzip file holds, `most` bytes of it: a small file may hold billions."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(most)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadingError("is an incomplete gzip file") from error


@contextmanager
def _opened(path: Name) -> Iterator[BinaryIO]:
    try:
        with (
            nullcontext(_standard_input()) if str(path) == STDIN else Path(path).open("rb") as file
        ):
            yield file
    except OSError as error:
        raise ReadingError(error.strerror or "cannot be read") from error
    except ReadingError:
        raise
    except ValueError as error:  # a NUL or half of a surrogate pair in its name
        raise ReadingError("no file can have this name") from error


def _standard_input() -> BinaryIO:
    if isinstance(sys.stdin, io.TextIOWrapper):
        buffer: BinaryIO = sys.stdin.buffer
        return buffer
    text = "" if sys.stdin is None else sys.stdin.read()  # None where the shell has closed it
    return io.BytesIO(text.encode("utf-8", "surrogatepass"))


def read_lines(stream: TextIO | None, longest: int) -> Iterator[str | ReadingError]:
    """The lines of a stream; an error in place of one that is no UTF-8, or longer than `longest`.

    None as the stream, where the shell has closed it, has no lines.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    while stream is not None and (line := stream.readline(longest + 1)):
        if len(line) > longest and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = stream.readline(longest)
            yield ReadingError(f"more than {longest:,} characters")
        elif _is_utf_8(line):
            yield line
        else:
            yield ReadingError("not valid UTF-8")


def _is_utf_8(line: str) -> bool:
    try:
        return line.isascii() or bool(line.encode())
    except UnicodeEncodeError:  # half of a surrogate pair stands for the byte
        return False
