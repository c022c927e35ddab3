"""Clients that come before the observers and leave politely amid the churn: QA-WS-020.

These functions block until their work is done; steps call them on the main thread.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from qaws.behaviours.background_load import address, await_report, flow_of
from qaws.load.churn.early import (
    BACK,
    END,
    HERE,
    HUNG,
    LEAVE,
    MET,
    PATIENCE_S,
    EarlyPlan,
    EarlyReport,
    run_early,
)
from qaws.load.churn.storm import EARLY, Attempt, StormReport
from qaws.load.cluster.engine import LocalProcesses
from qaws.measure.cpu_wait import CpuWait
from qaws.measure.interference import WELCOME_MS
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive

WAIT_S = 30.0
"""How long their process may take to do what it is told."""

LOOK_S = 0.01

MEANS = {HERE: "all are connected and subscribed", HERE + BACK: "all are back"}


@dataclass(slots=True)
class EarlyClients:
    """Who came first, and the process that they live in."""

    plan: EarlyPlan
    work: Future[Any]
    waiting: CpuWait


EARLY_CLIENTS = Key[EarlyClients]("nobody has come before the observers")


def come(testbed: Testbed, count: int, symbol: str, per_second: float) -> None:
    """Connect and subscribe them; they are here when this returns.

    Args:
        testbed: the testbed.
        count: how many.
        symbol: what they subscribe to: what the observers will receive.
        per_second: at which rate its ticks will flow.

    Raises:
        Refuted: one was not served.
        Inconclusive: one waited in vain, and the machine held the service or the harness up.
        Broken: as `_await`.
    """
    folder = tempfile.mkdtemp(prefix="early-", dir=testbed.scratch)
    flow = flow_of(testbed, symbol, per_second)
    plan = EarlyPlan(address(testbed, symbol, count, 2 * count), count, folder, flow=flow)
    engine = LocalProcesses(testbed.logs, 1)
    testbed.scenario.on_end.append(engine.close)
    work, begun_ns = engine.submit(run_early, plan), time.monotonic_ns()
    early = EarlyClients(plan, work, CpuWait(engine.pids))
    testbed.scenario.on_end.append(early.waiting.close)
    testbed.scenario.stash[EARLY_CLIENTS] = early
    refused = _await(testbed, early, HERE).splitlines()
    hung = (plan.told(HUNG) or "").splitlines()
    what, away = "clients that come first", [*refused, *hung]
    measured = "; ".join([f"{count - len(away)} of {count} served", *away[:1]])
    checks, too_long_ms = testbed.scenario.checks, PATIENCE_S * 1e3 - WELCOME_MS
    doubt = checks.explained(too_long_ms, begun_ns, time.monotonic_ns())
    if hung and not refused and doubt:
        checks.undecided(what, measured, "all", doubt)
    checks.require(not away, what, measured, "all")


def leave(testbed: Testbed, from_s: float, for_s: float) -> None:
    """Tell them to leave one by one, evenly spread over `for_s` seconds from an instant on.

    Args:
        testbed: the testbed.
        from_s: `time.monotonic()`.
        for_s: seconds.
    """
    early = testbed.scenario.stash.get(EARLY_CLIENTS)
    if early is not None:
        count = early.plan.count
        instants = [from_s + (number + 0.5) * for_s / count for number in range(count)]
        early.plan.tell(LEAVE, " ".join(map(str, instants)))


def come_back(testbed: Testbed) -> None:
    """Let them take their places again, as the service held them before."""
    early = testbed.scenario.stash.get(EARLY_CLIENTS)
    if early is not None:
        early.plan.tell(BACK)
        _await(testbed, early, HERE + BACK)


def end(testbed: Testbed, report: StormReport) -> None:
    """End their process, and put what it found into the storm's report.

    Raises:
        Broken: the process has died.
    """
    early = testbed.scenario.stash.get(EARLY_CLIENTS)
    if early is None:
        return
    early.plan.tell(END)
    found: EarlyReport = await_report(testbed, early.work, "clients that come first")
    for welcomed_at, left_at in found.stays:
        came_s = welcomed_at - report.began_s
        left_s = None if left_at is None else left_at - report.began_s
        report.attempts.append(Attempt(came_s, came_s, came_s, left_s, phase=EARLY))
    report.failures += found.failures
    report.hung += found.hung
    report.sentences += found.sentences
    for kind, count in found.kinds.items():
        report.kinds[kind] = report.kinds.get(kind, 0) + count
    for fault, count in found.faults.items():
        report.faults[fault] = report.faults.get(fault, 0) + count


def _await(testbed: Testbed, early: EarlyClients, word: str) -> str:
    """Wait until the process has told that it is so far; return what it said with that.

    None of its clients waits longer than `PATIENCE_S`: what is beyond that is the machine's.

    Raises:
        Inconclusive: it has not, and the machine held it, the service or the harness up.
        Broken: it has not, or has ended.
    """
    begun_ns, within_s = time.monotonic_ns(), WAIT_S * testbed.timeout_factor
    while (text := early.plan.told(word)) is None:
        testbed.service.require_alive()
        now_ns = time.monotonic_ns()
        if early.work.done():
            raise Broken(f"{_so_far(early, word, begun_ns, now_ns)}; their process {_end(early)}")
        if now_ns - begun_ns > within_s * 1e9:
            said = _so_far(early, word, begun_ns, now_ns)
            if doubt := _held_up(testbed, early, begun_ns, now_ns):
                raise Inconclusive(f"{said}, but {doubt}")
            raise Broken(f"{said}; run it again, on a quieter machine if this one was busy")
        time.sleep(LOOK_S)
    return text


def _so_far(early: EarlyClients, word: str, begun_ns: int, now_ns: int) -> str:
    """Say what was not told, for how long that was awaited, and what the clients have met."""
    met = (early.plan.told(MET) or "none of them has begun").replace("\n", ", ")
    waited_s = (now_ns - begun_ns) / 1e9
    return (
        f'the process of the {early.plan.count} clients that come first did not tell "{word}" '
        f"({MEANS[word]}) within {waited_s:.1f} s; so far: {met}"
    )


def _end(early: EarlyClients) -> str:
    return str(early.work.exception() or "has ended before its time")


def _held_up(testbed: Testbed, early: EarlyClients, begun_ns: int, now_ns: int) -> str:
    """Say how the machine explains what was waited beyond the clients' patience; "" for not."""
    beyond_ms = (now_ns - begun_ns) / 1e6 - PATIENCE_S * 1e3
    spans = early.waiting.waits.stalls.spans
    own_ms = sum(length for end, length in spans if begun_ns / 1e6 < end <= now_ns / 1e6)
    if own_ms >= beyond_ms:
        return f"it waited {own_ms:.0f} ms for a CPU; run it again on a quieter machine"
    return testbed.scenario.checks.explained(beyond_ms, begun_ns, now_ns)
