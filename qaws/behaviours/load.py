"""Load scenarios: a swarm of clients, an open-loop publisher, and what both of them found.

These functions block until their work is done; steps call them directly, on the main thread. The
swarm's clients and the publisher are processes of their own, so nothing of it disturbs what is
measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import msgspec
import psutil

from qaws.behaviours import instruments
from qaws.behaviours.load_plans import flow_plan, swarm_plan
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.result import SwarmResult
from qaws.load.schedule import FlowReport, Spike
from qaws.load.swarm import Swarm
from qaws.measure.clock import at_us
from qaws.measure.cpu_wait import CpuWait, Waits
from qaws.measure.family import families
from qaws.measure.interference import (
    QUIETER,
    Cause,
    Disturbance,
    explains,
    explains_percentile,
    waited_for_cpu,
    waits_for_cpu,
)
from qaws.protocol.market import Selection
from qaws.report.latency_plot import course_plot, percentile_plot
from qaws.sut.resources import ResourceSnapshot
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

DRAIN_ALLOWANCE_S = 20.0
"""How long the swarm waits for the fence before it gives up: longer than any bound under test."""


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """What is to be published.

    Attributes:
        symbol: of which the ticks are.
        count: how many.
        per_second: at which rate.
        burst: a time of a higher rate.
        until_evicted_s: stop early once every slow client has been evicted.
    """

    symbol: str
    count: int
    per_second: float
    burst: Spike | None = None
    until_evicted_s: float | None = None


@dataclass(slots=True)
class LoadRun:
    """One load in a scenario: who takes part, and what was found."""

    groups: list[Group]
    compression: bool = False
    service_cpu_s: float = 0.0
    broker_cpu_s: float = 0.0
    flow: FlowReport | None = None
    result: SwarmResult | None = None
    memory_before: int | None = None
    memory_peak: int = 0
    evicted_after_s: list[float] = field(default_factory=list)
    uncounted: str = ""
    unanswered: NotVerified | Inconclusive | None = None
    waited: Waits = field(default_factory=Waits)
    given_up_s: float = DRAIN_ALLOWANCE_S

    @property
    def found(self) -> SwarmResult:
        """Return the swarm's result.

        Raises:
            Broken: nothing has been published to the swarm yet.
            Inconclusive: a worker was lost, so the result is not the whole truth.
        """
        if self.result is None:
            raise Broken("nothing has been published to the swarm yet")
        if self.result.incomplete:
            raise Inconclusive(f"the swarm's result is incomplete: {self.result.incomplete}")
        return self.result

    @property
    def found_wrong(self) -> SwarmResult | None:
        """Return the swarm's result where something in it is wrong, whatever part is missing."""
        found = self.result
        return found if found and (found.violations or found.closes) else None

    @property
    def published(self) -> FlowReport:
        """Return the publisher's report.

        Raises:
            Broken: nothing has been published to the swarm yet.
        """
        if self.flow is None:
            raise Broken("nothing has been published to the swarm yet")
        return self.flow

    def interference_with(self, percentile: float, bound_ms: float) -> str | None:
        """Say why a broken bound on a percentile could be the harness's doing; None if it cannot.

        Args:
            percentile: of all latencies from the due time, from 0 to 100.
            bound_ms: what is allowed.
        """
        causes = [
            Disturbance("the swarm stalled for up to", self.found.stalls_of_all),
            waits_for_cpu(self.waited.moved(at_us(0) / 1000)),
            Disturbance("ticks were published late by up to", self.published.lags, adds_up=False),
        ]
        course, way_out = self.found.course, self._way_out
        return explains_percentile(causes, course, percentile, bound_ms, way_out)

    def interference(
        self, measured_ms: float, bound_ms: float, *, since_due: bool = True
    ) -> str | None:
        """Say why a broken bound could be the harness's doing; None when it cannot.

        Args:
            measured_ms: what was measured.
            bound_ms: what is allowed.
            since_due: whether the time ran from the due time, so that it contains the publisher's
                lag.
        """
        causes = [
            Cause("the swarm stalled for up to", self.found.stood_still_ms(measured_ms)),
            waited_for_cpu(self.waited.within_ms(measured_ms)),
        ]
        if since_due:
            causes.append(Cause("ticks were published late by up to", self.published.lag_max_ms))
        return explains(causes, measured_ms, bound_ms, self._way_out)

    @property
    def _way_out(self) -> str:
        """Say what to do where the harness was too slow: a team's own decoder may be what is."""
        if self.found.decoder_is_slow:
            return f"the target's decoder {self.found.decoder}: it has to be quicker"
        return QUIETER


SPIKE_BEGINS_S = 2.0


def with_a_spike(
    symbol: str, count: int, per_second: float, factor: float, length_s: float
) -> LoadProfile:
    """Return a load whose rate is `factor` times as high for `length_s` seconds."""
    spike = Spike(factor=factor, start_s=SPIKE_BEGINS_S, length_s=length_s)
    return LoadProfile(symbol, count, per_second, spike)


LOAD = Key[LoadRun]('no swarm yet: begin with "a swarm of 50 clients will subscribe to NIFTY"')


# --- given ----------------------------------------------------------------------------------------


def prepare_swarm(
    testbed: Testbed, clients: int, selection: Selection, *, compression: bool = False
) -> None:
    """Plan a swarm of reading clients; it connects when the first tick is about to be published.

    With `compression` its clients offer that, as browsers do.
    """
    testbed.scenario.stash[LOAD] = LoadRun([Group("client", clients, selection)], compression)


def add_slow_clients(testbed: Testbed, selection: Selection) -> None:
    """Add a client that stops reading, and one that trickles."""
    testbed.scenario.stash[LOAD].groups += [
        Group.stopped("the client that stops reading", 1, selection),
        Group.trickling("the client that trickles", 1, selection),
    ]


# --- when -----------------------------------------------------------------------------------------


def publish_and_show(testbed: Testbed, profile: LoadProfile) -> None:
    """Publish ticks to the swarm, and put figures and pictures into the report.

    Raises:
        Broken: the harness cannot: broker, publisher, a worker, file descriptors.
        Refuted: the service did not let a client in.
        NotVerified: it did not agree to compression, where that was offered.
    """
    publish(testbed, profile)
    run = testbed.scenario.stash[LOAD]
    if run.compression:
        _require_compression(run.found)
    _show(testbed, run)


def _require_compression(found: SwarmResult) -> None:
    agreed = sum(found.compressed.values())
    if agreed < len(found.clients):
        raise NotVerified(
            f"{len(found.clients)} clients offered compression (permessage-deflate, RFC 7692), and "
            f"the service agreed to it with {agreed or 'none'} of them"
        )


def publish(testbed: Testbed, profile: LoadProfile) -> None:
    """Connect the swarm, publish on an open-loop schedule, and collect what arrived.

    Raises:
        Broken: the harness cannot: broker, publisher, a worker, file descriptors.
        Refuted: the service did not let a client in.
        NotVerified: evictions are to be seen by statistics that do not follow clients who come.
    """
    symbol = profile.symbol
    run, service = testbed.scenario.stash[LOAD], testbed.service
    service.require_alive()
    if profile.until_evicted_s is not None:
        instruments.see_them_move_now(testbed)
    flow = flow_plan(testbed, symbol, profile.count, profile.per_second, profile.burst)
    tokens = testbed.tokens.several(sum(g.count for g in run.groups))
    plan = swarm_plan(testbed, run.groups, flow, tokens)
    plan = msgspec.structs.replace(plan, compression=run.compression)
    run.memory_before = run.memory_peak = _memory(testbed)
    with (
        closing(
            Swarm(testbed.logs, testbed.swarm_engine, timeout_factor=testbed.timeout_factor)
        ) as swarm,
        closing(Publisher(testbed.logs, testbed.timeout_factor)) as publisher,
        closing(CpuWait(service_and_broker(testbed))) as waiting,
    ):
        swarm.start(plan)
        publisher.start(flow)
        service_cpu, broker_cpu = _cpu_s(testbed)
        swarm.go()
        swarm.flow_begins(publisher.go())
        if profile.until_evicted_s is not None:
            _watch_evictions(testbed, run, plan, profile.until_evicted_s)
            swarm.read_again()
            publisher.stop()
        run.flow = publisher.wait()
        run.given_up_s = DRAIN_ALLOWANCE_S * testbed.timeout_factor
        run.result = swarm.finish(run.flow.last, run.given_up_s)
        run.waited = waiting.waits
    service.require_alive()
    after = _cpu_s(testbed)
    run.service_cpu_s, run.broker_cpu_s = after[0] - service_cpu, after[1] - broker_cpu
    testbed.ledger.skip(symbol, run.flow.last[symbol])


def _show(testbed: Testbed, run: LoadRun) -> None:
    if run.result is None or run.result.incomplete:
        return  # half of the deliveries would look like all of them; the next step says why
    found, flow = run.result, run.published
    summary = found.summary_ms()
    worst = found.worst
    figures = {name: f"{value:.1f} ms" for name, value in summary.items()}
    if worst:
        figures["worst client"] = f"{worst.client} ({worst.max_us / 1000:.1f} ms)"
    figures |= {
        "deliveries": f"{found.deliveries:,}",
        "deliveries/s": f"{found.per_second(flow.first_due_us):,.0f}",
        "offered": f"{flow.offered_per_s:,.0f} ticks/s",
        "achieved": f"{flow.achieved_per_s:,.0f} ticks/s",
        "publisher's lag p99": f"{flow.lag_p99_ms:.1f} ms",
        "CPU of the service": f"{run.service_cpu_s:.2f} s",
        "of the swarm": f"{found.cpu_s:.2f} s",
        "of the publisher": f"{flow.cpu_s:.2f} s",
        "of the broker": f"{run.broker_cpu_s:.2f} s",
        "swarm stood still at most": f"{found.stalls.worst_ms:.0f} ms",
        "arrivals": found.stamped_by(),
        "clock of the swarm": ", ".join(str(w.offset) for w in found.workers),
    }
    if found.decoder:
        figures["decoder of the team"] = found.decoder
    if found.compressed:
        agreed = (f"{how} ({count} clients)" for how, count in found.compressed.items())
        figures["compression"] = ", ".join(agreed)
    testbed.scenario.figures += list(figures.items())
    testbed.scenario.pictures += [
        (
            "Latency by percentile, from the due time",
            partial(percentile_plot, found.latencies.plot()),
        ),
        ("Latency and deliveries over time", partial(course_plot, found.points)),
    ]


def _watch_evictions(testbed: Testbed, run: LoadRun, plan: SwarmPlan, at_most_s: float) -> None:
    """Watch the service's own counts and memory until the slow clients are gone.

    Whether the counts can be believed is asked before and behind it: one that several processes
    give in turn would have clients gone that are there, and there that are gone.
    """
    slow = sum(group.count for group in plan.groups if group.behaviour != "reads")
    begin, everybody = time.monotonic(), sum(group.count for group in plan.groups)
    with _answered(run):
        run.uncounted = instruments.sessions_told_now(testbed, everybody).doubt(everybody)
    _watch(testbed, run, slow, everybody, begin, at_most_s)
    with _answered(run):
        run.uncounted = run.uncounted or instruments.sessions_told_now(testbed, 0).doubt(0)


def _watch(
    testbed: Testbed, run: LoadRun, slow: int, everybody: int, begin: float, at_most_s: float
) -> None:
    before = None
    while (elapsed := time.monotonic() - begin) < at_most_s:
        run.memory_peak = max(run.memory_peak, _memory(testbed))
        with _answered(run):
            now = testbed.service.snapshot()
            gone = _gone(before := before or now, now, everybody)
            run.evicted_after_s += [elapsed] * (gone - len(run.evicted_after_s))
            if gone >= slow:
                return
        time.sleep(0.1)


@contextmanager
def _answered(run: LoadRun) -> Iterator[None]:
    """Note why the statistics did not answer, and let the load go on: it is judged by clients too.

    One that ended early would look as if the slow were kept.
    """
    try:
        yield
    except (NotVerified, Inconclusive) as problem:
        run.unanswered = run.unanswered or problem


def _gone(before: ResourceSnapshot, now: ResourceSnapshot, everybody: int) -> int:
    """Count clients that the service has let go.

    Its subscriptions go when it decides so; its session may stay until the close is through. How
    many subscriptions a client has is the service's own way to count: all have as many. Where they
    cannot have, because they are no multiple of the clients, sessions alone tell.
    """
    gone = [0]
    if before.sessions is not None and now.sessions is not None:
        gone.append(before.sessions - now.sessions)
    if before.subscriptions and now.subscriptions is not None:
        of_each, left_over = divmod(before.subscriptions, everybody)
        if not left_over:
            gone.append((before.subscriptions - now.subscriptions) // of_each)
    return max(gone)


def _memory(testbed: Testbed) -> int:
    return testbed.service.memory_bytes() if testbed.service.process else 0


def service_and_broker(testbed: Testbed) -> list[int]:
    """Return the processes that, with their descendants, are the service and the embedded broker.

    What is elsewhere has none here.
    """
    return [*_of_service(testbed), *_of_broker(testbed)]


def _of_service(testbed: Testbed) -> list[int]:
    process = testbed.service.process
    if process is None:
        return []
    try:
        return testbed.service.serving_pids()
    except (NotVerified, Broken):  # who serves cannot be seen, or has ended
        return [process.pid]


def _of_broker(testbed: Testbed) -> list[int]:
    pid = testbed.broker.pid if testbed.broker else None
    return [] if pid is None else [pid]


def _cpu_s(testbed: Testbed) -> tuple[float, float]:
    """Return CPU seconds that service and embedded broker have used; 0 for what is elsewhere."""
    return _cpu_of(_of_service(testbed)), _cpu_of(_of_broker(testbed))


def _cpu_of(roots: list[int]) -> float:
    """Return CPU seconds of processes, their descendants, and those that they have waited for."""
    used = 0.0
    for member in families(roots):
        with suppress(psutil.Error):  # it ended meanwhile
            used += sum(member.cpu_times()[:4])
    return used
