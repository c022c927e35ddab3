"""What a service's process holds, as the system and its own statistics tell."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from qaws.sut.service import Holdings, Service
from qaws.verdict import Broken


@dataclass(frozen=True, slots=True)
class Resources:
    """What a service's process holds: `files` are its open descriptors of every kind."""

    holdings: Holdings
    files: int
    threads: int

    def back_at(self, before: Resources) -> bool:
        """Return whether everything is exactly as before; fewer threads than before will do."""
        return (
            self.holdings == before.holdings
            and self.files == before.files
            and self.threads <= before.threads
        )

    def __str__(self) -> str:
        return f"{self.holdings}, {self.files} files, {self.threads} threads"


def resources_of(service: Service) -> Resources:
    """Return what a service's process and its descendants hold now.

    Raises:
        Broken: it is no process of this machine, has ended, or tells no statistics.
    """
    if service.process is None:
        raise Broken("the target has no [launch]: the service's process cannot be observed")
    try:
        parent = psutil.Process(service.process.pid)
        members = [parent, *parent.children(recursive=True)]
        files = sum(member.num_fds() for member in members)
        threads = sum(member.num_threads() for member in members)
    except psutil.NoSuchProcess:
        service.require_alive()
        raise
    return Resources(service.holdings(), files, threads)  # last: asking takes a socket too
