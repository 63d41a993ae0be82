"""A file that one lab at a time has open, and to which whole lines are added or nothing.

What has been written survives the end of the lab, `kill -9` included: it is with the system. It is
not forced to the disk, so a machine that loses its power may lose the last seconds.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

_OWNER_ONLY = 0o600


class StateFileError(ValueError):
    """A file that cannot be used: which one, and why."""


class Unwritable(StateFileError):
    """A line that could not be added. The file is as it was before."""


class StateFile:
    """An open file, locked until it is closed; the system frees the lock when the process ends."""

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = size  # up to the last whole line
        self._torn = False  # whether a part of a line stands after it

    @classmethod
    def create(cls, path: Path, head: bytes) -> StateFile:
        """A new file that begins with `head`, for its owner's eyes only.

        Raises StateFileError, also where there is a file already.
        """
        descriptor = _open(path, os.O_CREAT | os.O_EXCL)
        file = cls(path, descriptor, 0)
        try:
            _lock(path, descriptor)
            file.append(head)
        except StateFileError:
            file.close()
            with suppress(OSError):
                os.unlink(os.path.realpath(path))
            raise
        return file

    @classmethod
    def open(cls, path: Path) -> StateFile:
        """An existing file. Raises StateFileError, also for what another lab has open."""
        descriptor = _open(path)
        found = os.fstat(descriptor)
        try:
            if not stat.S_ISREG(found.st_mode):
                raise StateFileError(f"{path}: not a regular file; give another one")
            _lock(path, descriptor)
        except StateFileError:
            os.close(descriptor)
            raise
        with suppress(OSError):  # another's file, or a file system that has no modes
            os.fchmod(descriptor, _OWNER_ONLY)
        return cls(path, descriptor, os.fstat(descriptor).st_size)

    def read(self) -> bytes:
        """All of it. Raises StateFileError."""
        parts = []
        position = 0
        try:
            while part := os.pread(self._descriptor, 1 << 24, position):
                parts.append(part)
                position += len(part)
        except OSError as error:
            raise StateFileError(f"{self.path}: {error.strerror}") from error
        return b"".join(parts)

    def append(self, line: bytes) -> None:
        """Add a line. Raises Unwritable."""
        if self._torn:
            self.cut(self._size)
        if not os.fstat(self._descriptor).st_nlink:
            raise Unwritable(f"{self.path} was deleted or replaced; start the lab again")
        try:
            written = os.write(self._descriptor, line)
            while written < len(line):  # there may be room for a part of it only
                written += os.write(self._descriptor, line[written:])
        except OSError as error:
            self._torn = True
            with suppress(Unwritable):  # else before the next line
                self.cut(self._size)
            raise Unwritable(f"{self.path} cannot be written ({error.strerror})") from error
        self._size += len(line)

    def cut(self, size: int) -> None:
        """Shorten it to `size` bytes. Raises Unwritable."""
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise Unwritable(f"{self.path} cannot be shortened ({error.strerror})") from error
        self._size, self._torn = size, False

    def replace(self, head: bytes) -> None:
        """Start again with `head`. Raises Unwritable; the file is as it was then."""
        size = self._size
        self.append(head)  # whether there is room, before anything is lost
        try:
            self.cut(0)
        except Unwritable:
            self._size, self._torn = size, True
            raise
        self.append(head)

    def close(self) -> None:
        """Close it and free the lock."""
        os.close(self._descriptor)


def _open(path: Path, more: int = 0) -> int:
    # Without O_NONBLOCK, a FIFO that nobody writes to would be waited for.
    flags = os.O_RDWR | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC | more
    try:
        # What a link leads to, which O_EXCL would not create.
        return os.open(os.path.realpath(path), flags, _OWNER_ONLY)
    except OSError as error:
        raise StateFileError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # a NUL in its name
        raise StateFileError(f"{str(path)!r}: {error}") from error


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StateFileError(
            f"{path}: another lab is using it; stop that lab or give another file"
        ) from None
    except OSError as error:
        raise StateFileError(f"{path}: {error.strerror}") from error
