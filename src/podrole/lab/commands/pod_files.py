"""A pod's files on this machine: below one folder, whatever their paths say."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
#: Deeper or longer than any mount path; a folder's removal walks down each level.
_MOST_FOLDERS, _MOST_BYTES = 32, 1024


class PodPathError(ValueError):
    """A path that no file of a pod can have: which, and why."""


class PodFiles:
    """Stands for a pod's file system.

    A path is read as a container reads it: from its root, where `..` leads no further up. No
    symbolic link is followed, and nothing outside the folder is written.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is there and belongs to this process."""
        self._folder = folder
        self._written: dict[tuple[str, ...], str] = {}
        self._closed = False
        self._lock = Lock()

    def moved(self, value: str) -> str:
        """The value of a variable; of one that names a written file, where the file lies."""
        if not value.startswith("/"):
            return value
        try:
            parts = _parts(value)
        except PodPathError:
            return value
        return str(self._folder.joinpath(*parts)) if parts in self._written else value

    def make_folder(self, path: str) -> Path:
        """A folder of the pod, made where it is missing. Raises PodPathError and OSError."""
        parts = _parts(path)
        with self._inside(parts):
            return self._folder.joinpath(*parts)

    def write(self, files: Mapping[str, str]) -> None:
        """Path to text; each file is whole at any instant, as the kubelet swaps them.

        Writes what has changed since the last time. Raises PodPathError, before anything is
        written, and OSError.
        """
        wanted = {_file_parts(path): text for path, text in files.items()}
        with self._lock:
            if self._closed:
                return
            for parts, text in wanted.items():
                if self._written.get(parts) != text:
                    self._swap(parts, text)
                    self._written[parts] = text

    def close(self) -> None:
        """Write nothing from now on: the folder goes."""
        with self._lock:
            self._closed = True

    def _swap(self, parts: tuple[str, ...], text: str) -> None:
        name, new = parts[-1], f".new-{secrets.token_hex(8)}"
        with self._inside(parts[:-1]) as folder:
            file = os.open(new, _NEW_FILE, 0o600, dir_fd=folder)
            try:
                with os.fdopen(file, "wb") as writer:
                    writer.write(text.encode(errors="surrogatepass"))
                os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                with suppress(OSError):
                    os.unlink(new, dir_fd=folder)
                raise

    @contextmanager
    def _inside(self, parts: tuple[str, ...]) -> Iterator[int]:
        """A descriptor of the folder, made where it is missing: step by step, past no link."""
        here = os.open(self._folder, _OPEN_FOLDER)
        try:
            for part in parts:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=here)
                below = os.open(part, _OPEN_FOLDER, dir_fd=here)
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)


def _parts(path: str) -> tuple[str, ...]:
    """The names from the root down."""
    try:
        size = len(os.fsencode(path))
    except UnicodeEncodeError:
        raise PodPathError(f"{path!r}: no file system has such a path") from None
    if "\0" in path:
        raise PodPathError(f"{path!r}: a path with a NUL character")
    if size > _MOST_BYTES:
        raise PodPathError(f"{path[:40]!r}…: a path of {size} bytes; {_MOST_BYTES} are taken")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if len(parts) > _MOST_FOLDERS:
        raise PodPathError(f"{path!r}: deeper than {_MOST_FOLDERS} folders")
    return tuple(parts)


def _file_parts(path: str) -> tuple[str, ...]:
    parts = _parts(path)
    if not parts:
        raise PodPathError(f"{path!r}: names no file")
    return parts
