"""Where some numbers of a message stand, found once for all that differ in digits and signs only.

Between its digits a message is cut into pieces. Another with the same pieces has the same members
in the same order, and the same texts and fractions but for digits: its numbers stand between the
same two pieces. A minus goes with the digits behind it: none that has one is among them, and prices
rise and fall. Names with digits may be other names, and escapes may have digits: of messages
with such nothing is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable
from itertools import accumulate

from qaws.protocol.free_numbers import Span

Find = Callable[[bytes, Collection[str]], list[Span]]
"""Returns where they stand in a message, by the names of members alone: of those of the message,
and of those that were published."""

MOST_KNOWN = 1_000
"""So many kinds of messages are remembered."""

MOST_DIGITS = 18
"""Longer numbers are none of 64 bits, for which decoders have rules of their own."""

_DIGITS = re.compile(rb"(-?[0-9]+)")
_WHOLE = re.compile(rb"0|[1-9][0-9]*")
_NAME_WITH_DIGIT = re.compile(rb'"[^"]*[0-9][^"]*"\s*:')


class NumberPlaces:
    """Finds them."""

    def __init__(self, find: Find) -> None:
        """Prepare, with what finds them in a message of a new kind."""
        self._find = find
        self._known: dict[Hashable, list[int] | None] = {}

    def of(self, payload: bytes, published: Collection[str]) -> list[Span]:
        """Return where they stand in a message of JSON.

        Args:
            payload: the message.
            published: names of members that were published; the same ones in the same order each
                time, or a set.
        """
        if b"\\" in payload:
            return self._find(payload, published)
        cut = _DIGITS.split(payload)
        names = published if isinstance(published, frozenset) else tuple(published)
        kind = b"0".join(cut[::2]), names
        places = self._known.get(kind)
        if places is None:
            return self._found(kind, payload, published, cut)
        ends = list(accumulate(map(len, cut)))
        return [
            (ends[place - 1], ends[place])
            for place in places
            if len(cut[place]) <= MOST_DIGITS and _WHOLE.fullmatch(cut[place])
        ]

    def _found(
        self, kind: Hashable, payload: bytes, published: Collection[str], cut: list[bytes]
    ) -> list[Span]:
        """Find them in a message of a kind that is not known yet."""
        spans = self._find(payload, published)
        if len(self._known) < MOST_KNOWN and not _NAME_WITH_DIGIT.search(payload):
            ends = list(accumulate(map(len, cut)))
            of_span = {(ends[at - 1], ends[at]): at for at in range(1, len(cut), 2)}
            self._known[kind] = [of_span[span] for span in spans]
        return spans
