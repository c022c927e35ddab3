"""What a service calls the symbols and instruments of the features."""

from __future__ import annotations

from typing import Any

from qaws.protocol.dialect_table import Listed, Market
from qaws.protocol.market import INSTRUMENTS, chain_of
from qaws.protocol.market import symbol_of as symbol_of_instrument
from qaws.verdict import NotVerified


class Listing:
    """The table `[market]`; without one the service calls everything what the features do."""

    def __init__(self, market: Market) -> None:
        """Read it both ways.

        Raises:
            ValueError: two of its symbols, or instruments, are called alike.
        """
        self._market = market
        self._symbols: dict[str, str] = {}
        self._instruments: dict[int, int | str] = {}
        for symbol, listed in market.items():
            self._symbols[symbol] = str(symbol if listed.symbol is None else listed.symbol)
            chain = chain_of(symbol)
            own = listed.instruments or chain
            if len(own) > len(chain):
                raise ValueError(
                    f"{symbol}: {len(own)} instruments, and features know {len(chain)}"
                )
            self._instruments |= dict(zip(chain, own, strict=False))
        self._symbol_back = {own: symbol for symbol, own in self._symbols.items()}
        self._instrument_back = {str(own): each for each, own in self._instruments.items()}
        for what, back, all_ in (
            ("symbols", self._symbol_back, self._symbols),
            ("instruments", self._instrument_back, self._instruments),
        ):
            if len(back) < len(all_):
                raise ValueError(f"two {what} have the same name: {', '.join(map(str, back))}")

    def any_names(self) -> dict[str, Any]:
        """Return what the first symbol has besides its name."""
        return self._further(next(iter(self._market))) if self._market else {}

    def has_symbol(self, symbol: str) -> bool:
        """Return whether the service has a symbol of the features."""
        return not self._market or symbol in self._symbols

    def has_instrument(self, instrument: int) -> bool:
        """Return whether the service has an instrument of the features."""
        return not self._market or instrument in self._instruments

    def is_alone(self, instrument: int) -> bool:
        """Return whether its symbol has this instrument only, and so means it."""
        mine = [
            each for each in chain_of(symbol_of_instrument(instrument)) if self.has_instrument(each)
        ]
        return mine == [instrument]

    def of_symbol(self, symbol: str) -> dict[str, Any]:
        """Return the names by which a symbol is asked for and published.

        Raises:
            NotVerified: the service does not have it.
        """
        if not self._market:
            return {"symbol": symbol}
        if symbol not in self._symbols:
            raise NotVerified(f"[market] does not say what the service calls {symbol}")
        return {**self._further(symbol), "symbol": self._symbols[symbol]}

    def of_instrument(self, instrument: int) -> dict[str, Any]:
        """Return the names by which an instrument is asked for and published.

        Raises:
            NotVerified: the service does not have it.
        """
        symbol = symbol_of_instrument(instrument)
        if not self._market:
            return {"symbol": symbol, "instrument": instrument}
        names = self.of_symbol(symbol)
        if instrument not in self._instruments:
            raise NotVerified(
                f"[market] does not say what the service calls instrument {instrument} of {symbol}"
            )
        return {**names, "instrument": self._instruments[instrument]}

    def _further(self, symbol: str) -> dict[str, Any]:
        listed: Listed = self._market[symbol]
        return dict(listed.model_extra or {})

    def symbol_called(self, own: str) -> str:
        """Return the features' symbol of a name of the service; the name where there is none."""
        return self._symbol_back.get(own, own)

    def instrument_called(self, own: Any) -> Any:
        """Return the features' instrument of a name; the name where there is none."""
        return self._instrument_back.get(str(own), own)

    def symbol_of_called(self, instrument: Any) -> str:
        """Return the symbol of an instrument of the features; a text of it where it is none."""
        known = isinstance(instrument, int) and instrument in INSTRUMENTS
        return symbol_of_instrument(instrument) if known else str(instrument)
