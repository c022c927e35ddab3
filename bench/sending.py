"""The sender of part (a) as the bench uses it."""

from __future__ import annotations

import itertools
import json
import re
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.sender import CONTROL
from bench.stream import Flaw, Own
from qaws.runtime.process import ManagedProcess
from qaws.verdict import Broken

ROOT = Path(__file__).resolve().parents[1]
START_S = 15.0

_numbers = itertools.count(1)


class Sent(msgspec.Struct):
    """How the sending went: when the first write began and the last was done (µs since 1970).

    `held_p50_ms` and `held_p99_ms` say for how long after its due time a tick was kept back, where
    the sender was to do so.
    """

    begun_us: int
    sent_us: int
    cpu_s: float
    stream_bytes: int
    held_p50_ms: float = 0.0
    held_p99_ms: float = 0.0


class Pace(msgspec.Struct, frozen=True):
    """Ticks at a rate, each kept back by so many milliseconds from its due time."""

    per_second: float
    held_ms: float


class Sending:
    """One sender process with its control connection."""

    def __init__(
        self,
        folder: Path,
        clients: int,
        ticks: int,
        own: Own = "",
        flaws: Sequence[Flaw] = (),
        pace: Pace | None = None,
    ) -> None:
        """Start the sender.

        Args:
            folder: for its log.
            clients: how many must be subscribed before it is ready.
            ticks: how many each of them gets.
            own: what each message to a client has of its own.
            flaws: what is damaged on purpose.
            pace: send by a schedule, as part (e) needs it, and not as fast as is taken; then
                nothing else is particular.

        Raises:
            Broken: it does not start.
        """
        words = [own] * bool(own) + [f"{flaw.damage}:{flaw.number}" for flaw in flaws]
        module = "bench.sender"
        if pace is not None:
            module, words = "bench.paced_sender", [str(pace.per_second), str(pace.held_ms)]
        self._process = ManagedProcess(
            "the sender",
            [sys.executable, "-m", module, str(clients), str(ticks), *words],
            folder / f"sender-{next(_numbers)}.log",
            directory=ROOT,
        )
        try:
            port = self._port()
            self._control = socket.create_connection(("127.0.0.1", port), START_S)
        except BaseException:
            self._process.stop()
            raise
        self._control.sendall(CONTROL)
        self._lines = self._control.makefile()
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/ws/ticks"

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        self._lines.close()
        self._control.close()
        self._process.stop(2.0)

    def _port(self) -> int:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.exit_code() is None:
            if found := re.search(r"port (\d+)\n", self._process.read_log()):
                return int(found[1])
            time.sleep(0.02)
        raise Broken(f"the sender did not start: {self._process.last_line()}")

    def await_clients(self, within_s: float) -> None:
        """Wait until every client is subscribed."""
        self._line("the clients were not all subscribed", within_s)

    def go(self) -> None:
        """Let the sending begin."""
        self._control.sendall(b"go")

    def report(self, within_s: float) -> Sent:
        """Wait until everything has been handed to the kernel."""
        return msgspec.convert(self._line("the sender was not done", within_s), Sent)

    def _line(self, otherwise: str, within_s: float) -> Any:
        self._control.settimeout(within_s)
        try:
            line = self._lines.readline()
        except TimeoutError:
            line = ""
        if not line:
            raise Broken(f"{otherwise} within {within_s:g} s; see {self._process.log}")
        return json.loads(line)
