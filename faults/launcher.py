"""Faults of a service behind a launcher whose child has left its family: QA-WS-004, 015, 018.

What is launched stays, holds nothing and grows by nothing; whoever watches it sees a sound service.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import deque
from typing import NoReturn

from app import __main__ as command
from app.server import TickerService
from app.settings import Settings, load_settings
from faults.fault import fault, replace
from faults.soak import KEPT_BYTES, PER_CYCLE, keep_bytes_of_each, when_a_client_has_left

BIG_BYTES = 2 << 20
MOST_KEPT = 30
LINGERS_S = 40.0

_WAITS = """
import os, signal, sys
service, line = int(sys.argv[1]), int(sys.argv[2])
signal.signal(signal.SIGTERM, lambda *_: os.kill(service, signal.SIGTERM))
os.read(line, 1)
"""
"""A launcher that hands SIGTERM on, and ends with its service: when nobody holds the line's end."""

_ENDS = """
import os, signal, sys
def end(*_):
    os.kill(int(sys.argv[1]), signal.SIGTERM)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
signal.pause()
"""
"""A launcher that hands SIGTERM on, and ends at once."""


def _serve_behind(launcher: str) -> None:
    """Let the service run in a process that is no descendant of what was launched."""

    def load_and_fork() -> Settings:
        settings = load_settings()
        line, held = os.pipe()
        number, told = os.pipe()
        if (between := os.fork()) == 0:
            if os.fork() == 0:
                os.write(told, str(os.getpid()).encode())
                for each in (line, number, told):
                    os.close(each)
                return settings  # `held` stays open until this process ends
            os._exit(0)
        os.waitpid(between, 0)
        os.close(held)
        return launch(os.read(number, 16).decode(), line)

    def launch(service: str, line: int) -> NoReturn:
        os.set_inheritable(line, True)
        os.execv(sys.executable, [sys.executable, "-IS", "-c", launcher, service, str(line)])

    replace(command, "load_settings", load_and_fork)


@fault(
    story="A launcher starts the service and steps aside; behind it each connection leaves 256 "
    "bytes behind, and whoever watches the launcher sees memory that never grows.",
    caught_by={"QA-WS-015": PER_CYCLE},
)
def leak_of_256_bytes_behind_a_launcher() -> None:
    """Keep a small object for every client, in a process that has left its family."""
    _serve_behind(_WAITS)
    keep_bytes_of_each(KEPT_BYTES)


@fault(
    story="A launcher starts the service and steps aside; behind it each client leaves 2 MB "
    "behind until a pool is full, and whoever watches the launcher sees memory that never grows.",
    caught_by={"QA-WS-004": "growth of the service's private memory: measured 2"},
    also=(
        "QA-WS-118",
        "QA-WS-024",
    ),
)
def memory_kept_behind_a_launcher() -> None:
    """Keep a large object for every client, in a process that has left its family."""
    _serve_behind(_WAITS)
    kept: deque[bytes] = deque(maxlen=MOST_KEPT)
    when_a_client_has_left(lambda count: kept.append(b"k" * BIG_BYTES))


@fault(
    story="A launcher starts the service and steps aside; behind it the sockets of clients that "
    "have left stay open, until the process runs out of descriptors.",
    caught_by={"QA-WS-004": "sockets, sessions and subscriptions of the service: measured "},
    also=("QA-WS-015", "QA-WS-020", "QA-WS-021", "QA-WS-024", "QA-WS-101"),
)
def sockets_kept_behind_a_launcher() -> None:
    """Keep a socket for every client, in a process that has left its family."""
    _serve_behind(_WAITS)
    kept: list[socket.socket] = []
    when_a_client_has_left(lambda count: kept.append(socket.socket()))


@fault(
    story="The launcher ends at once when it is told to, and its service lingers: the next "
    "deployment starts beside a process that still holds memory and files.",
    caught_by={"QA-WS-018": "from SIGTERM to the end of the service's process"},
)
def service_outlives_its_launcher() -> None:
    """Stay for a long time after all clients were closed, while the launcher has gone."""
    _serve_behind(_ENDS)
    original = TickerService.run

    async def run(self: TickerService, stop: asyncio.Event) -> None:
        await original(self, stop)
        await asyncio.sleep(LINGERS_S)

    replace(TickerService, "run", run)
