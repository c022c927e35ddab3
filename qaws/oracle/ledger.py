"""The delivery oracle: what a client received, held against what was published.

Every tick that the suite publishes goes into a ledger, with a sequence number per symbol and the
instant at which it was due. A client's entitlements say which of them it must have received, which
it may have, and which not. The oracle knows nothing of sockets. Instants are `time.monotonic_ns()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from qaws.protocol.market import Selection, TickKind

SHOWN = 3
"""How many ticks a sentence names before it says how many more there are."""

Role = Literal["tick", "fence", "flow"]
"""Why a tick was published: for the scenario, to mark an end, or as background flow."""

Key = tuple[str, int]
"""What identifies a tick: symbol and sequence number."""


@dataclass(slots=True)
class Published:
    """One tick of the ledger.

    `due_ns` is when it was to be published, `sent_ns` when it was handed to the broker; `text` is
    what was published, byte for byte; `heard_by` is how many subscribers the broker had for it;
    `taken_ns` is when the broker had answered. It is `in_doubt` when the broker went away before it
    could answer: whether it has passed the tick on nobody knows. `publisher` is which of several it
    came from, 0 for the only one.
    """

    symbol: str
    sequence: int
    kind: TickKind
    instrument: int | None
    due_ns: int
    text: str
    sent_ns: int = 0
    heard_by: int = 0
    taken_ns: int = 0
    in_doubt: bool = False
    role: Role = "tick"
    publisher: int = 0

    @property
    def key(self) -> Key:
        """Return what identifies the tick."""
        return self.symbol, self.sequence

    def __str__(self) -> str:
        which = f" of instrument {self.instrument}" if self.instrument else ""
        return f"{self.symbol} {self.kind.replace('_', ' ')} #{self.sequence}{which}"


class Held(Protocol):
    """A stretch of time in which a client held a selection; see `connections.Entitlement`."""

    selection: Selection
    asked_ns: int
    held_ns: int
    ending_ns: int | None
    ended_ns: int | None


@dataclass(slots=True)
class Arrival:
    """A tick as one client received it; `key` is None when it bore no sequence number."""

    at_ns: int
    key: Key | None


@dataclass(slots=True)
class Ledger:
    """Everything that was published, in the order in which the broker got it."""

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
        return Ledger(_next=self._next, _before=dict(self._next))

    def over(self, arrivals: Iterable[tuple[HeldSelections, Arrival]]) -> dict[Key, int]:
        """Return since when each tick's broadcast is known to be over.

        It is over once every client entitled to it, or to a later tick of the same publisher, has
        received that: a publisher's ticks keep their order, so what comes after shows that what
        came before is through. A tick without an entry may still be on its way. What reaches a
        client behind the end of its entitlement is no part of the broadcast: a replay does not make
        it last longer.
        """
        seen: dict[Key, int] = {}
        for held, arrival in arrivals:
            tick = self.find(arrival.key) if arrival.key else None
            if tick and any(
                _in_force(h, tick) and (h.ended_ns is None or arrival.at_ns < h.ended_ns)
                for h in held
            ):
                seen[tick.key] = max(seen.get(tick.key, 0), arrival.at_ns)
        over: dict[Key, int] = {}
        earliest: dict[int, int] = {}
        for tick in reversed(self.ticks):
            at = seen.get(tick.key)
            if at is not None:
                earliest[tick.publisher] = min(at, earliest.get(tick.publisher, at))
            if tick.publisher in earliest:
                over[tick.key] = earliest[tick.publisher]
        return over


HeldSelections = Sequence[Held]


def was_held(tick: Published, held: HeldSelections) -> bool:
    """Return whether an entitlement was in force when the tick was handed to the broker."""
    return any(_in_force(h, tick) for h in held)


def must_receive(tick: Published, held: HeldSelections, over_ns: int | None) -> bool:
    """Return whether not having received the tick is wrong.

    It is when an entitlement was in force when the tick was handed to the broker, and had not begun
    to end before the tick's broadcast was over (`over_ns`): on its way through the feed a tick can
    be overtaken by the client's wish to have no more of them. A tick in doubt need not come.
    """
    return not tick.in_doubt and any(
        _in_force(h, tick)
        and (h.ending_ns is None or (over_ns is not None and over_ns <= h.ending_ns))
        for h in held
    )


def _takers(tick: Published, held: HeldSelections) -> list[Held]:
    return [h for h in held if h.selection.takes(tick.kind, tick.symbol, tick.instrument)]


def _in_force(held: Held, tick: Published) -> bool:
    return (
        held.selection.takes(tick.kind, tick.symbol, tick.instrument)
        and held.held_ns <= tick.sent_ns
        and (held.ending_ns is None or tick.sent_ns < held.ending_ns)
    )


def may_receive(tick: Published, held: HeldSelections, over_ns: int | None, at_ns: int) -> bool:
    """Return whether receiving the tick at `at_ns` is right.

    It is while an entitlement is being asked for, in force, or ending; not before the client asked
    nor when the tick's broadcast was over (`over_ns`) by then, and not behind the end's
    acknowledgement, whenever the tick was published.
    """
    return any(
        h.selection.takes(tick.kind, tick.symbol, tick.instrument)
        and h.asked_ns < at_ns
        and (over_ns is None or h.asked_ns < over_ns)
        and (h.ended_ns is None or at_ns < h.ended_ns)
        for h in held
    )


def missing(
    arrivals: Sequence[Arrival], held: HeldSelections, ledger: Ledger, over: dict[Key, int]
) -> list[Published]:
    """Return the ticks that a client was due and has not received; see `audit`."""
    received = {arrival.key for arrival in arrivals}
    return [
        tick
        for tick in ledger.ticks
        if tick.key not in received and must_receive(tick, held, over.get(tick.key))
    ]


def audit(
    client: str,
    arrivals: Sequence[Arrival],
    held: HeldSelections,
    ledger: Ledger,
    over: dict[Key, int],
    *,
    complete: bool,
    announced: Collection[Key] = (),
) -> list[str]:
    """Hold one client's ticks against the ledger.

    Args:
        client: its name, for the sentences.
        arrivals: the ticks that it received, in order of arrival.
        held: its entitlements.
        ledger: what was published.
        over: see `Ledger.over`.
        complete: whether a fence has shown that everything due has come, so that what is missing is
            lost and not late.
        announced: ticks that may be missing, because the client was told; see `losses`.

    Returns:
        One sentence per kind of violation: unknown, unentitled (never asked for, no longer wanted,
        or replayed from before), duplicate, reordered, missing.
    """
    unmarked = sum(1 for arrival in arrivals if arrival.key is None)
    unknown: list[str] = []
    stray: list[str] = []
    ended: list[str] = []
    old: list[str] = []
    twice: list[str] = []
    disorder: list[str] = []
    due = missing(arrivals, held, ledger, over) if complete else []
    lost = [tick for tick in due if tick.key not in announced]
    counted: dict[Key, int] = {}
    newest: dict[str, int] = {}
    for arrival in arrivals:
        if arrival.key is None:
            continue
        counted[arrival.key] = counted.get(arrival.key, 0) + 1
        tick = ledger.find(arrival.key)
        if tick is None:
            late = " (published in an earlier scenario)" if ledger.is_earlier(arrival.key) else ""
            unknown.append(f"{arrival.key[0]} #{arrival.key[1]}{late}")
            continue
        if counted[tick.key] == 2:
            twice.append(str(tick))
        elif counted[tick.key] == 1:
            if tick.sequence < newest.get(tick.symbol, 0):
                disorder.append(f"{tick} after #{newest[tick.symbol]}")
            if not may_receive(tick, held, over.get(tick.key), arrival.at_ns):
                asked = [h for h in _takers(tick, held) if h.asked_ns < arrival.at_ns]
                if any(h.ended_ns is None or arrival.at_ns < h.ended_ns for h in asked):
                    old.append(str(tick))
                elif asked:
                    ended.append(str(tick))
                else:
                    stray.append(str(tick))
        newest[tick.symbol] = max(newest.get(tick.symbol, 0), tick.sequence)
    findings = [
        (f"{client} received ticks that were never published", unknown),
        (f"{client} received ticks that it had not subscribed to", stray),
        (f"{client} received ticks behind the acknowledgement of its unsubscribe", ended),
        (f"{client} received ticks that were over when it subscribed", old),
        (f"{client} received ticks more than once", twice),
        (f"{client} received ticks out of order", disorder),
        (f"{client} never received ticks that it was due", [str(tick) for tick in lost]),
    ]
    sentences = [f"{sentence}: {_some(found)}" for sentence, found in findings if found]
    if unmarked:
        sentences.append(
            f"{client} received {unmarked} ticks without their sequence number: the service must "
            "relay fields that it does not know"
        )
    return sentences


def _some(found: Sequence[str]) -> str:
    more = len(found) - SHOWN
    return ", ".join(found[:SHOWN]) + (f" and {more} more" if more > 0 else "")
