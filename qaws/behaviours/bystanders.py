"""Those who must not notice an attack, and what it may cost the service: QA-WS-024.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from qaws.behaviours import attacks, fences
from qaws.behaviours.attacks import ATTACK
from qaws.behaviours.resources import MEMORY_BEFORE, require_growth
from qaws.measure.interference import Disturbance, explains_percentile, waits_for_cpu
from qaws.measure.latency import Course
from qaws.measure.stall import NOISE_MS, StallMeter, Stalls
from qaws.oracle.ledger import Published
from qaws.sut.service import MIB
from qaws.testbed.testbed import Testbed
from qaws.verdict import Inconclusive

YOUNG_S = 30.0
"""So long a service is told to have been started shortly before, where it was late."""


async def deliveries_took_less(
    testbed: Testbed, clients: Sequence[str], percentile: float, bound_ms: float
) -> None:
    """Require a percentile of the latencies of all ticks due while the attack lasted.

    It lasts from its begin until the attackers leave. Latency runs from the due time, and a fence
    shows that all have come. A doubt is told behind all else.
    """
    with testbed.scenario.told_last():
        await _require_latency(testbed, clients, percentile, bound_ms)


async def _require_latency(
    testbed: Testbed, clients: Sequence[str], percentile: float, bound_ms: float
) -> None:
    attack, connections = testbed.scenario.stash[ATTACK], testbed.scenario.connections.of(clients)
    outcome = await fences.fence(testbed, connections)
    if late := [c for c, arrived in outcome if not arrived]:
        fence, now = testbed.ledger.ticks[-1], time.monotonic_ns()
        what = f"the end marker to {late[0].name}"
        testbed.scenario.checks.never(what, fence.due_ns, now, bound_ms, late[0].summary())
    pairs = [
        (arrival.at_ns, tick)
        for connection in connections
        for arrival in testbed.scenario.connections.arrivals(connection)
        if arrival.key and (tick := testbed.ledger.find(arrival.key))
        if attack.began_ns <= tick.due_ns <= (attack.left_ns or tick.due_ns)
    ]
    if not pairs:
        raise Inconclusive(
            "no tick was due while the attack lasted; run it again on a quieter machine"
        )
    latencies = [(at_ns - tick.due_ns) / 1e6 for at_ns, tick in pairs]
    p50, p99, worst = (float(np.percentile(latencies, p)) for p in (50, 99, 100))
    testbed.scenario.figures += [
        (f"deliveries to {len(connections)} clients", f"{len(latencies):,}"),
        ("latency", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {worst:.1f} ms"),
    ]
    measured = float(np.percentile(latencies, percentile))
    young = _youth(testbed, attack.began_ns) if measured >= bound_ms else ""
    testbed.scenario.checks.below(
        f"latency that {percentile:g} % of {len(latencies):,} deliveries did not exceed{young}",
        measured,
        bound_ms,
        "ms",
        _interference(testbed, pairs, percentile, bound_ms) if measured >= bound_ms else None,
    )


def _youth(testbed: Testbed, began_ns: int) -> str:
    """Say that the service had been started shortly before: a virtual machine compiles at first."""
    process = testbed.service.process
    age_s = (began_ns - process.started_ns) / 1e9 if process else YOUNG_S
    if age_s >= YOUNG_S:
        return ""
    return f" (the attack began {age_s:.1f} s after the service was started: was it warm?)"


def _interference(
    testbed: Testbed, pairs: Sequence[tuple[int, Published]], percentile: float, bound_ms: float
) -> str | None:
    """Say why the harness or the machine could have broken the bound; None when they cannot.

    It is the rule that load goes by: a disturbance counts for the deliveries that ran through it.
    The same loop publishes and receives, so of a tick's lateness the loop's stalls are taken off.

    Args:
        testbed: the testbed.
        pairs: when a tick arrived, and which.
        percentile: of their latencies from the due time.
        bound_ms: what is allowed.
    """
    stalls, course = testbed.loop.stalls, Course()
    due_ns = np.array([tick.due_ns for _, tick in pairs], np.int64)
    at_ns = np.array([at_ns for at_ns, _ in pairs], np.int64)
    course.record(due_ns // 1000, (at_ns - due_ns) // 1000)
    late = [
        (tick.sent_ns / 1e6, own_ms)
        for tick in {tick.key: tick for _, tick in pairs}.values()
        if (own_ms := _own_lateness_ms(tick, stalls)) > NOISE_MS
    ]
    causes = [
        Disturbance("the harness stood still for up to", stalls.stalls()),
        waits_for_cpu(testbed.scenario.stash[ATTACK].waiting.waits),
        Disturbance(
            "ticks were published late by up to", Stalls(tuple(sorted(late))), adds_up=False
        ),
    ]
    return explains_percentile(causes, course, percentile, bound_ms)


def _own_lateness_ms(tick: Published, stalls: StallMeter) -> float:
    """Return by how much a tick was handed to the broker late while the loop ran, in ms."""
    return (tick.sent_ns - tick.due_ns) / 1e6 - stalls.between(tick.due_ns, tick.sent_ns)


async def memory_stayed_within(testbed: Testbed, megabytes: float) -> None:
    """Require that at no time of the attack the service took much more memory than before.

    Where it did, the attack is played again: on a service that has just been started and has no
    other clients, and on the first one, whose heap has grown to its working size by then. What
    costs too much twice in one of these places is refuted. What costs less at once in both was
    the heap's own growth, and passes; what costs now more and now less is a doubt, told behind
    all else.
    """
    with testbed.scenario.told_last():
        await _require_memory(testbed, megabytes)


async def _require_memory(testbed: Testbed, megabytes: float) -> None:
    before, attack = testbed.scenario.stash[MEMORY_BEFORE], testbed.scenario.stash[ATTACK]
    from_to = f"from {before / MIB:.1f} to {attack.memory_peak / MIB:.1f} MB"
    checks, what = testbed.scenario.checks, "growth of the service's private memory at its peak"
    testbed.scenario.figures.append(
        (
            "service's memory",
            f"{before / MIB:.1f} MB before, {attack.memory_peak / MIB:.1f} MB peak",
        )
    )
    if (grown := (attack.memory_peak - before) / MIB) >= megabytes:
        again: list[str] = []
        for where, play in (
            ("on a fresh service without other clients", attacks.growth_on_a_fresh_service),
            ("on the same service, its heap grown", attacks.growth_once_warm),
        ):
            costs = await _costs_again(testbed, megabytes, play)
            again.append(f"{where} {', then '.join(f'{cost:.2f} MB' for cost in costs)}")
            testbed.scenario.figures.append((f"the same attack {where}", again[-1][len(where) :]))
            if min(costs) < megabytes <= max(costs):
                checks.undecided(
                    what,
                    f"{grown:.2f} MB ({from_to})",
                    f"less than {megabytes:g} MB",
                    f"when it was played again, it cost {'; '.join(again)}: a heap that is "
                    "collected now and then may take the rest by itself; run it again",
                )
            if min(costs) >= megabytes:
                break
        else:
            measured = (
                f"less when played again: {'; '.join(again)} (at first {grown:.2f} MB, {from_to})"
            )
            checks.require(True, what, measured, f"less than {megabytes:g} MB")
            return
    sent = attacks.sent_most(attack)
    require_growth(testbed, what, before, attack.memory_peak, megabytes, sent)


async def _costs_again(
    testbed: Testbed, megabytes: float, play: Callable[[Testbed], Awaitable[int]]
) -> list[float]:
    """Play the attack again, and once more where it costs too much; return what it cost, in MB."""
    costs = [await play(testbed) / MIB]
    if costs[0] >= megabytes:
        costs.append(await play(testbed) / MIB)
    return costs
