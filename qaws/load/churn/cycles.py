"""The churner: connection cycles, one after the other, as fast as the service takes them or paced.

A cycle: connect, be welcomed, subscribe, receive the acknowledgement and a tick, leave. Every other
client leaves with a clean close, the rest cut their line, half of those as soon as they have asked
for their subscription. `run_cycles` is what runs in the churner's process.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import uvloop

from qaws.load.churn.short_lived import Address, ShortLivedClient
from qaws.load.churn.tally import ContractTally, Hung
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.verifier import verifier_of
from qaws.measure.memory import Sample, private_bytes
from qaws.measure.stall import StallMeter, Stalls

CLEAN, RESET, RESET_AT_ONCE = "clean close", "reset", "reset while subscribing"
ENDINGS = (CLEAN, RESET, CLEAN, RESET_AT_ONCE)

PATIENCE_S = 5.0
"""How long a cycle may take: many times what it takes."""

SETTLE_S = 0.05
"""Between the last short-lived client's end and a sample: the service must have seen that end."""

MOST_FAILURES = 50
"""After so many failed cycles there is nothing more to learn; the rest is not tried."""


@dataclass(frozen=True, slots=True)
class CyclesPlan:
    """What the churner is to do.

    Attributes:
        address: where.
        cycles: how many.
        at_once: how many short-lived clients may be there at the same time.
        per_second: the rate of cycles; None: as fast as the service takes them.
        samples: how often the memory is read, at even distances; each time nobody is visiting.
        pids: the service's processes, whose descendants count too; none: no memory is read.
        progress: a file that tells how far things are, rewritten about once a second.
        flow: what is published, which ticks are compared with; None: they are not.
    """

    address: Address
    cycles: int
    at_once: int = 30
    per_second: float | None = None
    samples: int = 80
    pids: Sequence[int] = ()
    progress: str | None = None
    flow: FlowPlan | None = None


@dataclass(slots=True)
class CyclesReport:
    """What came of it.

    Attributes:
        done: cycles that went as they should.
        failed: cycles that did not.
        failures: the first of them, in words, but for those that waited in vain.
        hung: those.
        endings: how the short-lived clients left.
        kinds: messages received, by kind.
        faults: violations, by kind.
        sentences: the first of them, in words.
        samples: private memory; cycles count from 0.
        stalls: how far the churner's process stood still.
        took_s: from the first cycle to the last.
        cpu_s: of the churner's process.
    """

    done: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    hung: list[Hung] = field(default_factory=list)
    endings: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    stalls: Stalls = field(default_factory=Stalls)
    took_s: float = 0.0
    cpu_s: float = 0.0


def run_cycles(plan: CyclesPlan) -> CyclesReport:
    """Do what the plan says; blocks until it is done."""
    return uvloop.run(Churner(plan).run())


class Churner:
    """Sends short-lived clients and counts how they fare."""

    def __init__(self, plan: CyclesPlan) -> None:
        self._plan = plan
        self._tally = ContractTally(verifier_of(plan.address.dialect, plan.flow, ahead=False))
        self._report = CyclesReport()
        self._endings: Counter[str] = Counter()
        self._told_at = 0.0

    async def run(self) -> CyclesReport:
        """Run all cycles and return the report."""
        plan, report = self._plan, self._report
        meter = StallMeter()
        watching = asyncio.create_task(meter.run())
        began, cpu = time.monotonic(), time.process_time()
        self._sample(0)
        for first, last in portions(plan.cycles, plan.samples):
            numbers = iter(range(first, last))
            lanes = [self._lane(numbers, began) for _ in range(plan.at_once)]
            await asyncio.gather(*lanes)
            if report.failed > MOST_FAILURES:
                break
            await asyncio.sleep(SETTLE_S)
            self._sample(last)
        report.took_s, report.cpu_s = time.monotonic() - began, time.process_time() - cpu
        report.stalls = meter.stalls()
        watching.cancel()
        report.endings, report.kinds = dict(self._endings), dict(self._tally.kinds)
        report.faults, report.sentences = dict(self._tally.faults), self._tally.sentences
        return report

    async def _lane(self, numbers: Iterator[int], began: float) -> None:
        """Run cycles one after the other, each when it is due."""
        for number in numbers:
            if self._plan.per_second:
                due = began + number / self._plan.per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            if self._report.failed > MOST_FAILURES:
                return
            await self._cycle(number)
            self._tell()

    async def _cycle(self, number: int) -> None:
        client = ShortLivedClient(f"client {number + 1}", self._plan.address, self._tally)
        ending = ENDINGS[number % len(ENDINGS)]
        stage, began = "connecting", time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await client.come()
                stage = "waiting for its welcome"
                ok = await client.welcomed
                if ok:
                    client.subscribe()
                if ok and ending != RESET_AT_ONCE:
                    stage = "waiting for the acknowledgement of its subscription"
                    ok = await client.acknowledged
                    stage = "waiting for a tick"
                    ok = ok and await client.ticked
                if not ok:
                    self._fail(f"{client.name}, {stage}, {client.summary()}")
                    return
                stage = "waiting for the answer to its close"
                await self._leave(client, ending)
        except TimeoutError:
            words = f"{client.name} was still {stage} after {PATIENCE_S:g} s"
            self._report.failed += 1
            self._report.hung.append((words, began, time.monotonic()))
        except OSError as problem:
            self._fail(f"{client.name} could not connect: {problem}")
        finally:
            client.reset()

    async def _leave(self, client: ShortLivedClient, ending: str) -> None:
        if ending != CLEAN:
            client.reset()
        else:
            client.leave()
            await client.gone
            if client.close is None:  # an answer may have any code: RFC 6455, section 5.5.1
                self._fail(f"{client.name} closed with 1000 and {client.summary()}")
                return
        self._endings[ending] += 1
        self._report.done += 1

    def _fail(self, words: str) -> None:
        self._report.failed += 1
        if len(self._report.failures) < 3:
            self._report.failures.append(words)

    def _sample(self, cycles: int) -> None:
        if self._plan.pids:
            memory = private_bytes(self._plan.pids)
            self._report.samples.append(Sample(cycles, memory, time.monotonic()))

    def _tell(self) -> None:
        """Leave word how far things are."""
        now = time.monotonic()
        if self._plan.progress is None or now - self._told_at < 1:
            return
        self._told_at = now
        last = self._report.samples[-1].memory_bytes if self._report.samples else None
        state = {"cycles": self._report.done, "failed": self._report.failed, "memory": last}
        part = Path(f"{self._plan.progress}.part")
        part.write_text(json.dumps(state), encoding="utf-8")
        part.rename(self._plan.progress)


def portions(cycles: int, samples: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of consecutive, even portions of `cycles`, at most one per sample."""
    count = max(1, min(cycles, samples))
    marks = [cycles * index // count for index in range(count + 1)]
    return pairwise(marks)
