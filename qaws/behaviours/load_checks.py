"""Verdicts about a load: what the swarm must have received, how fast, and at what price."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.behaviours import deviations
from qaws.behaviours.load import LOAD, LoadRun
from qaws.clients.endings import ExpectedClose
from qaws.load.result import SlowRecord, SwarmResult
from qaws.measure.clock import at_us
from qaws.measure.interference import Cause, explains, waited_for_cpu, waits_for_cpu
from qaws.measure.pace import KEPT
from qaws.sut.service import MIB
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified, Refuted

IN_TIME_MS = 100.0
"""How late the last tick of a second may be with a service that keeps up: what the source plan
allows 99 % of all ticks."""
CUT_OFF = 1006
"""The code of a connection that has ended without a goodbye: RFC 6455, section 7.1.5."""
AT_ONCE_MS = 500.0
"""A service that cuts who begins to read again within so long has waited for no answer."""
ENOUGH_MS = 2000.0
"""A client that waited for longer than this for a tick that was published, without what the machine
is to blame for, has shown that it does not come."""
TROUBLE = ("error", "status")
"""Kinds of messages that a swarm under load must not get."""


def received_everything(testbed: Testbed) -> None:
    """Require every tick at every reading client, once and in order, from the first to the last.

    What was seen to be wrong is wrong also where a part of the swarm is lost.
    """
    run = testbed.scenario.stash[LOAD]
    flow = run.published
    found = run.found_wrong or run.found
    if flow.heard_by == 0:
        raise Refuted("the broker had no subscriber for some ticks: the service was not listening")
    wrong, checks = wrong_with(run, found), testbed.scenario.checks
    what, allowed = "deliveries to the swarm", "all, each once and in order"
    measured = f"{found.deliveries:,} of {found.expected or 0:,}" + (f"; {wrong}" if wrong else "")
    is_late_alone = found.unfinished and not (found.faults or found.closes or found.violations)
    if doubt := is_late_alone and _late_by_the_machine(run):
        checks.undecided(what, measured, allowed, doubt)
    is_whole = not wrong and found.deliveries == found.expected
    checks.require(is_whole, what, measured, allowed)
    told = [f"{n} x {kind}" for kind, n in found.kinds.items() if kind.startswith(TROUBLE)]
    testbed.scenario.checks.require(
        not told, "errors and outages told to the swarm", ", ".join(told) or "none", "none"
    )


def _late_by_the_machine(run: LoadRun) -> str | None:
    """Say that who had not received the last tick in all that time may owe it to the machine."""
    return run.interference(run.given_up_s * 1e3, ENOUGH_MS, since_due=False)


def wrong_with(run: LoadRun, found: SwarmResult) -> str:
    """Say what is wrong with what a swarm received, the first case in full; "" for nothing."""
    wrong = [", ".join(f"{count} x {kind}" for kind, count in found.faults.items())]
    if found.unfinished:
        wrong.append(
            f"{len(found.unfinished)} clients had not received the last tick {run.given_up_s:g} s "
            f"after it was published, {found.unfinished[0].client} for one"
        )
    wrong += [str(closed) for closed in found.closes[:1]]
    said = "; ".join(filter(None, wrong))
    return f"{said}: {found.violations[0]}" if said and found.violations else said


def observers_received_everything(testbed: Testbed) -> None:
    """Require the same of observers, whose ticks must have flowed throughout, at their rate.

    Where fewer did the service has had an easier life than the scenario says: then it cannot pass,
    but what it did wrong all the same is still told.
    """
    received_everything(testbed)
    if short := testbed.scenario.stash[LOAD].published.fell_short():
        testbed.scenario.reservations.append(Inconclusive(short))


def percentile_below(testbed: Testbed, percentile: float, bound_ms: float) -> None:
    """Require a percentile of all latencies, counted from the due time, below a bound."""
    run = testbed.scenario.stash[LOAD]
    measured = run.found.latencies.percentile_ms(percentile)
    what = f"broadcast latency p{percentile:g}"
    doubt = run.interference_with(percentile, bound_ms) if measured >= bound_ms else None
    testbed.scenario.checks.below(what, measured, bound_ms, "ms", doubt)


def drained_within(testbed: Testbed, bound_s: float) -> None:
    """Require that the last client had the last tick within `bound_s` of its publish."""
    run = testbed.scenario.stash[LOAD]
    drained = run.found.drained_us
    if drained is None:
        late = (
            f"{len(run.found.unfinished)} clients had not received the last tick "
            f"{run.given_up_s:g} s after it was published"
        )
        doubt = _late_by_the_machine(run)
        raise Inconclusive(f"{late}: {doubt}") if doubt else Refuted(late)
    after_s = (drained - run.published.last_sent_us) / 1e6
    testbed.scenario.checks.below(
        "time from the last publish until the backlog was drained",
        after_s,
        bound_s,
        "s",
        run.interference(after_s * 1e3, bound_s * 1e3, since_due=False),
    )


def rate_was_kept(testbed: Testbed, per_second: float) -> None:
    """Require that the ticks were due at the rate that the scenario names, and were sent so.

    The schedule sets the rate, and latencies run from it; that the last tick was sent a fraction
    of a millisecond late is the publisher's lag, for which there are 2 %.

    Raises:
        Inconclusive: the publisher was late.
    """
    flow = testbed.scenario.stash[LOAD].published
    if late := flow.late():
        raise Inconclusive(late)
    testbed.scenario.checks.require(
        round(flow.offered_per_s) >= per_second and flow.achieved_per_s >= KEPT * per_second,
        "rate at which the ticks were published",
        f"{flow.offered_per_s:.0f} ticks/s due, {flow.achieved_per_s:.0f} sent",
        f"at least {per_second:.0f} ticks/s due, and sent to within 2 %",
    )
    # How late the last one may be is another step's; the figure is the sheet's to judge.
    testbed.scenario.checks.require(
        True, "throughput", _received(testbed), f"at least {per_second:,.0f} ticks/s received"
    )


def _received(testbed: Testbed) -> str:
    """Return what the slowest client received per second, from when the first tick was due.

    A service that is late with the last tick by no more than any tick may be has kept up; else
    it has handed on as many in the longer time that it took.
    """
    run = testbed.scenario.stash[LOAD]
    flow, drained = run.published, run.found.drained_us
    if drained is None:
        return "not to be told: a client never had the last tick"
    least = min(client.ticks for client in run.found.clients)
    late_ms = max(0.0, (drained - flow.last_due_us) / 1e3)
    share = min(1.0, least / flow.count)
    rate = flow.offered_per_s * share
    if late_ms > IN_TIME_MS:
        if doubt := run.interference(late_ms, IN_TIME_MS):
            return f"not to be told: {doubt}"
        rate = least / (drained - flow.first_due_us) * 1e6
    return (
        f"{rate:,.0f} ticks/s received by the slowest of {len(run.found.clients)} clients, "
        f"the last tick {late_ms:.0f} ms after it was due"
    )


def slow_evicted(testbed: Testbed, within_s: float, expected: ExpectedClose) -> None:
    """Require that every slow client was evicted in time, told why, and lost no tick silently.

    What is wrong for sure is told first: also where a part of the swarm is lost, or a line was
    never full.

    Raises:
        Inconclusive: a worker was lost, and what the others saw is right.
        NotVerified: one was let go before it was slow, or kept although the service could not know;
            or the statistics that tell who is gone cannot be believed.
    """
    run = testbed.scenario.stash[LOAD]
    times, slow = run.evicted_after_s, run.result.slow if run.result else run.found.slow
    testbed.scenario.figures += [(f"line of {s.client}", _line(s)) for s in slow]
    if run.found_wrong:
        received_everything(testbed)
    expected = deviations.expected_of(testbed, expected)
    for record in slow:
        if _was_slow(record):
            _told_why(testbed, run, record, expected)
    if not (len(times) < len(slow) and any(map(_is_kept_for_sure, slow))):
        _require_slowness(run.found.slow)
    due = sum(run.published.last.values()) - sum(run.published.first.values()) + 1
    if run.uncounted and not any(map(_is_kept_for_sure, slow)):
        raise NotVerified(run.uncounted)
    in_time = len(times) == len(slow) and times[-1] < within_s
    if run.unanswered and not in_time and not any(map(_is_kept_for_sure, slow)):
        testbed.scenario.reservations.append(run.unanswered)  # the rest is judged all the same
        return
    kept = [f"{s.client} was kept, and got {s.ticks:,} of {due:,} ticks" for s in slow if s.kept]
    testbed.scenario.checks.require(
        len(times) == len(slow),
        "slow clients that the service let go, by its own statistics",
        "; ".join([f"{len(times)} of {len(slow)} in {within_s:g} s", *kept]),
        f"all {len(slow)}",
    )
    for record in slow:
        if not _was_slow(record):
            _told_why(testbed, run, record, expected)
    testbed.scenario.checks.below("time until the last one was evicted", times[-1], within_s, "s")


def _line(record: SlowRecord) -> str:
    read = "" if record.trickled is None else f"{record.trickled:,} bytes were read of it; "
    return f"{read}{record.line}"


def _is_kept_for_sure(record: SlowRecord) -> bool:
    """Return whether a client was kept although the system took no more for it."""
    return record.kept and not record.line.is_filling


def _was_slow(record: SlowRecord) -> bool:
    """Return whether a client that was let go was slow for the service."""
    return not record.kept and record.trickled != 0 and record.line.is_blocked


def _require_slowness(slow: Sequence[SlowRecord]) -> None:
    """Make sure that the slow clients were slow for the service, in whatever way they ended."""
    if any(map(_is_kept_for_sure, slow)):
        return  # whose line is full, and who was kept nevertheless, is told for sure
    for record in slow:
        name, line = record.client, record.line
        if record.kept:
            raise NotVerified(
                f"the line of {name} never filled: {line}; so the service could not know that it "
                "is slow; publish more, or let the system's socket buffers be smaller"
            )
        if record.trickled == 0:
            raise NotVerified(f"{name} has read nothing: it was one more that stops reading")
        if not line.is_blocked:
            raise NotVerified(
                f"the line of {name} was not full before the service ended it ({record.closed}): "
                f"{line}; so nothing shows what becomes of a client that is slow"
            )


def _told_why(testbed: Testbed, run: LoadRun, record: SlowRecord, expected: ExpectedClose) -> None:
    """Require that a slow client was told why it had to go; who is cut off may have been too slow.

    A service that has said goodbye waits a few seconds for the answer. In these the client reads
    what has piled up in front of that, if the machine lets it and the service.
    """
    closed, checks = record.closed, testbed.scenario.checks
    is_told = closed is not None and expected.fits(closed.code, closed.reason)
    what, allowed = f"end of {record.client}", f"closed with {expected}"
    measured = str(closed) if closed else "its connection was not closed"
    is_cut = not is_told and closed is not None and closed.code == CUT_OFF
    if closed and is_cut and (doubt := _kept_from_reading(run, record, closed.at_us)):
        checks.undecided(what, measured, allowed, doubt)
    checks.require(is_told, what, measured, allowed)


def _kept_from_reading(run: LoadRun, record: SlowRecord, until_us: int) -> str | None:
    """Say that the machine kept a client, or the service, from most of what was left to be read."""
    from_ms, until_ms = (record.read_again_us or until_us) / 1e3, until_us / 1e3
    for_ms = until_ms - from_ms
    if for_ms < AT_ONCE_MS:
        return None
    waits = waits_for_cpu(run.waited.moved(at_us(0) / 1000))
    causes = [
        Cause("its process waited for a CPU for", record.waited_ms),
        waited_for_cpu(waits.within_ms(from_ms, until_ms, for_ms)),
    ]
    return explains(causes, for_ms, for_ms / 2)


def memory_bounded(testbed: Testbed, megabytes: float) -> None:
    """Require that the service's private memory grew by at most so much per slow client."""
    run = testbed.scenario.stash[LOAD]
    if run.memory_before is None:
        raise Broken("the service's memory was not measured")
    slow = sum(1 for group in run.groups if group.behaviour != "reads")
    grown = (run.memory_peak - run.memory_before) / MIB / slow
    what = "growth of the service's private memory per slow client, at its peak"
    testbed.scenario.checks.below(what, grown, megabytes, "MB")
