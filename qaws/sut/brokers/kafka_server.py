"""A Kafka broker. The embedded one is the program noida-db, of a wheel, behind a `kafka_gate`.

It speaks Kafka's protocol on one node, and keeps its log where it is ended in good order and
started again.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from qaws.runtime.ports import free_port, listened_ports
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.kafka_groups import API_VERSIONS, PORT, NoBroker, asked
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.verdict import Broken


class KafkaServer(Server):
    """A Kafka broker, or what speaks its protocol."""

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask which requests it knows; the embedded one must have the port itself."""
        try:
            parts = urlsplit(url)
            where = (parts.hostname or "127.0.0.1", parts.port or PORT)
            with socket.create_connection(where, within_s) as line:
                line.settimeout(within_s)
                if not asked(line, API_VERSIONS):
                    return "it hangs up"
        except NoBroker as problem:
            return str(problem)
        except (OSError, ValueError) as problem:
            return problem
        if process and where[1] not in listened_ports(process.pid):
            return "another broker has its port"
        return None

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"kafka://127.0.0.1:{port}"

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one behind a gate; each start finds the log of the one before."""
        scratch, own = Path(tempfile.mkdtemp(prefix="broker-", dir=folder)), str(free_port())
        where = ["--only", "kafka", "--kafka-port", own, "--host", "127.0.0.1"]
        command = [str(_program(scratch)), "start", *where, "--data-dir", str(scratch)]
        gate = [sys.executable, "-m", "qaws.sut.brokers.kafka_gate", str(port), own]
        return started_with("the embedded broker", [*gate, *command], folder)

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
