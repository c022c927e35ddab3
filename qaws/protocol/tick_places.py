"""Where the ticks of a message stand, for messages that differ in digits only.

What a message is, which ticks stand in it, and of which instruments, is told by its names and texts
and by some of its numbers. Where these are the same, another message has the same ticks in the same
places, whatever its other numbers are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.free_numbers import Steps
from qaws.protocol.paths import Pattern
from qaws.protocol.surrogates import decoded
from qaws.protocol.tick_layout import Layout, Where
from qaws.protocol.tick_shapes import TickShapes

KNOWN_WHOLE = ("no", "array")
"""How several messages may come together so that one JSON text holds them all."""


class TickPlaces:
    """Finds them, for one dialect."""

    def __init__(
        self, patterns: Sequence[Pattern], ticks: TickShapes, *, several: bool, as_text: bool
    ) -> None:
        """Prepare.

        Args:
            patterns: of all that is no tick.
            ticks: the shapes of ticks.
            several: whether a list is several messages.
            as_text: whether numbers come as texts.
        """
        self._ticks, self._several, self._as_text = ticks, several, as_text
        self._patterns = list(patterns)

    @classmethod
    def of_table(
        cls, table: DialectTable, patterns: Sequence[Pattern], ticks: TickShapes
    ) -> TickPlaces | None:
        """Return what finds them for a table.

        None: what a message is, or whether it is right, hangs on more than its names and texts: on
        a schema, on what the connection was told of its channels, or on where its lines end.
        """
        is_told_elsewhere = table.contract or table.channels or table.several not in KNOWN_WHOLE
        if is_told_elsewhere or any(isinstance(each.to, str) for each in table.answers):
            return None
        several, as_text = table.several == "array", table.numbers == "text"
        return cls(patterns, ticks, several=several, as_text=as_text)

    def of(self, payload: bytes, published: Collection[str]) -> Layout:
        """Return those of a message that says nothing but ticks.

        Args:
            payload: the message, as JSON.
            published: members that a tick was published with.
        """
        document = decoded(payload)
        is_list = self._several and isinstance(document, list)
        documents = document if is_list else [document]
        ticks: list[Where] = []
        for place, each in enumerate(documents):
            ticks += self._ticks.where(each, (place,) if is_list else ())
        before: Steps = (None,) if is_list else ()
        fixed = self._ticks.fixed(documents)
        for pattern in self._patterns:
            if not all(map(pattern.is_out_by_texts, documents)):
                fixed += [path.steps for path in pattern.paths]
        judged = self._ticks.judged(published, range(self._ticks.count))
        return Layout(
            ticks,
            [before + steps for steps in fixed],
            [before + steps for steps in judged],
            self._as_text,
        )
