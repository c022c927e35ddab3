"""The order of ticks: each symbol's numbers must rise by exactly one."""

from __future__ import annotations

from collections.abc import Mapping

from qaws.load.subscriber.message import Message
from qaws.load.violation import Violation
from qaws.protocol.market import Selection

LONGEST_GAP = 100_000
"""Of a longer gap only the length is remembered, not which ticks are missing."""


class Sequence:
    """What one stream of ticks has had so far: the last number of each symbol, and the holes."""

    __slots__ = ("_selection", "last", "missing")

    def __init__(self, selection: Selection, first: Mapping[str, int]) -> None:
        """Begin before the first tick.

        Args:
            selection: what the stream may consist of.
            first: symbol → number of its first tick; other symbols start anywhere.
        """
        self._selection = selection
        self.last = {symbol: number - 1 for symbol, number in first.items()}
        self.missing: set[tuple[str, int]] = set()

    def copy(self) -> Sequence:
        """Return one that stands at the same place."""
        twin = Sequence(self._selection, {})
        twin.last, twin.missing = self.last.copy(), self.missing.copy()
        return twin

    def same_as(self, other: Sequence) -> bool:
        """Return whether both stand at the same place, so that the same ticks may follow."""
        return self.last == other.last and self.missing == other.missing

    def reaches(self, fence: Mapping[str, int]) -> bool:
        """Return whether each symbol of a fence has come at least to its number."""
        return all(self.last.get(symbol, 0) >= number for symbol, number in fence.items())

    def goes_on(self, tick: Message) -> bool:
        """Take a tick that the selection takes, if it is the next; return whether it was."""
        number = tick.sequence
        if self.last.get(tick.symbol) != number - 1 or not tick.due_us:
            return False
        self.last[tick.symbol] = number
        return True

    def fits(self, tick: Message) -> bool:
        """Take the next tick if it is just what must come; return whether it was."""
        number = tick.sequence
        if (
            number - 1 == self.last.get(tick.symbol)
            and tick.due_us
            and tick.belongs_to(self._selection)
        ):
            self.last[tick.symbol] = number
            return True
        return False

    def take(self, tick: Message) -> list[Violation]:
        """Take the next tick, whatever it is; return what is wrong with it."""
        if self.fits(tick):
            return []
        if not tick.belongs_to(self._selection):
            words = f"received {tick}, but had subscribed to {self._selection}"
            return [Violation("unsubscribed", 1, words)]
        if tick.sequence < 0:
            return [Violation("unmarked", 1, f"received {tick} (seq)")]
        faults = self._misplaced(tick)
        if not tick.due_us:
            faults.append(
                Violation("unmarked", 1, f"received {tick} without its due time (due_us)")
            )
        return faults

    def _misplaced(self, tick: Message) -> list[Violation]:
        symbol, number = tick.symbol, tick.sequence
        last = self.last.get(symbol)
        if last is None or number > last:
            self.last[symbol] = number
        if last is None or number == last + 1:
            return []
        if number > last:
            if number - last <= LONGEST_GAP:
                self.missing.update((symbol, lost) for lost in range(last + 1, number))
            words = f"expected {symbol} #{last + 1}, got #{number} (previous #{last})"
            return [Violation("gap", number - last - 1, words)]
        if (symbol, number) in self.missing:
            self.missing.discard((symbol, number))
            words = f"got {symbol} #{number} late, after #{last}"
            return [Violation("order", 1, words), Violation("gap", -1, "")]
        words = f"got {symbol} #{number} again (expected #{last + 1}, previous #{last})"
        return [Violation("duplicate", 1, words)]
