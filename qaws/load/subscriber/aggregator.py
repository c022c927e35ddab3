"""The books of a worker: from what its clients received to latencies, counts and violations.

Evaluation is done away from the reception, in small portions between which the loop receives, so
that it does not lengthen the latencies that it evaluates.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

import numpy as np

from qaws.load.result import ClientRecord, Violations
from qaws.load.subscriber.message import ON_SCHEDULE, UNTOLD
from qaws.load.subscriber.reader import Diverged, Position, Reader
from qaws.load.subscriber.shared_stream import Segment
from qaws.load.subscriber.verifier import AnyVerifier
from qaws.measure.latency import Course, Latencies, Microseconds

PORTION = 40
"""Frames held against the contract in one go: some 0.4 ms."""

AT_ONCE = 8192
"""So many latencies are counted in one go: some 0.2 ms."""

LONGEST_US = 3_600_000_000
"""A due time that is an hour off is none: its digits were altered. More would fill the memory."""


class Aggregator:
    """Adds up what the clients of one worker received."""

    def __init__(self, verifier: AnyVerifier, *, keeps_arrivals: bool = False) -> None:
        """Begin.

        Args:
            verifier: what ticks are held against.
            keeps_arrivals: keep each arrival too, for `arrivals`.
        """
        self._latencies = Latencies()
        self._course = Course()
        self._uncounted: list[tuple[Microseconds, Microseconds]] = []
        self._many = 0
        self.violations = Violations()
        self.kinds: Counter[str] = Counter()
        self.records: dict[str, ClientRecord] = {}
        self.clock_ahead_us = 0
        self._begins_us: int | None = None
        self._untold: list[tuple[str, Microseconds, Microseconds]] = []
        self._verifier = verifier
        self._kept: dict[str, list[tuple[Microseconds, Microseconds]]] | None = (
            {} if keeps_arrivals else None
        )
        self._waiting: deque[tuple[Reader, Position]] = deque()
        self._more = asyncio.Event()

    def open(self, client: str) -> ClientRecord:
        """Begin a client's page."""
        return self.records.setdefault(client, ClientRecord(client))

    def hand_in(self, reader: Reader, position: Position) -> None:
        """Put a finished position on the pile."""
        self._waiting.append((reader, position))
        self._more.set()

    async def run(self) -> None:
        """Work on the pile until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            await self.work_off()

    async def work_off(self) -> None:
        """Evaluate everything that has been handed in."""
        while self._waiting:
            reader, position = self._waiting.popleft()
            if position.segment.verify(self._verifier, PORTION):
                self._add(reader, position)
            else:
                self._waiting.appendleft((reader, position))
            await asyncio.sleep(0)

    def _add(self, reader: Reader, position: Position) -> None:
        """Add the ticks of a position: each frame arrived with the chunk that completed it."""
        if not position.frames:
            return
        segment, first, last = position.segment, position.first, position.frames[-1]
        self._judge(reader.name, segment, first, last)
        marks = np.array(position.frames, np.int64)
        counts = np.diff(marks, prepend=first)
        arrived = np.repeat(np.array(position.times, np.int64), counts)
        due = np.array(segment.due_us[first:last], np.int64)
        ticks = last - first
        others = [kind for index, kind in segment.others if first <= index < last]
        if others:
            self.kinds.update(others)
            ticks -= len(others)
        self._ticks(reader.name, ticks, arrived, due)

    def _judge(self, client: str, segment: Segment, first: int, last: int) -> None:
        for index, fault in segment.faults:
            if first <= index < last:
                self.violations.add(client, fault)

    def diverged(self, reader: Reader, diverged: Diverged) -> None:
        """Add the ticks that a client received on its own."""
        self._ticks(
            reader.name,
            len(diverged.times),
            np.array(diverged.times, np.int64),
            np.array(diverged.due, np.int64),
        )

    def flow_begins(self, at_us: int) -> None:
        """Learn when the first tick was due, in µs since 1970, for ticks that do not say so."""
        self._begins_us = at_us
        untold, self._untold = self._untold, []
        for client, arrived, due in untold:
            self._time(client, arrived, due)

    def _ticks(self, client: str, ticks: int, arrived: Microseconds, due: Microseconds) -> None:
        self.open(client).ticks += ticks
        timed = (due != 0) & (due != UNTOLD)
        if not timed.all():
            arrived, due = arrived[timed], due[timed]
        if not len(due):
            return
        if due.min() < 0 and self._begins_us is None:
            self._untold.append((client, arrived, due))
        else:
            self._time(client, arrived, due)

    def _time(self, client: str, arrived: Microseconds, due: Microseconds) -> None:
        """Record how long ticks took."""
        if self._begins_us is not None and due.min() < 0:
            due = np.where(due < 0, self._begins_us + ON_SCHEDULE - due, due)
        if self._kept is not None:
            self._kept.setdefault(client, []).append((due, arrived - self.clock_ahead_us))
        latency = np.clip(arrived - due - self.clock_ahead_us, -LONGEST_US, LONGEST_US)
        due = arrived - self.clock_ahead_us - latency
        record = self.open(client)
        record.max_us = max(record.max_us, int(latency.max()))
        self._uncounted.append((due, latency))
        self._many += len(due)
        if self._many >= AT_ONCE:
            self._count()

    def _count(self) -> None:
        """Count the latencies of several clients in one go, which costs little more than of one."""
        if self._uncounted:
            due, latency = map(np.concatenate, zip(*self._uncounted, strict=True))
            self._uncounted.clear()
            self._many = 0
            self._latencies.record(latency)
            self._course.record(due, latency)

    @property
    def latencies(self) -> Latencies:
        """Return all latencies so far."""
        self._count()
        return self._latencies

    @property
    def course(self) -> Course:
        """Return them by the time at which their ticks were due."""
        self._count()
        return self._course

    def arrivals(self) -> dict[str, tuple[bytes, bytes]]:
        """Return client → (due, arrived) of its timed ticks, as `WorkerReport.arrivals` has it."""
        found = {}
        for client, kept in (self._kept or {}).items():
            due, arrived = zip(*kept, strict=True)
            found[client] = np.concatenate(due).tobytes(), np.concatenate(arrived).tobytes()
        return found
