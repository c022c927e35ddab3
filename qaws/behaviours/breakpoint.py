"""The saturation knee: the rate from which on a service no longer keeps up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from qaws.behaviours.load import LOAD, LoadProfile, publish
from qaws.report.latency_plot import knee_plot
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Inconclusive


@dataclass(frozen=True, slots=True)
class RateStep:
    """What came of one rate: ticks/s, p99 in ms, whether every delivery was right, any doubt."""

    rate: float
    p99_ms: float
    whole: bool
    interference: str | None

    def holds(self, bound_ms: float) -> bool:
        """Return whether the service kept up."""
        return self.whole and self.p99_ms < bound_ms


@dataclass(slots=True)
class Knee:
    """The rates that were tried, ascending."""

    bound_ms: float
    steps: list[RateStep] = field(default_factory=list)


KNEE = Key[Knee]("no step has looked for the knee")


def find_knee(
    testbed: Testbed, symbol: str, rates: Sequence[float], seconds: float, bound_ms: float
) -> None:
    """Raise the rate step by step until p99 passes the bound or a delivery is wrong.

    Args:
        testbed: the testbed.
        symbol: of which the ticks are.
        rates: in ticks per second, ascending.
        seconds: how long each is kept.
        bound_ms: where p99 counts as past the knee.
    """
    run = testbed.scenario.stash[LOAD]
    knee = testbed.scenario.stash[KNEE] = Knee(bound_ms)
    for rate in rates:
        publish(testbed, LoadProfile(symbol, int(rate * seconds), rate))
        found = run.found
        p99 = found.latencies.percentile_ms(99)
        whole = not found.faults and not found.unfinished and not found.closes
        knee.steps.append(RateStep(rate, p99, whole, run.interference(p99, bound_ms)))
        if not knee.steps[-1].holds(bound_ms):
            break
    testbed.scenario.figures += [
        (f"{step.rate:,.0f}/s", f"p99 {step.p99_ms:.1f} ms" + ("" if step.whole else ", gaps"))
        for step in knee.steps
    ]
    points = [(step.rate, step.p99_ms) for step in knee.steps]
    testbed.scenario.pictures.append(
        ("Latency over the rate", partial(knee_plot, points, bound_ms))
    )


def knee_above(testbed: Testbed, per_second: float) -> None:
    """Require that the service still keeps up at a rate."""
    knee = testbed.scenario.stash[KNEE]
    steps = [step for step in knee.steps if step.rate >= per_second]
    if not steps:
        first = knee.steps[-1]
        if first.interference:
            raise Inconclusive(f"at {first.rate:,.0f} ticks/s {first.interference}")
    kept = max((step.rate for step in knee.steps if step.holds(knee.bound_ms)), default=0.0)
    last = knee.steps[-1]
    past = "" if last.holds(knee.bound_ms) else f", p99 {last.p99_ms:.0f} ms at {last.rate:,.0f}/s"
    testbed.scenario.checks.require(
        kept >= per_second,
        "saturation knee",
        f"keeps up at {kept:,.0f} ticks/s{past}",
        f"at {per_second:,.0f} ticks/s or above",
    )
