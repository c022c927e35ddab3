"""Numbers of channels, which a service gives out when it acknowledges, and ticks bear."""

from __future__ import annotations

import json
from typing import Any

from qaws.protocol.dialect_table import Channels as ChannelsTable
from qaws.protocol.listing import Listing
from qaws.protocol.paths import MISSING, Path, Pattern
from qaws.protocol.whole import whole


class Channels:
    """What one connection has been told of its channels: a number is nobody else's."""

    def __init__(self, table: ChannelsTable, listing: Listing) -> None:
        """Compile how a number is given out; none has been yet."""
        self._listing = listing
        self._given = [Pattern(each) for each in table.given]
        self._number = Path(table.number)
        self._symbol = Path(table.symbol) if table.symbol else None
        self._instrument = Path(table.instrument) if table.instrument else None
        self._prefix = table.symbol_prefix
        self._known: dict[str, dict[str, Any]] = {}

    def learn(self, document: Any) -> str | None:
        """Take over the number that a message gives out, if it does; say what it lacks."""
        if not any(pattern.fits(document) for pattern in self._given):
            return None
        number = self._number.get(document)
        if number is MISSING:
            return f"gives out no channel at {self._number.text}"
        found: dict[str, Any] = {}
        if self._symbol:
            own = self._symbol.get(document)
            found["symbol"] = self._listing.symbol_called(str(own).removeprefix(self._prefix))
        if self._instrument:
            own = self._instrument.get(document)
            found["instrument_token"] = self._listing.instrument_called(whole(own))
            found["symbol"] = self._listing.symbol_of_called(found["instrument_token"])
        key = json.dumps(number)
        self._known.pop(key, None)  # so that the latest is the last
        self._known[key] = found
        return None

    def names(self, number: Any) -> dict[str, Any] | None:
        """Return what a channel is of, in the words of `qa-ws`; None where it was not given out."""
        return None if number is MISSING else self._known.get(json.dumps(number, default=str))

    def of(self, symbol: str, instrument: int | None) -> Any:
        """Return the latest number for a symbol, or an instrument of it; `MISSING` for none."""
        for key, names in reversed(self._known.items()):
            wanted = {"instrument_token": instrument} if self._instrument else {"symbol": symbol}
            if names.items() >= wanted.items():
                return json.loads(key)
        return MISSING
