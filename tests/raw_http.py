"""Bytes on a connection to the loopback, as no HTTP client would send them."""

from __future__ import annotations

import socket
import ssl

_PATIENCE = 20  # seconds: a guard against a server that hangs, nothing that a test waits for


def exchange(port: int, *parts: bytes, tls: bool = False, leave: bool = False) -> bytes:
    """All that the server answers until it ends the connection.

    `leave` ends our side of it when the parts are sent, before the answer is read.
    """
    plain = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
    with _trusting().wrap_socket(plain) if tls else plain as connection:
        try:
            for part in parts:
                connection.sendall(part)
            if leave:  # TLS knows of no half: what is encrypted can be read on
                socket.socket.shutdown(connection, socket.SHUT_WR)
        except OSError:
            pass  # it has answered already, and ended the connection
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
    except (ConnectionResetError, ssl.SSLError):
        pass  # there are bytes that it has not read
    return answer


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
