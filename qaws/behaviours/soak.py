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
from qaws.measure.memory import MIB
from qaws.measure.slope import FEWEST_SAMPLES
from qaws.report.memory_plot import memory_plot
from qaws.sut.resources import ALL_PARTS
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

CYCLES_OF_AN_HOUR = 24_000
"""Ten per 1.5 seconds, the source plan's rate."""

PERSONS = 100
"""Among so many the clients of the cycles take turns; fewer of them are there at the same time."""

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
    """
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    record_now(testbed, ALL_PARTS)
    report = background.cycles = _run(testbed, "cycles", count, symbol, per_second, SAMPLES)
    background.course.extend(report.samples, background.course.warm_up)
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
    )
    engine = LocalProcesses(testbed.logs, 1)
    testbed.scenario.on_end.append(engine.close)
    report: CyclesReport = await_report(testbed, engine.submit(run_cycles, plan), name, progress)
    return report


def _require_sound(testbed: Testbed, report: CyclesReport, count: int, what: str) -> None:
    """Require that every short-lived client was served, in order and by the contract."""
    failures = f"; {'; '.join(report.failures)}" if report.failures else ""
    ok = report.done == count
    measured = f"{report.done:,} of {count:,}{failures}"
    testbed.scenario.checks.require(ok, what, measured, "all")
    require_contract(testbed, report.kinds, report.faults, report.sentences)


# --- memory ---------------------------------------------------------------------------------------


def memory_is_stable(testbed: Testbed, percent: float, per_cycle: float) -> None:
    """Require that the private memory grew by less than a share, and less than so much per cycle.

    Both are recorded before either is raised: they are two views of one measurement.

    Args:
        testbed: the testbed.
        percent: of the memory at the end of the warm-up.
        per_cycle: in bytes; the whole confidence interval of the slope must be below.
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
    begin, end = course.begin_bytes / MIB, course.end_bytes / MIB
    testbed.scenario.figures.append(("samples of the memory", f"{slope.samples}"))
    caption = "Private memory of the service over connection cycles"
    testbed.scenario.pictures.append((caption, partial(memory_plot, course, slope, per_cycle)))
    wrong = []
    for ok, what, measured, allowed in (
        (
            course.growth_percent < percent,
            f"memory growth over {span(background.cycles.done)}",
            f"{course.growth_percent:.2f} % (from {begin:.2f} to {end:.2f} MB)",
            f"less than {percent:g} %",
        ),
        (
            slope.is_below(per_cycle),
            "growth of the service's private memory per connection cycle",
            f"{slope.per_cycle:.1f} bytes ({slope.confidence:.0%} confident: "
            f"{slope.low:.1f} to {slope.high:.1f})",
            f"less than {per_cycle:g} bytes, with confidence",
        ),
    ):
        try:
            testbed.scenario.checks.require(ok, what, measured, allowed)
        except Refuted as refuted:
            wrong.append(str(refuted))
    if wrong:
        raise Refuted("; ".join(wrong))


def span(count: int) -> str:
    """Return which time so many cycles stand for, at ten per 1.5 seconds: "one hour"."""
    hours = count / CYCLES_OF_AN_HOUR
    if hours == 1:
        return "one hour"
    return f"{hours:g} hours" if hours > 1 else f"{hours * 60:.3g} minutes"
