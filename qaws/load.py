"""Load scenarios: a swarm of clients, an open-loop publisher, and what both of them found.

These functions block until their work is done; steps call them directly, on the main thread. The
swarm's clients and the publisher are processes of their own, so nothing of it disturbs what is
measured.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from qaws.evidence.latency_plot import course_plot, knee_plot, percentile_plot
from qaws.market import Selection
from qaws.service import MIB, Holdings
from qaws.swarm.plan import Group, SwarmPlan
from qaws.swarm.publisher import Publisher
from qaws.swarm.result import SlowRecord, SwarmResult
from qaws.swarm.schedule import Burst, FlowPlan, FlowReport
from qaws.swarm.swarm import Swarm
from qaws.verdict import Broken, Inconclusive, Refuted
from qaws.world import World

DRAIN_ALLOWANCE_S = 20.0
"""How long the swarm waits for the fence before it gives up: longer than any bound under test."""

TROUBLE = ("error", "status")
"""Kinds of messages that a swarm under load must not get."""


@dataclass(frozen=True, slots=True)
class Demand:
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
    burst: Burst | None = None
    until_evicted_s: float | None = None


@dataclass(frozen=True, slots=True)
class KneeStep:
    """What came of one rate: ticks/s, p99 in ms, whether every delivery was right, any doubt."""

    rate: float
    p99_ms: float
    whole: bool
    doubt: str | None

    def holds(self, bound_ms: float) -> bool:
        """Return whether the service kept up."""
        return self.whole and self.p99_ms < bound_ms


@dataclass(slots=True)
class Knee:
    """The rates that were tried, ascending."""

    bound_ms: float
    steps: list[KneeStep] = field(default_factory=list)


@dataclass(slots=True)
class LoadRun:
    """One load in a scenario: who takes part, and what was found."""

    groups: list[Group]
    service_cpu_s: float = 0.0
    broker_cpu_s: float = 0.0
    flow: FlowReport | None = None
    result: SwarmResult | None = None
    memory_before: int | None = None
    memory_peak: int = 0
    knee: Knee | None = None
    evicted_after_s: list[float] = field(default_factory=list)
    waited_s: float = DRAIN_ALLOWANCE_S

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
    def published(self) -> FlowReport:
        """Return the publisher's report.

        Raises:
            Broken: nothing has been published to the swarm yet.
        """
        if self.flow is None:
            raise Broken("nothing has been published to the swarm yet")
        return self.flow

    def doubt(self, measured_ms: float, bound_ms: float, *, since_due: bool = True) -> str | None:
        """Say why a broken bound could be the harness's doing; None when it cannot.

        Args:
            measured_ms: what was measured.
            bound_ms: what is allowed.
            since_due: whether the time ran from the due time, so that it contains the publisher's
                lag.
        """
        stalled = self.found.stood_still_ms(measured_ms)
        lag = self.published.lag_max_ms if since_due else 0.0
        if measured_ms - stalled - lag >= bound_ms:
            return None
        return (
            f"the swarm stood still for up to {stalled:.0f} ms in such a time"
            + (f" and ticks were published up to {lag:.0f} ms late" if since_due else "")
            + ": without that it could be met; run it again on a quieter machine"
        )


def run_of(world: World) -> LoadRun:
    """Return the scenario's load.

    Raises:
        Broken: no step has made a swarm.
    """
    if world.scene.load is None:
        raise Broken('no swarm yet: begin with "a swarm of 50 clients is ready for NIFTY"')
    return world.scene.load


# --- given ----------------------------------------------------------------------------------------


def prepare_swarm(world: World, clients: int, selection: Selection) -> None:
    """Plan a swarm of reading clients; it connects when the first tick is about to be published."""
    world.scene.load = LoadRun([Group("client", clients, selection)])


def add_slow_clients(world: World, selection: Selection) -> None:
    """Add a client that stops reading, and one that trickles."""
    run_of(world).groups += [
        Group.stopped("the client that stops reading", 1, selection),
        Group.trickling("the client that trickles", 1, selection),
    ]


# --- when -----------------------------------------------------------------------------------------


def publish_and_show(world: World, demand: Demand) -> None:
    """Publish ticks to the swarm, and put figures and pictures into the report.

    Raises:
        Broken: the harness cannot: broker, publisher, a worker, file descriptors.
        Refuted: the service did not let a client in.
    """
    publish(world, demand)
    _show(world, run_of(world))


def publish(world: World, demand: Demand) -> None:
    """Connect the swarm, publish on an open-loop schedule, and collect what arrived.

    Raises:
        Broken: the harness cannot: broker, publisher, a worker, file descriptors.
        Refuted: the service did not let a client in.
    """
    symbol = demand.symbol
    run, service = run_of(world), world.service
    assert world.broker
    service.require_alive()
    first = world.ledger.next_sequence(symbol)
    flow = FlowPlan(
        broker_url=world.broker.url,
        symbols=(symbol,),
        per_second=demand.per_second,
        count=demand.count,
        first={symbol: first},
        burst=demand.burst,
        channel=world.target.feed.options_channel if world.target.feed else "ticker:options",
    )
    plan = SwarmPlan(
        url=service.url,
        groups=tuple(run.groups),
        tokens=(world.tokens.valid(),),
        carrier=world.target.auth.carriers[0],
        query_parameter=world.target.auth.query_parameter,
        first={symbol: first},
        dialect=world.target.dialect,
        flow=flow,
    )
    run.memory_before = run.memory_peak = _memory(world)
    with (
        Swarm(world.logs, world.swarm_engine, patience=world.patience) as swarm,
        Publisher(world.logs, world.patience) as publisher,
    ):
        swarm.start(plan)
        publisher.start(flow)
        service_cpu, broker_cpu = _cpu_s(world)
        swarm.go()
        publisher.go()
        if demand.until_evicted_s is not None:
            _watch_evictions(world, run, plan, demand.until_evicted_s)
            swarm.read_again()
            publisher.stop()
        run.flow = publisher.wait()
        run.waited_s = DRAIN_ALLOWANCE_S * world.patience
        run.result = swarm.finish(run.flow.last, run.waited_s)
    service.require_alive()
    after = _cpu_s(world)
    run.service_cpu_s, run.broker_cpu_s = after[0] - service_cpu, after[1] - broker_cpu
    world.ledger.skip(symbol, run.flow.last[symbol])


def _show(world: World, run: LoadRun) -> None:
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
        "clock of the swarm": ", ".join(str(w.offset) for w in found.workers),
    }
    world.scene.figures += list(figures.items())
    world.scene.pictures += [
        ("Latency by percentile, from the due time", percentile_plot(found.latencies.plot())),
        ("Latency and deliveries over time", course_plot(found.points)),
    ]


def _watch_evictions(world: World, run: LoadRun, plan: SwarmPlan, at_most_s: float) -> None:
    """Watch the service's own counts and memory until the slow clients are gone."""
    slow = sum(group.count for group in plan.groups if group.behaviour != "reads")
    begin = time.monotonic()
    before = world.service.holdings()
    while (elapsed := time.monotonic() - begin) < at_most_s:
        run.memory_peak = max(run.memory_peak, _memory(world))
        gone = _gone(before, world.service.holdings())
        run.evicted_after_s += [elapsed] * (gone - len(run.evicted_after_s))
        if gone >= slow:
            return
        time.sleep(0.1)


def _gone(before: Holdings, now: Holdings) -> int:
    """Count clients that the service has let go.

    Its subscriptions go when it decides so; its session may stay until the close is through.
    """
    pairs = ((before.sessions, now.sessions), (before.subscriptions, now.subscriptions))
    return max((was - is_ for was, is_ in pairs if was is not None and is_ is not None), default=0)


def _memory(world: World) -> int:
    return world.service.memory_bytes() if world.service.process else 0


def _cpu_s(world: World) -> tuple[float, float]:
    """Return CPU seconds that service and embedded broker have used; 0 for what is elsewhere."""
    pids = [
        world.service.process.pid if world.service.process else None,
        world.broker.pid if world.broker else None,
    ]
    times = [psutil.Process(pid).cpu_times() if pid else None for pid in pids]
    service, broker = (t.user + t.system if t else 0.0 for t in times)
    return service, broker


def find_knee(
    world: World, symbol: str, rates: Sequence[float], seconds: float, bound_ms: float
) -> None:
    """Raise the rate step by step until p99 passes the bound or a delivery is wrong.

    Args:
        world: the world.
        symbol: of which the ticks are.
        rates: in ticks per second, ascending.
        seconds: how long each is kept.
        bound_ms: where p99 counts as past the knee.
    """
    run = run_of(world)
    run.knee = Knee(bound_ms)
    for rate in rates:
        publish(world, Demand(symbol, int(rate * seconds), rate))
        found = run.found
        p99 = found.latencies.percentile_ms(99)
        whole = not found.faults and not found.unfinished and not found.closes
        run.knee.steps.append(KneeStep(rate, p99, whole, run.doubt(p99, bound_ms)))
        if not run.knee.steps[-1].holds(bound_ms):
            break
    world.scene.figures += [
        (f"{step.rate:,.0f}/s", f"p99 {step.p99_ms:.1f} ms" + ("" if step.whole else ", gaps"))
        for step in run.knee.steps
    ]
    points = [(step.rate, step.p99_ms) for step in run.knee.steps]
    world.scene.pictures.append(("Latency over the rate", knee_plot(points, bound_ms)))


def knee_above(world: World, per_second: float) -> None:
    """Require that the service still keeps up at a rate."""
    knee = run_of(world).knee
    if knee is None:
        raise Broken("no step has looked for the knee")
    steps = [step for step in knee.steps if step.rate >= per_second]
    if not steps:
        first = knee.steps[-1]
        if first.doubt:
            raise Inconclusive(f"at {first.rate:,.0f} ticks/s {first.doubt}")
    kept = max((step.rate for step in knee.steps if step.holds(knee.bound_ms)), default=0.0)
    last = knee.steps[-1]
    past = "" if last.holds(knee.bound_ms) else f", p99 {last.p99_ms:.0f} ms at {last.rate:,.0f}/s"
    world.scene.checks.require(
        kept >= per_second,
        "saturation knee",
        f"keeps up at {kept:,.0f} ticks/s{past}",
        f"at {per_second:,.0f} ticks/s or above",
    )


# --- then -----------------------------------------------------------------------------------------


def received_everything(world: World) -> None:
    """Require every tick at every reading client, once and in order, from the first to the last.

    What was seen to be wrong is wrong also where a part of the swarm is lost.
    """
    run = run_of(world)
    flow = run.published
    found = run.result if run.result and run.result.violations else run.found
    if flow.heard_by == 0:
        raise Refuted("the broker had no subscriber for some ticks: the service was not listening")
    wrong = [", ".join(f"{count} x {kind}" for kind, count in found.faults.items())]
    if found.unfinished:
        wrong.append(
            f"{len(found.unfinished)} clients had not received the last tick {run.waited_s:g} s "
            f"after it was published, {found.unfinished[0].client} for one"
        )
    wrong += [str(closed) for closed in found.closes[:1]]
    wrong = list(filter(None, wrong))
    first = f": {found.violations[0]}" if found.violations else ""
    world.scene.checks.require(
        not wrong and found.deliveries == found.expected,
        "deliveries to the swarm",
        f"{found.deliveries:,} of {found.expected or 0:,}"
        + (f"; {'; '.join(wrong)}{first}" if wrong else ""),
        "all, each once and in order",
    )
    told = [f"{n} x {kind}" for kind, n in found.kinds.items() if kind.startswith(TROUBLE)]
    world.scene.checks.require(
        not told, "errors and outages told to the swarm", ", ".join(told) or "none", "none"
    )


def percentile_below(world: World, percentile: float, bound_ms: float) -> None:
    """Require a percentile of all latencies, counted from the due time, below a bound."""
    run = run_of(world)
    measured = run.found.latencies.percentile_ms(percentile)
    what = f"broadcast latency p{percentile:g}"
    world.scene.checks.below(what, measured, bound_ms, "ms", run.doubt(measured, bound_ms))


def drained_within(world: World, bound_s: float) -> None:
    """Require that the last client had the last tick within `bound_s` of its publish."""
    run = run_of(world)
    drained = run.found.drained_us
    if drained is None:
        raise Refuted(
            f"{len(run.found.unfinished)} clients had not received the last tick "
            f"{run.waited_s:g} s after it was published"
        )
    after_s = (drained - run.published.last_sent_us) / 1e6
    world.scene.checks.below(
        "time from the last publish until the backlog was drained",
        after_s,
        bound_s,
        "s",
        run.doubt(after_s * 1e3, bound_s * 1e3, since_due=False),
    )


def rate_was_kept(world: World, per_second: float) -> None:
    """Require that the ticks were really offered at the rate that the scenario names.

    Raises:
        Inconclusive: the publisher was late.
    """
    flow = run_of(world).published
    if late := flow.late():
        raise Inconclusive(late)
    world.scene.checks.require(
        flow.achieved_per_s >= 0.98 * per_second,
        "throughput",
        f"{flow.achieved_per_s:.0f} ticks/s",
        f"at least {per_second:.0f} ticks/s, to within 2 %",
    )


def slow_evicted(world: World, within_s: float, code: int, reason: str) -> None:
    """Require that every slow client was evicted in time, told why, and lost no tick silently."""
    run = run_of(world)
    times, slow = run.evicted_after_s, run.found.slow
    due = sum(run.published.last.values()) - sum(run.published.first.values()) + 1
    kept = [f"{s.client} was kept, and got {s.ticks:,} of {due:,} ticks" for s in slow if s.kept]
    world.scene.checks.require(
        len(times) == len(slow),
        "slow clients that the service let go, by its own statistics",
        "; ".join([f"{len(times)} of {len(slow)} in {within_s:g} s", *kept]),
        f"all {len(slow)}",
    )
    world.scene.checks.below("time until the last one was evicted", times[-1], within_s, "s")
    for record in slow:
        _told_why(world, record, code, reason)


def _told_why(world: World, record: SlowRecord, code: int, reason: str) -> None:
    closed = record.closed
    world.scene.checks.require(
        closed is not None and closed.code == code and reason in closed.reason.lower(),
        f"end of {record.client}",
        str(closed) if closed else "its connection was not closed",
        f'closed with {code} and a reason containing "{reason}"',
    )


def memory_bounded(world: World, megabytes: float) -> None:
    """Require that the service's private memory grew by at most so much per slow client."""
    run = run_of(world)
    if run.memory_before is None:
        raise Broken("the service's memory was not measured")
    slow = sum(1 for group in run.groups if group.behaviour != "reads")
    grown = (run.memory_peak - run.memory_before) / MIB / slow
    what = "growth of the service's private memory per slow client, at its peak"
    world.scene.checks.below(what, grown, megabytes, "MB")
