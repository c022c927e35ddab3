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
from qaws.load.churn.early import BACK, END, HERE, LEAVE, EarlyPlan, EarlyReport, run_early
from qaws.load.churn.storm import EARLY, Attempt, StormReport
from qaws.load.cluster.engine import LocalProcesses
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

WAIT_S = 30.0
"""How long their process may take to do what it is told."""

LOOK_S = 0.01


@dataclass(slots=True)
class EarlyClients:
    """Who came first, and the process that they live in."""

    plan: EarlyPlan
    work: Future[Any]


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
    """
    folder = tempfile.mkdtemp(prefix="early-", dir=testbed.scratch)
    flow = flow_of(testbed, symbol, per_second)
    plan = EarlyPlan(address(testbed, symbol, count, 2 * count), count, folder, flow=flow)
    engine = LocalProcesses(testbed.logs, 1)
    testbed.scenario.on_end.append(engine.close)
    early = EarlyClients(plan, engine.submit(run_early, plan))
    testbed.scenario.stash[EARLY_CLIENTS] = early
    if failures := _await(testbed, early, HERE):
        raise Refuted(failures.splitlines()[0])


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
    report.sentences += found.sentences
    for kind, count in found.kinds.items():
        report.kinds[kind] = report.kinds.get(kind, 0) + count
    for fault, count in found.faults.items():
        report.faults[fault] = report.faults.get(fault, 0) + count


def _await(testbed: Testbed, early: EarlyClients, word: str) -> str:
    """Wait until the process has told that it is so far; return what it said with that.

    Raises:
        Broken: it has not, or has ended.
    """
    deadline = time.monotonic() + WAIT_S * testbed.timeout_factor
    while (text := early.plan.told(word)) is None:
        testbed.service.require_alive()
        if early.work.done() or time.monotonic() > deadline:
            raise Broken("the process of the clients that come first has not done what it is for")
        time.sleep(LOOK_S)
    return text
