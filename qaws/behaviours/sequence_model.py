"""Sequences of what clients can do with subscriptions, each held against a model: QA-WS-117.

The model is the plainest there is: a set of selections per client. What a client is due follows
from it and from the instants of the acknowledgements, as everywhere in the suite
(`qaws.oracle.ledger`). One sequence is played on connections of its own; the service stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from qaws.behaviours import deliveries, fences, leaving, lifecycle
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import Registry
from qaws.oracle.ledger import Ledger, Published
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import SPOT, Sample, Selection, selection_of
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified, Refuted

WITNESS = "the witness"
"""A client that takes everything and changes nothing: it shows how far a sequence has come."""

AMID = " while ticks are published"

EVERYTHING = Selection("symbols", symbols=tuple(SPOT))


Sender = Callable[[Selection, float], Coroutine[Any, Any, Frame | None]]


class Command(Protocol):
    """One step of a sequence; its text is what a reader of the report gets."""

    async def play(self, stage: ModelRunner) -> str:
        """Do it, and return what to add to its text, "" for nothing.

        Raises:
            Refuted: the service's answer is wrong, or none came.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A client subscribes and gets the acknowledgement; `amid`: while ticks are published."""

    client: str
    selection: Selection
    amid: bool

    def __str__(self) -> str:
        return f"{self.client} subscribes to {self.selection}" + AMID * self.amid

    async def play(self, stage: ModelRunner) -> str:
        """See `Command`."""
        stage.model[self.client] |= {*self.selection.parts()}
        command = stage.connection(self.client).subscribe
        return await stage.require_ack(self.client, command, self.selection, self.amid)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A client unsubscribes, perhaps from what it does not have; otherwise as `Subscribe`."""

    client: str
    selection: Selection
    amid: bool

    def __str__(self) -> str:
        return f"{self.client} unsubscribes from {self.selection}" + AMID * self.amid

    async def play(self, stage: ModelRunner) -> str:
        """See `Command`."""
        needless = stage.model[self.client].isdisjoint(self.selection.parts())
        stage.model[self.client] -= {*self.selection.parts()}
        command = stage.connection(self.client).unsubscribe
        return await stage.require_ack(self.client, command, self.selection, self.amid, needless)


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick is published; `awaited`: and has reached all who are due it before the next step."""

    sample: Sample
    awaited: bool

    def __str__(self) -> str:
        _, symbol, instrument = self.sample
        what = f"an option tick of instrument {instrument}" if instrument else f"a bar of {symbol}"
        return f"{what} is published" + (" and reaches all who are due it" if self.awaited else "")

    async def play(self, stage: ModelRunner) -> str:
        """See `Command`."""
        tick = await stage.testbed.feed.publish(stage.testbed.feed.market.tick(*self.sample))
        if self.awaited:
            for connection in stage.registry.all:
                takes = (
                    s.takes(tick.kind, tick.symbol, tick.instrument) for s in connection.holds()
                )
                if connection.is_open and any(takes):
                    await stage.require_arrival(connection, tick)
        return f"{tick.symbol} #{tick.sequence}"


@dataclass(frozen=True, slots=True)
class Reconnect:
    """A client's connection ends, and it comes back with nothing."""

    client: str
    ending: str

    def __str__(self) -> str:
        return f"{self.client} reconnects after {self.ending}"

    async def play(self, stage: ModelRunner) -> str:
        """See `Command`."""
        await leaving.end_connection(stage.testbed, self.client, self.ending)
        stage.model[self.client].clear()
        await lifecycle.be_connected(stage.testbed, [self.client])
        return ""


@dataclass(frozen=True, slots=True)
class Ping:
    """A client sends a ping message and gets its pong."""

    client: str

    def __str__(self) -> str:
        return f"{self.client} pings"

    async def play(self, stage: ModelRunner) -> str:
        """See `Command`."""
        await stage.require_pong(stage.connection(self.client))
        return ""


def simplified(move: Command) -> Command:
    """Return the same move with no tick about it that is not its own, and nothing waited for."""
    match move:
        case Subscribe() | Unsubscribe():
            return replace(move, amid=False)
        case Tick():
            return replace(move, awaited=False)
        case _:
            return move


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A sequence that went wrong: its moves, what each came to, how it ended, and what was seen.

    `by_waiting` tells that something did not come in the time that it was waited for.
    """

    moves: tuple[Command, ...]
    notes: tuple[str, ...]
    finding: str
    by_waiting: bool
    registry: Registry
    ledger: Ledger

    def lines(self) -> list[str]:
        """Tell it step by step."""
        told = [
            f"{number}. {move}" + (f" ({note})" if note else "")
            for number, (move, note) in enumerate(zip(self.moves, self.notes, strict=True), 1)
        ]
        return [*told, f"then: {self.finding}" if told else f"before the first: {self.finding}"]


@dataclass
class ModelRunner:
    """Where sequences are played, one after the other, for the clients of a scenario.

    `patience_s` is how long an answer or a tick may take before it counts as not coming;
    `waited_in_vain` tells whether something has not come in the present sequence. `selections` and
    `samples` are what clients may ask for, and the ticks, as far as the target has them.
    """

    testbed: Testbed
    cast: Sequence[str]
    patience_s: float
    model: dict[str, set[Selection]] = field(default_factory=dict)
    moves: list[Command] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waited_in_vain: bool = False
    selections: list[Selection] = field(init=False)
    samples: list[Sample] = field(init=False)

    def __post_init__(self) -> None:
        """Find out what can be asked for, and what can tick."""
        dialect = self.testbed.dialect
        self.selections = [each for each in SELECTIONS if _can_be_said(dialect, each)]
        self.samples = [sample for sample in SAMPLES if dialect.carries(sample)]

    @property
    def registry(self) -> Registry:
        """Return the connections of the present sequence."""
        return self.testbed.scenario.connections

    def connection(self, client: str) -> Connection:
        """Return a client's present connection."""
        return self.registry.named(client)

    async def begin(self) -> None:
        """Begin a sequence: everybody is connected, nobody but the witness is subscribed."""
        await self.end()
        self.model = {client: set() for client in self.cast}
        self.moves, self.notes, self.waited_in_vain = [], [], False
        self.testbed.feed.ledger = self.testbed.feed.ledger.successor()
        self.testbed.scenario.connections = self.testbed.new_registry()
        await lifecycle.be_connected(self.testbed, [WITNESS, *self.cast])
        await lifecycle.subscribe(self.testbed, [WITNESS], EVERYTHING)

    async def play(self, move: Command) -> None:
        """Play one move.

        Raises:
            Refuted: the service's answer is wrong, or none came.
        """
        self.moves.append(move)
        self.notes.append("")
        self.notes[-1] = await move.play(self)

    async def play_all(self, moves: Iterable[Command]) -> None:
        """Play a sequence from beginning to end.

        Raises:
            Refuted: it goes wrong.
        """
        await self.begin()
        for move in moves:
            await self.play(move)
        await self.judge()

    async def judge(self) -> None:
        """Hold what everybody received against what was due.

        A last tick of each symbol reaches the witness, and then a pong each client: so whatever is
        missing then is waited for in vain, or for the patience's length at most.

        Raises:
            Refuted: it is not the same.
        """
        witness, marks = self.connection(WITNESS), dict[str, Published]()
        for part in EVERYTHING.parts():
            for mark in await self.testbed.feed.publish_fences(part):
                if any(s.takes(mark.kind, mark.symbol, mark.instrument) for s in witness.holds()):
                    marks[mark.lane] = mark
        for mark in marks.values():
            await self.require_arrival(witness, mark)
        present = [c for c in self.registry.all if c.is_open]
        await asyncio.gather(*(self.require_pong(c) for c in present if c.name != WITNESS))
        late = [(c, tick) for c in present for tick in deliveries.lacking(self.testbed, c)]
        await asyncio.gather(*(self._arrives(connection, tick) for connection, tick in late))
        if findings := deliveries.findings(self.testbed, self.registry.all):
            raise Refuted("; ".join(findings[:2]))

    async def end(self) -> None:
        """Close every connection of the sequence."""
        await self.testbed.goodbyes.say(self.registry)

    def story(self, finding: str) -> Counterexample:
        """Return the present sequence as one that went wrong."""
        return Counterexample(
            tuple(self.moves),
            tuple(self.notes),
            finding,
            self.waited_in_vain,
            self.registry,
            self.testbed.ledger,
        )

    def show(self, story: Counterexample) -> None:
        """Make a story's connections and ticks those that the report shows."""
        self.testbed.scenario.connections, self.testbed.feed.ledger = story.registry, story.ledger

    # --- what moves require --------------------------------------------------------------------

    async def require_arrival(self, connection: Connection, tick: Published) -> None:
        """Require that a tick reaches a client.

        Raises:
            Refuted: it does not.
        """
        if not await self._arrives(connection, tick):
            raise Refuted(f"{tick} never reached {connection.name}: {connection.summary()}")

    async def require_pong(self, connection: Connection) -> None:
        """Require a pong.

        Raises:
            Refuted: none comes.
        """
        sent = await connection.send(connection.dialect.ping())
        if not await self._comes(connection, lifecycle.is_kind(self.testbed, "pong"), sent):
            raise Refuted(f"{connection.name} got no pong: {connection.summary()}")

    async def require_ack(
        self, client: str, command: Sender, selection: Selection, amid: bool, needless: bool = False
    ) -> str:
        """Give a command; with `amid` some ticks are on their way then, and more follow at once.

        One that is `needless` may be answered by an error as well.

        Returns:
            Which ticks those were.

        Raises:
            Refuted: no acknowledgement comes, or its totals, where it has any, are not the model's.
        """
        before = len(self.testbed.ledger.ticks)
        if amid:
            await self._publish_all()
            ack, _ = await asyncio.gather(command(selection, self.patience_s), self._publish_all())
        else:
            ack = await command(selection, self.patience_s)
        ticks = self.testbed.ledger.ticks[before:]
        these = f"{ticks[0]} to {ticks[-1]}" if ticks else ""
        if ack is None and needless and self.connection(client).refused:
            return these
        if ack is None:
            self.waited_in_vain = True
            seen = self.connection(client).summary()
            raise Refuted(f"{client} gets no acknowledgement: {seen}")
        due, told = self._totals(client), ack.message.get("totals")
        if isinstance(told, dict) and any(told.get(kind, n) != n for kind, n in due.items()):
            raise Refuted(f"{client} is told that it holds {_plain(told)} instead of {_plain(due)}")
        return these

    async def _publish_all(self) -> None:
        """Publish one tick of every kind."""
        for sample in self.samples:
            await self.testbed.feed.publish(self.testbed.feed.market.tick(*sample))

    def _totals(self, client: str) -> dict[str, int]:
        """Return what totals may tell of kinds that a client's connection has held.

        Of others a service may count what it likes: the instruments of a symbol, for one.
        """
        kinds = [selection.kind for selection in self.model[client]]
        held = {e.selection.kind for e in self.connection(client).entitlements}
        names = {"underlying": "underlyings"}
        return {names.get(kind, kind): kinds.count(kind) for kind in sorted(held)}

    async def _arrives(self, connection: Connection, tick: Published) -> bool:
        return await self._comes(connection, partial(fences.is_the_tick, tick=tick), None)

    async def _comes(
        self, connection: Connection, condition: Callable[[Frame], bool], after: Frame | None
    ) -> bool:
        """Wait for a frame, and note when it does not come."""
        if await connection.wait_for(condition, after, self.patience_s):
            return True
        self.waited_in_vain = True
        return False


def _can_be_said(dialect: Dialect, selection: Selection) -> bool:
    try:
        dialect.sayable(selection)
    except NotVerified:
        return False
    return True


def _plain(totals: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in totals.items())


SELECTIONS = [
    selection_of(words)
    for words in (
        "NIFTY",
        "instrument 256265",
        "the NIFTY underlying",
        "BANKNIFTY",
        "NIFTY and BANKNIFTY",
    )
]
"""What clients of a sequence subscribe to and unsubscribe from: every kind, overlapping."""

SAMPLES: list[Sample] = [
    ("option_tick", "NIFTY", 256265),
    ("underlying_bar", "NIFTY", None),
    ("option_tick", "BANKNIFTY", 260105),
    ("option_tick", "NIFTY", 256521),
    ("underlying_bar", "BANKNIFTY", None),
]
"""The ticks of a sequence."""
