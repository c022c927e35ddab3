"""The connection storm (QA-WS-020): a crowd that comes at once, and then comes and goes.

These functions block until their work is done; steps call them on the main thread.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from qaws.behaviours import early_clients, storm_pace
from qaws.behaviours.background_load import (
    BACKGROUND_LOAD,
    address,
    await_report,
    end_flow,
    require_contract,
    watch_return,
)
from qaws.behaviours.kept_ticks import compare_with_ledger
from qaws.behaviours.resources import record_now
from qaws.behaviours.storm_profile import StormProfile
from qaws.clients.endings import ExpectedClose
from qaws.load.churn.storm import (
    CHURN,
    EARLY,
    EXCESS_EVERY,
    LEAD_S,
    LULL,
    Attempt,
    StormPlan,
    StormReport,
    run_storm,
)
from qaws.load.churn.storm import STORM as CROWD
from qaws.load.cluster.engine import LocalProcesses
from qaws.measure.cpu_wait import Waits
from qaws.measure.interference import (
    STALLED,
    WELCOME_MS,
    Disturbance,
    explains_percentile,
    explains_wait,
    waits_for_cpu,
)
from qaws.measure.latency import Course, Latencies
from qaws.measure.stall import NOISE_MS, Stalls, overlap_ms
from qaws.protocol.market import Sample, chain_of
from qaws.report.storm_plot import live_plot, welcome_plot
from qaws.sut.resources import ALL_PARTS
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

SUBSCRIBED_EVERY_S = 0.2
"""How often the newcomers' symbol ticks: enough to see that they are served."""

COUNTED_EVERY_S = 0.25
"""How often the service's statistics are read during the storm."""

TAKEN_AGAIN = 0.95
"""So many resets at least must let a newcomer in; one that comes too soon may be turned away."""

START_S = 15.0
"""How long the crowd's process may take to start and to report."""


@dataclass(slots=True)
class Storm:
    """What a scenario knows of its crowd.

    `counted` are (time, sessions by the statistics), `waited` how service and broker had to wait
    for a CPU since ticks began to flow.
    """

    observers: int
    counted: list[tuple[float, int]] = field(default_factory=list)
    found: StormReport | None = None
    waited: Waits = field(default_factory=Waits)

    @property
    def report(self) -> StormReport:
        """Return the report.

        Raises:
            Broken: there was no storm yet.
        """
        if self.found is None:
            raise Broken("there has been no storm yet")
        return self.found

    @property
    def welcomed(self) -> list[Attempt]:
        """Return those that were let in, but for those that were there before."""
        attempts = self.report.attempts
        return [a for a in attempts if a.welcomed_s is not None and a.phase != EARLY]

    @property
    def turned_away(self) -> list[Attempt]:
        """Return those that were not."""
        return [attempt for attempt in self.report.attempts if attempt.welcomed_s is None]


STORM = Key[Storm]("there has been no storm yet")


def storm(testbed: Testbed, weather: StormProfile, symbol: str) -> None:
    """Let the crowd come, churn and leave, counting sessions meanwhile.

    Args:
        testbed: the testbed.
        weather: how many come how fast.
        symbol: what newcomers of the churn subscribe to.
    """
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    state = testbed.scenario.stash[STORM] = Storm(background.observers)
    newcomers = round(weather.churn_per_s * weather.churn_s * (1 + 1 / EXCESS_EVERY))
    everybody = weather.clients + newcomers + weather.lull_come + 1
    plan = StormPlan(
        address(testbed, symbol, everybody, everybody),
        weather.clients,
        weather.within_s,
        weather.resets,
        weather.churn_per_s,
        weather.churn_s,
        weather.lull_leave,
        weather.lull_come,
    )
    record_now(testbed, ALL_PARTS)
    testbed.loop.call(_let_tick(testbed, symbol))
    engine = LocalProcesses(testbed.logs, 1)
    testbed.scenario.on_end.append(engine.close)
    work = engine.submit(run_storm, plan)
    early_clients.leave(testbed, time.monotonic() + LEAD_S + plan.within_s, plan.churn_s)
    _count_sessions(testbed, state, work, plan.longest_s + START_S * testbed.timeout_factor)
    state.found = await_report(testbed, work, "storm")
    early_clients.come_back(testbed)
    watch_return(testbed)
    end_flow(testbed)
    compare_with_ledger(testbed, state.report)
    early_clients.end(testbed, state.report)
    if background.waiting:
        state.waited = background.waiting.waits
    storm_pace.judge(testbed, state.report, weather)
    _show(testbed, state)
    testbed.feed.require_flows()


async def _let_tick(testbed: Testbed, symbol: str) -> None:
    """Let all instruments of a symbol tick in turn, so that a value of the neighbour shows."""
    chain: list[Sample] = [("option_tick", symbol, each) for each in chain_of(symbol)]
    testbed.feed.start_mixed_flow(itertools.cycle(chain), SUBSCRIBED_EVERY_S)


def _count_sessions(testbed: Testbed, state: Storm, work: Future[Any], within_s: float) -> None:
    """Read the service's statistics until the crowd's process is done, or its time is up."""
    deadline = time.monotonic() + within_s
    while not work.done() and time.monotonic() < deadline:
        time.sleep(COUNTED_EVERY_S)
        testbed.service.require_alive()
        try:
            sessions = testbed.service.snapshot(["sessions"]).sessions
        except (Broken, NotVerified, Inconclusive):
            continue  # too busy to tell; how often it told is in the check
        if sessions is not None:
            state.counted.append((time.monotonic(), sessions))


def _show(testbed: Testbed, state: Storm) -> None:
    """Put figures and pictures into the report, whatever the verdict will be."""
    report, welcome = state.report, _welcome(state)
    refusals = Latencies()
    refusals.record(_microseconds([(g.due_s, g.left_s) for g in state.turned_away]))
    percentiles = [f"p{p:g} {ms:.1f} ms" for p, ms in welcome.percentiles_ms((50, 95, 99)).items()]
    limit = testbed.service.settings.get("connection limit")
    testbed.scenario.figures += [
        ("welcomed", f"{len(state.welcomed):,}"),
        ("turned away", f"{len(state.turned_away):,}"),
        ("reset in mid-handshake", f"{report.resets:,}"),
        ("reset while connected", f"{report.churn_resets:,}"),
        ("welcome", ", ".join([*percentiles, f"max {welcome.max_ms:.1f} ms"])),
        ("refusal p99", f"{refusals.percentile_ms(99):.1f} ms"),
        ("crowd stood still at most", f"{report.stalls.worst_ms:.0f} ms"),
    ]
    course = [(at, count + state.observers) for at, count in report.live()]
    counted = [(at - report.began_s, sessions) for at, sessions in state.counted]
    testbed.scenario.pictures += [
        (
            "Clients live at the same time",
            partial(
                live_plot,
                course,
                counted,
                int(float(limit)) if limit else None,
                report.churn_from_s,
            ),
        ),
        ("Welcome latency by percentile, from the due time", partial(welcome_plot, welcome.plot())),
    ]


def _welcome(state: Storm) -> Latencies:
    latencies = Latencies()
    latencies.record(_microseconds([(g.due_s, g.welcomed_s) for g in state.welcomed]))
    return latencies


def _microseconds(spans: Sequence[tuple[float, float | None]]) -> Any:
    return np.array([(end - start) * 1e6 for start, end in spans if end is not None], np.int64)


# --- then -----------------------------------------------------------------------------------------


def limit_holds(testbed: Testbed, limit: int) -> None:
    """Require that the limit was never passed, and that it was seen to be reached.

    Clients count themselves from their welcome until they begin to leave, which is never more than
    the service has taken in. Of the statistics it takes two looks in a row: at the moment of one,
    somebody may be counted whom the service is about to turn away.
    """
    state = testbed.scenario.stash[STORM]
    report = state.report
    peak = report.peak + state.observers
    looks = [sessions for _, sessions in state.counted]
    counted = max(map(min, itertools.pairwise(looks)), default=0)
    testbed.scenario.checks.require(
        max(peak, counted) <= limit,
        "clients live at the same time, at the peak",
        f"{peak} by their own count, {counted} by two of {len(looks)} looks at the statistics, one "
        "behind the other",
        f"never more than {limit}",
    )
    newcomers = sum(attempt.phase == CHURN for attempt in state.welcomed)
    testbed.scenario.checks.require(
        newcomers >= TAKEN_AGAIN * report.churn_resets,
        "newcomers that were let in while others reset",
        f"{newcomers} after {report.churn_resets} resets",
        f"at least {TAKEN_AGAIN:.0%} as many: places that are given back are taken again",
    )
    _require_full_house(testbed, peak, looks, limit)


def _require_full_house(testbed: Testbed, peak: int, looks: Sequence[int], limit: int) -> None:
    """Require that the limit was seen to be reached; whoever did not see it has refuted nothing.

    A service that is slow to see resets counts some who have gone, whom clients count no more:
    there may be no instant at which these count all places. That nobody is turned away from free
    places is judged in `free_places_are_given`.
    """
    told = max(looks, default=0)
    by_both = f"{peak} of {limit} by the clients' own count, {told} by {len(looks)} looks"
    what, measured = "places taken at the peak", f"{by_both} at the statistics"
    if max(peak, told) >= limit:
        testbed.scenario.checks.require(True, what, measured, "all, by one of the two")
    else:
        testbed.scenario.reservations.append(
            NotVerified(f"{what}: {measured}: whether all are given out was not seen")
        )


def excess_is_closed(testbed: Testbed, expected: ExpectedClose) -> None:
    """Require that there was an excess, each closed as expected, and that nobody else suffered."""
    state = testbed.scenario.stash[STORM]
    report, away = state.report, [a for a in state.turned_away if not a.is_hung]
    wrong = [g for g in away if not expected.fits(g.code, g.reason)]
    first = f", {len(wrong)} of them otherwise: {wrong[0].end}" if wrong else ""
    testbed.scenario.checks.require(
        bool(away) and not wrong,
        "clients over the limit",
        f"{len(away)} turned away{first}",
        f"each closed with {expected}",
    )
    doubts = {
        words: explains_wait(report.stalls, state.waited, began_s, until_s, WELCOME_MS)
        for words, began_s, until_s in report.hung
    }
    trouble = report.unasked + report.failures
    trouble += [words for words, doubt in doubts.items() if not doubt]
    what = "clients that were let in and then cut off, or left waiting"
    measured = f"{len(trouble)}: {trouble[0]}" if trouble else "none"
    if doubts and not trouble:
        with testbed.scenario.told_last():
            words, doubt = next(iter(doubts.items()))
            testbed.scenario.checks.undecided(what, f"{len(doubts)}: {words}", "none", doubt or "")
    else:
        testbed.scenario.checks.require(not trouble, what, measured, "none")
    require_contract(testbed, report.kinds, report.faults, report.sentences)


def free_places_are_given(testbed: Testbed, free: int, for_ms: float) -> None:
    """Require that everybody is welcomed who comes while places have been free for some time.

    Free is what nobody may hold: a client counts from its first attempt until it has left. In the
    storm itself many come at once, and are not answered in turn: of them those count who were
    answered while so many places were free still. Where the service has no known limit, or nobody
    came at such a moment, the scenario is not verified.
    """
    state = testbed.scenario.stash[STORM]
    text = testbed.service.settings.get("connection limit")
    if text is None:
        testbed.scenario.reservations.append(
            NotVerified("the service's connection limit is not known")
        )
        return
    most, report = int(float(text)) - state.observers - free, state.report
    due = [a for a in report.attempts if a.phase in (CHURN, LULL)]
    due = [a for a in due if report.most_taken(a.began_s, for_ms / 1e3) <= most]
    due += [
        a
        for a in state.turned_away
        if a.phase == CROWD
        and a.code is not None
        and report.most_taken(a.began_s, for_ms / 1e3, a.left_s or 0.0) <= most
    ]
    if not due:
        nobody = f"nobody came while {free} places had been free for {for_ms / 1e3:g} s"
        testbed.scenario.reservations.append(NotVerified(nobody))
        return
    away = [a for a in due if a.welcomed_s is None]
    testbed.scenario.checks.require(
        not away,
        f"clients that came when {free} places had been free for {for_ms / 1e3:g} s",
        f"{len(due) - len(away)} of {len(due)} welcomed" + (f": {away[0].end}" if away else ""),
        "all welcomed",
    )


def welcomes_come(testbed: Testbed, percentile: float, bound_ms: float) -> None:
    """Require that welcomes come in time, from the due time, and no session id comes twice.

    Where the dialect has no session ids the scenario is not verified. A doubt is told behind all
    else.
    """
    state = testbed.scenario.stash[STORM]
    with testbed.scenario.told_last():
        testbed.dialect.require_sessions()
        _require_ids_of_their_own(testbed, state)  # no stall excuses an id that comes twice
    what, measured = f"welcome latency p{percentile:g}", _welcome(state).percentile_ms(percentile)
    doubt = _interference(state, percentile, bound_ms) if measured > bound_ms else None
    with testbed.scenario.told_last():  # the observers' latency has doubts of its own
        testbed.scenario.checks.at_most(what, measured, bound_ms, "ms", doubt)


def _require_ids_of_their_own(testbed: Testbed, state: Storm) -> None:
    ids = [attempt.session_id for attempt in state.welcomed if attempt.session_id is not None]
    twice = [session for session, count in Counter(ids).items() if count > 1]
    testbed.scenario.checks.require(
        not twice and len(ids) == len(state.welcomed),
        "session ids",
        f"{len(ids)} in {len(state.welcomed)} welcomes, {len(twice)} of them more than once",
        "one in each welcome, none twice",
    )


def _interference(state: Storm, percentile: float, bound_ms: float) -> str | None:
    """Say why late welcomes could be the harness's or the machine's doing; None if they cannot.

    It is the rule that load goes by: a disturbance counts for the welcomes that ran through it. The
    same loop begins connections and reads welcomes, so of a client's lateness its stalls are taken
    off.
    """
    report, course = state.report, Course()
    due_us = np.array([(report.began_s + a.due_s) * 1e6 for a in state.welcomed], np.int64)
    course.record(due_us, _microseconds([(a.due_s, a.welcomed_s) for a in state.welcomed]))
    late = [
        ((report.began_s + attempt.began_s) * 1e3, own_ms)
        for attempt in report.attempts
        if (own_ms := _own_lateness_ms(attempt, report)) > NOISE_MS
    ]
    causes = [
        Disturbance(STALLED, report.stalls),
        waits_for_cpu(state.waited),
        Disturbance("clients began late by up to", Stalls(tuple(sorted(late))), adds_up=False),
    ]
    return explains_percentile(causes, course, percentile, bound_ms)


def _own_lateness_ms(attempt: Attempt, report: StormReport) -> float:
    """Return by how much a client began late while its process ran, in ms."""
    due_ns, began_ns = (int((report.began_s + s) * 1e9) for s in (attempt.due_s, attempt.began_s))
    stood_still = sum(
        overlap_ms(int((end - length) * 1e6), int(end * 1e6), due_ns, began_ns)
        for end, length in report.stalls.spans
    )
    return (began_ns - due_ns) / 1e6 - stood_still
