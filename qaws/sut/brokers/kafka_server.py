"""A Kafka broker. The embedded one is the program noida-db, of a wheel.

It speaks Kafka's protocol on one node, answers a consumer that waits as soon as there is a record,
and keeps its log where it is ended in good order and started again.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import struct
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from qaws.runtime.ports import listened_ports
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.verdict import Broken

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

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one on a port; each start finds the log of the one before."""
        scratch = Path(tempfile.mkdtemp(prefix="broker-", dir=folder))
        where = ["--only", "kafka", "--kafka-port", str(port), "--host", "127.0.0.1"]
        command = [str(_program(scratch)), "start", *where, "--data-dir", str(scratch)]
        return started_with("the embedded broker", command, folder)

    def told(self, url: str) -> str:
        """Return host and port: no library of Kafka takes a URL."""
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or PORT}"


def _program(scratch: Path) -> Path:
    """Return the program of the wheel itself: the command that comes with it starts another one.

    Args:
        scratch: where a copy may be put that can be started, if the wheel's cannot.

    Raises:
        Broken: it is not there.
    """
    wheel = importlib.util.find_spec("noida_db")
    found = Path(wheel.origin).with_name("noida-db") if wheel and wheel.origin else None
    if found is None or not found.is_file():
        raise Broken(
            '[feed] kind = "kafka", broker = "embedded": needs the program noida-db: '
            "make feeds, or pip install noida-db"
        )
    if os.access(found, os.X_OK):
        return found
    copy = Path(shutil.copy(found, scratch))
    copy.chmod(0o755)
    return copy


def _read(line: socket.socket, length: int) -> bytes:
    """Return so many bytes, or fewer where the other side ends before."""
    data = b""
    while len(data) < length and (more := line.recv(length - len(data))):
        data += more
    return data
