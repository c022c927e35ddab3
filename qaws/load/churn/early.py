"""Clients that come before all others, leave politely one by one, and come back at the end.

Whoever serves clients in the order of their coming meets these first: a broadcast that ends at one
that has left would serve nobody behind. `run_early` is what runs in a process of its own. It is
told by files how far things are, because its clients must be there before the observers come.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from qaws.load.churn.short_lived import Address, ShortLivedClient
from qaws.load.churn.tally import ContractTally
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.verifier import verifier_of

LOOK_S = 0.005
"""How often it is looked whether something is to be done."""

PATIENCE_S = 10.0
"""How long a client waits for what it must get."""

HERE, LEAVE, BACK, END = "here", "leave", "back", "end"
"""What is told. By the process: that all are here (and, later, back). To it: that they may leave,
that they are to come back, that it may end."""


@dataclass(frozen=True, slots=True)
class EarlyPlan:
    """What they are to do.

    Attributes:
        address: where they go.
        count: how many.
        folder: an empty one, for the files by which things are told.
        longest_s: how long the process lives at most.
        flow: what will be published, which ticks are compared with; None: they are not.
    """

    address: Address
    count: int
    folder: str
    longest_s: float = 300.0
    flow: FlowPlan | None = None

    def tell(self, word: str, text: str = "") -> None:
        """Say that it is so far."""
        part = Path(self.folder) / f"{word}.part"
        part.write_text(text, encoding="utf-8")
        part.rename(Path(self.folder) / word)

    def told(self, word: str) -> str | None:
        """Return what was said with a word, None while it was not."""
        file = Path(self.folder) / word
        return file.read_text(encoding="utf-8") if file.exists() else None


@dataclass(slots=True)
class EarlyReport:
    """What became of them. Instants are `time.monotonic()`, which all processes here share.

    Attributes:
        stays: (welcomed, left) of each stay; None: still there at the end.
        failures: who was not served, or cut off, in words.
        kinds: messages received, by kind.
        faults: violations, by kind.
        sentences: the first of them, in words.
    """

    stays: list[tuple[float, float | None]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def run_early(plan: EarlyPlan) -> EarlyReport:
    """Do what the plan says; blocks until it was told to end."""
    return uvloop.run(_Early(plan).run())


class _Early:
    def __init__(self, plan: EarlyPlan) -> None:
        self._plan = plan
        self._tally = ContractTally(verifier_of(plan.address.dialect, plan.flow, ahead=False))
        self._report = EarlyReport()
        self._until = time.monotonic() + plan.longest_s

    async def run(self) -> EarlyReport:
        clients = [await self._come(f"early client {n + 1}") for n in range(self._plan.count)]
        self._plan.tell(HERE, "\n".join(self._report.failures))
        instants = [float(each) for each in (await self._wait_for(LEAVE)).split()]
        for client, at in zip(clients, instants, strict=False):
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await self._leave(client)
        await self._wait_for(BACK)
        again = [await self._come(f"early client {n + 1}, back") for n in range(self._plan.count)]
        self._plan.tell(HERE + BACK)
        await self._wait_for(END)
        for client in again:
            self._note(client)
            client.reset()
        report, tally = self._report, self._tally
        report.kinds, report.faults = dict(tally.kinds), dict(tally.faults)
        report.sentences = tally.sentences
        return report

    async def _wait_for(self, word: str) -> str:
        text = self._plan.told(word)
        while text is None and time.monotonic() < self._until:
            await asyncio.sleep(LOOK_S)
            text = self._plan.told(word)
        return text or ""

    async def _come(self, name: str) -> ShortLivedClient:
        client = ShortLivedClient(name, self._plan.address, self._tally)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await client.come()
                if await client.welcomed:
                    client.subscribe()
                    if await client.acknowledged:
                        return client
            self._report.failures.append(f"{name} {client.summary()}")
        except TimeoutError:
            self._report.failures.append(f"{name} {client.summary()} (for {PATIENCE_S:g} s)")
        except OSError as problem:
            self._report.failures.append(f"{name} could not connect: {problem}")
        return client

    async def _leave(self, client: ShortLivedClient) -> None:
        """Close politely, and wait for the answer."""
        if client.gone.done():
            self._note(client)
            return
        client.leave()
        await asyncio.wait([client.gone], timeout=PATIENCE_S)
        self._note(client)
        client.reset()

    def _note(self, client: ShortLivedClient) -> None:
        """Note a client's stay, and that it was cut off if it was."""
        if client.gone.done() and not client.leaving:
            self._report.failures.append(f"{client.name} {client.summary()}")
        if client.welcomed_at is not None:
            self._report.stays.append((client.welcomed_at, client.left_at))
