"""Messages that are alike but for numbers that nobody promised anything about.

A service may put into each client's copy of a tick a time or a counter of its own. Then no two
clients receive the same bytes, and each copy would have to be decoded and held against contract and
feed by itself. But once one copy has been found right, another that differs from it in nothing but
the digits of such a number is as right: what is judged of both stands in the bytes that they share,
and those are compared, every one. Whatever differs in anything else goes the long way.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import msgspec

from qaws.load.subscriber.message import Message
from qaws.protocol.free_numbers import Span, whole_numbers
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD
from qaws.protocol.number_places import MOST_DIGITS

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

_LOWEST = [b"", b"0", *(b"1" + b"0" * more for more in range(1, MOST_DIGITS))]
_ROOM = [b"", b"\x09", *(b"\x08" + b"\x09" * more for more in range(1, MOST_DIGITS))]
"""The lowest number of so many digits, and by how much each of these may be above that."""

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
        following = zip(self._lengths, longer, (*self._middle, self._last), strict=True)
        for length, more, piece in following:
            digits = length + more
            if not 0 < digits <= MOST_DIGITS:
                return None
            lowest += _LOWEST[digits], piece
            room += _ROOM[digits], bytes(len(piece))
        return b"".join(lowest), b"".join(room)


def made(payload: bytes, message: Message, free: list[Span], most: int = MOST_FREE) -> Alike | None:
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


def free_members(payload: bytes, published: Collection[str]) -> list[Span]:
    """Return where the free numbers of an option tick stand: those of its own members.

    Args:
        payload: the tick.
        published: members that are not free, as every digit of them counts.
    """
    if b"\\" in payload or not payload.isascii():
        return _among_escapes(payload, published)
    document: dict[str, Any] = _decode(payload)
    places = []
    for name, value in document.items():
        if type(value) is not int or name in JUDGED or name in published:
            continue
        quoted, member = _spelled(name)
        found = member.search(payload)
        if found and payload.count(quoted) == 1 and _is_number(found[1]) and int(found[1]) == value:
            places.append(found.span(1))
    return places


@lru_cache(maxsize=64)
def _spelled(name: str) -> tuple[bytes, re.Pattern[bytes]]:
    """Return a member's name in quotes, and what finds the whole number of that member."""
    quoted = b'"%b"' % name.encode()
    return quoted, re.compile(re.escape(quoted) + rb"\s*:\s*(\d+)(?=\s*[,}])")


def _among_escapes(payload: bytes, published: Collection[str]) -> list[Span]:
    """Return the same of any tick: token by token, as a text may look like a member."""
    try:
        return [
            (begin, end)
            for path, (begin, end) in whole_numbers(payload)
            if len(path) == 1
            and path[0] not in JUDGED
            and path[0] not in published
            and payload[begin - 1 : begin] != b'"'  # a text
            and end - begin <= MOST_DIGITS
        ]
    except msgspec.DecodeError:
        return []


def _is_number(text: bytes) -> bool:
    """Return whether a text is a whole number as JSON has it, without a sign."""
    return text.isdigit() and len(text) <= MOST_DIGITS and (text[0] != 0x30 or len(text) == 1)
