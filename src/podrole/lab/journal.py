"""A lab's state in one file: the requests that it has been sent, oldest first.

Everything that the lab hands out comes from its seed, its clock and the order of its requests, so
the same requests at the same instants make the same lab: keys, ids and objects are as they were.
Lines of JSON; the first one names the lab.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

_FORMAT = "podrole lab state 1"


class JournalError(ValueError):
    """A state file that cannot be used: which one, the line, and why."""


@dataclass(frozen=True)
class Settings:
    """What a lab is made from."""

    seed: int = 7
    accounts: tuple[str, ...] = ("111122223333", "444455556666")
    region: str = "us-west-2"
    cluster: str = "demo"


@dataclass(frozen=True)
class Entry:
    """One request: the door it came through, when, and its bytes."""

    door: str
    at: datetime
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def line(self) -> str:
        """The entry as a line of the file."""
        try:
            body: Mapping[str, str] = {"body": self.body.decode()}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(self.body).decode()}
        known = {
            "door": self.door,
            "at": self.at.isoformat(),
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
        }
        return json.dumps({**known, **(body if self.body else {})})

    @classmethod
    def read(cls, line: str) -> Entry:
        """The entry of a line. Raises ValueError, KeyError or TypeError."""
        found: dict[str, Any] = json.loads(line)
        body = base64.b64decode(found["base64"]) if "base64" in found else b""
        return cls(
            door=found["door"],
            at=datetime.fromisoformat(found["at"]),
            method=found["method"],
            target=found["target"],
            headers=tuple((str(name), str(value)) for name, value in found["headers"]),
            body=found.get("body", "").encode() or body,
        )


class Journal:
    """The open state file of one lab."""

    def __init__(self, path: Path, file: IO[str], settings: Settings, began: datetime) -> None:
        self.path, self.settings, self.began = path, settings, began
        self._file = file

    @classmethod
    def create(cls, path: Path, settings: Settings, began: datetime) -> Journal:
        """A new file, for its owner's eyes only: it holds what clients have sent.

        Raises JournalError where it cannot be written.
        """
        head = {"format": _FORMAT, "began": began.isoformat(), **asdict(settings)}
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            file = os.fdopen(descriptor, "w", encoding="utf-8")
            file.write(json.dumps(head) + "\n")
            file.flush()
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}") from error
        return cls(path, file, settings, began)

    @classmethod
    def open(cls, path: Path) -> tuple[Journal, Iterator[Entry]]:
        """An existing file and what it holds. Raises JournalError."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            head = json.loads(lines[0])
            if head.pop("format") != _FORMAT:
                raise ValueError
            began = datetime.fromisoformat(head.pop("began"))
            settings = Settings(**{**head, "accounts": tuple(head["accounts"])})
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise JournalError(f"{path}:1: no state file of a lab ({_FORMAT})") from None
        entries = [_entry(path, number, line) for number, line in enumerate(lines[1:], 2)]
        if lines[1:] and not lines[-1].endswith("\n"):  # cut off while it was written
            entries.pop()
            path.write_text("".join(lines[:-1]), encoding="utf-8")
        found = (entry for entry in entries if entry is not None)
        return cls(path, path.open("a", encoding="utf-8"), settings, began), found

    def write(self, entry: Entry) -> None:
        """Add a request, before it is carried out."""
        self._file.write(entry.line() + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _entry(path: Path, number: int, line: str) -> Entry | None:
    try:
        return Entry.read(line)
    except (ValueError, KeyError, TypeError, AttributeError):
        if not line.endswith("\n"):
            return None
        raise JournalError(f"{path}:{number}: not a request of a lab") from None
