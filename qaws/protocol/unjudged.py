"""Which numbers of a message a dialect has nobody look at: they may differ from copy to copy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from qaws.protocol.free_numbers import FreeNumbers, Steps
from qaws.protocol.number_places import NumberPlaces
from qaws.protocol.paths import Pattern
from qaws.protocol.surrogates import decoded
from qaws.protocol.tick_shapes import TickShapes

Near = tuple[int, ...]


class Unjudged:
    """Finds them; what it has worked out for messages of one kind it keeps.

    Members of objects have names, so that what one pattern looks at no other message has. Elements
    of lists have none: of a message that is a list only those patterns count which it could fit if
    its numbers were others.
    """

    def __init__(self, patterns: Sequence[Pattern], ticks: TickShapes) -> None:
        """Prepare.

        Args:
            patterns: of all that is no tick.
            ticks: the shapes of ticks.
        """
        self._patterns, self._ticks = list(patterns), ticks
        self._has_lists = ticks.are_of_lists or any(each.is_of_lists for each in patterns)
        self._free: dict[tuple[Any, ...], FreeNumbers] = {}
        self._of_objects = NumberPlaces(self._found)

    def of(
        self, payload: bytes, published: Collection[str], *, several: bool
    ) -> list[tuple[int, int]]:
        """Return where they stand.

        Args:
            payload: a message with ticks.
            published: members that a tick was published with.
            several: whether a list is several messages.
        """
        if payload.startswith(b"{"):
            return self._of_objects.of(payload, published)
        return self._found(payload, published, several=several)

    def _found(
        self, payload: bytes, published: Iterable[str], *, several: bool = False
    ) -> list[tuple[int, int]]:
        """Find them token by token."""
        begins = payload.lstrip().startswith(b"[")
        near = tuple(range(len(self._patterns)))
        shapes = tuple(range(self._ticks.count))
        if begins and self._has_lists:
            document = decoded(payload)
            near = tuple(i for i in near if not self._patterns[i].is_out(document))
            shapes = tuple(self._ticks.near(document))
        is_list = begins and several
        key = (is_list, near, shapes, *published)
        if key not in self._free:
            self._free[key] = FreeNumbers(self._judged(near, shapes, published, is_list))
        return self._free[key].of(payload)

    def _judged(
        self, near: Near, shapes: Near, published: Iterable[str], is_list: bool
    ) -> Iterator[Steps]:
        """Yield the ways to all that is looked at in a message."""
        before: Steps = (None,) if is_list else ()
        for each in near:
            yield from (before + path.steps for path in self._patterns[each].paths)
        yield from (before + steps for steps in self._ticks.judged(published, shapes))
