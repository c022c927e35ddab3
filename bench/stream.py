"""The fixed stream of part (a): the same ticks, framed once, for every receiver.

A stream can be damaged on purpose, by a known amount, to show that a receiver's check can fail.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from typing import Any, Literal, cast, get_args

import msgspec
from websockets.frames import Frame, Opcode

from qaws.protocol.market import Market, instrument_of

SYMBOL = "NIFTY"
PER_SLICE = 50
"""Ticks per write: what 5 ms are at 10,000 ticks/s."""

SAME = "000"
"""What the member `client` says where all clients get the same bytes."""

IN_TEXT = ", prices as text"

_PRICE = re.compile(rb'("(?:last_price|bid|ask|delta|gamma|theta|vega|iv)": )([-+.\deE]+)')

Own = Literal[
    "",
    "text",
    "time",
    "counter",
    "several",
    "time, prices as text",
    "counter, prices as text",
    "several, prices as text",
    "deflated",
    "remembered",
]
"""What each message to a client has of its own, so that no two clients get the same bytes. Where it
is "several", that is a time, and several ticks stand in each message; three of them also with
numbers that have a point in quotes. All get the same bytes where each is "deflated" for itself, and
where what was deflated before is "remembered"."""

TICKS_IN_ONE = 5
"""So many ticks stand in a message of several."""

FIRST_US = 1_700_000_000_000_000

Damage = Literal["drop", "duplicate", "late", "foreign"]


class Flaw(msgspec.Struct, frozen=True):
    """One damage at one tick: left out, sent twice, sent two places later, or of a wrong type."""

    damage: Damage
    number: int

    @classmethod
    def read(cls, text: str) -> Flaw:
        """Read a flaw such as "drop:500".

        Raises:
            ValueError: it is none.
        """
        kind, _, number = text.partition(":")
        for damage in get_args(Damage):
            if kind == damage:
                return cls(damage, int(number))
        raise ValueError(f"{text!r}: known flaws are {', '.join(get_args(Damage))}, as in drop:500")


def payloads(count: int, due_us: int, flaws: Sequence[Flaw] = ()) -> list[bytes]:
    """Return ticks numbered from 1 to `count`, each some 380 bytes of JSON.

    Args:
        count: how many.
        due_us: the due time that all of them bear (µs since 1970): when the sender begins.
        flaws: what is damaged on purpose.
    """
    market, instrument = Market(), instrument_of(SYMBOL)
    ticks = [
        market.option_tick(instrument) | {"client": SAME, "seq": number, "due_us": due_us}
        for number in range(1, count + 1)
    ]
    for flaw in sorted(flaws, key=lambda flaw: -flaw.number):
        place = flaw.number - 1
        match flaw.damage:
            case "drop":
                del ticks[place]
            case "duplicate":
                ticks.insert(place, ticks[place])
            case "late":
                ticks.insert(place + 2, ticks.pop(place))
            case "foreign":
                ticks[place] = ticks[place] | {"type": "option_trade"}
    return [json.dumps(tick).encode() for tick in ticks]


def in_text(tick: bytes) -> bytes:
    """Return a tick whose prices and greeks come as text, as a decimal would be sent."""
    return _PRICE.sub(rb'\1"\2"', tick)


def text_frame(payload: bytes) -> bytes:
    """Return a server's text frame: final, not masked, not compressed (RFC 6455, section 5.2)."""
    if 126 <= len(payload) <= 0xFFFF:
        return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


def slices(ticks: Sequence[bytes], per_slice: int = PER_SLICE) -> list[bytes]:
    """Return the framed ticks, joined to what goes into one write; whole frames only."""
    frames = [text_frame(tick) for tick in ticks]
    return [b"".join(frames[at : at + per_slice]) for at in range(0, len(frames), per_slice)]


def deflated_slices(ticks: Sequence[bytes], encoder: Any = None) -> list[bytes]:
    """Return the slices of ticks in frames that are deflated (RFC 7692).

    Args:
        ticks: what they say.
        encoder: the compressor of a connection, which remembers what it had; None: each message
            is deflated for itself.
    """
    frames = []
    for tick in ticks:
        used = encoder or zlib.compressobj(level=1, wbits=-15)
        payload = used.compress(tick) + used.flush(zlib.Z_SYNC_FLUSH)
        frame = text_frame(payload.removesuffix(b"\x00\x00\xff\xff"))
        frames.append(b"\xc1" + frame[1:])
    return [b"".join(frames[at : at + PER_SLICE]) for at in range(0, len(frames), PER_SLICE)]


def own_slices(pieces: Sequence[bytes], client: int) -> list[bytes]:
    """Return the slices with a client's own number in every tick: bytes that nobody else gets."""
    same, own = (b'"client": "%b"' % name for name in (SAME.encode(), b"%03d" % client))
    return [piece.replace(same, own) for piece in pieces]


def streams(ticks: Sequence[bytes], client: int, own: Own) -> list[bytes]:
    """Return the slices that a client gets.

    Args:
        ticks: what all of them say.
        client: its number, from 1 on.
        own: what each message to it has of its own: nothing; its number as a text; a time; a
            counter, which begins elsewhere for each client, so that it is not equally long; or a
            time for several ticks. Whether prices come as text is the ticks' own matter.
    """
    own = cast(Own, own.removesuffix(IN_TEXT))
    if own in ("", "text"):
        return own_slices(slices(ticks), client) if own else slices(ticks)
    if own == "several":
        return slices(_several(ticks, client), PER_SLICE // TICKS_IN_ONE)
    same = b'"client": "%b"' % SAME.encode()
    member = b'"sent_us": %d' if own == "time" else b'"n": %d'
    first, step = (FIRST_US + client, 100 + client) if own == "time" else (900 * client, 1)
    return slices(
        [tick.replace(same, member % (first + step * place)) for place, tick in enumerate(ticks)]
    )


def _several(ticks: Sequence[bytes], client: int) -> list[bytes]:
    """Return messages of several ticks, each with a time of the client's own."""
    return [
        b'{"type": "ticks", "sent_us": %d, "ticks": [%b]}'
        % (FIRST_US + client + (100 + client) * at, b", ".join(ticks[at : at + TICKS_IN_ONE]))
        for at in range(0, len(ticks), TICKS_IN_ONE)
    ]
