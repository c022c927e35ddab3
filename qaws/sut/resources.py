"""What a service holds at one instant, as the system and its own statistics tell."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

import psutil

from qaws.measure import socket_table
from qaws.measure.socket_table import TcpSocket

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

RESTS_S = 2.0
"""A socket with nothing behind it that is there for so long is none of a client who goes."""


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


def own_sockets(member: psutil.Process, port: int, but: Collection[int] = ()) -> int:
    """Count a process's connections on a port, and its sockets that no connection is behind.

    Args:
        member: the process.
        port: its own.
        but: ports of peers that do not count.
    """
    held = _held(member)
    on_port = (each for each in held.tcp if each.port == port and each.peer not in but)
    alive = sum(each.status != psutil.CONN_LISTEN for each in on_port)
    return alive + held.unknown_descriptors


def closing_sockets(
    member: psutil.Process,
    port: int,
    but: Collection[int] = (),
    since: dict[tuple[int, int], float] | None = None,
) -> int:
    """Count a process's sockets on a port whose client has gone, or that it has closed itself.

    Some servers hold a socket that was never connected for as long as they run (Granian 2.8), which
    looks like one whose client has gone: it counts for `RESTS_S` only.

    Args:
        member: the process.
        port: its own.
        but: ports of peers that do not count.
        since: when each socket with nothing behind it was first seen (`time.monotonic()`), by
            process and inode. It is brought up to date; without it all of them count.
    """
    held, now = _held(member), time.monotonic()
    on_port = (each for each in held.tcp if each.port == port and each.peer not in but)
    going = sum(each.status in GOING for each in on_port)
    if since is None:
        return going + len(held.unknown)
    keys = {(member.pid, inode) for inode in held.unknown}
    for key in [key for key in since if key[0] == member.pid and key not in keys]:
        del since[key]
    return going + sum(now - since.setdefault(key, now) < RESTS_S for key in keys)


@dataclass(frozen=True, slots=True)
class _Held:
    """The sockets of a process.

    Attributes:
        tcp: connections, and those that listen.
        unknown: inodes of those with nothing behind them: the kernel has them in no table.
        unknown_descriptors: how many descriptors are of those, or a further one of a connection.
    """

    tcp: list[TcpSocket]
    unknown: Collection[int]
    unknown_descriptors: int


def _held(member: psutil.Process) -> _Held:
    """Return the sockets of a process.

    Descriptors are listed before the tables are read: a connection that ends in between counts as
    one that goes, one that comes in between is not counted yet.

    Raises:
        psutil.Error: the process has ended, or is not ours to look at.
    """
    try:
        descriptors = socket_table.socket_descriptors(member.pid)
    except PermissionError:
        raise psutil.AccessDenied(member.pid) from None
    if not descriptors and not member.is_running():
        raise psutil.NoSuchProcess(member.pid)
    try:
        tcp = socket_table.tcp_sockets()
    except OSError:
        return _held_slowly(member, descriptors)
    inodes = {*descriptors.values()}
    connections = inodes & tcp.keys()
    known = connections | (inodes & socket_table.udp_sockets())
    unix = inodes & socket_table.unix_sockets()
    not_unix = sum(inode not in unix for inode in descriptors.values())
    return _Held(
        [tcp[inode] for inode in connections], inodes - known - unix, not_unix - len(known)
    )


def _held_slowly(member: psutil.Process, descriptors: Mapping[int, int]) -> _Held:
    """Do as `_held` does where the kernel does not answer over netlink."""
    links = member.net_connections(kind="all")
    known = {link.fd for link in links}
    inodes = {descriptors[link.fd] for link in links if link.fd in descriptors}
    tcp = [
        TcpSocket(link.laddr[1], link.status, link.raddr[1] if link.raddr else 0)
        for link in links
        if isinstance(link.laddr, tuple) and link.laddr
    ]
    return _Held(tcp, {*descriptors.values()} - inodes, len(descriptors.keys() - known))
