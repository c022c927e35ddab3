"""Whether what tells of a service can be believed: it is once it was seen to move.

Before the first baseline of a service, clients come for a moment. Its sockets and its statistics
must count them. Statistics that are constant, come from an old cache, or are those of one of
several processes do not, and what rests on them is not verified.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from qaws.behaviours import lifecycle
from qaws.clients.registry import Registry
from qaws.protocol import origins
from qaws.protocol.market import selection_of
from qaws.sut.resources import ResourceSnapshot
from qaws.sut.service import Service
from qaws.testbed.testbed import STEP_LIMIT_S, Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

STATISTICS = ("sessions", "subscriptions")

COMERS = (4, 1)
"""How many come, and how many more once these are counted: a cache may have been renewed by chance
after the first."""

WISH = selection_of("NIFTY")
"""What one of them subscribes to."""

FOLLOWS_S = 2.0
"""How soon who has come must be counted: the tightest bound of a return (QA-WS-004)."""

TRIED = 2
"""After so many doubts in a run no other service of it is tried: each takes some seconds."""

SETTLES_S = 5.0
"""How long the counts may go on changing before the visitors come, and after they have left."""

READS, READS_OF_ONE = 8, 1
"""How often the statistics are asked at once, and how often where one process alone can answer."""

LOOK_EVERY_S = 0.05

AGREES_S = 1.0
"""How long the answers of one who may be several processes may differ after clients have left."""


async def see_them_move(testbed: Testbed) -> None:
    """Let clients come and go, once for each service, and see that they are counted.

    By the statistics, where the target names any, and among the sockets of the processes, where
    these can be observed. Where the service does not let them in, nothing is said here: the
    scenario will.

    Raises:
        NotVerified: sockets or statistics did not count them.
    """
    service = testbed.service
    if service.moved or not (service.target.statistics or service.process):
        return
    doubts = testbed.services.doubts if testbed.services else []
    if len(doubts) >= TRIED:
        raise NotVerified(doubts[-1])
    try:
        await _see_them_move(testbed, service)
    except NotVerified as doubt:
        doubts.append(str(doubt))
        raise


def see_them_move_now(testbed: Testbed) -> None:
    """Do the same and block; for scenarios whose clients live in processes of their own."""
    testbed.loop.call(see_them_move(testbed), STEP_LIMIT_S * testbed.timeout_factor)


async def _see_them_move(testbed: Testbed, service: Service) -> None:
    before = await _settled(testbed)
    visits = testbed.new_registry()
    try:
        for number in COMERS:
            if not await _come(testbed, visits, number):
                return
            await _require_counted(service, before, len(visits.all), testbed.timeout_factor)
        await _require_subscriptions_counted(testbed, before, visits)
        service.moved = True
    finally:
        await testbed.goodbyes.say(visits)
        await _gone(testbed, before)


async def _come(testbed: Testbed, visits: Registry, number: int) -> bool:
    """Connect so many clients; return whether all were let in."""
    names = [f"visitor {len(visits.all) + each + 1}" for each in range(number)]
    location, headers = testbed.target.auth.token_locations[0], origins.headers(origins.NONE)
    tokens = await testbed.tokens.for_clients(number)
    opened = await visits.connect(
        names, testbed.service, tokens, location, headers, None, may_be_gone=True
    )
    await asyncio.gather(*(lifecycle.settled(testbed, each) for each in opened))
    return all(each.is_open and each.is_welcomed for each in opened)


async def _require_counted(
    service: Service, before: ResourceSnapshot, came: int, timeout_factor: float
) -> None:
    begin = time.monotonic()
    while True:
        answers = await _answers(service)
        counted = {each.sessions for each in answers}
        if before.sessions is None or counted == {before.sessions + came}:
            break
        if time.monotonic() - begin > FOLLOWS_S * timeout_factor:
            raise NotVerified(_uncounted(service, before, counted, came, time.monotonic() - begin))
        await asyncio.sleep(LOOK_EVERY_S)
    sockets = (await asyncio.to_thread(service.snapshot, ["sockets"])).sockets
    if before.sockets is None or sockets is None:
        return
    if sockets < before.sockets + came:
        raise NotVerified(
            f"{came} clients came and the processes of the service have {sockets} sockets on port "
            f"{service.port}, {before.sockets} before: they are held elsewhere"
        )


async def _require_subscriptions_counted(
    testbed: Testbed, before: ResourceSnapshot, visits: Registry
) -> None:
    """Let a visitor subscribe, as far as it can, and see that there are more subscriptions then.

    By how many is the service's own way to count. Where the subscription is not acknowledged
    nothing is said here: the scenarios will.
    """
    if before.subscriptions is None:
        return
    try:
        wish = testbed.dialect.sayable(WISH)
        ack = await visits.all[0].subscribe(wish, testbed.grace_s)
    except NotVerified:
        return
    if ack is None or lifecycle.is_kind(testbed, "error")(ack):
        return
    service, begin = testbed.service, time.monotonic()
    while True:
        counted = {each.subscriptions for each in await _answers(service)}
        if all((count or 0) > before.subscriptions for count in counted):
            return
        if (took_s := time.monotonic() - begin) > FOLLOWS_S * testbed.timeout_factor:
            raise NotVerified(
                f"{_statistics_of(service)} did not follow a subscription within {took_s:.1f} s: "
                f"they told {before.subscriptions} subscriptions before and {_either(counted)} then"
            )
        await asyncio.sleep(LOOK_EVERY_S)


def _uncounted(
    service: Service, before: ResourceSnapshot, counted: set[int | None], came: int, took_s: float
) -> str:
    if len(counted) > 1:
        return _disagreement(service, counted, took_s)
    return (
        f"{_statistics_of(service)} did not follow {came} clients that came within {took_s:.1f} s: "
        f"they told {before.sessions} sessions before and {_either(counted)} then"
    )


def _disagreement(service: Service, counted: Collection[int | None], within_s: float) -> str:
    if len(counted) == 1:
        return f"{_statistics_of(service)} did not come to rest within {within_s:.1f} s"
    return (
        f"{_statistics_of(service)} answered {_either(counted)} sessions within {within_s:.1f} s: "
        "several processes seem to answer"
    )


def _statistics_of(service: Service) -> str:
    assert service.target.statistics
    return f'the statistics of the service "{service.target.name}"'


def _either(counts: Collection[int | None]) -> str:
    return " and ".join(str(count) for count in sorted(counts, key=lambda count: -(count or 0)))


async def _answers(service: Service) -> list[ResourceSnapshot]:
    """Return what the statistics tell to several who ask at once, each on a fresh connection."""
    alone = await asyncio.to_thread(service.processes_that_listen) == 1
    return await _asked(service, READS_OF_ONE if alone else READS)


async def _asked(service: Service, reads: int) -> list[ResourceSnapshot]:
    asked = (asyncio.to_thread(service.snapshot, STATISTICS) for _ in range(reads))
    return list(await asyncio.gather(*asked))


async def _settled(testbed: Testbed) -> ResourceSnapshot:
    """Return what the service holds once the statistics say the same to all who ask, twice."""
    service, begin = testbed.service, time.monotonic()
    last: set[ResourceSnapshot] = set()
    while True:
        answers = set(await _answers(service))
        if len(answers) == 1 and answers == last:
            sockets = await _sockets_at_rest(service, FOLLOWS_S * testbed.timeout_factor)
            return replace(answers.pop(), sockets=sockets)
        last = answers
        if (took_s := time.monotonic() - begin) > SETTLES_S * testbed.timeout_factor:
            raise NotVerified(_disagreement(service, {each.sessions for each in answers}, took_s))
        await asyncio.sleep(LOOK_EVERY_S)


async def _sockets_at_rest(service: Service, within_s: float) -> int | None:
    """Return how many sockets a service holds once those of who has asked are gone, or time is up.

    A server may close a line that its client has closed a good while after that. It would be
    missed among those who come.
    """
    deadline, looks = time.monotonic() + within_s, []
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        goes = await asyncio.to_thread(service.closing_sockets)
        looks.append((await asyncio.to_thread(service.snapshot, ["sockets"])).sockets)
        if len(looks) > 1 and (not goes or time.monotonic() > deadline):
            return min((each for each in looks if each is not None), default=None)


async def _gone(testbed: Testbed, before: ResourceSnapshot) -> None:
    """Wait until the visitors are counted no more; whether it forgets is not judged here.

    A busy service may close a socket a good while after the session on it: a baseline that counts
    one of theirs would never be returned to.
    """
    service, deadline = testbed.service, time.monotonic() + SETTLES_S * testbed.timeout_factor
    while time.monotonic() < deadline:
        try:
            answers = await _answers(service)
            held = await asyncio.to_thread(service.snapshot, ["sockets"])
        except (Broken, NotVerified, Inconclusive):
            return
        forgotten = all(each == _statistics_in(before) for each in answers)
        if forgotten and (before.sockets is None or (held.sockets or 0) <= before.sockets):
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _statistics_in(seen: ResourceSnapshot) -> ResourceSnapshot:
    return ResourceSnapshot(sessions=seen.sessions, subscriptions=seen.subscriptions)


async def require_agreement(
    testbed: Testbed, parts: Sequence[str], seen: ResourceSnapshot, before: ResourceSnapshot
) -> None:
    """Require, where several processes may answer, that the statistics still count our clients.

    Args:
        testbed: the testbed.
        parts: what is judged.
        seen: what was seen at last, by single looks: it must be what all are told now.
        before: the baseline, towards which what was seen may still be on its way.

    Raises:
        NotVerified: they differ, or are fewer than the clients that are connected.
    """
    service = testbed.service
    if set(parts).isdisjoint(STATISTICS) or not service.target.statistics:
        return
    if await asyncio.to_thread(service.processes_that_listen) == 1:
        return

    def own() -> int:
        return sum(each.is_open and each.is_welcomed for each in testbed.scenario.connections.all)

    told = await sessions_told(service, own, AGREES_S)
    if doubt := told.doubt(own()):
        raise NotVerified(doubt)
    is_on_its_way = (seen.sessions or 0) > told.least > (before.sessions or 0)
    if seen.sessions not in told.counts and not is_on_its_way:
        raise NotVerified(_disagreement(service, {*told.counts, seen.sessions}, told.took_s))


@dataclass(frozen=True, slots=True)
class SessionsTold:
    """How many sessions the statistics of a service told to all who asked at once.

    Attributes:
        service: the service.
        counts: the answers of the last time, each once.
        took_s: how long they were asked, in seconds.
    """

    service: Service
    counts: frozenset[int | None]
    took_s: float

    def doubt(self, own: int) -> str:
        """Say why they cannot be believed, where that many clients are connected; "" for nothing.

        One answer may be that of one process of several, by chance, or come from a cache.
        """
        if len(self.counts) > 1:
            return _disagreement(self.service, self.counts, self.took_s)
        if self.least >= own:
            return ""
        return (
            f"{_statistics_of(self.service)} tell {_either(self.counts)} sessions, where {own} "
            "clients of the suite are connected"
        )

    @property
    def least(self) -> int:
        """Return the least of the answers."""
        return min((count or 0 for count in self.counts), default=0)


async def sessions_told(service: Service, own: Callable[[], int], within_s: float) -> SessionsTold:
    """Return what the statistics tell to all who ask, once that is one answer and counts ours.

    Args:
        service: the service.
        own: tells how many clients of ours it holds.
        within_s: how long to go on asking where it is not so, in seconds.

    Raises:
        Broken: the statistics cannot be read.
    """
    begin, answers = time.monotonic(), await _answers(service)
    while True:
        counts = frozenset(each.sessions for each in answers)
        told = SessionsTold(service, counts, time.monotonic() - begin)
        if told.took_s > within_s or not told.doubt(own()):
            return told
        await asyncio.sleep(LOOK_EVERY_S)
        answers = await _asked(service, READS)  # who listens alone may hand on to several


def sessions_told_now(testbed: Testbed, own: int) -> SessionsTold:
    """Do the same and block, for clients that live in processes of their own."""
    within_s = FOLLOWS_S * testbed.timeout_factor
    asked = sessions_told(testbed.service, lambda: own, within_s)
    return testbed.loop.call(asked, within_s + STEP_LIMIT_S * testbed.timeout_factor)
