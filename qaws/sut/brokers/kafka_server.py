"""A Kafka broker. The embedded one is the program noida-db, of a wheel, behind a `kafka_gate`.

It speaks Kafka's protocol on one node, and keeps its log where it is ended in good order and
started again.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qaws.runtime.ports import free_port, listened_ports
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.kafka_groups import API_VERSIONS, NoBroker, asked
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.sut.kafka_settings import place
from qaws.verdict import Broken

NEEDED = "needs confluent-kafka: make feeds, or pip install confluent-kafka"
HANGS_UP = "it hangs up on the suite"
SIGN_IN = "where it wants TLS or a password, [feed] client says how"
CORRECT = "look at security.protocol in [feed] client: is it TLS there, or none?"
SIGN_IN_S = 3.0
"""How long the questions of a sign-in may take together: each goes to the broker and back."""
GONE = ("_TRANSPORT", "_TIMED_OUT", "_ALL_BROKERS_DOWN")
AROUND = re.compile(r"^\S+://\S+: |^Failed to create admin client: | \(after \d+ms in state \w+\)$")
"""What librdkafka says before and behind the reason."""
REFUSALS = ("_AUTHENTICATION", "_SSL", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM")
"""What librdkafka calls a sign-in or a certificate that is refused: time does not mend it."""


class NotLetIn(ValueError):
    """The broker is there, and the suite's clients cannot sign in."""


class KafkaServer(Server):
    """A Kafka broker, or what speaks its protocol.

    Attributes:
        client: how clients of the suite encrypt and sign in, in librdkafka's words.
    """

    def __init__(self, client: Mapping[str, Any] | None = None) -> None:
        """Note how clients sign in; None: they do not."""
        self.client = dict(client or {})

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask which requests it knows; the embedded one must have the port itself."""
        try:
            where = place(url)
            if self.client:
                return self._problem_of_client(where, within_s)
            with socket.create_connection(where, within_s) as line:
                line.settimeout(within_s)
                if not asked(line, API_VERSIONS):
                    return HANGS_UP
        except NoBroker as problem:
            return str(problem)
        except (OSError, ValueError) as problem:
            return problem
        if process and where[1] not in listened_ports(process.pid):
            return "another broker has its port"
        return None

    def unanswered(self, problem: Problem) -> str:
        """Return what is said of one that cannot be used, and the way out."""
        if isinstance(problem, NotLetIn):
            return f"it does not let the suite in ({problem}); correct [feed] client"
        if str(problem) == HANGS_UP:
            return f"{problem}; {CORRECT if self.client else SIGN_IN}"
        return super().unanswered(problem)

    def _problem_of_client(self, where: tuple[str, int], within_s: float) -> Problem:
        """Let the library sign in, and ask it which topics there are."""
        socket.create_connection(where, within_s).close()  # or the library asks for all the time
        try:
            from confluent_kafka import KafkaException
            from confluent_kafka.admin import AdminClient
        except ImportError:
            raise Broken(f"[feed] is Kafka, which {NEEDED}") from None
        for name, value in self.client.items():
            is_file = name.endswith(".location") and value != "probe"
            if is_file and not Path(str(value)).exists():
                return NotLetIn(f"{name}: there is no {value}")
        told: list[Any] = []
        common = {"bootstrap.servers": f"{where[0]}:{where[1]}", "log_level": 0}
        try:
            admin = AdminClient({**common, "error_cb": told.append, **self.client})
        except KafkaException as problem:
            return NotLetIn(problem.args[0].str())
        try:
            admin.list_topics(timeout=max(within_s, SIGN_IN_S))
        except KafkaException as problem:
            admin.poll(0)
            if refused := next((each for each in told if each.name() in REFUSALS), None):
                return NotLetIn(AROUND.sub("", refused.str()))
            if problem.args[0].name() in GONE:
                return HANGS_UP
            return str(problem.args[0].str())
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
        host, port = place(url)
        return f"{host}:{port}"


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
