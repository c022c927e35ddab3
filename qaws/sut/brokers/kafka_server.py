"""A Kafka broker. The embedded one is the program of a wheel."""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

from qaws.runtime.ports import listened_ports
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server

PORT = 9092
API_VERSIONS = 18
NUMBER = 0x71617773
"""The correlation id of the suite's question, which the answer repeats."""
LONGEST_ANSWER = 64 * 1024


class KafkaServer(Server):
    """A Kafka broker, or what speaks its protocol."""

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask which requests it knows; the embedded one must have the port itself."""
        try:
            parts = urlsplit(url)
            where = (parts.hostname or "127.0.0.1", parts.port or PORT)
            with socket.create_connection(where, within_s) as line:
                line.settimeout(within_s)
                question = struct.pack(">hhih", API_VERSIONS, 0, NUMBER, 4) + b"qaws"
                line.sendall(struct.pack(">i", len(question)) + question)
                answer = _read(line, 8)
        except (OSError, ValueError) as problem:
            return problem
        if len(answer) < 8:
            return "it hangs up"
        length, number = struct.unpack(">ii", answer)
        if number != NUMBER or not 4 < length < LONGEST_ANSWER:
            return "what answers there is no Kafka broker"
        if process and where[1] not in listened_ports(process.pid):
            return "another broker has its port"
        return None

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"kafka://127.0.0.1:{port}"

    def told(self, url: str) -> str:
        """Return host and port: no library of Kafka takes a URL."""
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or PORT}"


def _read(line: socket.socket, length: int) -> bytes:
    """Return so many bytes, or fewer where the other side ends before."""
    data = b""
    while len(data) < length and (more := line.recv(length - len(data))):
        data += more
    return data
