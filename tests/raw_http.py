"""Bytes on a connection to the loopback, as no HTTP client would send them."""

from __future__ import annotations

import socket
import ssl

HOST = b"Host: 127.0.0.1\r\n"
#: What HTTP forbids, with the status that refuses it at any of our servers.
NO_REQUESTS = (
    (b"GET\r\n\r\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    (b"GET / HTTP/1.1 x\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/x\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"G T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"G\xe9T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET a HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET http://[/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST * 2 + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n folded\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\x00\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 200 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 70_000 + b"\r\n\r\n", 431),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: x\r\n\r\n", 501),
)
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
