"""What a swarm found: per worker as it travels, and merged as the scenarios read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from qaws.load.violation import Violation
from qaws.measure.latency import Course, Latencies, Microseconds, Point
from qaws.measure.line import LineRecord
from qaws.measure.stall import Stalls

SHOWN_PER_KIND = 10
"""So many sentences of each kind of violation are kept by each worker; the counts are exact."""
SLOW_DECODER = 0.25
"""A team's decoder that takes this part of a worker's time is what there is to be improved."""


class ClosedClient(msgspec.Struct, frozen=True):
    """A connection that ended although nobody of the swarm wanted it.

    `code` is 1006 where the connection was cut without a close frame; `at_us` is µs since 1970.
    """

    client: str
    code: int
    reason: str
    at_us: int

    def __str__(self) -> str:
        return f'{self.client} was closed with {self.code} "{self.reason}"'


class ClientRecord(msgspec.Struct):
    """One client's part.

    Attributes:
        client: its name.
        ticks: ticks received.
        max_us: its longest latency in µs.
        completed_us: when it received the fence (µs since 1970), None if it did not.
        expected: ticks that it must have received at the fence; None without `first` or fence.
    """

    client: str
    ticks: int = 0
    max_us: int = 0
    completed_us: int | None = None
    expected: int | None = None


class SlowRecord(msgspec.Struct):
    """What became of a client that stopped reading, or trickled.

    Attributes:
        client: its name.
        ticks: ticks that it read in all, each checked for order.
        bytes: bytes that it read in all.
        closed: how the service ended the connection; None if it did not. `closed.at_us` is when
            the client came to read that.
        cut_us: when the connection was found to be cut although the client was not reading, in
            µs since 1970; None if it was not.
        read_again_us: when it began to read at full speed again.
        waited_ms: for how long its process was kept from running from then on.
        line: what was seen of its line until then.
        trickled: bytes that it had read by then, for one that trickles.
    """

    client: str
    ticks: int = 0
    bytes: int = 0
    closed: ClosedClient | None = None
    cut_us: int | None = None
    read_again_us: int | None = None
    waited_ms: float = 0.0
    line: LineRecord = msgspec.field(default_factory=LineRecord)
    trickled: int | None = None

    @property
    def kept(self) -> bool:
        """Return whether the service let the client stay to the end."""
        return self.closed is None


class Offset(msgspec.Struct, frozen=True):
    """How far a worker's clock is ahead of the controller's, in µs, give or take `uncertainty`.

    An offset within its own uncertainty is not applied: on one machine it is noise.
    """

    offset_us: float
    uncertainty_us: float

    @property
    def applied_us(self) -> int:
        """Return what is taken off the arrival times."""
        return round(self.offset_us) if abs(self.offset_us) > self.uncertainty_us else 0

    def __str__(self) -> str:
        return f"{self.offset_us / 1000:+.3f} ms ± {self.uncertainty_us / 1000:.3f} ms"


class WorkerReport(msgspec.Struct, tag="report"):
    """Everything that a worker sends back; raw frames are not among it.

    `latencies` is what `Latencies.to_wire` makes, `bins` is what `Course.to_wire` makes. `arrivals`
    is client → (due, arrived), int64 in µs since 1970, where the plan keeps them. `read_delays` is
    for how long bytes lay in the kernel until they were read, without values where it does not say.
    `compressed` is how compression was agreed on → by how many readers. `decoder_took` is how many
    messages the team's decoder was given, and how long it took over them, in s.
    """

    clients: list[ClientRecord]
    slow: list[SlowRecord]
    closes: list[ClosedClient]
    faults: dict[str, int]
    sentences: list[tuple[str, str]]
    kinds: dict[str, int]
    latencies: tuple[bytes, int, int, int, int]
    bin_ms: int
    bins: dict[int, tuple[int, dict[int, int]]]
    stalls: Stalls
    cpu_s: float
    diverged: int
    arrivals: dict[str, tuple[bytes, bytes]] = {}
    read_delays: tuple[bytes, int, int, int, int] | None = None
    compressed: dict[str, int] = {}
    decoder_took: tuple[int, float] = (0, 0.0)


class Violations:
    """Counts every violation, and keeps the first sentences of each kind."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._sentences: list[tuple[str, str]] = []
        self._kept: Counter[str] = Counter()

    def add(self, client: str, fault: Violation) -> None:
        """Count one fault of one client."""
        self.counts[fault.kind] += fault.amount
        if fault.words and self._kept[fault.kind] < SHOWN_PER_KIND:
            self._kept[fault.kind] += 1
            self._sentences.append((fault.kind, f"{client} {fault.words}"))

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """Return (kind, sentence); nothing of gaps that were all filled after all."""
        return [(kind, words) for kind, words in self._sentences if self.counts[kind] > 0]


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """What is worth knowing about one worker: its clock, its stalls, its work.

    `diverged` counts how often a client's bytes differed from those of its group.
    """

    name: str
    offset: Offset
    stalls: Stalls
    cpu_s: float
    readers: int
    deliveries: int
    diverged: int


@dataclass(slots=True)
class SwarmResult:
    """What all clients together received. Latencies run from the due time.

    Attributes:
        latencies: every pair of tick and client, in one histogram.
        course: latency over due time.
        clients: per client, in no order.
        slow: what became of the slow clients.
        closes: connections of readers that ended unasked.
        faults: kind of violation → exact count; empty if there was none.
        violations: the first sentences of each kind.
        kinds: other messages received, by kind ("status degraded" → 50).
        expected: deliveries that had to be; None if that was not known.
        workers: clock, stalls, CPU per worker.
        incomplete: why the result is not the whole truth; None if it is.
        arrivals: client → (when each of its ticks was due, when it arrived), in µs since 1970,
            where the plan keeps them.
        read_delays: for how long bytes lay in the kernel until the swarm read them. It is no part
            of the latencies, which end when the kernel has them; without values where that does not
            tell its times, and latencies end when the swarm comes to read.
        compressed: how compression was agreed on → by how many reading clients.
        decoder: what the team's decoder took in the worker where it took the longest, in words; ""
            where there is none.
        decoder_is_slow: whether that is a good part of what the worker did.
    """

    latencies: Latencies = field(default_factory=Latencies)
    course: Course = field(default_factory=Course)
    clients: list[ClientRecord] = field(default_factory=list)
    slow: list[SlowRecord] = field(default_factory=list)
    closes: list[ClosedClient] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    workers: list[WorkerSummary] = field(default_factory=list)
    incomplete: str | None = None
    arrivals: dict[str, tuple[Microseconds, Microseconds]] = field(default_factory=dict)
    read_delays: Latencies = field(default_factory=Latencies)
    compressed: dict[str, int] = field(default_factory=dict)
    decoder: str = ""
    decoder_is_slow: bool = False
    _decoder_s: float = 0.0

    @property
    def deliveries(self) -> int:
        """Return how many ticks all readers received together."""
        return sum(client.ticks for client in self.clients)

    @property
    def expected(self) -> int | None:
        """Return how many they had to receive; None if that is not known."""
        each = [client.expected for client in self.clients]
        return None if None in each else sum(count or 0 for count in each)

    @property
    def worst(self) -> ClientRecord | None:
        """Return the client with the longest latency."""
        return max(self.clients, key=lambda client: client.max_us, default=None)

    @property
    def unfinished(self) -> list[ClientRecord]:
        """Return the clients that did not receive the fence."""
        return [client for client in self.clients if client.completed_us is None]

    @property
    def drained_us(self) -> int | None:
        """Return when the last client received the fence (µs since 1970), None if one did not."""
        if not self.clients or self.unfinished:
            return None
        return max(client.completed_us or 0 for client in self.clients)

    def per_second(self, start_us: int) -> float:
        """Return deliveries per second from `start_us` (the first due time) until drained."""
        end = self.drained_us
        return 0.0 if end is None or end <= start_us else self.deliveries / (end - start_us) * 1e6

    def summary_ms(self) -> dict[str, float]:
        """Return p50, p95, p99, p99.9 and max in ms."""
        found = self.latencies.percentiles_ms((50, 95, 99, 99.9))
        return {f"p{p:g}": ms for p, ms in found.items()} | {"max": self.latencies.max_ms}

    def stamped_by(self) -> str:
        """Say whose times the arrivals are, and how far the swarm's own would be off."""
        delays = self.read_delays
        if not delays.count:
            return "stamped by the swarm as it read; how long bytes lay unread is in the latencies"
        found = delays.percentiles_ms((50, 99))
        return (
            f"stamped by the kernel; bytes lay unread for {found[50]:.2f} ms (p50), "
            f"{found[99]:.2f} ms (p99), which no latency contains"
        )

    @property
    def points(self) -> list[Point]:
        """Return latency over time, for the plot."""
        return self.course.points()

    @property
    def stalls(self) -> Stalls:
        """Return the stalls of the worker with readers that stood still the longest."""
        with_readers = (worker.stalls for worker in self.workers if worker.readers)
        return max(with_readers, key=lambda stalls: stalls.total_ms, default=Stalls())

    @property
    def stalls_of_all(self) -> Stalls:
        """Return when a worker with readers stood still; times shared by several count once."""
        spans = sorted(
            (end - length, end)
            for worker in self.workers
            if worker.readers
            for end, length in worker.stalls.spans
        )
        merged: list[tuple[float, float]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                start, end = merged[-1][0], max(end, merged.pop()[1])
            merged.append((start, end))
        return Stalls(tuple((end, end - start) for start, end in merged))

    def stood_still_ms(self, window_ms: float) -> float:
        """Return how long a worker with readers stood still at most, in a window of that length."""
        with_readers = (worker.stalls for worker in self.workers if worker.readers)
        return max((stalls.within_ms(window_ms) for stalls in with_readers), default=0.0)

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds of all workers, from `go` to the end, evaluation included."""
        return sum(worker.cpu_s for worker in self.workers)

    def add(self, name: str, offset: Offset, report: WorkerReport) -> None:
        """Add what one worker found."""
        self.latencies.merge(Latencies.from_wire(*report.latencies))
        self.course.merge(Course.from_wire(report.bin_ms, report.bins))
        if report.read_delays is not None:
            self.read_delays.merge(Latencies.from_wire(*report.read_delays))
        self.clients += report.clients
        self.slow += report.slow
        self.closes += report.closes
        self.faults = _sum(self.faults, report.faults)
        self.kinds = _sum(self.kinds, report.kinds)
        self.compressed = _sum(self.compressed, report.compressed)
        self._tell_decoder(*report.decoder_took, report.cpu_s)
        self.violations += [words for _, words in report.sentences]
        for client, (due, arrived) in report.arrivals.items():
            self.arrivals[client] = np.frombuffer(due, np.int64), np.frombuffer(arrived, np.int64)
        deliveries = sum(client.ticks for client in report.clients)
        self.workers.append(
            WorkerSummary(
                name,
                offset,
                report.stalls,
                report.cpu_s,
                len(report.clients),
                deliveries,
                report.diverged,
            )
        )

    def _tell_decoder(self, messages: int, spent_s: float, cpu_s: float) -> None:
        if not messages or spent_s < self._decoder_s:
            return
        self._decoder_s = spent_s
        self.decoder_is_slow = spent_s > SLOW_DECODER * cpu_s
        self.decoder = (
            f"took {spent_s:.2f} s over {messages:,} messages, {spent_s / messages * 1e3:.2f} ms "
            f"each, where a worker of the swarm took {cpu_s:.2f} s of CPU in all"
        )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    total = Counter(one)
    total.update(other)
    return {kind: count for kind, count in total.items() if count}
