"""What a program meets in its own network: AWS, the agent and the metadata service, by real names.

The sockets listen in the program's network and are served in this process, which passes each
connection on to the lab: the program's network leads nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podrole.lab.isolation.aws_certificates import AwsCertificates
from podrole.lab.isolation.name_server import NameServer
from podrole.lab.node_addresses import AGENT_ADDRESSES, METADATA_ADDRESSES

#: AWS's endpoints in a program's network: an address of the range for documentation (RFC 5737).
AWS_ADDRESS = "198.51.100.10"
_NAME_SERVER = "127.0.0.1"
_ENTER = Path(__file__).with_name("enter.py")
_SECONDS = 20


class IsolationError(RuntimeError):
    """The program cannot have a world of its own here, and why."""


class NotStarted(OSError):
    """The program could not be started."""


@dataclass(frozen=True)
class _Door:
    """Where a program knocks, and the lab's door behind it."""

    kind: str
    address: str
    port: int
    leads_to: str
    encrypted: bool = False


_KNOCKS = (
    _Door("udp", _NAME_SERVER, 53, ""),
    _Door("tcp", AWS_ADDRESS, 443, "aws", encrypted=True),
    _Door("tcp", AWS_ADDRESS, 80, "aws"),
    *(_Door("tcp", address, 80, "agent") for address in AGENT_ADDRESSES),
    *(_Door("tcp", address, 80, "metadata") for address in METADATA_ADDRESSES),
)


class World:
    """A program's own network and files. Close it when the program has ended."""

    def __init__(self, lab: Mapping[str, str], secrets: Path, folder: Path, metadata: str) -> None:
        """`lab` is the path of a socket for each of its doors `aws`, `agent` and `metadata`.

        The program finds `secrets` at /var/run/secrets. `folder` is an empty one of this user
        alone, `metadata` one of METADATA_MODES. Raises IsolationError and OSError.
        """
        if not sys.platform.startswith("linux"):
            raise IsolationError("it needs Linux, whose kernel has namespaces")
        self._lab = lab
        self._silent = metadata == "silent"
        self._certificates = AwsCertificates()
        names = folder / "resolv.conf"
        names.write_text(f"nameserver {_NAME_SERVER}\n")
        self._plan = {
            "parent": os.getpid(),
            "addresses": [AWS_ADDRESS, *AGENT_ADDRESSES, *METADATA_ADDRESSES],
            "listen": [(one.kind, one.address, one.port) for one in self._doors()],
            "deaf": [(METADATA_ADDRESSES[0], 80)] if self._silent else [],
            "secrets": str(secrets),
            "names": str(names),
        }
        #: The variables by which programs trust the certificates of AWS's names.
        self.variables: Mapping[str, str] = self._certificates.trusted(folder)
        self._here, self.there = socket.socketpair()
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._kept: list[socket.socket] = []

    def _doors(self) -> Sequence[_Door]:
        return [one for one in _KNOCKS if not (self._silent and one.leads_to == "metadata")]

    def command(self, program: Sequence[str]) -> list[str]:
        """What to start in the program's place; it inherits the socket `there`."""
        python = [sys.executable, "-I", "-S", str(_ENTER), str(self.there.fileno())]
        return [*python, *program]

    def enter(self) -> None:
        """Let the program run, when its command has started.

        Raises IsolationError, and NotStarted where the program itself cannot be started.
        """
        self.there.close()
        self._here.settimeout(_SECONDS)
        doors = self._doors()
        try:
            self._here.sendall(json.dumps(self._plan).encode())
            told, descriptors, _, _ = socket.recv_fds(self._here, 65536, len(doors) + 8)
            sockets = [socket.socket(fileno=one) for one in descriptors]
            said = json.loads(told or b"{}")
            if "failed" in said or len(sockets) < len(doors):
                raise IsolationError(said.get("failed", "it ended at once"))
            self._serve(dict(zip(doors, sockets, strict=False)))
            self._kept = sockets[len(doors) :]
            self._here.sendall(b"g")
            failed = json.loads(self._here.recv(65536) or b"{}")
        except OSError as error:
            raise IsolationError(f"it does not start: {error}") from error
        if failed:
            number = failed["not started"]
            raise NotStarted(number, os.strerror(number))

    def close(self) -> None:
        """Serve no more."""
        if self._thread is not None:
            asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result(_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        for one in (self._here, self.there, *self._kept):
            one.close()

    # -- what stands behind the doors ----------------------------------------------------

    def _serve(self, sockets: Mapping[_Door, socket.socket]) -> None:
        async def open_all() -> None:
            for door, listening in sockets.items():
                await self._open(door, listening)

        ready = asyncio.run_coroutine_threadsafe(open_all(), self._loop)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        ready.result(_SECONDS)

    async def _open(self, door: _Door, listening: socket.socket) -> None:
        listening.setblocking(False)
        if door.kind == "udp":
            await self._loop.create_datagram_endpoint(
                lambda: NameServer(AWS_ADDRESS), sock=listening
            )
            return
        with suppress(OSError):  # no IPv6
            if not listening.getsockname()[1]:
                return
        context = self._certificates.context(AWS_ADDRESS) if door.encrypted else None
        path = self._lab[door.leads_to]
        await asyncio.start_server(
            lambda reader, writer: _pass_on(reader, writer, path), sock=listening, ssl=context
        )


async def _end_all() -> None:
    """End the connections: nobody is left who would read from them."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    """One connection, to the lab and back, until one side ends it."""
    try:
        lab_reader, lab_writer = await asyncio.open_unix_connection(path)
    except OSError:  # the lab has gone
        writer.close()
        return
    asking = asyncio.create_task(_copy(reader, lab_writer))
    await _copy(lab_reader, writer)
    asking.cancel()
    for one in (lab_writer, writer):
        one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
