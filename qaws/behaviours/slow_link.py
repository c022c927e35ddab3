"""The link to the broker is slow, but whole: clients may see of it that ticks come later, no more.

The service stands behind a relay, as in `silent_link`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from qaws.behaviours import fences, lifecycle, liveness, outage
from qaws.behaviours.silent_link import relay_in_use
from qaws.oracle.ledger import Published
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

PIECE_BYTES = 40
"""A few bytes at a time are 1 to so many: a tick comes in twenty pieces, or thereabouts."""

LONG_STALL_MS = 500.0
"""Who stands still for so long may make a service believe that its broker is gone."""


@dataclass(frozen=True, slots=True)
class SlowSpell:
    """When a link was slow (`time.monotonic_ns()`), and by how much each byte was late, in ms."""

    began_ns: int
    ended_ns: int
    late_ms: float


SPELL = Key[SlowSpell]('no link has been slow: say "When the link to the broker delivers …"')


async def slow_down(
    testbed: Testbed, length_ms: float, client: str, selection: Selection, late_ms: float | None
) -> None:
    """Let the link to the broker be slow for a time, in which a client subscribes.

    Args:
        testbed: the testbed.
        length_ms: for how long.
        client: subscribes as soon as the link is slow.
        selection: to this.
        late_ms: each byte is so late, either way; None: a few bytes come at a time.

    Raises:
        NotVerified: the service does not use the relay, has another link, or no tick came.
    """
    await fences.fence(testbed, liveness.open_clients(testbed))
    relay = relay_in_use(testbed)
    passed, pieces = relay.passed_bytes, relay.pieces
    relay.slow_down((late_ms or 0.0) / 1e3, 0 if late_ms else PIECE_BYTES)
    began_ns = time.monotonic_ns()
    back = asyncio.Event()
    clients = liveness.open_clients(testbed)
    asking = [asyncio.ensure_future(liveness.keep_asking(testbed, c, back)) for c in clients]
    try:
        await lifecycle.subscribe(testbed, [client], selection)
        await asyncio.sleep((began_ns - time.monotonic_ns()) / 1e9 + length_ms / 1e3)
    finally:
        back.set()
        await asyncio.gather(*asking)
        ended_ns = time.monotonic_ns()
        relay.slow_down()
    spell = testbed.scenario.stash[SPELL] = SlowSpell(began_ns, ended_ns, late_ms or 0.0)
    passed, pieces = relay.passed_bytes - passed, relay.pieces - pieces
    testbed.scenario.figures.append(
        ("what came through the slow link", f"{passed:,} bytes in {pieces:,} pieces")
    )
    _require_slowness(testbed, spell, passed)


def _require_slowness(testbed: Testbed, spell: SlowSpell, passed: int) -> None:
    """Make sure that the ticks of a slow spell came over the slow link, none faster than it was.

    Raises:
        NotVerified: none came, or not all of them over that link.
    """
    came = _ticks(testbed, spell)
    needed = sum({tick.key: len(tick.payload) for _, _, tick in came}.values())
    if passed < needed:
        raise NotVerified(
            f"{passed:,} bytes came through the slow link, and ticks of {needed:,} bytes reached "
            "the clients meanwhile: the service has another link, past the relay"
        )
    if not came:
        if passed or _words(testbed, spell):
            return  # the service had its chance, or has given the link up: the Thens judge that
        raise NotVerified("nothing came over the slow link: there was nothing to be late or cut")
    took_ns, name, tick = min(came, key=lambda each: each[0])
    if took_ns / 1e6 < spell.late_ms:
        raise NotVerified(
            f"{name} got {tick.symbol} #{tick.sequence} {took_ns / 1e6:.0f} ms after it was "
            f"published, over a link on which each byte was {spell.late_ms:g} ms late: the service "
            "has another link, past the relay"
        )


def _ticks(testbed: Testbed, spell: SlowSpell) -> list[tuple[int, str, Published]]:
    """Return the ticks that were published and came in a slow spell: after how many ns, to whom."""
    return [
        (frame.at_ns - tick.sent_ns, connection.name, tick)
        for connection in testbed.scenario.connections.all
        for frame in connection.received("tick")
        if (tick := outage.tick_of(testbed, frame)) is not None
        if spell.began_ns <= tick.sent_ns and frame.at_ns < spell.ended_ns
    ]


async def nobody_was_told(testbed: Testbed) -> None:
    """Require that since the link was slow no client was told a word about the feed.

    A fence shows that no such word is still on its way.

    Raises:
        Broken: no link has been slow, or ticks still flow.
        Inconclusive: the harness, and the relay with it, stood still for long before one was told.
    """
    spell = testbed.scenario.stash[SPELL]
    if testbed.feed.is_flowing:
        raise Broken('the market is still open: say "When the market closes" before')
    clients = testbed.scenario.connections.all
    words = _words(testbed, spell)
    if not words:
        await fences.fence(testbed, clients)
        words = _words(testbed, spell)
    said = ""
    if words:
        at_ns, name, status = min(words)
        said = f"{name} was told {status} after {(at_ns - spell.began_ns) / 1e6:.0f} ms"
        stalled_ms = testbed.loop.stalls.longest_between(spell.began_ns, at_ns)
        if stalled_ms >= LONG_STALL_MS:
            raise Inconclusive(
                f"{said}, but the harness itself, and with it the link, stood still for "
                f"{stalled_ms:.0f} ms before that; run it again on a quieter machine"
            )
    testbed.scenario.checks.require(
        not words,
        f"words about the feed to {lifecycle.shown(clients)} since the link was slow",
        said or "none",
        "none: the feed was late, and not lost",
    )


def _words(testbed: Testbed, spell: SlowSpell) -> list[tuple[int, str, str]]:
    """Return when who was told what about the feed since a slow spell began."""
    return [
        (word.at_ns, connection.name, word.status)
        for connection in testbed.scenario.connections.all
        for word in testbed.scenario.connections.status_messages(connection)
        if word.at_ns >= spell.began_ns
    ]
