"""Which processes a service is: what was launched, what that has started, and who holds its port.

What is launched need not be what serves: it may be a shell, a launcher that waits for its child, or
a program whose child has left its family (a double fork). Such a stray is known by the session that
it was started in, or by a mark in its environment that it has inherited.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import psutil

from qaws.measure import socket_table

MARK = "QAWS_LAUNCH"
"""The environment variable that tells a launch's processes from all others."""

_GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)


def families(roots: Iterable[int]) -> list[psutil.Process]:
    """Return the living ones of these processes with all their descendants, each once."""
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        if pid in found:
            continue
        try:
            parent = psutil.Process(pid)
            members = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        found |= {member.pid: member for member in members}
    return list(found.values())


def strays(pid: int, mark: str, known: Iterable[int]) -> list[int]:
    """Return processes of a launch that are no longer descendants of what was launched.

    This looks at every process of the machine, which takes some milliseconds.

    Args:
        pid: what was launched, in a session of its own.
        mark: the value of `MARK` in its environment.
        known: its family, which is left out.
    """
    family = {*known, os.getpid()}
    return [each for each in psutil.pids() if each not in family and _is_left(each, pid, mark)]


def _is_left(pid: int, launched: int, mark: str) -> bool:
    try:
        if os.getsid(pid) == launched:
            return True
        return psutil.Process(pid).environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False  # gone, or not ours to look at


def holds_port(process: psutil.Process, port: int) -> bool:
    """Return whether a process has a socket that listens on a TCP port of this machine."""
    try:
        listening = {
            inode
            for inode, each in socket_table.tcp_sockets(only_listening=True).items()
            if each.port == port
        }
    except OSError:
        return _holds_port_slowly(process, port)
    try:
        held = socket_table.socket_descriptors(process.pid).values()
    except OSError:
        return False
    return not listening.isdisjoint(held)


def _holds_port_slowly(process: psutil.Process, port: int) -> bool:
    """Do as `holds_port` does where the kernel does not answer over netlink."""
    try:
        return any(
            link.status == psutil.CONN_LISTEN and link.laddr and link.laddr[1] == port
            for link in process.net_connections(kind="tcp")
        )
    except psutil.Error:
        return False


def listened_ports(pid: int) -> list[int]:
    """Return the TCP ports on which a process and its descendants listen, as far as may be seen."""
    found: set[int] = set()
    for process in families([pid]):
        with contextlib.suppress(psutil.Error):
            links = process.net_connections(kind="tcp")
            found |= {link.laddr[1] for link in links if link.status == psutil.CONN_LISTEN}
    return sorted(found)


def others_that_hold(port: int) -> list[psutil.Process]:
    """Return whoever else, as far as may be seen, holds a TCP port of this machine."""
    return [process for process in psutil.process_iter() if holds_port(process, port)]


def has_ended(process: psutil.Process) -> bool:
    """Return whether a process is over, although nobody may have asked for its exit code yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except _GONE:
        return True
