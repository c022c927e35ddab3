"""The breakpoint test: the rate from which on a service no longer keeps up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from qaws.behaviours.load import LOAD, LoadProfile, publish
from qaws.behaviours.load_checks import wrong_with
from qaws.report.latency_plot import saturation_plot
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Inconclusive

FACTOR = 1.5
"""Each rate is so many times the one before."""


@dataclass(frozen=True, slots=True)
class RateStep:
    """What came of one rate: ticks/s, and the percentile's latency in ms.

    `wrong` says what was not delivered as it was to be, "" for nothing. `interference` says what
    else than the service could have made it slow, None for nothing: by the rule of load, which
    excuses no delivery that is wrong.
    """

    rate: float
    latency_ms: float
    wrong: str
    interference: str | None

    def holds(self, bound_ms: float) -> bool:
        """Return whether the service kept up."""
        return not self.wrong and self.latency_ms < bound_ms


@dataclass(slots=True)
class Breakpoint:
    """The rates that were tried, ascending, against a bound for a percentile of the latency."""

    percentile: float
    bound_ms: float
    steps: list[RateStep] = field(default_factory=list)


BREAKPOINT = Key[Breakpoint]("no step has looked for the saturation point")


def rates(low: float, high: float) -> list[float]:
    """Return rates from `low` to at most `high`, each half as much again as the one before."""
    found = [low]
    while found[-1] * FACTOR <= high:
        found.append(found[-1] * FACTOR)
    return found


def find(
    testbed: Testbed,
    symbol: str,
    rates: Sequence[float],
    seconds: float,
    percentile: float,
    bound_ms: float,
) -> None:
    """Raise the rate step by step until the latency passes the bound or a delivery is wrong.

    Args:
        testbed: the testbed.
        symbol: of which the ticks are.
        rates: in ticks per second, ascending.
        seconds: how long each is kept.
        percentile: of all latencies of a rate.
        bound_ms: where it counts as past the saturation point.
    """
    run = testbed.scenario.stash[LOAD]
    found = testbed.scenario.stash[BREAKPOINT] = Breakpoint(percentile, bound_ms)
    for rate in rates:
        publish(testbed, LoadProfile(symbol, int(rate * seconds), rate))
        result = run.found
        latency = result.latencies.percentile_ms(percentile)
        wrong, doubt = wrong_with(run, result), None
        if not wrong and latency >= bound_ms:
            doubt = run.interference_with(percentile, bound_ms)
        found.steps.append(RateStep(rate, latency, wrong, doubt))
        if not found.steps[-1].holds(bound_ms):
            break
    testbed.scenario.figures += [
        (
            f"{step.rate:,.0f}/s",
            f"p{percentile:g} {step.latency_ms:.1f} ms" + (f", {step.wrong}" if step.wrong else ""),
        )
        for step in found.steps
    ]
    points = [(step.rate, step.latency_ms) for step in found.steps]
    testbed.scenario.pictures.append(
        ("Latency over the rate", partial(saturation_plot, points, bound_ms))
    )


def keeps_up_at(testbed: Testbed, per_second: float) -> None:
    """Require that the service still keeps up at a rate."""
    found = testbed.scenario.stash[BREAKPOINT]
    last = found.steps[-1]
    kept = max((step.rate for step in found.steps if step.holds(found.bound_ms)), default=0.0)
    if kept < per_second and last.interference:
        raise Inconclusive(f"at {last.rate:,.0f} ticks/s {last.interference}")
    past = ""
    if last.wrong:
        past = f"; at {last.rate:,.0f}/s {last.wrong}"
    elif not last.holds(found.bound_ms):
        past = f", p{found.percentile:g} {last.latency_ms:.0f} ms at {last.rate:,.0f}/s"
    testbed.scenario.checks.require(
        kept >= per_second,
        "saturation point",
        f"keeps up at {kept:,.0f} ticks/s{past}",
        f"at {per_second:,.0f} ticks/s or above",
    )
