"""What a service holds at one instant, as the system and its own statistics tell."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

CLIENT_PARTS = ("sockets", "sessions", "subscriptions")
"""What a service holds for its clients."""

ALL_PARTS = (*CLIENT_PARTS, "files", "threads")

GOING = (
    psutil.CONN_CLOSE_WAIT,
    psutil.CONN_LAST_ACK,
    psutil.CONN_CLOSING,
    psutil.CONN_FIN_WAIT1,
    psutil.CONN_FIN_WAIT2,
)
"""The states of a connection that one side or both have closed."""


@dataclass(frozen=True, slots=True)
class ResourceSnapshot:
    """What a service holds, its child processes included.

    Attributes:
        sockets: on its own port, as the kernel counts them, but for the listening one.
        sessions: clients, by its own statistics.
        subscriptions: by its own statistics.
        files: open descriptors of every kind.
        threads: of all its processes.

    A part that was not asked for, or that the target gives no means to see, is None.
    """

    sockets: int | None = None
    sessions: int | None = None
    subscriptions: int | None = None
    files: int | None = None
    threads: int | None = None

    def unseen(self, parts: Collection[str]) -> list[str]:
        """Return which of these parts cannot be seen."""
        return [part for part in parts if getattr(self, part) is None]

    def is_back_at(self, baseline: ResourceSnapshot, parts: Collection[str]) -> bool:
        """Return whether these parts are exactly as in the baseline; fewer threads will do."""
        threads = "threads" not in parts or (self.threads or 0) <= (baseline.threads or 0)
        return threads and all(
            getattr(self, part) == getattr(baseline, part) for part in parts if part != "threads"
        )

    def is_within(self, baseline: ResourceSnapshot, parts: Collection[str]) -> bool:
        """Return whether none of these parts is more than in the baseline."""
        return all((getattr(self, part) or 0) <= (getattr(baseline, part) or 0) for part in parts)

    def __str__(self) -> str:
        seen = [(getattr(self, each.name), each.name) for each in fields(self)]
        parts = [f"{count} {name}" for count, name in seen if count is not None]
        return ", ".join(parts) or "nothing that can be seen"


def own_sockets(member: psutil.Process, port: int) -> int:
    """Count a process's connections on a port, and its sockets that no connection is behind."""
    links = member.net_connections(kind="all")
    known = {link.fd for link in links}
    alive = sum(
        1
        for link in links
        if isinstance(link.laddr, tuple)
        and link.laddr
        and link.laddr[1] == port
        and link.status != psutil.CONN_LISTEN
    )
    return alive + len(_socket_descriptors(member.pid).keys() - known)


def closing_sockets(member: psutil.Process, port: int) -> int:
    """Count a process's sockets on a port whose client has gone, or that it has closed itself."""
    links = member.net_connections(kind="all")
    on_port = (
        link for link in links if isinstance(link.laddr, tuple) and link.laddr[1:2] == (port,)
    )
    sockets = _socket_descriptors(member.pid)
    known = {sockets[link.fd] for link in links if link.fd in sockets}  # a duplicate is no other
    return sum(each.status in GOING for each in on_port) + len({*sockets.values()} - known)


def _socket_descriptors(pid: int) -> dict[int, str]:
    """Return the descriptors of a process that are sockets: descriptor → the socket's own name.

    Empty where /proc does not tell.
    """
    folder = Path(f"/proc/{pid}/fd")
    found = {}
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # closed in the meantime
            if (name := os.readlink(entry)).startswith("socket:"):
                found[int(entry.name)] = name
    return found
