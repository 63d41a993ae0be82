"""A lab's state in one file: the requests that it has been sent, oldest first.

Everything that the lab hands out comes from its seed and secret, its clock and the order of its
requests, so the same requests at the same instants make the same lab: keys, ids and objects are as
they were. Lines of JSON; the first one names the lab and holds its secret, each other one is a
request or a change of options.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from podrole.lab.json_document import read_json
from podrole.lab.serving.journal_entry import Entry, Malformed, Options, instant, member, only
from podrole.lab.serving.state_file import StateFile, StateFileError
from podrole.lab.settings import Settings

_FORMAT = "podrole lab state 3"
_SECRET_BYTES = 32
_OTHER = "give another file"


class JournalError(ValueError):
    """A state file that cannot be used: which one, the line, why, and what to do."""


Line = Entry | Options


class Journal:
    """The open state file of one lab."""

    def __init__(self, file: StateFile, settings: Settings, began: datetime, secret: str) -> None:
        self.settings, self.began = settings, began
        #: What the lab's keys and tokens come from, in hexadecimal digits.
        self.secret = secret
        #: What was wrong with the file and has been put right: one sentence for the reader.
        self.note = ""
        self._file = file

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @classmethod
    def create(
        cls, path: Path, settings: Settings, began: datetime, options: Options, secret: str
    ) -> Journal:
        """A new file, for its owner's eyes only: it holds the lab's secret and what clients sent.

        Raises JournalError where it cannot be written.
        """
        try:
            file = StateFile.create(path, _head(settings, began, options, secret))
            return cls(file, settings, began, secret)
        except StateFileError as error:
            raise JournalError(str(error)) from error

    @classmethod
    def open(cls, path: Path) -> tuple[Journal, list[Line]]:
        """An existing file and what it holds, the options that it began with first.

        Raises JournalError; the file is as it was then.
        """
        try:
            file = StateFile.open(path)
        except StateFileError as error:
            raise JournalError(str(error)) from error
        try:
            return cls._read(file, path)
        except StateFileError as error:
            file.close()
            raise JournalError(str(error)) from error
        except JournalError:
            file.close()
            raise

    @classmethod
    def _read(cls, file: StateFile, path: Path) -> tuple[Journal, list[Line]]:
        first, *rest = file.read().split(b"\n")
        settings, began, options, secret = _read_head(path, first)
        journal = cls(file, settings, began, secret)
        if not rest:
            file.append(b"\n")
            return journal, [options]
        lines: list[Line] = [options]
        size = len(first) + 1
        for number, text in enumerate(rest[:-1], 2):
            lines += _read_line(path, number, text)
            size += len(text) + 1
        if rest[-1]:  # no newline: it broke off while it was written, or an editor took it away
            try:
                lines += _read_line(path, len(rest) + 1, rest[-1])
                file.append(b"\n")
            except JournalError:
                file.cut(size)
                journal.note = (
                    f"{path}:{len(rest) + 1}: the last line is incomplete and was ignored"
                )
        return journal, lines

    def write(self, line: Line) -> None:
        """Add a request, before it is carried out, or a change of options.

        Raises Unwritable; the file is as it was then.
        """
        self._file.append(_encoded(line.document()))

    def replace(self, began: datetime, options: Options) -> None:
        """Start again, with the same secret. Raises Unwritable; nothing is lost then."""
        self._file.replace(_head(self.settings, began, options, self.secret))
        self.began = began

    def close(self) -> None:
        """Close the file; another lab may open it."""
        self._file.close()


def new_secret() -> str:
    """A secret that no lab had before, in hexadecimal digits."""
    return secrets.token_hex(_SECRET_BYTES)


def _head(settings: Settings, began: datetime, options: Options, secret: str) -> bytes:
    head = {"format": _FORMAT, "began": began.isoformat(), "secret": secret, **asdict(settings)}
    return _encoded({**head, **options.document()})


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _read_head(path: Path, text: bytes) -> tuple[Settings, datetime, Options, str]:
    if not text:
        raise JournalError(
            f"{path}:1: not a state file of a lab: the file is empty; delete it, or {_OTHER}"
        )
    try:
        head = read_json(text)
    except ValueError:
        head = None
    if not isinstance(head, dict) or not isinstance(head.get("format"), str):
        raise JournalError(f"{path}:1: not a state file of a lab ({_FORMAT}); {_OTHER}")
    if head["format"] != _FORMAT:
        raise JournalError(
            f"{path}:1: not a state file of a lab ({_FORMAT}) but {head['format'][:80]!r};"
            f" use the Podrole that wrote it, or {_OTHER}"
        )
    try:
        members = {"format", "began", "secret", "seed", "accounts", "region", "cluster", "options"}
        only(head, members)
        accounts = member(head, "accounts", list)
        if not all(isinstance(account, str) for account in accounts):
            raise Malformed('"accounts" is not a list of texts')
        settings = Settings(
            seed=member(head, "seed", int),
            accounts=tuple(accounts),
            region=member(head, "region", str),
            cluster=member(head, "cluster", str),
        )
        options = Options.read(head) if "options" in head else Options()
        secret = member(head, "secret", str)
        if not re.fullmatch(f"[0-9a-f]{{{2 * _SECRET_BYTES}}}", secret):
            raise Malformed(f'"secret" is not {_SECRET_BYTES} bytes in hexadecimal digits')
        return settings, instant(head, "began"), options, secret
    except Malformed as error:
        raise JournalError(
            f"{path}:1: not a state file of a lab: {error}; correct the line, or {_OTHER}"
        ) from None


def _read_line(path: Path, number: int, text: bytes) -> Iterator[Line]:
    if not text.strip():
        return  # an editor's
    fix = f"delete this line and what follows, or {_OTHER}"
    try:
        try:
            document = read_json(text)
        except ValueError:
            raise Malformed("no JSON") from None
        if not isinstance(document, dict):
            raise Malformed("no JSON object")
        if "format" in document:
            raise Malformed("a second beginning of a state file")
        yield Options.read(document) if "options" in document else Entry.read(document)
    except Malformed as error:
        raise JournalError(f"{path}:{number}: not a request of a lab: {error}; {fix}") from None
