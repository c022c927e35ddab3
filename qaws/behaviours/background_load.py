"""Short-lived clients, and those who watch them come and go: what QA-WS-015 and QA-WS-020 share.

Observers receive a steady flow of ticks, in a process of their own, while short-lived clients come
and go. What the service holds is recorded before, and watched afterwards until it is back. These
functions block until their work is done; steps call them on the main thread, as those of
`qaws.behaviours.load`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qaws.behaviours import resources
from qaws.behaviours.load import (
    DRAIN_ALLOWANCE_S,
    LOAD,
    LoadRun,
    service_and_broker,
)
from qaws.behaviours.load_plans import flow_plan, require_load, swarm_plan
from qaws.behaviours.resources import Watch
from qaws.load.before import Before
from qaws.load.churn.cycles import CyclesReport
from qaws.load.churn.short_lived import Address
from qaws.load.cluster.engine import Died
from qaws.load.plan import Group
from qaws.load.publisher.publisher import Publisher
from qaws.load.schedule import FlowPlan
from qaws.load.swarm import Swarm
from qaws.measure.cpu_wait import CpuWait
from qaws.measure.memory import MIB, MemoryCourse
from qaws.protocol.credentials import credentials
from qaws.protocol.market import SPOT, Selection
from qaws.sut.resources import ALL_PARTS
from qaws.sut.spoken import spelling_of
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

MOST_TICKS = 1_000_000
"""Length of the flow that the observers receive; it is stopped when the others have gone."""

RETURN_S = 10.0
"""How long the service is watched for its return to what it held before."""

TOLD_EVERY_S = 10.0
"""How often the console is told how far a long piece of work is."""

STANDS_STILL_S = 60.0
"""A process that has told nothing new for so long is given up."""

LIFE_OF_TOKEN_S = 24 * 3600
"""Longer than the longest run."""


@dataclass(slots=True)
class BackgroundLoad:
    """What a scenario knows of those who come and go, and of the service before and after them.

    `flow` is what the observers receive, `watch` what was seen behind them, or why nothing was.
    """

    observers: int
    swarm: Swarm
    publisher: Publisher
    flow: FlowPlan
    course: MemoryCourse = field(default_factory=MemoryCourse)
    watch: Watch | NotVerified | Inconclusive | None = None
    cycles: CyclesReport | None = None
    waiting: CpuWait | None = None


BACKGROUND_LOAD = Key[BackgroundLoad](
    'begin with "20 observers receive 1,000 ticks per second for NIFTY"'
)


FLOW = Key[FlowPlan](BACKGROUND_LOAD.missing)


# --- observers ------------------------------------------------------------------------------------


def flow_of(testbed: Testbed, symbol: str, per_second: float) -> FlowPlan:
    """Return the flow that a scenario's observers receive; its numbers are given out once.

    Whoever comes before the observers has to know it too, to see what its ticks must say.

    Raises:
        Broken: the target has no feed, or there is no such symbol.
        NotVerified: the target's dialect cannot ask for the symbol, or has no such ticks.
    """
    if symbol not in SPOT:
        raise Broken(f'no symbol "{symbol}"; known are {", ".join(SPOT)}')
    stash = testbed.scenario.stash
    known = stash.get(FLOW)
    if known is None or known.symbols != (symbol,):
        known = stash[FLOW] = flow_plan(testbed, symbol, MOST_TICKS, per_second)
    return known


def observers_receive(testbed: Testbed, observers: int, per_second: float, symbol: str) -> None:
    """Connect observers in a process of their own, and let ticks flow to them until `end_flow`.

    Raises:
        Broken: the harness cannot: broker, publisher, a worker; or there is no such symbol.
        Refuted: the service did not let an observer in.
    """
    flow = flow_of(testbed, symbol, per_second)
    selection = Selection("symbols", symbols=(symbol,))
    swarm = Swarm(
        testbed.logs, engine=testbed.swarm_engine, workers=1, timeout_factor=testbed.timeout_factor
    )
    publisher = Publisher(testbed.logs, testbed.timeout_factor)
    testbed.scenario.on_end += [swarm.close, publisher.close]
    groups = [Group("observer", observers, selection)]
    testbed.scenario.stash[LOAD] = LoadRun(groups)
    background = testbed.scenario.stash[BACKGROUND_LOAD] = BackgroundLoad(
        observers, swarm, publisher, flow
    )
    swarm.start(swarm_plan(testbed, groups, flow, lasting_tokens(testbed, observers)))
    publisher.start(flow)
    waiting = background.waiting = CpuWait(service_and_broker(testbed))
    testbed.scenario.on_end.append(waiting.close)
    swarm.go()
    swarm.flow_begins(publisher.go())


def end_flow(testbed: Testbed) -> None:
    """End the flow, and collect what the observers received.

    Raises:
        Broken: the flow had ended by itself: the scenario took longer than it.
    """
    run, background = testbed.scenario.stash[LOAD], testbed.scenario.stash[BACKGROUND_LOAD]
    background.publisher.stop()
    run.flow = background.publisher.wait()
    run.result = background.swarm.finish(run.flow.last, DRAIN_ALLOWANCE_S * testbed.timeout_factor)
    if background.waiting:
        run.waited = background.waiting.waits
    for symbol, last in run.flow.last.items():
        testbed.ledger.skip(symbol, last)
    if not run.flow.stopped:
        raise Broken(f"the flow of ticks had ended after {run.flow.count:,} ticks, too early")
    summary = run.found.summary_ms()
    testbed.scenario.figures += [
        ("deliveries to observers", f"{run.found.deliveries:,}"),
        ("offered", f"{run.flow.offered_per_s:,.0f} ticks/s"),
        ("latency", ", ".join(f"{name} {value:.1f} ms" for name, value in summary.items())),
        ("observers stalled at most", f"{run.found.stalls.worst_ms:.0f} ms"),
        ("publisher's lag p99", f"{run.flow.lag_p99_ms:.1f} ms"),
    ]


MOST_PERSONS = 30
"""As so many persons short-lived clients come where each token takes a command of the target's."""


def lasting_tokens(testbed: Testbed, count: int) -> list[str]:
    """Return tokens that outlive the run, where the target lets us mint them."""
    if "mint" in testbed.target.capabilities:
        return testbed.tokens.several(count, exp=int(time.time()) + LIFE_OF_TOKEN_S)
    return testbed.tokens.several(count)


def address(testbed: Testbed, symbol: str, persons: int, clients: int) -> Address:
    """Return where short-lived clients go; they take turns in being so many persons.

    Where a token opens one session only, each of the `clients` has its own.
    """
    selection = Selection("symbols", symbols=(symbol,))
    require_load(testbed, selection)
    auth, where = testbed.target.auth, testbed.service.url
    if auth.single_use:
        persons = clients
    elif "mint" not in testbed.target.capabilities:
        persons = min(persons, MOST_PERSONS)
    tokens = lasting_tokens(testbed, persons)
    location = auth.token_locations[0]
    carrier, authority = auth.carrier(location), testbed.target.endpoint.authority
    shown = [credentials(where, token, location, carrier) for token in tokens]
    steps = testbed.target.steps
    before = Before(steps, where, location, carrier, tuple(tokens), authority) if steps else None
    if location != "first message":
        tokens = []
    try:
        spelling = spelling_of(testbed.target)
        return replace(Address.of(shown, selection, spelling, authority, tokens), before=before)
    except ValueError as problem:
        raise Broken(f"{testbed.target.file}: {problem}") from None


# --- what the service holds -----------------------------------------------------------------------


def watch_return(testbed: Testbed) -> None:
    """Watch the service until it holds what it held at the baseline, and note when that was."""
    load, start_ns = testbed.scenario.stash[BACKGROUND_LOAD], time.monotonic_ns()
    deadline_ns = start_ns + int(RETURN_S * testbed.timeout_factor * 1e9)
    try:
        load.watch = resources.until_back(testbed, ALL_PARTS, start_ns, deadline_ns)
    except (NotVerified, Inconclusive) as problem:
        load.watch = problem  # the rest is judged all the same


async def resources_are_back(testbed: Testbed, parts: Sequence[str], within_ms: float) -> None:
    """Require that everything that the service holds is exactly as before, in time."""
    background = testbed.scenario.stash[BACKGROUND_LOAD]
    if isinstance(background.watch, NotVerified | Inconclusive):
        testbed.scenario.reservations.append(background.watch)
        return
    if background.watch is None:
        raise Broken("no short-lived client has come yet")
    await resources.require_believed(testbed, parts, background.watch.held)
    resources.require_back(testbed, parts, background.watch, within_ms)


# --- waiting -------------------------------------------------------------------------------------


def await_report(
    testbed: Testbed, work: Future[Any], name: str, progress: Path | None = None
) -> Any:
    """Wait for a process's report, telling on the console how far it is.

    Args:
        testbed: the testbed.
        work: what the engine returned.
        name: what the console calls it.
        progress: the file in which the process tells how far it is; None where it takes seconds.

    Raises:
        Broken: the process died, stands still, or the service has ended.
    """
    began = told = moved = time.monotonic()
    seen = ""
    while True:
        try:
            return work.result(timeout=0.25)
        except NotYet:
            now = time.monotonic()
        except Died as problem:
            testbed.service.require_alive()
            raise Broken(f"the process of the short-lived clients {problem}") from None
        testbed.service.require_alive()
        text = progress.read_text(encoding="utf-8") if progress and progress.exists() else ""
        if text != seen:
            seen, moved = text, now
        elif now - moved > STANDS_STILL_S * testbed.timeout_factor:
            raise Broken(f"{name}: its process has told nothing new for a minute")
        if now - told >= TOLD_EVERY_S:
            told = now
            tell(f"{name}: {now - began:5.0f} s  {_words(seen)}")


def _words(progress: str) -> str:
    if not progress:
        return "beginning"
    state = json.loads(progress)
    memory = f"  {state['memory'] / MIB:.1f} MB" if state["memory"] else ""
    failed = f"  {state['failed']:,} failed" if state["failed"] else ""
    return f"{state['cycles']:,} cycles{memory}{failed}"


def tell(line: str) -> None:
    """Write a line to the console, which behave does not capture."""
    if sys.__stderr__ is not None:
        print(line, file=sys.__stderr__, flush=True)


def require_contract(
    testbed: Testbed, kinds: dict[str, int], faults: dict[str, int], sentences: list[str]
) -> None:
    """Require that all that short-lived clients received kept the contract, and is as published."""
    found = ", ".join(f"{count} x {kind}" for kind, count in faults.items() if count)
    first = f": {sentences[0]}" if sentences else ""
    testbed.scenario.checks.require(
        not found,
        "messages to the short-lived clients",
        f"{found}{first}" if found else f"{sum(kinds.values()):,}",
        "all by the contract, ticks as published, in order and only after subscribing",
    )
