"""The audit: what a client received, compared with what it was due.

A client's entitlements say which ticks of the ledger it must have received, which it may have, and
which not. Nothing here knows of sockets. Instants are `time.monotonic_ns()`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal

from qaws.oracle.contents import difference, named
from qaws.oracle.ledger import Arrival, HeldSelections, Key, Ledger, Published
from qaws.oracle.lost_ticks import behind_a_return, in_common, unheard
from qaws.protocol.run_mark import of_another_run

SHOWN = 3
"""How many ticks a sentence names before it says how many more there are."""

Wrong = Literal["unknown", "altered", "stray", "ended", "old", "twice", "disorder", "lost"]

SENTENCES: dict[Wrong, str] = {
    "unknown": "received ticks that nobody has published in this scenario",
    "altered": "received ticks that differ from what was published",
    "stray": "received ticks that it had not subscribed to",
    "ended": "received ticks behind the acknowledgement of its unsubscribe",
    "old": "received ticks that were over when it subscribed",
    "twice": "received ticks more than once",
    "disorder": "received ticks out of order",
    "lost": "never received ticks that it was due",
}
"""What can be wrong with a client's ticks, in the order in which it is told."""


def was_held(tick: Published, held: HeldSelections) -> bool:
    """Return whether an entitlement was in force when the tick was handed to the broker."""
    return any(h.was_in_force(tick) for h in held)


def must_receive(tick: Published, held: HeldSelections, over_ns: int | None) -> bool:
    """Return whether not having received the tick is wrong.

    It is when an entitlement was in force when the tick was handed to the broker, and had not begun
    to end before the tick's broadcast was over (`over_ns`): on its way through the feed a tick can
    be overtaken by the client's wish to have no more of them. A tick in doubt need not come.
    """
    return not tick.in_doubt and any(
        h.was_in_force(tick)
        and (h.ending_ns is None or (over_ns is not None and over_ns <= h.ending_ns))
        for h in held
    )


def may_receive(tick: Published, held: HeldSelections, over_ns: int | None, at_ns: int) -> bool:
    """Return whether receiving the tick at `at_ns` is right.

    It is while an entitlement is being asked for, in force, or ending; not before the client asked
    nor when the tick's broadcast was over (`over_ns`) by then, and not behind the end's
    acknowledgement, whenever the tick was published.
    """
    return any(
        h.takes(tick)
        and h.asked_ns < at_ns
        and (over_ns is None or h.asked_ns < over_ns)
        and (h.ended_ns is None or at_ns < h.ended_ns)
        for h in held
    )


def missing(
    arrivals: Sequence[Arrival],
    held: HeldSelections,
    ledger: Ledger,
    broadcast_complete: dict[Key, int],
) -> list[Published]:
    """Return the ticks that a client was due and has not received; see `audit`."""
    received = {arrival.key for arrival in arrivals}
    due = {symbol for h in held for symbol in h.selection.of_symbols}
    return [
        tick
        for tick in ledger.ticks
        if tick.symbol in due  # of thousands that others have
        and tick.key not in received
        and must_receive(tick, held, broadcast_complete.get(tick.key))
    ]


def audit(
    client: str,
    arrivals: Sequence[Arrival],
    held: HeldSelections,
    ledger: Ledger,
    broadcast_complete: dict[Key, int],
    *,
    complete: bool,
    announced: Collection[Key] = (),
) -> list[str]:
    """Compare one client's ticks with the ledger.

    Args:
        client: its name, for the sentences.
        arrivals: the ticks that it received, in order of arrival.
        held: its entitlements.
        ledger: what was published.
        broadcast_complete: see `Ledger.broadcast_complete`.
        complete: whether a fence has shown that everything due has come, so that what is missing is
            lost and not late.
        announced: ticks that may be missing, because their loss was announced; see `announcements`.

    Returns:
        One sentence per kind of violation: unknown, altered (a member differs, digit for digit),
        unentitled (never asked for, no longer wanted, or replayed from before), duplicate,
        reordered, missing.
    """
    wrong = _wrong_arrivals(arrivals, held, ledger, broadcast_complete)
    if complete:
        due = missing(arrivals, held, ledger, broadcast_complete)
        lost = [tick for tick in due if tick.key not in announced]
        wrong["lost"] = [*map(named, lost[:SHOWN]), *map(str, lost[SHOWN:])]
    sentences = [
        f"{client} {SENTENCES[kind]}: {_some(found)}" for kind, found in wrong.items() if found
    ]
    if wrong["lost"]:
        came = [tick for key in {a.key for a in arrivals if a.key} if (tick := ledger.find(key))]
        why = behind_a_return(lost, came, held) or in_common(lost, came, ledger)
        sentences[-1] += unheard(lost) + why + _behind(lost[0], arrivals)
    if unmarked := sum(1 for arrival in arrivals if arrival.key is None):
        sentences.append(
            f"{client} received {unmarked} ticks without their sequence number: the service must "
            "relay fields that it does not know"
        )
    return sentences


def _wrong_arrivals(
    arrivals: Sequence[Arrival],
    held: HeldSelections,
    ledger: Ledger,
    broadcast_complete: dict[Key, int],
) -> dict[Wrong, list[str]]:
    """Return what is wrong with what came: the ticks, by the kind of violation."""
    wrong: dict[Wrong, list[str]] = {kind: [] for kind in SENTENCES}
    counted: Counter[Key] = Counter()
    newest: dict[tuple[str, str], int] = {}  # symbol, and what keeps an order of its own
    for arrival in arrivals:
        if arrival.key is None:
            continue
        counted[arrival.key] += 1
        tick = ledger.find(arrival.key)
        if tick is None:
            wrong["unknown"].append(f"{arrival.key[0]} #{arrival.key[1]}{_origin(arrival, ledger)}")
            continue
        if arrival.text is not None and (
            said := difference(tick, arrival.text, arrival.exactly, ledger.ticks)
        ):
            wrong["altered"].append(f"{tick} with {said}")
        line = tick.symbol, tick.lane
        if counted[tick.key] == 2:
            wrong["twice"].append(str(tick))
        elif counted[tick.key] == 1:
            if tick.sequence < newest.get(line, 0):
                wrong["disorder"].append(f"{tick} after #{newest[line]}")
            if not may_receive(tick, held, broadcast_complete.get(tick.key), arrival.at_ns):
                wrong[_trespass(tick, held, arrival.at_ns)].append(str(tick))
        newest[line] = max(newest.get(line, 0), tick.sequence)
    return wrong


def _origin(arrival: Arrival, ledger: Ledger) -> str:
    """Say where a tick is from that was not published in this scenario, where that can be told."""
    if arrival.exactly and (other := of_another_run(arrival.exactly(), ledger.run)):
        return f" (with {other})"
    return " (from an earlier one)" if arrival.key and ledger.is_earlier(arrival.key) else ""


def _trespass(tick: Published, held: HeldSelections, at_ns: int) -> Wrong:
    """Return in which way a tick was none of the client's when it came."""
    asked = [h for h in held if h.takes(tick) and h.asked_ns < at_ns]
    if any(h.ended_ns is None or at_ns < h.ended_ns for h in asked):
        return "old"
    return "ended" if asked else "stray"


def _behind(first: Published, arrivals: Sequence[Arrival]) -> str:
    """Say so where later ticks of a symbol came: some are lost, the stream has not come to rest."""
    came = any(a.key and a.key[0] == first.symbol and a.key[1] > first.sequence for a in arrivals)
    return f"; later ones of {first.symbol} came" if came else ""


def _some(found: Sequence[str]) -> str:
    more = len(found) - SHOWN
    return ", ".join(found[:SHOWN]) + (f" and {more} more" if more > 0 else "")
