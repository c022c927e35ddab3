"""Where ticks are published: one channel for all of a kind, or one for each symbol or instrument.

A channel may name what it is about in the way of a payload template: `{exchange}_{symbol}_QUOTE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qaws.protocol.dialect import Dialect
from qaws.protocol.market import LEVELS, Sample, TickKind, chain_of
from qaws.protocol.templates import names_in, said
from qaws.sut.feed_section import Feed as FeedSection
from qaws.verdict import NotVerified


class Channels:
    """The channels of a feed."""

    def __init__(self, section: FeedSection, dialect: Dialect) -> None:
        """Read them.

        Args:
            section: names them.
            dialect: says what the service calls the features' symbols and instruments.
        """
        self._dialect = dialect
        self._templates: dict[TickKind, str] = {
            "option_tick": section.options_channel,
            "underlying_bar": section.underlying_channel,
        }
        self._found: dict[Sample, str] = {}

    def of(self, kind: TickKind, symbol: str, instrument: int | None) -> str:
        """Return the channel of a tick, by the features' names.

        Raises:
            NotVerified: the service does not have that symbol or instrument.
        """
        sample: Sample = kind, symbol, instrument
        if sample not in self._found:
            template = self._templates[kind]
            names = self._dialect.names(symbol, instrument) if _is_split(template) else {}
            self._found[sample] = said(template, names)
        return self._found[sample]

    def other_of(self, kind: TickKind, symbol: str) -> str:
        """Return a channel of the other kind of ticks of that symbol."""
        if kind == "option_tick":
            return self.of("underlying_bar", symbol, None)
        return self.of("option_tick", symbol, chain_of(symbol)[0])

    def any_of(self, kind: TickKind) -> str:
        """Return the channel of a payload that is no tick: that of the first symbol."""
        return self.of(*next(_samples([kind])))

    def all(self) -> list[str]:
        """Return every channel on which a tick of the features may be published."""
        found: dict[str, None] = {}
        for sample in _samples(self._templates):
            try:
                found[self.of(*sample)] = None
            except NotVerified:
                continue  # the service does not have it, so that nothing is published there
        return [*found]


def _is_split(template: str) -> bool:
    return next(names_in(template), None) is not None


def _samples(kinds: Iterable[TickKind]) -> Iterator[Sample]:
    """Yield what may be published: all instruments of each symbol, and its bar."""
    for kind in kinds:
        for symbol in LEVELS:
            chain = chain_of(symbol) if kind == "option_tick" else (None,)
            for instrument in chain:
                yield kind, symbol, instrument
