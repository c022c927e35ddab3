"""Those who receive in part (a): started, subscribed, waited for, and what they found."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import msgspec

from bench.sending import ROOT
from bench.stream import Own
from bench.tally import Tally, of_k6, of_swarm
from qaws.load.plan import Group, SwarmPlan
from qaws.load.swarm import Swarm
from qaws.protocol.market import selection_of
from qaws.protocol.spelling import Spelling
from qaws.runtime.process import ManagedProcess
from qaws.verdict import Broken

_numbers = itertools.count(1)


class Contestant(Protocol):
    """One receiver, for one round."""

    def start(self, url: str, clients: int, ticks: int, within_s: float) -> None:
        """Begin to connect."""

    @property
    def pids(self) -> list[int]:
        """Return the processes that receive."""

    def begin(self) -> None:
        """Learn that everybody is subscribed, and ticks will come."""

    def finish(self, within_s: float) -> Tally:
        """Wait for the end, and return what was found.

        Raises:
            Broken: it did not come to an end, or died.
        """

    def close(self) -> None:
        """End the processes; safe to call twice."""

    @property
    def told_cpu_s(self) -> float:
        """Return the CPU seconds since the word "go", where it tells them itself; 0.0 otherwise.

        Its processes may be no children of ours.
        """


_GREEKS = [f"greeks.{name}" for name in ("delta", "gamma", "theta", "vega", "iv")]
_PRICES = ("last_price", "bid", "ask", *_GREEKS)
_NAMED = {"each": "items", "is": "{symbol}"}
_TICK: dict[str, object] = {
    "kind": "option tick",
    "symbol": "symbol",
    "instrument": "instrument_token",
    "sequence": "seq",
    "due": "due_us",
    "fields": {name: name for name in _PRICES},
}
_ONE: dict[str, object] = {**_TICK, "match": {"type": "option_tick"}}
_SEVERAL: dict[str, object] = {**_TICK, "match": {"type": "ticks"}, "each": "ticks[*]"}


def _dialect(name: str, tick: dict[str, object], numbers: str = "json") -> Spelling:
    return Spelling(
        name,
        {
            "name": name,
            "numbers": numbers,
            "ping": {"say": {"action": "ping"}, "answer": [{"type": "pong"}]},
            "subscribe": {
                "symbols": {"action": "subscribe", "symbols": _NAMED},
                "ack": [{"type": "subscribed"}],
            },
            "unsubscribe": {
                "symbols": {"action": "unsubscribe", "symbols": _NAMED},
                "ack": [{"type": "unsubscribed"}],
            },
            "recognise": {"welcome": [{"type": "connection"}], "error": [{"type": "error"}]},
            "session": {"id": "session_id"},
            "tick": [tick],
        },
    )


DIALECTS: dict[Own, Spelling] = {
    "several": _dialect("several ticks in a message", _SEVERAL),
    "several, prices as text": _dialect("several ticks, prices as text", _SEVERAL, "text"),
    "time, prices as text": _dialect("prices as text", _ONE, "text"),
    "counter, prices as text": _dialect("prices as text", _ONE, "text"),
}
"""The dialects of the streams that are not our own."""

BY_TABLE = _dialect("one tick in a message", _ONE)
"""The dialect of all others, described by a table."""


class OurSwarm:
    """The swarm, as scenarios use it."""

    def __init__(self, folder: Path, own: Own = "", dialect: Spelling | None = None) -> None:
        self._compression = own in ("deflated", "remembered")
        self._spelling = dialect or DIALECTS.get(own) or Spelling()
        self._swarm = Swarm(folder / f"swarm-{next(_numbers)}")
        self._ticks = 0
        self.told_cpu_s = 0.0

    def start(self, url: str, clients: int, ticks: int, within_s: float) -> None:
        """Connect; all clients are acknowledged afterwards."""
        self._ticks = ticks
        group = Group("client", clients, selection_of("NIFTY"))
        self._swarm.start(
            SwarmPlan(
                url,
                (group,),
                first={"NIFTY": 1},
                dialect=self._spelling,
                compression=self._compression,
            )
        )

    @property
    def pids(self) -> list[int]:
        """Return the workers."""
        return list(self._swarm.engine.pids)

    def begin(self) -> None:
        """Start the workers' meters."""
        self._swarm.go()

    def finish(self, within_s: float) -> Tally:
        """Wait for the last tick, and for what was found."""
        result = self._swarm.finish({"NIFTY": self._ticks}, within_s)
        if result.incomplete:
            raise Broken(f"the swarm: {result.incomplete}")
        self.told_cpu_s = result.cpu_s
        return of_swarm(result)

    def close(self) -> None:
        """End the workers."""
        self._swarm.close()


class Program:
    """A receiver that is a program of its own: what it finds is what it leaves behind."""

    name = "a program"
    told_cpu_s = 0.0

    def __init__(self, folder: Path, own: Own = "") -> None:
        self._compression = own in ("deflated", "remembered")
        self._stem = folder / f"{type(self).__name__.lower()}-{next(_numbers)}"
        self._process: ManagedProcess | None = None

    def command(self, url: str, clients: int, ticks: int, within_s: float) -> list[str]:
        """Return program and arguments."""
        raise NotImplementedError

    def tally(self) -> Tally:
        """Read what the program has left.

        Raises:
            ValueError: that is not what it should be.
        """
        raise NotImplementedError

    def start(self, url: str, clients: int, ticks: int, within_s: float) -> None:
        """Start the program."""
        self._process = ManagedProcess(
            self.name,
            self.command(url, clients, ticks, within_s),
            self._stem.with_suffix(".log"),
            directory=ROOT,
        )

    @property
    def pids(self) -> list[int]:
        """Return the program."""
        return [self._process.pid] if self._process else []

    def begin(self) -> None:
        """Nothing: it waits for its messages."""

    def finish(self, within_s: float) -> Tally:
        """Wait for the end of the program."""
        assert self._process
        deadline = time.monotonic() + within_s
        while (code := self._process.exit_code()) is None:
            if time.monotonic() > deadline:
                raise Broken(f"{self.name} did not come to an end within {within_s:g} s")
            time.sleep(0.005)
        try:
            return self.tally()
        except (OSError, ValueError) as problem:
            last = self._process.last_line()
            raise Broken(f"{self.name} ended with {code}: {problem}; last line: {last}") from None

    def close(self) -> None:
        """End the program."""
        if self._process:
            self._process.stop(2.0)


class PlainWebsockets(Program):
    """The `websockets` client in one process."""

    name = "the websockets client"

    def command(self, url: str, clients: int, ticks: int, within_s: float) -> list[str]:
        """Return the interpreter's command."""
        words = [url, str(clients), str(ticks), str(within_s)]
        words += ["deflate"] * self._compression
        return [sys.executable, "-m", "bench.websockets_client", *words]

    def tally(self) -> Tally:
        """Read its one line."""
        return msgspec.json.decode(self._stem.with_suffix(".log").read_bytes(), type=Tally)


class K6(Program):
    """k6 with the script `k6.js`."""

    name = "k6"

    def command(self, url: str, clients: int, ticks: int, within_s: float) -> list[str]:
        """Return k6's command."""
        variables = {
            "URL": url,
            "CLIENTS": clients,
            "TICKS": ticks,
            "WITHIN_S": int(within_s),
            "COMPRESSION": "deflate" if self._compression else "",
            "SUMMARY": self._stem.with_suffix(".json"),
        }
        settings = [word for item in variables.items() for word in ("-e", "{}={}".format(*item))]
        quiet = ["--quiet", "--no-color", "--no-usage-report", "--address", ""]
        return [k6_program(), "run", *quiet, *settings, str(ROOT / "bench" / "k6.js")]

    def tally(self) -> Tally:
        """Read its summary."""
        summary = self._stem.with_suffix(".json").read_text(encoding="utf-8")
        return of_k6(json.loads(summary))


class RawReceiver(Program):
    """Sockets that are only emptied: part (c)."""

    name = "the raw receiver"

    def __init__(self, folder: Path, stream_bytes: int) -> None:
        super().__init__(folder)
        self._stream_bytes = stream_bytes
        self._sent = (0, 0)

    def command(self, url: str, clients: int, ticks: int, within_s: float) -> list[str]:
        """Return the interpreter's command."""
        self._sent = clients, ticks
        words = [url, str(clients), str(self._stream_bytes), str(within_s)]
        return [sys.executable, "-m", "bench.raw_receiver", *words]

    def tally(self) -> Tally:
        """Read its one line; all bytes stand for all ticks, for it looks at none."""
        found = json.loads(self._stem.with_suffix(".log").read_text(encoding="utf-8"))
        clients, ticks = self._sent
        whole = found["bytes"] == clients * self._stream_bytes
        return Tally(
            ticks=clients * ticks * whole, complete=clients * whole, last_us=found["last_us"]
        )


def k6_program() -> str:
    """Return k6's path: the one beside this interpreter, else the one on the PATH."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("k6", path=beside) or shutil.which("k6") or "k6"


def k6_version() -> str:
    """Return k6's version.

    Raises:
        Broken: it is not there, or does not run on this machine.
    """
    program = k6_program()
    try:
        done = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise Broken(
            f"k6 cannot run here ({problem}); make bench installs it, or leave it out: "
            "python -m bench --without k6"
        ) from None
    return done.stdout.split(" (")[0].strip()
