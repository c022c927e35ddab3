"""Where ticks are published: one channel for all of a kind, or one for each symbol or instrument.

A channel may name what it is about in the way of a payload template: `{exchange}_{symbol}_QUOTE`.
So may the key of a record, where a kind of feed has keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from qaws.protocol.dialect import Dialect
from qaws.protocol.market import LEVELS, Sample, Selection, TickKind, chain_of
from qaws.protocol.templates import names_in, said
from qaws.sut.feed_section import Feed as FeedSection
from qaws.verdict import NotVerified


class Channel(str):
    """The name of a channel; `key` is that of the records of a tick, where the feed has keys."""

    key = ""


class Channels:
    """The channels of a feed."""

    def __init__(self, section: FeedSection, dialect: Dialect) -> None:
        """Read them.

        Args:
            section: names them.
            dialect: says what the service calls the features' symbols and instruments.
        """
        self._dialect = dialect
        self._is_parted = section.is_parted
        self._keys: dict[TickKind, str] = (
            {"option_tick": section.options_key, "underlying_bar": section.underlying_key}
            if section.speaks == "kafka"
            else {}
        )
        self._templates: dict[TickKind, str] = {
            "option_tick": section.options_channel,
            "underlying_bar": section.underlying_channel,
        }
        self._found: dict[Sample, Channel] = {}

    def of(self, kind: TickKind, symbol: str, instrument: int | None) -> Channel:
        """Return the channel of a tick, by the features' names.

        Raises:
            NotVerified: the service does not have that symbol or instrument.
        """
        sample: Sample = kind, symbol, instrument
        if sample not in self._found:
            template, key = self._templates[kind], self._keys.get(kind, "")
            is_split = _is_split([template, key])
            names = self._dialect.names(symbol, instrument) if is_split else {}
            self._found[sample] = channel = Channel(said(template, names))
            channel.key = str(said(key, names))  # what is one name alone may be a number
        return self._found[sample]

    def lane_of(self, kind: TickKind, symbol: str, instrument: int | None) -> str:
        """Return what keeps an order of its own: a channel, or a key in it; "" for the whole feed.

        Raises:
            NotVerified: the service does not have that symbol or instrument.
        """
        if not self._is_parted:
            return ""
        channel = self.of(kind, symbol, instrument)
        return f"{channel} {channel.key}"

    def fences_of(self, selection: Selection) -> list[Sample]:
        """Return what ticks are to mark an end for a selection: one of each lane that it takes."""
        first = selection.sample()
        if not self._is_parted:
            return [first]
        lanes: dict[str, Sample] = {}
        for sample in (first, *filter(self._dialect.carries, _samples(self._templates))):
            if selection.takes(*sample):
                lanes.setdefault(self.lane_of(*sample), sample)
        return [*lanes.values()]

    def other_of(self, kind: TickKind, symbol: str) -> Channel:
        """Return a channel of the other kind of ticks of that symbol."""
        if kind == "option_tick":
            return self.of("underlying_bar", symbol, None)
        return self.of("option_tick", symbol, chain_of(symbol)[0])

    def any_of(self, kind: TickKind) -> Channel:
        """Return the channel of a payload that is no tick: that of the first symbol."""
        return self.of(*next(_samples([kind])))

    def all(self) -> list[Channel]:
        """Return every channel on which a tick of the features may be published."""
        found: dict[Channel, None] = {}
        for sample in _samples(self._templates):
            try:
                found[self.of(*sample)] = None
            except NotVerified:
                continue  # the service does not have it, so that nothing is published there
        return [*found]


def _is_split(template: Any) -> bool:
    return next(names_in(template), None) is not None


def _samples(kinds: Iterable[TickKind]) -> Iterator[Sample]:
    """Yield what may be published: all instruments of each symbol, and its bar."""
    for kind in kinds:
        for symbol in LEVELS:
            chain = chain_of(symbol) if kind == "option_tick" else (None,)
            for instrument in chain:
                yield kind, symbol, instrument
