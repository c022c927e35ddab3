"""What a client that was away can tell from the numbers of the ticks: QA-WS-115.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

from qaws.behaviours import deliveries
from qaws.clients.connection import Connection
from qaws.clients.registry import key_of
from qaws.oracle.contents import difference
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

SEEN_AGAIN = 5
"""How many ticks a client that is back has received before its numbers are looked at."""


async def gap_is_visible(testbed: Testbed, client: str, selection: Selection, least: int) -> None:
    """Require that the numbers at a client that came back show what it missed, and nothing else.

    The numbers are without a gap on either connection, but for what was published while the second
    asked for them. Those between the last one before and the first one after are those of the ticks
    that were published and did not reach it; and each tick is what was published under its number.
    That nothing due is missing, and that nothing was sent again, is the oracle's part.

    Args:
        testbed: the testbed.
        client: who was away.
        selection: one symbol, all of whose ticks it took before and after.
        least: how many ticks it must have missed.

    Raises:
        Broken: the client takes only a part of a symbol, so that numbers tell nothing.
        NotVerified: the numbers are not in order, and the feed promises none; or the dialect has no
            words for all of a symbol.
        Refuted: the numbers tell something else.
    """
    if selection.kind != "symbols" or len(selection.symbols) != 1:
        raise Broken(f"{selection}: only who takes all ticks of one symbol can tell by the numbers")
    registry = testbed.scenario.connections
    before, after = registry.earlier(client), registry.named(client)
    await after.wait_for(
        lambda _: len(numbers(after, selection.symbols[0])) >= SEEN_AGAIN, None, testbed.grace_s
    )
    require_identity(testbed, [before, after])  # or a tick that marks the end would not be known
    await deliveries.all_has_come(testbed, [after])
    require_identity(testbed, [before, after])
    symbol, checks = selection.symbols[0], testbed.scenario.checks
    _require_whole(testbed, selection)
    held_ns = max(each.held_ns for each in after.entitlements)
    sent_ns = {t.sequence: t.sent_ns for t in testbed.ledger.ticks if t.symbol == symbol}
    old, new = numbers(before, symbol), numbers(after, symbol)
    if new != whole(new):  # what belongs to a symbol may begin at several moments
        asked_ns = min(each.asked_ns for each in after.entitlements)
        new = [n for n in new if sent_ns[n] >= held_ns or _came_ns(after, symbol, n) < asked_ns]
    came = f"{len(old)} before it left, {len(new)} since it is back"
    checks.require(bool(old and new), f"ticks of {symbol} to {client}", came, "some of both")
    for when, seen in (("before it left", old), ("since it is back", new)):
        if seen != whole(seen):
            _require_one_order(testbed, symbol)
        what = f"numbers of {symbol} at {client} {when}"
        checks.require(seen == whole(seen), what, told(seen), "one after the other, without a gap")
    gap = list(range(old[-1] + 1, new[0]))
    missed = [number for number in sent_ns if number > old[-1] and number not in new]
    due = [number for number in missed if sent_ns[number] < held_ns]
    checks.require(
        gap == due,
        f"numbers of {symbol} that {client} can tell it has missed",
        told(gap),
        f"{told(due)}: published in its absence",
    )
    checks.require(
        len(gap) >= least, f"ticks that {client} missed", str(len(gap)), f"at least {least}"
    )


def _require_whole(testbed: Testbed, selection: Selection) -> None:
    """Raise `NotVerified` where the dialect asks for a part of a symbol that ticks besides."""
    asked, symbol = testbed.dialect.sayable(selection), selection.symbols[0]
    for tick in testbed.ledger.ticks:
        if tick.symbol == symbol and not asked.takes(tick.kind, symbol, tick.instrument):
            raise NotVerified(
                f"the dialect {testbed.dialect.name} asks for {symbol} as {asked}, and {tick} is "
                "none of that: the numbers of a part do not tell what was missed"
            )


def _require_one_order(testbed: Testbed, symbol: str) -> None:
    """Raise `NotVerified` where the feed promises no order between the ticks of a symbol."""
    if len({tick.lane for tick in testbed.ledger.ticks if tick.symbol == symbol}) > 1:
        raise NotVerified(
            f"ticks of {symbol} come over several channels or keys, between which the feed keeps "
            "no order, and some have overtaken others: their numbers do not tell what was missed"
        )


def require_identity(testbed: Testbed, connections: Sequence[Connection]) -> None:
    """Require that each tick that a client received is what was published under its number."""
    compared = 0
    for connection in connections:
        for frame in connection.received("tick"):
            key = key_of(frame)
            if key is None:
                continue  # the oracle says what is wrong with it
            tick = testbed.ledger.find(key)
            exactly = partial(connection.exactly, frame)
            wrong = "not published in this scenario"
            if tick:
                wrong = difference(tick, frame.text, exactly)
            compared += 1
            if wrong:
                what = f"{tick or f'{key[0]} #{key[1]}'} at {connection.name}"
                testbed.scenario.checks.require(
                    False, what, wrong, "as published under that number"
                )
    testbed.scenario.checks.require(
        True, "ticks as published under their numbers", f"all {compared}", "all"
    )


def numbers(connection: Connection, symbol: str) -> list[int]:
    """Return the sequence numbers of a symbol's ticks, in order of arrival."""
    keys = (key_of(frame) for frame in connection.received("tick"))
    return [key[1] for key in keys if key and key[0] == symbol]


def _came_ns(connection: Connection, symbol: str, number: int) -> int:
    """Return when a tick came that is known to have come (`time.monotonic_ns()`)."""
    return next(f.at_ns for f in connection.received("tick") if key_of(f) == (symbol, number))


def whole(seen: Sequence[int]) -> list[int]:
    """Return as many numbers from the first one on, one after the other."""
    return list(range(seen[0], seen[0] + len(seen))) if seen else []


def told(seen: Sequence[int]) -> str:
    """Tell numbers in few words."""
    if not seen:
        return "none"
    if list(seen) == whole(seen):
        return f"#{seen[0]} to #{seen[-1]} ({len(seen)})"
    odd = next((b for a, b in itertools.pairwise(seen) if b != a + 1), seen[0])
    return f"{len(seen)} numbers from #{seen[0]} to #{seen[-1]}, with #{odd} out of line"
