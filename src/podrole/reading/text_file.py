"""The text of a file or of standard input."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, TextIO

from podrole.reading.error import Limits, ReadingError

STDIN = "-"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Name = str | os.PathLike[str]


def read_text(path: Name, limits: Limits = Limits()) -> str:  # noqa: B008  (it is frozen)
    """The text of a file, `-` for standard input; a byte order mark at its start is left out.

    Reads no more than `limits` allow, so a device that never ends is refused too.

    Raises ReadingError: no such file, not to be read, too long, or not UTF-8. The message does not
    repeat the path.
    """
    with _opened(path) as file:
        data = file.read(limits.characters + 1)
    if len(data) > limits.characters:
        raise ReadingError(f"is larger than the {limits.characters:,} bytes that are read here")
    try:
        return _not_utf_16(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadingError(f"is no text in UTF-8 (line {line})") from error


def read_blocks(path: Name, size: int = 1 << 20, most: int = 1 << 28) -> Iterator[bytes]:
    """The bytes of a long file, `-` for standard input, a block at a time.

    Ends after `most` bytes: a device never ends.

    Raises ReadingError: no such file, not to be read, or UTF-16; at the first block.
    """
    with _opened(path) as file:
        block = _not_utf_16(file.read(size))
        while block and most > 0:
            yield block
            most -= len(block)
            block = file.read(size)


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


def _not_utf_16(data: bytes) -> bytes:
    if data.startswith(_UTF_16):
        raise ReadingError("is no text in UTF-8 but in UTF-16; save it as UTF-8")
    return data


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
            yield ReadingError("no text in UTF-8")


def _is_utf_8(line: str) -> bool:
    try:
        return line.isascii() or bool(line.encode())
    except UnicodeEncodeError:  # half of a surrogate pair stands for the byte
        return False
