"""Load over NATS: PUB behind PUB, and a PING at the end that the server answers behind them all.

The protocol is that of docs.nats.io, "Client Protocol". A server says nothing of a message but that
it may not be published.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

from qaws.load.publisher.lines.line import TAKES_S, SocketLine
from qaws.load.schedule import FlowPlan
from qaws.runtime.trust import client_context
from qaws.verdict import Broken

PORT = 4222
LONGEST_INFO = 65_536


class NatsLine(SocketLine):
    """A connection that wants no answers (`verbose` is false)."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect, over TLS where the server wants it, and sign in as the URL says."""
        try:
            connected = _connected(plan)
        except (OSError, ValueError) as problem:
            raise Broken(f"the broker does not let the publisher in: {problem}") from None
        super().__init__(connected)
        self._head = f"PUB {plan.channel} ".encode()
        self._begun = b""

    def framed(self, payload: bytes) -> bytes:
        """Return the message."""
        return b"%b%d\r\n%b\r\n" % (self._head, len(payload), payload)

    def heard(self, data: bytes) -> None:
        """Answer pings; take the pongs that are awaited, and complaints."""
        *lines, self._begun = (self._begun + data).split(b"\r\n")
        for line in lines:
            if line.startswith(b"PING"):
                self.owed += b"PONG\r\n"  # a message may be half on its way
            elif line.startswith(b"PONG"):
                self.unanswered -= 1
            elif line.startswith(b"-ERR"):
                raise Broken(f"the broker refused a tick: {_said(line)}")

    def settle(self) -> None:
        """Ask for an answer behind all, and wait for it."""
        self.unanswered += 1
        self._send(b"PING\r\n")
        super().settle()


def _connected(plan: FlowPlan) -> socket.socket:
    """Return a socket on which the server has answered who signed in.

    Raises:
        OSError: it is not there, or refuses.
        ValueError: what answers is no NATS server.
    """
    parts = urlsplit(plan.broker_url)
    host = parts.hostname or "127.0.0.1"
    line: socket.socket = socket.create_connection((host, parts.port or PORT), TAKES_S)
    try:
        line.settimeout(TAKES_S)
        verb, _, rest = _line_from(line).partition(b" ")
        if verb != b"INFO":
            raise ValueError("what answers there is no NATS server")
        if parts.scheme == "tls" or json.loads(rest).get("tls_required"):
            line = client_context(plan.way.trusts).wrap_socket(line, server_hostname=host)
        user, password = unquote(parts.username or ""), parts.password
        signs: dict[str, Any] = {}
        if password is not None:
            signs = {"user": user, "pass": unquote(password)}
        elif user:
            signs = {"auth_token": user}
        told = {"verbose": False, "pedantic": False, "name": "qaws-load", "lang": "python", **signs}
        line.sendall(b"CONNECT %b\r\nPING\r\n" % json.dumps({**told, "version": "1"}).encode())
        while not (answer := _line_from(line)).startswith(b"PONG"):
            if answer.startswith(b"-ERR"):
                raise OSError(_said(answer))
    except BaseException:
        line.close()
        raise
    return line


def _line_from(line: socket.socket) -> bytes:
    """Return a line of the server's; one byte at a time, so that what follows stays where it is."""
    said = b""
    while not said.endswith(b"\r\n"):
        try:
            more = line.recv(1)
        except ssl.SSLError as problem:
            raise OSError(str(problem)) from None
        if not more or len(said) > LONGEST_INFO:
            raise OSError("it hangs up")
        said += more
    return said[:-2]


def _said(line: bytes) -> str:
    return line.decode("utf-8", "replace").removeprefix("-ERR ").strip("'")
