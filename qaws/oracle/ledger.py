"""The ledger of a scenario: what was published, and what clients were entitled to.

Every tick that the suite publishes goes into a ledger, with a sequence number per symbol and the
instant at which it was due. The `audit` compares what clients received with it. The oracle knows
nothing of sockets. Instants are `time.monotonic_ns()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from qaws.protocol.market import Selection, TickKind

Role = Literal["tick", "fence", "flow"]
"""Why a tick was published: for the scenario, to mark an end, or as background flow."""

Key = tuple[str, int]
"""What identifies a tick: symbol and sequence number."""


@dataclass(slots=True)
class Published:
    """One tick of the ledger.

    `due_ns` is when it was to be published, `sent_ns` when it was handed to the broker; `text` is
    what clients are to receive of it, in the words of `qa-ws`; `payload` is what was published,
    byte for byte, which for most services is the same; `heard_by` is how many subscribers the
    broker had for it, None where nobody tells; `taken_ns` is when the broker had answered. It is
    `in_doubt` when the broker went away before it could answer: whether it has passed the tick on
    nobody knows. `publisher` is which of several it came from, 0 for the only one. `lane` is what
    keeps an order of its own where the feed as a whole does not: a channel, or a key in it.
    """

    symbol: str
    sequence: int
    kind: TickKind
    instrument: int | None
    due_ns: int
    text: str
    sent_ns: int = 0
    heard_by: int | None = 0
    taken_ns: int = 0
    in_doubt: bool = False
    role: Role = "tick"
    publisher: int = 0
    lane: str = ""
    payload: str = ""

    @property
    def key(self) -> Key:
        """Return what identifies the tick."""
        return self.symbol, self.sequence

    def __str__(self) -> str:
        which = f" of instrument {self.instrument}" if self.instrument else ""
        return f"{self.symbol} {self.kind.replace('_', ' ')} #{self.sequence}{which}"


@dataclass(slots=True)
class Entitlement:
    """A selection that a client held: which ticks it must, and which it may have received.

    Instants are `time.monotonic_ns()`. Between `asked_ns` and `held_ns`, and again between
    `ending_ns` and `ended_ns`, both receiving and not receiving a tick is right.
    """

    selection: Selection
    asked_ns: int
    held_ns: int
    ending_ns: int | None = None
    ended_ns: int | None = None

    def takes(self, tick: Published) -> bool:
        """Return whether a tick is part of the selection."""
        return self.selection.takes(tick.kind, tick.symbol, tick.instrument)

    def was_in_force(self, tick: Published) -> bool:
        """Return whether the selection was held when the tick was handed to the broker."""
        return (
            self.takes(tick)
            and self.held_ns <= tick.sent_ns
            and (self.ending_ns is None or tick.sent_ns < self.ending_ns)
        )


@dataclass(slots=True)
class Arrival:
    """A tick as one client received it.

    `key` is None when it bore no sequence number; `text` is the message, None where only its
    identity is known; `exactly` returns what it says, each number kept digit for digit.
    """

    at_ns: int
    key: Key | None
    text: str | None = None
    exactly: Callable[[], Any] | None = None


@dataclass(slots=True)
class Ledger:
    """Everything that was published, in the order in which the broker got it.

    `run` is the mark that every tick bears.
    """

    run: str = ""
    ticks: list[Published] = field(default_factory=list)
    _by_key: dict[Key, Published] = field(default_factory=dict)
    _next: dict[str, int] = field(default_factory=dict)
    _before: dict[str, int] = field(default_factory=dict)

    def next_sequence(self, symbol: str) -> int:
        """Return the next sequence number of a symbol, counting from 1."""
        self._next[symbol] = self._next.get(symbol, 0) + 1
        return self._next[symbol]

    def skip(self, symbol: str, last: int) -> None:
        """Count on after `last`: somebody else has published up to there."""
        self._next[symbol] = max(last, self._next.get(symbol, 0))

    def add(self, tick: Published) -> None:
        """Enter a tick as it is handed to the broker."""
        self.ticks.append(tick)
        self._by_key[tick.key] = tick

    def find(self, key: Key) -> Published | None:
        """Return the tick with this key, None when it was never published."""
        return self._by_key.get(key)

    def is_earlier(self, key: Key) -> bool:
        """Return whether a tick was published before this ledger was begun."""
        return 0 < key[1] <= self._before.get(key[0], 0)

    def successor(self) -> Ledger:
        """Return an empty ledger that goes on counting where this one stopped."""
        return Ledger(self.run, _next=self._next, _before=dict(self._next))

    def broadcast_complete(
        self, arrivals: Iterable[tuple[HeldSelections, Arrival]]
    ) -> dict[Key, int]:
        """Return since when each tick's broadcast is known to be over.

        It is over once every client entitled to it, or to a later tick of the same publisher and
        lane, has received that: there ticks keep their order, so what comes after shows that what
        came before is through. A tick without an entry may still be on its way. What reaches a
        client behind the end of its entitlement is no part of the broadcast: a replay does not make
        it last longer.
        """
        seen: dict[Key, int] = {}
        for held, arrival in arrivals:
            tick = self.find(arrival.key) if arrival.key else None
            if tick and any(
                h.was_in_force(tick) and (h.ended_ns is None or arrival.at_ns < h.ended_ns)
                for h in held
            ):
                seen[tick.key] = max(seen.get(tick.key, 0), arrival.at_ns)
        broadcast_complete: dict[Key, int] = {}
        earliest: dict[tuple[int, str], int] = {}
        for tick in reversed(self.ticks):
            at, line = seen.get(tick.key), (tick.publisher, tick.lane)
            if at is not None:
                earliest[line] = min(at, earliest.get(line, at))
            if line in earliest:
                broadcast_complete[tick.key] = earliest[line]
        return broadcast_complete


HeldSelections = Sequence[Entitlement]
