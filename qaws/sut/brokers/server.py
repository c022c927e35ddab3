"""What the suite must know of a kind of broker, whatever it speaks."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from qaws.runtime.process import ManagedProcess
from qaws.runtime.trust import problem_in_words
from qaws.sut.service import Service

Start = Callable[[], ManagedProcess]
"""Starts an embedded broker, each time at the same address."""

Problem = Exception | str | None
"""Why a broker does not answer; None where it does."""


class Server(ABC):
    """A kind of broker.

    Attributes:
        final: problems that time does not mend, such as a wrong password.
        trusts: whom clients trust over TLS, as `client_context` takes it.
        added: what `trusting` has put behind an address.
        way_out: what to do where nobody answers.
        services: returns those of the scenario, for a kind over which they take ticks themselves.
    """

    trusts, added = "", ""
    final: tuple[type[Exception], ...] = (ValueError,)
    way_out = 'start it, correct the URL, or use broker = "embedded"'
    services: Callable[[], Sequence[Service]] = tuple

    @abstractmethod
    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask the broker at an address whether it is there.

        Args:
            url: its address.
            process: the embedded one, which must be the one that answers; None for any.
            within_s: how long it may take.
        """

    def unanswered(self, problem: Problem) -> str:
        """Return what is said of one that cannot be used, and the way out."""
        if isinstance(problem, ssl.SSLCertVerificationError):
            return str(problem_in_words(problem, "[feed] ca_file", "[feed] broker"))
        return f"nobody answers there ({problem}); {self.way_out}"

    @abstractmethod
    def address(self, port: int) -> str:
        """Return the address of an embedded one."""

    def trusting(self, url: str, ca_file: Path | None) -> str:
        """Return an address as the suite's clients want it, where it says whom they trust."""
        return url

    def told(self, url: str) -> str:
        """Return an address as the libraries of a service want it."""
        return url

    @abstractmethod
    def embedded(self, port: int, folder: Path) -> Start | None:
        """Return what starts one on a port of the loopback interface; None: nothing is to start.

        Args:
            port: its port.
            folder: where it keeps its logs, one for each start.

        Raises:
            Broken: the program is not there; the sentence says how to get it.
        """


def started_with(name: str, command: list[str], folder: Path) -> Start:
    """Return what starts a command; each start has a log of its own."""
    logs = [folder / "broker.log"]

    def start() -> ManagedProcess:
        log = logs[-1]
        logs.append(folder / f"broker-{len(logs) + 1}.log")
        return ManagedProcess(name, command, log)

    return start
