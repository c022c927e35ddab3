"""The feed: publishes stamped ticks to the broker, on time and on the record.

Ticks reach the service the way its production feed does (docs/specification.md, section 2). Each
carries, beside its market fields, `seq` (a number per symbol) and `due_us` (when it was due,
microseconds since 1970).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio

from qaws.measure.recent_rate import RecentRate
from qaws.oracle.ledger import Ledger, Published, Role
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD, Market, Sample, Selection, TickKind
from qaws.sut.broker import Broker
from qaws.sut.target import Feed as FeedSection
from qaws.verdict import Broken, Inconclusive

STOP_ALLOWANCE_S = 10.0
"""How long a flow may need to publish its last tick."""


@dataclass(slots=True)
class _Flow:
    """Ticks that are published again and again; `rate` counts their turns."""

    every_s: float
    rate: RecentRate
    task: asyncio.Task[None] | None = None

    def require_alive(self) -> None:
        """Raise what has ended it."""
        if self.task and self.task.done():
            self.task.result()


class Feed:
    """Publishes ticks and keeps the ledger; use it on the loop thread."""

    def __init__(self, broker: Broker, section: FeedSection) -> None:
        self.broker = broker
        self.ledger = Ledger()
        self.market = Market()
        self._client = broker.client()
        self._turn = asyncio.Lock()
        self._channels: dict[TickKind, str] = {
            "option_tick": section.options_channel,
            "underlying_bar": section.underlying_channel,
        }
        self._flows: list[_Flow] = []
        self._ebb = asyncio.Event()

    async def publish(
        self, fields: dict[str, Any], due_ns: int | None = None, role: Role = "tick"
    ) -> Published:
        """Stamp one tick, enter it in the ledger, and hand it to the broker.

        One tick is handed over after the other, so that the broker gets them in the order of their
        numbers, also where a flow and a step publish at the same time. While the broker is away on
        purpose a tick is in doubt; otherwise it must be taken.

        Args:
            fields: the market fields, with type, symbol and (for an option) instrument_token.
            due_ns: when it was due (monotonic); default now.
            role: why it is published.

        Raises:
            Broken: the broker does not take it.
        """
        due = time.monotonic_ns() if due_ns is None else due_ns
        async with self._turn:
            was_away = self.broker.is_away
            tick = self._stamp(fields, due, role)
            try:
                tick.heard_by = await self._client.publish(self._channels[tick.kind], tick.text)
                tick.taken_ns = time.monotonic_ns()
            except (redis.RedisError, OSError) as problem:
                tick.in_doubt = True
                if not (was_away or self.broker.is_away):
                    raise self._no_publish(problem) from None
        return tick

    async def publish_together(
        self,
        make: Sequence[Callable[[], dict[str, Any]]],
        command: Sequence[str] = (),
    ) -> list[Published]:
        """Hand ticks to the broker in one transaction, behind a command: nothing comes in between.

        The loop stands still meanwhile, for some milliseconds: or it would first take in what the
        service already sends to its clients.

        Args:
            make: makes the market fields, in order.
            command: a command of the broker.

        Raises:
            Broken: the broker does not take it, or refuses the command.
        """
        async with self._turn:
            ticks = [self._stamp(fields(), time.monotonic_ns(), "tick") for fields in make]
            try:
                with (
                    self.broker.blocking_client() as client,
                    client.pipeline(transaction=True) as transaction,
                ):
                    client.ping()  # connects
                    if command:
                        transaction.execute_command(*command)
                    for tick in ticks:
                        transaction.publish(self._channels[tick.kind], tick.text)
                    answers = transaction.execute()
                    taken_ns = time.monotonic_ns()
            except (redis.RedisError, OSError) as problem:
                raise self._no_publish(problem) from None
            for tick, heard_by in zip(reversed(ticks), reversed(answers), strict=False):
                tick.heard_by, tick.taken_ns = heard_by, taken_ns
        return ticks

    async def publish_across(
        self,
        make: Sequence[Callable[[], dict[str, Any]]],
        before: int,
        event: Callable[[], None],
        first: Callable[[], None] = lambda: None,
        held: AbstractContextManager[None] | None = None,
    ) -> list[Published]:
        """Hand ticks to the broker without a break, across an event.

        Those before it go in two transactions. The second one and the event are `held` together:
        however slowly this process gets its turns, who is held meets the event with ticks that
        have only just come. Behind it each follows as soon as the broker has answered the one
        before. The loop stands still meanwhile, for some milliseconds: or it would first take in
        what comes of them.

        Args:
            make: makes the market fields, in order.
            before: how many ticks the broker has answered when the event comes.
            event: called as soon as the broker has them; when it returns, the next one follows.
            first: called right before the first tick.
            held: around the second half of those before the event, and the event.

        Raises:
            Broken: the broker does not take them.
        """
        async with self._turn:
            try:
                with self.broker.blocking_client() as client:
                    client.ping()  # connects
                    first()
                    ticks = self._publish_at_once(client, make[: before // 2])
                    with held or nullcontext():
                        ticks += self._publish_at_once(client, make[before // 2 : before])
                        event()
                    for fields in make[before:]:
                        tick = self._stamp(fields(), time.monotonic_ns(), "tick")
                        tick.heard_by = client.publish(self._channels[tick.kind], tick.text)
                        tick.taken_ns = time.monotonic_ns()
                        ticks.append(tick)
            except (redis.RedisError, OSError) as problem:
                raise self._no_publish(problem) from None
        return ticks

    def _publish_at_once(
        self, client: redis.Redis, make: Sequence[Callable[[], dict[str, Any]]]
    ) -> list[Published]:
        """Hand ticks to the broker in one transaction; return them when it has answered."""
        now_ns = time.monotonic_ns()
        ticks = [self._stamp(fields(), now_ns, "tick") for fields in make]
        with client.pipeline(transaction=True) as transaction:
            for tick in ticks:
                transaction.publish(self._channels[tick.kind], tick.text)
            answers = transaction.execute()
        taken_ns = time.monotonic_ns()
        for tick, heard_by in zip(ticks, answers, strict=True):
            tick.heard_by, tick.taken_ns = heard_by, taken_ns
        return ticks

    async def subscribers(self) -> set[str]:
        """Return the ids of the broker's clients that listen to a channel or a pattern now."""
        try:
            return {each["id"] for each in await self._client.client_list(_type="pubsub")}
        except (redis.RedisError, OSError) as problem:
            raise Broken(f"{self.broker.shown_url}: CLIENT LIST: {problem}") from None

    async def configure(self, name: str, value: str) -> str:
        """Set a parameter of the broker; return what it was.

        Raises:
            Broken: the broker does not let us.
        """
        try:
            before = await self._client.config_get(name)
            await self._client.config_set(name, value)
        except (redis.RedisError, OSError) as problem:
            raise Broken(f"{self.broker.shown_url}: CONFIG SET {name}: {problem}") from None
        return str(before[name])

    def _stamp(self, fields: dict[str, Any], due: int, role: Role, publisher: int = 0) -> Published:
        """Make a tick of market fields, and enter it in the ledger as handed to the broker."""
        sequence = self.ledger.next_sequence(fields["symbol"])
        stamped = {**fields, SEQUENCE_FIELD: sequence, DUE_FIELD: _since_1970_us(due)}
        tick = Published(
            symbol=fields["symbol"],
            sequence=sequence,
            kind=fields["type"],
            instrument=fields.get("instrument_token"),
            due_ns=due,
            text=json.dumps(stamped),
            role=role,
            publisher=publisher,
        )
        tick.sent_ns = time.monotonic_ns()
        self.ledger.add(tick)
        return tick

    async def publish_side_by_side(self, lines: Sequence[Sequence[Sample]], together: int) -> None:
        """Publish several lines of ticks at the same time, each on a connection of its own.

        Within a line the order is kept; between lines there is none. No two lines may have a symbol
        in common.

        Args:
            lines: kind, symbol and instrument of each tick, line by line.
            together: how many ticks each publisher hands to the broker at a time.

        Raises:
            Broken: the broker does not take them.
        """
        publishers = enumerate(lines, 1)
        await asyncio.gather(*(self._publish_line(p, line, together) for p, line in publishers))

    async def _publish_line(self, publisher: int, line: Sequence[Sample], together: int) -> None:
        async with self.broker.client() as client:
            for first in range(0, len(line), together):
                handing_over = client.pipeline(transaction=False)
                ticks = []
                for sample in line[first : first + together]:
                    fields = self.market.tick(*sample)
                    ticks.append(self._stamp(fields, time.monotonic_ns(), "tick", publisher))
                    handing_over.publish(self._channels[ticks[-1].kind], ticks[-1].text)
                try:
                    heard = await handing_over.execute()
                except (redis.RedisError, OSError) as problem:
                    raise self._no_publish(problem) from None
                taken_ns = time.monotonic_ns()
                for tick, heard_by in zip(ticks, heard, strict=True):
                    tick.heard_by, tick.taken_ns = heard_by, taken_ns

    def _no_publish(self, problem: Exception) -> Broken:
        """Return what to say when the broker does not take a tick: first of all, that it died."""
        self.broker.require_alive()
        return Broken(f"{self.broker.shown_url}: cannot publish there: {problem}")

    async def publish_raw(self, kind: TickKind, payload: bytes) -> None:
        """Hand the broker a payload that is no tick, on the channel of a kind of ticks.

        Raises:
            Broken: the broker does not take it.
        """
        async with self._turn:
            try:
                await self._client.publish(self._channels[kind], payload)
            except (redis.RedisError, OSError) as problem:
                raise self._no_publish(problem) from None

    async def publish_fence(self, selection: Selection) -> Published:
        """Publish a tick that the selection takes, to mark the end of what came before."""
        return await self.publish(self.market.tick(*selection.sample()), role="fence")

    async def publish_at(
        self, make: Sequence[Callable[[], dict[str, Any]]], per_second: float
    ) -> list[Published]:
        """Publish ticks on an open-loop schedule: each is due at its time, come what may.

        Args:
            make: makes the market fields, in order.
            per_second: rate in ticks per second.
        """
        start_ns = time.monotonic_ns()
        published = []
        for index, fields in enumerate(make):
            due_ns = start_ns + int(index * 1e9 / per_second)
            ahead_s = (due_ns - time.monotonic_ns()) / 1e9
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            published.append(await self.publish(fields(), due_ns=due_ns))
        return published

    def start_flow(self, selection: Selection, every_s: float) -> None:
        """Keep publishing ticks of a selection in the background, one every `every_s` seconds."""
        self.start_mixed_flow(itertools.repeat(selection.sample()), every_s)

    def start_mixed_flow(self, samples: Iterator[Sample], every_s: float) -> None:
        """Keep publishing in the background, one tick like the next sample every `every_s` seconds.

        While the broker is away on purpose, those that are due fall out.

        Args:
            samples: kind, symbol and instrument of each tick, without end.
            every_s: the interval in seconds.
        """
        self._ebb.clear()
        due_ns = time.monotonic_ns()
        flow = _Flow(every_s, RecentRate(every_s, due_ns))

        async def publish_again_and_again() -> None:
            nonlocal due_ns
            while not self._ebb.is_set():
                if not self.broker.is_away:
                    await self.publish(self.market.tick(*next(samples)), due_ns, role="flow")
                flow.rate.note(time.monotonic_ns())
                due_ns += int(every_s * 1e9)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, (due_ns - time.monotonic_ns()) / 1e9)):
                        await self._ebb.wait()

        flow.task = asyncio.get_running_loop().create_task(publish_again_and_again())
        self._flows.append(flow)

    @property
    def is_flowing(self) -> bool:
        """Return whether a background flow has been started and not been stopped since."""
        return bool(self._flows)

    def require_flows(self) -> None:
        """Make sure, when it matters, that what was begun to flow still does.

        Raises:
            Broken: one of the flows has ended by itself, with its reason.
            Inconclusive: one all but stands still, and the broker is not away on purpose.
        """
        for flow in self._flows:
            flow.require_alive()
            short = flow.rate.shortfall(time.monotonic_ns())
            if short and not self.broker.is_away:
                raise Inconclusive(
                    f"a tick was to flow every {flow.every_s * 1e3:.3g} ms, but there were "
                    f"{short}; run it again on a quieter machine"
                )

    async def stop_flows(self) -> None:
        """End the background flows, each after the tick that it is publishing.

        They are asked and not cancelled: the broker's client may swallow a cancellation that comes
        in the middle of a command, and the flow would never end.

        Raises:
            Broken: one of them had ended by itself, with its reason, or does not end.
        """
        flows, self._flows = self._flows, []
        self._ebb.set()
        tasks = [flow.task for flow in flows if flow.task]
        if not tasks:
            return
        _, going_on = await asyncio.wait(tasks, timeout=STOP_ALLOWANCE_S)
        for flow in flows:
            flow.require_alive()
        if going_on:
            raise Broken(f"{self.broker.shown_url}: a publish there does not end")

    async def hang_up(self) -> None:
        """Give up the connections to a broker that has gone; the next publish opens new ones."""
        async with self._turn:
            await self._client.connection_pool.disconnect()

    async def close(self) -> None:
        """Leave the broker."""
        await self.stop_flows()
        await self._client.aclose()


def _since_1970_us(at_ns: int) -> int:
    """Return an instant of `time.monotonic_ns()` in µs since 1970.

    The two clocks are read one after the other; of a few readings the quickest counts, for a busy
    machine may take its time between the two.
    """
    readings = []
    for _ in range(3):
        before_ns, wall_ns = time.monotonic_ns(), time.time_ns()
        readings.append((time.monotonic_ns() - before_ns, wall_ns - before_ns))
    return (min(readings)[1] + at_ns) // 1000
