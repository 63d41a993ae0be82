"""Bytes on a connection to the loopback, as no HTTP client would send them."""

from __future__ import annotations

import socket
import ssl

_PATIENCE = 20  # seconds: a guard against a server that hangs, nothing that a test waits for


def exchange(port: int, *parts: bytes, tls: bool = False, leave: bool = False) -> bytes:
    """All that the server answers until it ends the connection.

    `leave` ends our side of it when the parts are sent, before the answer is read.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as plain:
        connection = _trusting().wrap_socket(plain) if tls else plain
        try:
            for part in parts:
                connection.sendall(part)
            if leave:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered already
        return _read(connection)


def statuses(answer: bytes) -> list[int]:
    """The status of each answer on a connection, by their own lengths."""
    found = []
    while answer:
        head, _, answer = answer.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        assert line.startswith("HTTP/1."), line
        found.append(int(line.split()[1]))
        headers = dict(field.lower().split(": ", 1) for field in fields)
        chunked = "transfer-encoding" in headers
        answer = b"" if chunked else answer[int(headers.get("content-length", 0)) :]
    return found


def _read(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while data := connection.recv(65536):
            answer += data
    except ConnectionResetError:
        pass  # bytes that it has not read
    return answer


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
