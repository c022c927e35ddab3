"""The shapes of ticks that a dialect's table describes: which of them a message has, and where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from qaws.protocol.channels import Channels
from qaws.protocol.dialect import Said
from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.free_numbers import Steps
from qaws.protocol.listing import Listing
from qaws.protocol.tick_layout import Where
from qaws.protocol.tick_shape import TickShape

SHOWN = 160
"""Characters of a message that a sentence about it shows."""


class TickShapes:
    """All shapes of a dialect, compiled, in the order of its table."""

    def __init__(self, table: DialectTable, listing: Listing) -> None:
        """Compile them.

        Raises:
            ValueError: one of them is never found, or two contradict each other.
        """
        self._name = table.name
        self._all = [TickShape(each, table, listing) for each in table.tick]
        self._by_kind: dict[str, TickShape] = {shape.kind: shape for shape in self._all}
        for (i, one), (j, other) in combinations(enumerate(self._all), 2):
            if one.hides(other):
                raise ValueError(
                    f"tick[{j}]: is never found: tick[{i}] before it asks for no more in match and "
                    f'looks in the same place, each = "{one.each.text}"; put the one that asks for '
                    "more first"
                )
            if one.kind == other.kind and (differ := one.to_come ^ other.to_come):
                raise ValueError(
                    f"tick[{j}]: {', '.join(sorted(differ))} comes in one of tick[{i}] and "
                    f"tick[{j}] only, both of kind {one.kind.replace('_', ' ')}: which of them is "
                    "due for what is published cannot be told; let both have the same"
                )

    def of_kind(self, kind: str) -> TickShape | None:
        """Return a shape of a kind, in the words of `qa-ws`; None where there is none."""
        return self._by_kind.get(kind)

    @property
    def are_of_lists(self) -> bool:
        """Return whether one of them is of messages that are lists themselves."""
        return any(shape.match.is_of_lists for shape in self._all)

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._all)

    def near(self, document: Any) -> list[int]:
        """Return the places of those that a message could have if its numbers were others."""
        return [place for place, shape in enumerate(self._all) if not shape.is_out(document)]

    def judged(self, published: Iterable[str], places: Iterable[int]) -> Iterator[Steps]:
        """Yield the ways to all that shapes at some places look at."""
        names = list(published)
        for shape in (self._all[place] for place in places):
            yield from (path.steps for path in shape.match.paths)
            yield from shape.judged(names)

    def read(
        self, document: Any, exactly: bool, channels: Channels | None = None
    ) -> list[Said] | None:
        """Return the ticks of a message; None where no shape fits it.

        Where several stand in it, each is of the first shape that fits it.

        Args:
            document: the message.
            exactly: whether each number is kept digit for digit.
            channels: what the connection has been told of its channels; None: it has none.
        """
        groups = self._groups(document)
        if not groups:
            return None
        return [each for group in groups for each in self._read(group, document, exactly, channels)]

    def fixed(self, documents: Sequence[Any]) -> list[Steps]:
        """Return the ways to what tells a tick of one shape or instrument from any other.

        Args:
            documents: messages; shapes that these cannot have, whatever digits are in them, are
                left out.
        """
        near = (
            shape for shape in self._all if not all(map(shape.match.is_out_by_texts, documents))
        )
        return [steps for shape in near for steps in shape.fixed]

    def where(self, document: Any, message: Steps = ()) -> list[Where]:
        """Return where each tick has what it has, in the order of `read`.

        Args:
            document: the message.
            message: the way to it.
        """
        found = []
        for shapes in self._groups(document):
            path = shapes[0].each
            for item, way in zip(path.all(document), path.places(document), strict=True):
                shape = next((each for each in shapes if each.takes(item)), None)
                if shape is not None:
                    found.append(shape.where(message, (*message, *way)))
        return found

    def _groups(self, document: Any) -> list[list[TickShape]]:
        """Return the shapes that a message has, together those that look in the same place.

        Of places of which one is within the other, that of the first shape counts.
        """
        groups: list[list[TickShape]] = []
        for shape in self._all:
            if not shape.fits(document):
                continue
            for group in groups:
                if group[0].is_beside(shape):
                    group.append(shape)
                    break
                if group[0].overlaps(shape):
                    break
            else:
                groups.append([shape])
        return groups

    def _read(
        self,
        shapes: Sequence[TickShape],
        document: Any,
        exactly: bool,
        channels: Channels | None,
    ) -> Iterator[Said]:
        for item in shapes[0].each.all(document):
            for shape in shapes:
                if shape.takes(item):
                    yield shape.read(document, item, exactly, channels)
                    break
            else:
                shown = "" if exactly else json.dumps(item, ensure_ascii=False)[:SHOWN]
                yield Said(
                    {"type": "unknown"},
                    f"has at {shapes[0].each.text} what no [[dialect.tick]] of the dialect "
                    f"{self._name} fits: {shown}",
                )
