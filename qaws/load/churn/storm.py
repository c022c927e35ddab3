"""The storm: a crowd that connects within a second, and then comes and goes for a while.

Everything is due at a time that is fixed beforehand (open loop): a service that falls behind does
not slow the crowd down. `run_storm` is what runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvloop

from qaws.load.churn.short_lived import Address, ShortLivedClient
from qaws.load.churn.tally import ContractTally, Hung, KeptTicks
from qaws.load.cluster.file_limits import require_descriptors
from qaws.load.subscriber.verifier import verifier_of
from qaws.measure.stall import StallMeter, Stalls

LEAD_S = 0.2
"""From the start to the first arrival."""

SETTLE_S = 10.0
"""How long a client waits for its welcome or its refusal before it counts as left hanging."""

STRANDED_S = 0.05
"""How long a client that resets in mid-handshake leaves the service waiting for the rest of it."""

EXCESS_EVERY = 5
"""So often a second newcomer comes along: places are given back one by one, so one must go."""

EARLY, STORM, CHURN, LULL = "early", "storm", "churn", "lull"

LULL_S = 1.1
"""How long places are left free in a lull: the service has a second to take them back."""

PORTION_OF_REQUEST = (0.0, 0.5, 1.0)
"""How much of its request a client has sent when it resets in mid-handshake, in turn."""


AHEAD_S = 1.0
"""How long before it is due a client asks for what its target wants asked before a connection: what
that takes is no part of its welcome, and a ticket does not lie about for long."""


@dataclass(frozen=True, slots=True)
class StormPlan:
    """What the crowd is to do.

    Attributes:
        address: where.
        clients: how many connect in the storm, those that reset in mid-handshake included.
        within_s: within how many seconds they connect, evenly spread.
        resets: how many of them reset in mid-handshake.
        churn_per_s: afterwards so many live clients a second reset, and so many new ones connect
            and subscribe.
        churn_s: for how many seconds.
        lull_leave: so many leave then, half of them politely, and their places stay free for a
            second.
        lull_come: so many come then and subscribe, within a second.
        seed: which clients reset.
    """

    address: Address
    clients: int
    within_s: float
    resets: int
    churn_per_s: float
    churn_s: float
    lull_leave: int = 0
    lull_come: int = 0
    seed: int = 20251

    @property
    def longest_s(self) -> float:
        """Return how long it can take at most: the service may leave everybody waiting."""
        lull_s = LULL_S + 1 + 2 * SETTLE_S if self.lull_leave else 0.0
        return LEAD_S + self.within_s + self.churn_s + lull_s + 3 * SETTLE_S + 1


@dataclass(slots=True)
class Attempt:
    """One client, as the report tells of it. Instants are s since the storm began.

    Attributes:
        due_s: when it was to connect.
        began_s: when it did.
        welcomed_s: when it had its welcome; None without.
        left_s: when it left, or the service ended its connection.
        code: of the service's close; None without.
        reason: of the service's close.
        end: how a client without a welcome fared, in words.
        phase: in which it came: EARLY (before all others), STORM, CHURN or LULL.
        session_id: as welcomed.
        is_hung: whether it waited in vain.
    """

    due_s: float
    began_s: float
    welcomed_s: float | None = None
    left_s: float | None = None
    code: int | None = None
    reason: str = ""
    end: str = ""
    phase: str = STORM
    session_id: str | None = None
    is_hung: bool = False


@dataclass(slots=True)
class StormReport:
    """What became of the crowd.

    Attributes:
        guests: everybody that shook hands in full.
        resets: how many reset in mid-handshake.
        resets_s: when those began.
        asked_and_reset_s: when those did that had sent their whole request, and may be let in.
        churn_resets: how many live clients reset during the churn.
        unasked: live clients that the service ended, in words.
        failures: who could not connect, or got no acknowledgement, in words.
        hung: who waited in vain.
        kinds: messages received, by kind.
        faults: violations, by kind.
        sentences: the first of them, in words.
        ticks: what came of ticks; the ledger has what they must say.
        stalls: how far this process stood still.
        began_s: when the storm began (`time.monotonic`, which all processes here share).
        churn_from_s: when the churn began, in s since the storm began.
        ended_s: when the last client had left.
    """

    attempts: list[Attempt] = field(default_factory=list)
    resets: int = 0
    resets_s: list[float] = field(default_factory=list)
    asked_and_reset_s: list[float] = field(default_factory=list)
    churn_resets: int = 0
    unasked: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    hung: list[Hung] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    ticks: KeptTicks = field(default_factory=dict)
    stalls: Stalls = field(default_factory=Stalls)
    began_s: float = 0.0
    churn_from_s: float = 0.0
    ended_s: float = 0.0

    def taken(self, lingers_s: float = 0.0) -> list[tuple[float, int]]:
        """Return (s, places that may be taken from then on), in order of time.

        As the service may count at most: a client takes a place from its first attempt, and until
        it has left; one that resets with its whole request sent takes one for `lingers_s`.
        """
        moves = [(a.began_s, 1) for a in self.attempts]
        moves += [(a.left_s, -1) for a in self.attempts if a.left_s is not None]
        for at in self.asked_and_reset_s:
            moves += [(at, 1), (at + lingers_s, -1)]
        course, count = [], 0
        for at, step in sorted(moves):
            count += step
            course.append((at, count))
        return course

    def most_taken(self, at_s: float, for_s: float, until_s: float = 0.0) -> int:
        """Return how many places may have been taken at most in the `for_s` before an instant.

        Until `until_s`, where that is later; who reset amid its handshake counts then for `for_s`.
        """
        course, until_s = self.taken(for_s if until_s else 0.0), max(at_s, until_s)
        before = [count for at, count in course if at <= at_s - for_s]
        within = [count for at, count in course if at_s - for_s < at < until_s]
        return max([*before[-1:], *within], default=0)

    def live(self) -> list[tuple[float, int]]:
        """Return (s, clients live from then on), in order of time.

        A client is live from its welcome until it begins to leave: as it sees it, so never before
        the service has taken it in, and never after the service has let it go.
        """
        moves = [(g.welcomed_s, 1) for g in self.attempts if g.welcomed_s is not None]
        moves += [
            (g.left_s, -1)
            for g in self.attempts
            if g.welcomed_s is not None and g.left_s is not None
        ]
        course, count = [(0.0, 0)], 0
        for at, step in sorted(moves):
            count += step
            course.append((at, count))
        return course

    @property
    def peak(self) -> int:
        """Return how many were live at the same time at most."""
        return max(count for _, count in self.live())


def run_storm(plan: StormPlan) -> StormReport:
    """Do what the plan says; blocks until everybody has left.

    Raises:
        Broken: the process may not open so many connections.
    """
    require_descriptors(plan.clients + int(plan.churn_per_s * plan.churn_s * 1.5))
    return uvloop.run(Storm(plan).run())


class Storm:
    """The crowd."""

    def __init__(self, plan: StormPlan) -> None:
        self._plan = plan
        self._tally = ContractTally(verifier_of(plan.address.dialect), keeps_ticks=True)
        self._report = StormReport()
        self._random = random.Random(plan.seed)
        self._live: dict[ShortLivedClient, Attempt] = {}
        self._visits: list[asyncio.Task[None]] = []
        self._start = 0.0

    async def run(self) -> StormReport:
        """Let the crowd come, churn, and leave."""
        meter = StallMeter()
        watching = asyncio.create_task(meter.run())
        self._start = self._report.began_s = time.monotonic() + LEAD_S
        await self._come_all()
        await self._churn()
        if self._plan.lull_leave:
            await self._lull()
        await self._leave_all()
        report, tally = self._report, self._tally
        report.ended_s = time.monotonic() - self._start
        report.stalls = meter.stalls()
        report.kinds, report.faults = dict(tally.kinds), dict(tally.faults)
        report.sentences, report.ticks = tally.sentences, tally.ticks
        watching.cancel()
        return report

    async def _come_all(self) -> None:
        plan = self._plan
        every = plan.clients / plan.resets if plan.resets else plan.clients + 1.0
        resets = {int((number + 0.5) * every) for number in range(plan.resets)}
        for number in range(plan.clients):
            due_s = number * plan.within_s / plan.clients
            if number in resets:
                portion = PORTION_OF_REQUEST[self._report.resets % len(PORTION_OF_REQUEST)]
                self._report.resets += 1
                self._spawn(self._strand(f"client {number + 1}", due_s, portion))
            else:
                self._spawn(self._visit(f"client {number + 1}", due_s))
        await self._settle()

    async def _churn(self) -> None:
        """Reset live clients and send new ones, in turn, half a period apart."""
        plan = self._plan
        begin = self._report.churn_from_s = time.monotonic() - self._start
        for number in range(round(plan.churn_per_s * plan.churn_s)):
            due_s = begin + number / plan.churn_per_s
            self._spawn(self._reset_one(due_s))
            for extra in range(1 + (number % EXCESS_EVERY == 0)):
                name = f"newcomer {number + 1}{'b' * extra}"
                self._spawn(self._visit(name, due_s + 0.5 / plan.churn_per_s, CHURN))
        await self._settle()

    async def _lull(self) -> None:
        """Let some leave, nobody come for a second, and then a few."""
        plan = self._plan
        drawn = self._random.sample(list(self._live), min(plan.lull_leave, len(self._live)))
        attempts = [(client, self._live.pop(client)) for client in drawn]
        await self._leave(drawn)
        for client, attempt in attempts:
            attempt.left_s = self._since(client.left_at)
        begin = time.monotonic() - self._start + LULL_S
        for number in range(plan.lull_come):
            due_s = begin + number / plan.lull_come
            self._spawn(self._visit(f"late client {number + 1}", due_s, LULL))
        await self._settle()

    async def _leave_all(self) -> None:
        """End what is left."""
        await self._leave(list(self._live))

    async def _leave(self, leaving: list[ShortLivedClient]) -> None:
        """End connections, half of them with a clean close."""
        for number, client in enumerate(leaving):
            if number % 2:
                client.reset()
            else:
                client.leave()
        if leaving:
            await asyncio.wait([client.gone for client in leaving], timeout=SETTLE_S)
        for client in leaving:
            client.reset()
        if leaving:
            await asyncio.wait([client.gone for client in leaving], timeout=1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._visits.append(asyncio.get_running_loop().create_task(work))

    async def _settle(self) -> None:
        """Wait until everything that was set going has come to its end."""
        visits, self._visits = self._visits, []
        await asyncio.gather(*visits)

    async def _until(self, due_s: float) -> float:
        """Wait for a due time; return what time it is then."""
        await asyncio.sleep(max(0.0, self._start + due_s - time.monotonic()))
        return time.monotonic() - self._start

    async def _strand(self, name: str, due_s: float, portion: float) -> None:
        """Connect, send a part of the request, and reset."""
        began_s = await self._until(due_s)
        self._report.resets_s.append(began_s)
        if portion == 1:
            self._report.asked_and_reset_s.append(began_s)
        client = ShortLivedClient(name, self._plan.address, self._tally, portion)
        try:
            await client.come()
            await asyncio.sleep(STRANDED_S if portion < 1 else 0)
        except OSError as problem:
            self._report.failures.append(f"{name} could not connect: {problem}")
        client.reset()

    async def _visit(self, name: str, due_s: float, phase: str = STORM) -> None:
        """Connect and stay, if let in; who comes after the storm subscribes as well."""
        attempt = Attempt(due_s, due_s, phase=phase)
        self._report.attempts.append(attempt)
        client = ShortLivedClient(name, self._plan.address, self._tally)
        if not await self._prepared(client, attempt):
            return
        attempt.began_s = await self._until(due_s)
        client.gone.add_done_callback(lambda _: self._gone(client, attempt))
        try:
            async with asyncio.timeout(SETTLE_S):
                await client.come()
                if not await client.welcomed:
                    await client.gone
                    return
                attempt.welcomed_s = self._since(client.welcomed_at)
                attempt.session_id = client.session_id
                self._live[client] = attempt
                if phase != STORM:
                    client.subscribe()
                    if not await client.acknowledged and client in self._live:
                        self._report.failures.append(f"{name} {client.summary()}")
        except TimeoutError:
            attempt.end, attempt.is_hung = f"{name} {client.summary()}", True
            now, words = time.monotonic(), f"{attempt.end} (for {SETTLE_S:g} s)"
            self._report.hung.append((words, self._start + attempt.began_s, now))
            if attempt.welcomed_s is None:
                client.reset()
        except OSError as problem:
            attempt.end = f"{name} could not connect: {problem}"
            self._report.failures.append(attempt.end)

    async def _prepared(self, client: ShortLivedClient, attempt: Attempt) -> bool:
        """Ask in good time for what the target wants asked before a connection, if it does."""
        if self._plan.address.before is None:
            return True
        await self._until(attempt.due_s - AHEAD_S)
        try:
            async with asyncio.timeout(SETTLE_S):
                await client.prepare()
        except (TimeoutError, OSError) as problem:
            attempt.end = f"{client.name} could not ask before it connected: {problem}"
            self._report.failures.append(attempt.end)
            return False
        return True

    async def _reset_one(self, due_s: float) -> None:
        """Let a live client, drawn by lot, cut its connection."""
        await self._until(due_s)
        if not self._live:
            return
        client = self._random.choice(list(self._live))
        attempt = self._live.pop(client)
        client.reset()
        attempt.left_s = self._since(client.left_at)
        self._report.churn_resets += 1

    def _gone(self, client: ShortLivedClient, attempt: Attempt) -> None:
        """Note the end of a connection, whoever ended it."""
        attempt.left_s = self._since(client.left_at)
        if client.close is not None:
            attempt.code, attempt.reason = client.close.code, client.close.reason
        if client.welcomed_at is None:
            attempt.end = attempt.end or f"{client.name} {client.summary()}"
        elif not client.leaving:
            self._live.pop(client, None)
            self._report.unasked.append(f"{client.name} {client.summary()}")

    def _since(self, at: float | None) -> float | None:
        return None if at is None else at - self._start
