"""A temporary folder for tokens and keys, which goes with its process, even one that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: What the folders of `podrole lab serve` and of `podrole lab exec` begin with.
SERVED, POD = "podrole-lab-", "podrole-pod-"
_LOCK = "lock"
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """A folder that this user alone may enter, removed at the end of the block with all in it.

    The process holds a lock in it (flock): the file `lock` is not to be touched. The kernel drops
    the lock when the process ends, however it ends: the next folder that is made sweeps each one
    whose lock nobody holds.

    `prefix` is SERVED or POD. Raises OSError where no folder can be made.
    """
    sweep()
    path, lock = _make(prefix)
    try:
        yield path
    finally:
        _remove(path)
        os.close(lock)


def sweep() -> None:
    """Remove the folders of this user whose process has ended; never one that is in use."""
    root = Path(tempfile.gettempdir())
    for prefix in (SERVED, POD):
        for path in root.glob(f"{prefix}*"):
            with _abandoned(path) as free:
                if free:
                    _remove(path)


def read_kept(prefix: str, name: str) -> str | None:
    """What a running process of this user keeps in a file of its folder; None where none does."""
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{prefix}*")):
        with _abandoned(path) as free:
            if free:
                continue
        with suppress(OSError):  # another's, or without such a file
            opened = os.open(path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(opened, encoding="utf-8", errors="replace") as file:
                if os.fstat(opened).st_uid == os.getuid():
                    return file.read()
    return None


def _make(prefix: str) -> tuple[Path, int]:
    # Under a name that no sweep looks at, until the lock is held.
    new = Path(tempfile.mkdtemp(prefix=f".new-{prefix}"))
    lock = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with suppress(OSError):  # a file system without locks: a sweep cannot lock either, and goes by
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    path = new.with_name(new.name.removeprefix(".new-"))
    try:
        new.rename(path)
    except OSError:
        os.close(lock)
        _remove(new)
        raise
    return path, lock


@contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether the folder is this user's and nobody holds its lock, which this holds meanwhile."""
    opened: list[int] = []
    try:
        try:
            opened.append(os.open(path, _OPEN_FOLDER))
            opened.append(os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW, dir_fd=opened[0]))
            own = all(os.fstat(one).st_uid == os.getuid() for one in opened)
            if own and stat.S_ISREG(os.fstat(opened[1]).st_mode):
                fcntl.flock(opened[1], fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = True
            else:
                free = False
        except OSError:  # another's, gone meanwhile, or in use
            free = False
        yield free
    finally:
        for one in opened:
            os.close(one)


def _remove(folder: Path) -> None:
    """Remove a tree, also one with folders that forbid it, as Go's module cache has them."""
    with suppress(OSError, RecursionError):
        for _, names, _, inside in os.fwalk(folder):
            for name in names:
                if stat.S_ISDIR(os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode):
                    os.chmod(name, stat.S_IRWXU, dir_fd=inside)
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
