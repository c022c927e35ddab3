"""A flow of ticks, kept on schedule; this is what runs in the publisher's process.

Open loop: when each tick is due is fixed before the first is sent, and the due time travels inside
the tick. Commands are pipelined to the broker in slices of a millisecond; the broker's answers are
read, but never waited for.
"""

from __future__ import annotations

import threading
import time
from array import array
from typing import Any

import numpy as np

from qaws.load.publisher.lines import line_of
from qaws.load.publisher.payloads import Payloads
from qaws.load.publisher.spelled import SpelledPayloads
from qaws.load.schedule import FlowPlan, FlowReport
from qaws.measure.stall import Stalls, TurnMeter
from qaws.verdict import Broken

SLICE_NS = 1_000_000
"""Ticks that become due within so many nanoseconds are sent together, at the end of them."""

MOST_AT_ONCE = 200
"""A publisher that has fallen behind catches up in portions of so many ticks."""

NOTICED_LAG_MS = 1.0
LAG_BIN_NS = 100_000_000
"""Ticks that were late by more than a slice are told of, the worst of each tenth of a second."""

LONGEST_WAIT_S = 1.0
"""How long a flow that was stopped may wait until its fence is due."""


class Flow:
    """One flow: prepared, then run once."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect to the broker and prepare the payloads.

        Raises:
            Broken: the broker does not answer, or a symbol is unknown.
        """
        self._plan = plan
        self._next = {symbol: plan.first.get(symbol, 1) for symbol in plan.symbols}
        self._first = dict(self._next)
        plain = plan.spelling.is_plain
        self._bodies: Payloads | SpelledPayloads = (
            Payloads(plan) if plain else SpelledPayloads(plan)
        )
        self._due_ns = (plan.due_s() * 1e9).astype(np.int64)
        self._turns = TurnMeter()
        self._line = line_of(plan)

    @property
    def sent(self) -> int:
        """Return how many ticks have been sent."""
        return sum(self._next[s] - self._first[s] for s in self._next)

    def run(self, start_us: int, start_ns: int, stop: threading.Event) -> FlowReport:
        """Publish until the end or until told to stop.

        Args:
            start_us: when to begin, in µs since 1970: due times count from there.
            start_ns: the same instant on the monotonic clock, which alone decides when.
            stop: set it to end the flow.

        Raises:
            Broken: the broker hung up, refused, or took nothing for 5 s.
        """
        started_cpu = time.process_time()
        sent_ns = array("q")
        try:
            last_due_us = self._keep_to(start_ns, start_us, sent_ns, stop)
            done = len(sent_ns)
            if self._plan.fence:
                due_us = start_us + (time.monotonic_ns() - start_ns) // 1000
                if done < len(self._due_ns):  # stopped; a late publisher owes this tick already
                    self._await_schedule(start_ns + int(self._due_ns[done]))
                    due_us = min(due_us, start_us + int(self._due_ns[done]) // 1000)
                self._send([self._tick(symbol, due_us) for symbol in self._plan.symbols])
            last_sent_us = start_us + (time.monotonic_ns() - start_ns) // 1000
            self._line.settle()
        except OSError as problem:
            raise Broken(f"the broker ended the publisher's connection: {problem}") from None
        finally:
            self._line.close()
        return self._report(
            start_us, last_due_us, last_sent_us, np.array(sent_ns), started_cpu, stop.is_set()
        )

    def _keep_to(
        self, start_ns: int, start_us: int, sent_ns: array[int], stop: threading.Event
    ) -> int:
        """Send every tick when it is due; return when the last one was due, in µs since 1970."""
        due_ns, count, done = self._due_ns, len(self._due_ns), 0
        slice_end = 0
        self._turns.begin()
        while done < count and not stop.is_set():
            wake = max(int(due_ns[done]), slice_end)
            now = time.monotonic_ns() - start_ns
            if now < wake:
                pause_ns = min(wake - now, 100_000_000)
                time.sleep(pause_ns / 1e9)
                self._turns.spent(pause_ns)
                now = time.monotonic_ns() - start_ns
                if now < wake:
                    continue  # a long pause, taken in pieces so that a stop is heard
            ready = min(int(np.searchsorted(due_ns, now, "right")), done + MOST_AT_ONCE)
            dues = (due_ns[done:ready] // 1000 + start_us).tolist()
            self._send([self._tick(self._symbol(done + i), due) for i, due in enumerate(dues)])
            sent_ns.extend([time.monotonic_ns() - start_ns] * (ready - done))
            done = ready
            slice_end = now + SLICE_NS
            self._turns.book()
        return start_us + int(due_ns[done - 1]) // 1000 if done else start_us

    def _await_schedule(self, due_ns: int) -> None:
        """Wait until the next tick is due, where the schedule is all that tells of due times."""
        left_s = (due_ns - time.monotonic_ns()) / 1e9
        if left_s > 0 and not self._plan.spelling.is_plain:
            time.sleep(min(left_s, LONGEST_WAIT_S))

    def _symbol(self, index: int) -> str:
        return self._plan.symbols[index % len(self._plan.symbols)]

    def _tick(self, symbol: str, due_us: int) -> bytes:
        number = self._next[symbol]
        self._next[symbol] = number + 1
        return self._bodies.payload(symbol, number, due_us)

    def _send(self, payloads: list[bytes]) -> None:
        if stood_ns := self._line.hand_over(payloads):
            self._turns.spent(stood_ns)

    def _report(
        self,
        start_us: int,
        last_due_us: int,
        last_sent_us: int,
        sent_ns: Any,
        started_cpu: float,
        stopped: bool,
    ) -> FlowReport:
        due_ns = self._due_ns[: len(sent_ns)]
        lag_ms = (sent_ns - due_ns) / 1e6 if len(due_ns) else np.zeros(1)
        acknowledged = np.array(self._line.acknowledged_s or [0.0])
        p50, p99 = np.percentile(lag_ms, (50, 99), method="higher")
        return FlowReport(
            first=self._first,
            last={symbol: number - 1 for symbol, number in self._next.items()},
            count=self.sent,
            offered_per_s=_rate(due_ns),
            achieved_per_s=_rate(sent_ns),
            first_due_us=start_us,
            last_due_us=last_due_us,
            last_sent_us=last_sent_us,
            lag_p50_ms=float(p50),
            lag_p99_ms=float(p99),
            lag_max_ms=float(lag_ms.max()),
            heard_by=self._line.heard_by,
            stalls=self._turns.stalls(),
            cpu_s=time.process_time() - started_cpu,
            stopped=stopped,
            acknowledged_p99_ms=1e3 * float(np.percentile(acknowledged, 99, method="higher")),
            lags=lags_of(sent_ns, lag_ms, start_us) if len(due_ns) else Stalls(),
        )


def lags_of(sent_ns: Any, lag_ms: Any, start_us: int) -> Stalls:
    """Return, for each tenth of a second in which ticks were sent late, by how much at most.

    Args:
        sent_ns: when each tick was sent, in ns from the start.
        lag_ms: by how much that was late.
        start_us: the start, in µs since 1970.
    """
    late = np.flatnonzero(lag_ms > NOTICED_LAG_MS)
    worst: dict[int, float] = {}
    for tenth, lag in zip((sent_ns[late] // LAG_BIN_NS).tolist(), lag_ms[late], strict=True):
        worst[tenth] = max(worst.get(tenth, 0.0), float(lag))
    return Stalls(
        tuple(
            ((tenth + 1) * LAG_BIN_NS / 1e6 + start_us / 1000, lag) for tenth, lag in worst.items()
        )
    )


def _rate(instants_ns: Any) -> float:
    """Return how many per second; 0.0 for fewer than two."""
    if len(instants_ns) < 2 or instants_ns[-1] <= instants_ns[0]:
        return 0.0
    return float((len(instants_ns) - 1) / (instants_ns[-1] - instants_ns[0]) * 1e9)
