"""No broker at all: ticks go straight to the service, or to a program that passes them on."""

from __future__ import annotations

from pathlib import Path

from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server


class NoServer(Server):
    """Nothing that could be asked, started or stopped."""

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Return None: there is nobody to ask."""
        return None

    def address(self, port: int) -> str:
        """Return where the suite itself listens."""
        return f"tcp://127.0.0.1:{port}"

    def embedded(self, port: int, folder: Path) -> None:
        """Return None: nothing is to start."""
        return
