"""Messages that are alike but for numbers that nobody promised anything about.

A service may put into each client's copy of a tick a time or a counter of its own. Then no two
clients receive the same bytes, and each copy would have to be decoded and held against contract and
feed by itself. But once one copy has been found right, another that differs from it in nothing but
the digits of such a number is as right: what is judged of both stands in the bytes that they share,
and those are compared, every one. Whatever differs in anything else goes the long way.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from qaws.load.subscriber.message import Message
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD

MOST_DIGITS = 18
"""Longer numbers are none of 64 bits, for which decoders have rules of their own."""

MOST_FREE = 4
"""So many numbers of a message may differ; one that has more is decoded each time."""

JUDGED = frozenset(
    {
        "type",
        "symbol",
        "instrument_token",
        "last_price",
        "greeks",
        "status",
        "message",
        SEQUENCE_FIELD,
        DUE_FIELD,
    }
)
"""Members of an option tick that the contract or a load client looks at; all others are free."""

_decode = msgspec.json.Decoder().decode


class Alike:
    """One message that was found right, and what another must have to be as right.

    Attributes:
        message: what it says, as far as a load client must know.
        following: the one that was learnt after it.
    """

    __slots__ = ("_first", "_last", "_lengths", "_middle", "following", "message")

    def __init__(self, message: Message, pieces: list[bytes], lengths: list[int]) -> None:
        """Keep what stands between the free numbers: one piece more than there are of these."""
        self.message = message
        self.following: Alike | None = None
        self._first, *self._middle, self._last = pieces
        self._lengths = lengths

    def fits(self, payload: bytes) -> bool:
        """Return whether a payload differs in nothing but the digits of free numbers."""
        return self.longer(payload) is not None

    def longer(self, payload: bytes) -> tuple[int, ...] | None:
        """Return by how many digits the free numbers of a payload are longer than those here.

        None: it differs in something else.
        """
        if not payload.startswith(self._first) or not payload.endswith(self._last):
            return None
        start, end = len(self._first), len(payload) - len(self._last)
        found, lengths = [], iter(self._lengths)
        for piece in self._middle:
            there = payload.find(piece, start, end)
            if there < 0 or not _is_number(payload[start:there]):
                return None
            found.append(there - start - next(lengths))
            start = there + len(piece)
        if not _is_number(payload[start:end]):
            return None
        found.append(end - start - next(lengths))
        return tuple(found)

    def laid_out(self, longer: tuple[int, ...]) -> tuple[bytes, bytes] | None:
        """Return the lowest byte for each place of a copy, and by how much one may be above that.

        Args:
            longer: by how many digits each free number is longer than here; where there are
                others than here, all are as long as here.

        Returns:
            None: there is no such copy.
        """
        if len(longer) != len(self._lengths):
            longer = (0,) * len(self._lengths)
        lowest, room = [self._first], [bytes(len(self._first))]
        pieces = [*self._middle, self._last]
        for length, more, piece in zip(self._lengths, longer, pieces, strict=True):
            digits = length + more
            if not 0 < digits <= MOST_DIGITS:
                return None
            if digits == 1:
                lowest.append(b"0")
                room.append(b"\x09")
            else:
                lowest.append(b"1" + b"0" * (digits - 1))
                room.append(b"\x08" + b"\x09" * (digits - 1))
            lowest.append(piece)
            room.append(bytes(len(piece)))
        return b"".join(lowest), b"".join(room)


def learnt(payload: bytes, message: Message, published: frozenset[str]) -> Alike | None:
    """Return what may be said of copies of a message that was found right; None if nothing.

    Args:
        payload: the message.
        message: what it says.
        published: members that were published, of which every digit counts.
    """
    if message.kind != "option_tick" or b"\\" in payload or not payload.isascii():
        return None
    return made(payload, message, _free(payload, published))


def made(
    payload: bytes, message: Message, free: list[tuple[int, int]], most: int = MOST_FREE
) -> Alike | None:
    """Return what copies of a payload must have; None where too much, or nothing, is free.

    Args:
        payload: the message.
        message: what it says.
        free: where its free numbers stand.
        most: how many there may be.
    """
    pieces, lengths, start = [], [], 0
    for begin, end in sorted(free):
        pieces.append(payload[start:begin])
        lengths.append(end - begin)
        start = end
    if not 0 < len(pieces) <= most or not all(pieces[1:]):
        return None
    return Alike(message, [*pieces, payload[start:]], lengths)


def _free(payload: bytes, published: frozenset[str]) -> list[tuple[int, int]]:
    """Return where the free numbers of a message stand: those of its own members, named once."""
    document: dict[str, Any] = _decode(payload)
    places = []
    for name, value in document.items():
        if type(value) is not int or name in JUDGED or name in published:
            continue
        quoted = b'"%b"' % name.encode()
        found = re.search(re.escape(quoted) + rb"\s*:\s*(\d+)(?=\s*[,}])", payload)
        if found and payload.count(quoted) == 1 and _is_number(found[1]) and int(found[1]) == value:
            places.append(found.span(1))
    return places


def _is_number(text: bytes) -> bool:
    """Return whether a text is a whole number as JSON has it, without a sign."""
    return text.isdigit() and len(text) <= MOST_DIGITS and (text[0] != 0x30 or len(text) == 1)
