"""Those who must not notice an attack, and what it may cost the service: QA-WS-024.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from qaws.behaviours import fences
from qaws.behaviours.attacks import ATTACK
from qaws.behaviours.resources import MEMORY_BEFORE, require_growth
from qaws.measure.interference import Cause, explains, waited_for_cpu
from qaws.oracle.ledger import Published
from qaws.sut.service import MIB
from qaws.testbed.testbed import Testbed


async def deliveries_took_less(
    testbed: Testbed, clients: Sequence[str], percentile: float, bound_ms: float
) -> None:
    """Require a percentile of the latencies of all ticks due since the attack began.

    Latency runs from the due time, and a fence shows that all have come.
    """
    attack, connections = testbed.scenario.stash[ATTACK], testbed.scenario.connections.of(clients)
    outcome = await fences.fence(testbed, connections)
    if late := [c for c, arrived in outcome if not arrived]:
        fence, now = testbed.ledger.ticks[-1], time.monotonic_ns()
        what = f"the fence to {late[0].name}"
        testbed.scenario.checks.never(what, fence.due_ns, now, bound_ms, late[0].summary())
    pairs = [
        (arrival.at_ns, tick)
        for connection in connections
        for arrival in testbed.scenario.connections.arrivals(connection)
        if arrival.key and (tick := testbed.ledger.find(arrival.key))
        if tick.due_ns >= attack.began_ns
    ]
    latencies = [(at_ns - tick.due_ns) / 1e6 for at_ns, tick in pairs]
    p50, p99, worst = (float(np.percentile(latencies, p)) for p in (50, 99, 100))
    testbed.scenario.figures += [
        (f"deliveries to {len(connections)} clients", f"{len(latencies):,}"),
        ("latency", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {worst:.1f} ms"),
    ]
    measured = float(np.percentile(latencies, percentile))
    testbed.scenario.checks.below(
        f"latency that {percentile:g} % of {len(latencies):,} deliveries did not exceed",
        measured,
        bound_ms,
        "ms",
        _interference(testbed, pairs, percentile, measured, bound_ms)
        if measured >= bound_ms
        else None,
    )


def _interference(
    testbed: Testbed,
    pairs: Sequence[tuple[int, Published]],
    percentile: float,
    measured_ms: float,
    bound_ms: float,
) -> str | None:
    """Say why the harness or the machine could have broken the bound; None when they cannot.

    What the harness stalled or published late is taken off each latency of its own; how long
    service and broker waited for a CPU is known for any span of the measured length.
    """
    own = [
        (at_ns - tick.sent_ns) / 1e6 - testbed.loop.stalls.between(tick.sent_ns, at_ns)
        for at_ns, tick in pairs
    ]
    without = float(np.percentile(own, percentile))
    waiting = testbed.scenario.stash[ATTACK].waiting
    causes = [
        Cause("the harness stalled or published late by", measured_ms - without),
        waited_for_cpu(waiting.stalls.within_ms(measured_ms)),
    ]
    return explains(causes, measured_ms, bound_ms)


async def memory_stayed_within(testbed: Testbed, megabytes: float) -> None:
    """Require that at no time of the attack the service took much more memory than before."""
    before, attack = testbed.scenario.stash[MEMORY_BEFORE], testbed.scenario.stash[ATTACK]
    testbed.scenario.figures.append(
        (
            "service's memory",
            f"{before / MIB:.1f} MB before, {attack.memory_peak / MIB:.1f} MB peak",
        )
    )
    what = "growth of the service's private memory at its peak"
    require_growth(testbed, what, before, attack.memory_peak, megabytes)
