"""Since when nobody has received anything: the cause of what a check says of one client alone."""

from __future__ import annotations

import time
from collections.abc import Sequence

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.oracle.audit import was_held
from qaws.oracle.ledger import Ledger, Published
from qaws.verdict import readable

FEWEST = 2
"""Of one client alone the check itself says it all."""

LATE_S = 0.5
"""A tick that was published so long ago is not on its way any more."""

SHOWN, MOST_LETTERS = 3, 80

NAMED = ("ping", "pong", "close", "binary")
"""Kinds of entries whose text does not say what they are."""


def standstill(connections: Sequence[Connection], ledger: Ledger, began_ns: int) -> list[str]:
    """Say since when no client has received a tick, and what happened just before.

    Args:
        connections: the scenario's.
        ledger: what was published.
        began_ns: when the scenario began (`time.monotonic_ns()`), from which times are counted.

    Returns:
        One sentence; nothing where ticks still come to somebody, where a single client is owed any,
        or where none of those that are ever had one.
    """
    last = [(max((f.at_ns for f in c.received("tick")), default=0), c) for c in connections]
    last_ns = max((at_ns for at_ns, _ in last), default=0)
    now_ns = time.monotonic_ns()
    owed: dict[str, list[Published]] = {}
    was_served = False
    for at_ns, connection in last:
        if connection.is_open:
            ticks = [t for t in ledger.ticks if last_ns < t.sent_ns < now_ns - LATE_S * 1e9]
            if due := [tick for tick in ticks if was_held(tick, connection.entitlements)]:
                owed[connection.name] = due
                was_served |= at_ns > 0
    if len(owed) < FEWEST or not was_served:
        return []
    first = min((ticks[0] for ticks in owed.values()), key=lambda tick: tick.sent_ns)
    names = [*owed][:SHOWN] + ([f"{len(owed) - SHOWN} more"] if len(owed) > SHOWN else [])
    since, published = ((at - began_ns) / 1e9 for at in (last_ns, first.sent_ns))
    return [
        f"no client has received a tick since {since:.3f} s; {first}, published at "
        f"{published:.3f} s, was the first that came to none of {', '.join(names)}"
        f"{_just_before(connections, first.sent_ns, began_ns)}"
    ]


def _just_before(connections: Sequence[Connection], at_ns: int, began_ns: int) -> str:
    """Say what was the last thing on the wire ahead of an instant, ticks aside."""
    told = (
        (frame.at_ns, connection.name, frame)
        for connection in connections
        for frame in connection.log
        if frame.at_ns < at_ns and _tells(connection, frame)
    )
    newest = max(told, key=lambda each: each[0], default=None)
    if newest is None:
        return ""
    when, name, frame = newest
    way = "from" if frame.direction == "→" else "to"
    text = readable(frame.text)
    text = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
    what = f"{frame.kind} {text}" if frame.kind in NAMED else text
    return f"; just before, at {(when - began_ns) / 1e9:.3f} s {way} {name}: {what}".rstrip(": ")


def _tells(connection: Connection, frame: Frame) -> bool:
    is_tick = isinstance(frame.message, dict) and connection.dialect.is_tick(frame.message)
    return not is_tick and frame.kind != "step"
