"""Memory stability (QA-WS-015): connection cycles, and what they do to the service's memory.

These functions block until their work is done; steps call them on the main thread.
"""

from __future__ import annotations

import time
from functools import partial

from qaws.behaviours.background_load import (
    BACKGROUND_LOAD,
    address,
    await_report,
    end_flow,
    require_contract,
    watch_return,
)
from qaws.behaviours.resources import record_now
from qaws.load.churn.cycles import CyclesPlan, CyclesReport, run_cycles
from qaws.load.cluster.engine import LocalProcesses
from qaws.measure.cpu_wait import Waits
from qaws.measure.interference import WELCOME_MS, explains_wait
from qaws.measure.memory import MIB, MemoryCourse
from qaws.measure.slope import FEWEST_SAMPLES, Slope
from qaws.report.memory_plot import memory_plot
from qaws.sut.resources import ALL_PARTS
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Checks, Inconclusive, Refuted

CYCLES_OF_AN_HOUR = 24_000
"""Ten per 1.5 seconds, the source plan's rate."""

PERSONS = 100
"""Among so many the clients of the cycles take turns; fewer of them are there at the same time."""

MOST_ROUNDS = 3
"""So often cycles are run for a service whose memory still grows, but ever more slowly."""

SAMPLES, WARM_UP_SAMPLES = 80, 20
"""How often the memory is read during cycles, and during the warm-up."""


def warm_up(testbed: Testbed, cycles: int, symbol: str) -> None:
    """Run connection cycles until caches are full and pools have grown; they are not judged."""
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    report = _run(testbed, "warm-up", cycles, symbol, None, WARM_UP_SAMPLES)
    background.course.warm_up = cycles
    background.course.extend(report.samples[:-1], 0)
    _require_sound(testbed, report, cycles, "warm-up cycles that went as they should")


def cycles(testbed: Testbed, count: int, symbol: str, per_second: float | None = None) -> None:
    """Run connection cycles, and read the service's memory in between.

    Args:
        testbed: the testbed.
        count: how many.
        symbol: what the short-lived clients subscribe to.
        per_second: at which rate; None: as fast as the service takes them.

    Raises:
        Refuted: a short-lived client was not served as it should have been.

    Where the memory grew ever more slowly, caches and pools were still filling: these cycles then
    count as warm-up, and as many again are run, but for those at a rate, which take their time.
    """
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    course = background.course
    record_now(testbed, ALL_PARTS)
    for number in range(MOST_ROUNDS):
        if number:
            course.count_as_warm_up()
        report = background.cycles = _run(testbed, "cycles", count, symbol, per_second, SAMPLES)
        course.extend(report.samples, course.warm_up)
        if per_second is not None or report.done < count or not course.is_slowing:
            break
    watch_return(testbed)
    end_flow(testbed)
    testbed.scenario.figures += [
        ("cycles", f"{report.done:,} in {report.took_s:.1f} s"),
        ("how they left", ", ".join(f"{n:,} x {how}" for how, n in report.endings.items())),
        ("messages to short-lived clients", f"{sum(report.kinds.values()):,}"),
    ]
    _require_sound(testbed, report, count, "connection cycles that went as they should")


def _run(
    testbed: Testbed,
    name: str,
    count: int,
    symbol: str,
    per_second: float | None,
    samples: int,
) -> CyclesReport:
    progress = testbed.scratch / f"progress-{time.monotonic_ns()}"
    plan = CyclesPlan(
        address(testbed, symbol, PERSONS, count),
        count,
        per_second=per_second,
        samples=samples,
        pids=testbed.service.serving_pids(),
        progress=str(progress),
        flow=testbed.scenario.stash[BACKGROUND_LOAD].flow,
    )
    engine = LocalProcesses(testbed.logs, 1)
    testbed.scenario.on_end.append(engine.close)
    report: CyclesReport = await_report(testbed, engine.submit(run_cycles, plan), name, progress)
    return report


def _require_sound(testbed: Testbed, report: CyclesReport, count: int, what: str) -> None:
    """Require that every short-lived client was served, in order and by the contract.

    Who waited in vain, and may owe that to the machine, has refuted nothing.
    """
    require_contract(testbed, report.kinds, report.faults, report.sentences)
    doubts = {words: _excuse(testbed, report, *times) for words, *times in report.hung}
    failures = report.failures + [words for words, doubt in doubts.items() if not doubt]
    told = "; ".join(["", *(failures or list(doubts))[:3]])
    measured, checks = f"{report.done:,} of {count:,}{told}", testbed.scenario.checks
    if doubts and not failures:
        checks.undecided(what, measured, "all", next(iter(doubts.values())) or "")
    checks.require(report.done == count, what, measured, "all")


def _excuse(testbed: Testbed, report: CyclesReport, from_s: float, until_s: float) -> str | None:
    """Say that a client may owe it to the machine that it waited in vain; None if it does not."""
    waiting = testbed.scenario.stash[BACKGROUND_LOAD].waiting
    waited = waiting.waits if waiting else Waits()
    return explains_wait(report.stalls, waited, from_s, until_s, WELCOME_MS)


# --- memory ---------------------------------------------------------------------------------------

LOWEST = "the lower envelope of a heap that is collected now and then"
UNSURE = "steps of a heap cannot be told from a leak by these cycles; run more of them"
STILL_SLOWING = (
    "it grows ever more slowly, as caches and pools do that fill up, and they are not full yet; "
    "warm the service up with more cycles"
)


def memory_is_stable(testbed: Testbed, percent: float, per_cycle: float) -> None:
    """Require that the private memory grew by less than a share, and less than so much per cycle.

    Both are recorded before either is raised: they are two views of one measurement.

    Args:
        testbed: the testbed.
        percent: of the memory at the end of the warm-up.
        per_cycle: in bytes; the whole confidence interval of the slope must be below.

    Raises:
        Refuted: it grew by more.
        Inconclusive: it may have, and steps or caches that fill cannot be told from a leak.
    """
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    if background.cycles is None:
        raise Broken("no connection cycle has been run yet")
    course = background.course
    if len(course.judged) < FEWEST_SAMPLES:
        raise Broken(
            f"{background.cycles.done} cycles give {len(course.judged)} samples of the memory; "
            f"at least {FEWEST_SAMPLES} are needed: run more cycles"
        )
    slope = course.slope()
    testbed.scenario.figures += [
        ("samples of the memory", f"{slope.samples}"),
        ("warm-up", f"{course.warm_up:,} cycles"),
    ]
    caption = "Private memory of the service over connection cycles"
    testbed.scenario.pictures.append((caption, partial(memory_plot, course, slope, per_cycle)))
    wrong: list[Refuted | Inconclusive] = []
    for judge in (
        partial(_require_growth, course, percent, span(background.cycles.done)),
        partial(_require_slope, course, slope, per_cycle),
    ):
        try:
            judge(testbed.scenario.checks)
        except (Refuted, Inconclusive) as found:
            wrong.append(found)
    if refuted := [str(each) for each in wrong if isinstance(each, Refuted)]:
        raise Refuted("; ".join(refuted))
    if wrong:
        raise wrong[0]


def _require_growth(course: MemoryCourse, percent: float, time_: str, checks: Checks) -> None:
    """Require that the memory, or at least its lower envelope, grew by less than a share."""
    what, allowed = f"memory growth over {time_}", f"less than {percent:g} %"
    begin, end = course.begin_bytes / MIB, course.end_bytes / MIB
    measured = f"{course.growth_percent:.2f} % (from {begin:.2f} to {end:.2f} MB)"
    ok = course.growth_percent < percent
    if not ok and course.lowest_growth_percent < percent:
        ok, measured = True, f"{course.lowest_growth_percent:.2f} % ({LOWEST}; all: {measured})"
    if not ok and course.is_slowing:
        checks.undecided(what, measured, allowed, STILL_SLOWING)
    if not ok and course.deepest_fall_bytes >= course.end_bytes - course.begin_bytes:
        checks.undecided(what, measured, allowed, UNSURE)
    checks.require(ok, what, measured, allowed)


def _require_slope(course: MemoryCourse, slope: Slope, per_cycle: float, checks: Checks) -> None:
    """Require that each cycle adds less to the memory, or at least to its lower envelope."""
    what = "growth of the service's private memory per connection cycle"
    allowed = f"less than {per_cycle:g} bytes, with confidence"
    ok, measured = slope.is_below(per_cycle), _in_bytes(slope)
    lowest = None if ok else course.lowest_slope()
    if lowest and lowest.is_below(per_cycle):
        ok, measured = True, f"{_in_bytes(lowest)} ({LOWEST}; all: {measured})"
    if not ok and course.is_slowing:
        checks.undecided(what, measured, allowed, STILL_SLOWING)
    unsure = lowest is not None and lowest.per_cycle < per_cycle
    if not ok and (unsure or not slope.exceeds(per_cycle)):
        checks.undecided(what, measured, allowed, UNSURE)
    checks.require(ok, what, measured, allowed)


def _in_bytes(slope: Slope) -> str:
    confident = f"{slope.confidence:.0%} confident: {slope.low:.1f} to {slope.high:.1f}"
    return f"{slope.per_cycle:.1f} bytes ({confident})"


def span(count: int) -> str:
    """Return which time so many cycles stand for, at ten per 1.5 seconds: "one hour"."""
    hours = count / CYCLES_OF_AN_HOUR
    if hours == 1:
        return "one hour"
    return f"{hours:g} hours" if hours > 1 else f"{hours * 60:.3g} minutes"
