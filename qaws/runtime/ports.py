"""TCP ports of this machine."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

import psutil

EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""Where Linux says which ports it gives to whoever asks for any (first and last)."""

FIRST_PORT = 10_240
"""The lowest port that is taken for a program: below it are those that programs bring along."""

PORTS_TO_TRY = 50


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that was free a moment ago, and that nobody gets who did not ask for it.

    A port that the system hands out may be handed out again, to any connection of any program,
    before the one that it was meant for listens there. So it is taken from below those.
    """
    for port in _beside_the_ephemeral():
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((host, port))
            return port
    with socket.socket() as probe:
        probe.bind((host, 0))
        given: int = probe.getsockname()[1]
        return given


def _beside_the_ephemeral() -> list[int]:
    """Return some ports that the system gives to nobody by itself; none if there are none."""
    try:
        first = int(EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return []
    beside = range(FIRST_PORT, first)
    return random.SystemRandom().sample(beside, min(PORTS_TO_TRY, len(beside)))


def answers(host: str, port: int) -> bool:
    """Return whether somebody accepts connections at host:port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def listened_ports(pid: int) -> set[int]:
    """Return the ports on which a process listens."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return set()
    return {each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN}
