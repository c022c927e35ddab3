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
from qaws.load.churn.tally import ContractTally, Hung
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.verifier import verifier_of

LOOK_S = 0.005
"""How often it is looked whether something is to be done."""

PATIENCE_S = 10.0
"""How long a client waits for what it must get."""

HERE, LEAVE, BACK, END, MET, HUNG = "here", "leave", "back", "end", "met", "hung"
"""What is told. By the process: that all have come (and, later, come back), and who was not served;
what each has met so far; who waited in vain. To it: that they may leave, that they are to come
back, that it may end."""


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
        hung: who waited in vain, in words, from when and until when.
        kinds: messages received, by kind.
        faults: violations, by kind.
        sentences: the first of them, in words.
    """

    stays: list[tuple[float, float | None]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    hung: list[Hung] = field(default_factory=list)
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
        clients = await self._come_all("")
        self._plan.tell(HUNG, "\n".join(words for words, _, _ in self._report.hung))
        self._plan.tell(HERE, "\n".join(self._report.failures))
        instants = [float(each) for each in (await self._wait_for(LEAVE)).split()]
        await asyncio.gather(*map(self._leave, clients, instants))
        await self._wait_for(BACK)
        again = await self._come_all(", back")
        self._plan.tell(HERE + BACK)
        await self._wait_for(END)
        for client in again:
            self._note(client)
            client.reset()
        report, tally = self._report, self._tally
        report.kinds, report.faults = dict(tally.kinds), dict(tally.faults)
        report.sentences = tally.sentences
        return report

    async def _come_all(self, again: str) -> list[ShortLivedClient]:
        """Let all of them come at once, so that they take no longer than the slowest of them."""
        names = [f"early client {n + 1}{again}" for n in range(self._plan.count)]
        clients = [ShortLivedClient(name, self._plan.address, self._tally) for name in names]

        async def come(client: ShortLivedClient) -> None:
            await self._come(client)
            self._tell_what_they_met(clients)

        self._tell_what_they_met(clients)
        await asyncio.gather(*map(come, clients))
        return clients

    def _tell_what_they_met(self, clients: list[ShortLivedClient]) -> None:
        self._plan.tell(MET, "\n".join(f"{each.name} {each.summary()}" for each in clients))

    async def _wait_for(self, word: str) -> str:
        text = self._plan.told(word)
        while text is None and time.monotonic() < self._until:
            await asyncio.sleep(LOOK_S)
            text = self._plan.told(word)
        return text or ""

    async def _come(self, client: ShortLivedClient) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await client.come()
                if await client.welcomed:
                    client.subscribe()
                    if await client.acknowledged:
                        return
            self._report.failures.append(f"{client.name} {client.summary()}")
        except TimeoutError:
            words = f"{client.name} {client.summary()} (for {PATIENCE_S:g} s)"
            self._report.hung.append((words, began, time.monotonic()))
        except OSError as problem:
            self._report.failures.append(f"{client.name} could not connect: {problem}")

    async def _leave(self, client: ShortLivedClient, at: float) -> None:
        """Close politely when it is time, and wait for the answer."""
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        if not client.gone.done():
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
