"""The feed: publishes stamped ticks to the broker, on time and on the record.

Ticks reach the service the way its production feed does (docs/specification.md, section 2). Each
carries number, due time and the mark of the run beside its market fields.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from qaws.feed.channels import Channel, Channels
from qaws.feed.flows import Flows
from qaws.feed.other_publishers import OtherPublishers
from qaws.feed.outlets import outlet_of
from qaws.feed.outlets.outlet import Breath, Listened
from qaws.feed.readiness import Readiness
from qaws.feed.run_mark import RunMark
from qaws.feed.stamps import Stamps
from qaws.oracle.ledger import Ledger, Published, Role
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import Market, Sample, Selection, TickKind
from qaws.runtime.trust import problem_in_words
from qaws.sut.broker import Broker
from qaws.sut.feed_section import Feed as FeedSection
from qaws.verdict import Broken, NotVerified


class Feed:
    """Publishes ticks and keeps the ledger; use it on the loop thread."""

    def __init__(self, broker: Broker, section: FeedSection, dialect: Dialect) -> None:
        """Begin with an empty ledger.

        Args:
            broker: where ticks are published.
            section: by what kind of feed, and on which channels.
            dialect: what a tick looks like there, and at the clients.

        Raises:
            Broken: this kind of feed cannot be had here.
        """
        self.broker = broker
        self._dialect = dialect
        self.run = RunMark()
        self.ledger = Ledger(self.run.text)
        self.market = Market()
        self.channels = Channels(section, dialect)
        self._stamps = Stamps(self.run, dialect, self.channels)
        self._outlet = outlet_of(broker, section, self.channels.all())
        self.readiness = Readiness(self._outlet)
        self._turn = asyncio.Lock()
        self.flows = Flows(broker)
        self._handed_over: set[str] = set()
        self.others = OtherPublishers(
            broker, self.channels.all(), self._handed_over, self._outlet.listener
        )

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
                heard_by = await self._outlet.publish(self.channel_of(tick), tick.payload)
                self._taken(tick, heard_by, time.monotonic_ns())
            except self._outlet.errors as problem:
                tick.in_doubt = True
                if not (was_away or self.broker.is_away):
                    raise self._no_publish(problem) from None
        return tick

    async def publish_together(
        self,
        make: Sequence[Callable[[], dict[str, Any]]],
        command: Sequence[str] = (),
    ) -> list[Published]:
        """Hand ticks to the broker in one go, behind a command: nothing comes in between.

        The loop stands still meanwhile, for some milliseconds: or it would first take in what the
        service already sends to its clients.

        Args:
            make: makes the market fields, in order.
            command: a command of the broker.

        Raises:
            Broken: the broker does not take it, or refuses the command.
            NotVerified: this kind of feed has no such command.
        """
        async with self._turn:
            ticks = [self._stamp(fields(), time.monotonic_ns(), "tick") for fields in make]
            try:
                with self._outlet.breath() as breath:
                    self._hand_over_all(breath, ticks, command)
            except self._outlet.errors as problem:
                raise self._no_publish(problem) from None
        return ticks

    def _hand_over_all(
        self, breath: Breath, ticks: Sequence[Published], command: Sequence[str] = ()
    ) -> None:
        """Hand ticks to the broker all together; return when it has answered."""
        heard = breath.publish([(self.channel_of(t), t.payload) for t in ticks], command)
        taken_ns = time.monotonic_ns()
        for tick, heard_by in zip(ticks, heard, strict=True):
            self._taken(tick, heard_by, taken_ns)

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
            NotVerified: nothing tells which ticks this kind of feed has passed on.
        """
        if not self._outlet.confirms:
            raise NotVerified(
                f"{self._outlet.kind} does not tell when a tick has been passed on, so that none "
                "is owed at an instant"
            )
        async with self._turn:
            try:
                with self._outlet.breath() as breath:
                    first()
                    ticks = self._publish_at_once(breath, make[: before // 2])
                    with (None if self._outlet.is_direct else held) or nullcontext():
                        ticks += self._publish_at_once(breath, make[before // 2 : before])
                        event()
                    for fields in make[before:]:
                        ticks += self._publish_at_once(breath, [fields])
            except self._outlet.errors as problem:
                raise self._no_publish(problem) from None
        return ticks

    def _publish_at_once(
        self, breath: Breath, make: Sequence[Callable[[], dict[str, Any]]]
    ) -> list[Published]:
        """Hand ticks to the broker all together; return them when it has answered."""
        now_ns = time.monotonic_ns()
        ticks = [self._stamp(fields(), now_ns, "tick") for fields in make]
        self._hand_over_all(breath, ticks)
        return ticks

    async def subscribers(self) -> set[str]:
        """Return the ids of who listens to a channel or a pattern now, but for the suite itself.

        Raises:
            NotVerified: this kind of feed does not tell.
        """
        try:
            return await self._outlet.subscribers(self.others.name)
        except self._outlet.errors as problem:
            raise Broken(f"{self.broker.shown_url}: CLIENT LIST: {problem}") from None

    async def listened_to(self) -> Listened | None:
        """Return what somebody listens to now; None where this kind of feed does not tell."""
        try:
            return await self._outlet.listened_to()
        except self._outlet.errors as problem:
            raise Broken(f"{self.broker.shown_url}: cannot tell who listens: {problem}") from None

    async def configure(self, name: str, value: str) -> str:
        """Set a parameter of the broker; return what it was.

        Raises:
            Broken: the broker does not let us.
            NotVerified: this kind of feed has none.
        """
        try:
            return await self._outlet.configure(name, value)
        except self._outlet.errors as problem:
            raise Broken(f"{self.broker.shown_url}: CONFIG SET {name}: {problem}") from None

    def _stamp(self, fields: dict[str, Any], due: int, role: Role, publisher: int = 0) -> Published:
        """Make a tick of market fields, and enter it in the ledger as handed to the broker."""
        tick = self._stamps.stamped(self.ledger, fields, due, role)
        tick.publisher = publisher
        self._hand_over(tick.payload)
        tick.sent_ns = time.monotonic_ns()
        self.ledger.add(tick)
        return tick

    @property
    def publisher_pid(self) -> int | None:
        """Return the process that publishes, where it is another than the suite's."""
        return self._outlet.pid

    def channel_of(self, tick: Published) -> Channel:
        """Return where a tick is published."""
        return self.channels.of(tick.kind, tick.symbol, tick.instrument)

    def _taken(self, tick: Published, heard_by: int | None, at_ns: int) -> None:
        """Note that the broker has taken a tick, and how many but the suite itself heard it."""
        own = self.others.is_listening
        tick.heard_by = None if heard_by is None else max(0, heard_by - own)
        tick.taken_ns = at_ns

    def _hand_over(self, text: str) -> None:
        """Note what the suite is about to publish, where somebody else might publish too."""
        if not self.broker.is_own:
            self._handed_over.add(text)

    async def begin(self, alone: bool) -> None:
        """Begin a scenario: nothing is published yet, by the suite.

        Args:
            alone: whether to listen for others. Where load comes from other processes that would
                cost as much as a client, and their ticks are not known here.
        """
        self.ledger = self.ledger.successor()
        self.market.open()
        if alone and not self.broker.is_own:
            await self.others.listen()
        else:
            await self.others.leave()

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
        line = list(filter(self._dialect.carries, line))
        async with self._outlet.another() as outlet:
            for first in range(0, len(line), together):
                ticks = []
                for sample in line[first : first + together]:
                    fields = self.market.tick(*sample)
                    ticks.append(self._stamp(fields, time.monotonic_ns(), "tick", publisher))
                messages = [(self.channel_of(tick), tick.payload) for tick in ticks]
                try:
                    heard = await outlet.publish_all(messages)
                except self._outlet.errors as problem:
                    raise self._no_publish(problem) from None
                taken_ns = time.monotonic_ns()
                for tick, heard_by in zip(ticks, heard, strict=True):
                    self._taken(tick, heard_by, taken_ns)

    def _no_publish(self, problem: Exception) -> Broken:
        """Return what to say when the broker does not take a tick: first of all, that it died."""
        self.broker.require_alive()
        where = f"{self.broker.shown_url}: cannot publish there"
        if isinstance(problem, ssl.SSLCertVerificationError):
            words = problem_in_words(problem, "[feed] ca_file", "[feed] broker")
            return Broken(f"{where}: {words}")
        return Broken(f"{where}: {problem}")

    async def publish_raw(self, kind: TickKind, payload: bytes) -> None:
        """Hand the broker a payload that is no tick, on the channel of a kind of ticks.

        Raises:
            Broken: the broker does not take it.
        """
        self._hand_over(payload.decode("utf-8", "backslashreplace"))
        async with self._turn:
            try:
                await self._outlet.offer(self.channels.any_of(kind), payload)
            except self._outlet.errors as problem:
                raise self._no_publish(problem) from None

    async def publish_fence(self, selection: Selection) -> Published:
        """Publish a tick that the selection takes, to mark the end of what came before."""
        return await self.publish(self.market.tick(*selection.sample()), role="fence")

    async def publish_fences(self, selection: Selection) -> list[Published]:
        """Publish one in each lane that the selection takes ticks of: none speaks for another."""
        samples = self.channels.fences_of(selection)
        return [await self.publish(self.market.tick(*each), role="fence") for each in samples]

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
        """Keep publishing ticks of a selection in the background, one every `every_s` seconds.

        Raises:
            NotVerified: the target has no such ticks.
        """
        sample = selection.sample()
        if not self._dialect.carries(sample):
            said = f"the dialect {self._dialect.name} and [market] have no tick of {selection}"
            raise NotVerified(f"{said}, so none can flow")
        self.start_mixed_flow(itertools.repeat(sample), every_s)

    def start_mixed_flow(self, samples: Iterator[Sample], every_s: float) -> None:
        """Keep publishing in the background, one tick like the next sample every `every_s` seconds.

        While the broker is away on purpose, those that are due fall out.

        Args:
            samples: kind, symbol and instrument of each tick, without end.
            every_s: the interval in seconds.
        """

        async def publish(sample: Sample, due_ns: int) -> None:
            await self.publish(self.market.tick(*sample), due_ns, role="flow")

        self.flows.begin(filter(self._dialect.carries, samples), every_s, publish)

    @property
    def is_flowing(self) -> bool:
        """Return whether a background flow has been started and not been stopped since."""
        return self.flows.are_on

    def require_flows(self) -> None:
        """Make sure, when it matters, that what was begun to flow still does.

        Raises:
            Broken: one of the flows has ended by itself, with its reason.
            Inconclusive: one all but stands still, and the broker is not away on purpose.
        """
        self.flows.require()

    async def stop_flows(self) -> None:
        """End the background flows, each after the tick that it is publishing.

        Raises:
            Broken: one of them had ended by itself, with its reason, or does not end.
        """
        await self.flows.stop()

    async def hang_up(self) -> None:
        """Give up the connections to a broker that has gone; the next publish opens new ones."""
        async with self._turn:
            await self._outlet.hang_up()

    async def close(self) -> None:
        """Leave the broker."""
        await self.stop_flows()
        await self.others.leave()
        await self._outlet.close()
