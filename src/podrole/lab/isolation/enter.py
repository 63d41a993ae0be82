"""Enters a pod's world, and then becomes the program. `podrole lab exec --isolated` starts it.

It is run by its path in a process of its own, and so imports the standard library alone. On a
socket it is told the plan, hands over the listening sockets of its network, and waits for a word.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

_NEW_USER, _NEW_MOUNTS, _NEW_NETWORK = 0x10000000, 0x00020000, 0x40000000  # linux/sched.h
_BIND, _PRIVATE = 0x1000, 0x4000 | 0x40000  # linux/mount.h: MS_BIND; MS_REC and MS_PRIVATE
_SET_ADDRESS, _SET_MASK, _SET_FLAGS = 0x8916, 0x891C, 0x8914  # linux/sockios.h
_UP = 0x1 | 0x40  # linux/if.h: IFF_UP and IFF_RUNNING
_END_WITH_PARENT = 1  # linux/prctl.h
_NAMES = "/etc/resolv.conf"


class _Step(Exception):
    """What could not be done, and why."""


def main(control: socket.socket, program: Sequence[str]) -> None:
    """Enter the world that the other end of `control` plans, and run the program in it.

    What goes wrong is told to the other end, which reads an empty answer once the program runs.
    """
    plan = json.loads(control.recv(65536))
    try:
        sockets = _enter(plan)
    except _Step as error:
        control.sendall(json.dumps({"failed": str(error)}).encode())
        return
    socket.send_fds(control, [b"{}"], [one.fileno() for one in sockets])
    for one in sockets:
        one.close()
    if not control.recv(1):
        return  # the other end has gone
    control.set_inheritable(False)
    try:
        os.execvp(program[0], list(program))  # noqa: S606  (the reader's own program)
    except OSError as error:
        control.sendall(json.dumps({"not started": error.errno}).encode())


def _enter(plan: Mapping[str, Any]) -> list[socket.socket]:
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    _unshare(library, user, group)
    # A new user namespace clears what was set before it.
    library.prctl(_END_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != plan["parent"]:
        os._exit(128 + signal.SIGKILL)
    try:
        _network(plan["addresses"])
        listening = [_listening(*one) for one in plan["listen"]]
        deaf = [one for address in plan["deaf"] for one in _deaf(*address)]
    except OSError as error:
        raise _Step(f"its network cannot be set up: {error}") from error
    try:
        _files(library, plan["secrets"], plan["names"])
    except OSError as error:
        raise _Step(f"its files cannot be mounted: {error}") from error
    return [*listening, *deaf]


def _unshare(library: ctypes.CDLL, user: int, group: int) -> None:
    apart = _NEW_MOUNTS | _NEW_NETWORK
    if library.unshare(_NEW_USER | apart) == 0:
        with suppress(OSError):  # older kernels have no such file, and need none
            _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    elif user or library.unshare(apart):
        raise _Step(f"the kernel allows no namespaces: {os.strerror(ctypes.get_errno())}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


# -- the network -------------------------------------------------------------------------


def _network(addresses: Sequence[str]) -> None:
    """The loopback goes up, and has these addresses too, so that they are this machine's own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        fcntl.ioctl(ask, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))
        for number, address in enumerate(one for one in addresses if ":" not in one):
            name = f"lo:{number}".encode()
            for command, value in ((_SET_ADDRESS, address), (_SET_MASK, "255.255.255.255")):
                told = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(ask, command, struct.pack("16s16s8x", name, told))
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ask:
        for address in (one for one in addresses if ":" in one):
            packed = socket.inet_pton(socket.AF_INET6, address)
            told = struct.pack("16sIi", packed, 128, socket.if_nametoindex("lo"))
            fcntl.ioctl(ask, _SET_ADDRESS, told)


def _listening(kind: str, address: str, port: int) -> socket.socket:
    """A socket that listens there; one that does not where the kernel has no IPv6."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    type = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    try:
        opened = socket.socket(family, type)
        opened.bind((address, port))
        if kind == "tcp":
            opened.listen(128)
    except OSError:
        if family == socket.AF_INET:
            raise
        opened = socket.socket(socket.AF_INET, type)
    return opened


def _deaf(address: str, port: int) -> list[socket.socket]:
    """An address that drops all packets: its queue is full, and nobody takes from it."""
    opened = socket.socket()
    opened.bind((address, port))
    opened.listen(0)
    waiting = []
    for _ in range(2):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((address, port))
        waiting.append(one)
    return [opened, *waiting]


# -- the files ---------------------------------------------------------------------------


def _files(library: ctypes.CDLL, secrets: str, names: str) -> None:
    """A pod's own /var/run/secrets, and a name server."""
    # Held open: a mount below may hide where they lie.
    sources = [os.open(path, os.O_PATH) for path in (secrets, names)]
    _mount(library, "none", "/", "", _PRIVATE)
    run = os.path.realpath("/var/run")
    if not os.path.isdir(f"{run}/secrets"):
        _mount(library, "tmpfs", run, "tmpfs", 0)
        os.mkdir(f"{run}/secrets")
    resolver = os.path.realpath(_NAMES)
    if not os.path.exists(resolver):
        os.makedirs(os.path.dirname(resolver), exist_ok=True)
        _write(resolver, "")
    for source, target in zip(sources, (f"{run}/secrets", resolver), strict=True):
        _mount(library, f"/proc/self/fd/{source}", target, "", _BIND)
        os.close(source)


def _mount(library: ctypes.CDLL, source: str, target: str, type: str, flags: int) -> None:
    if library.mount(source.encode(), target.encode(), type.encode(), flags, None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
