"""A dialect as data: what processes are told that speak it too."""

from __future__ import annotations

from typing import Any

import msgspec

from qaws.protocol.dialect import Dialect, QaWs


class Spelling(msgspec.Struct, frozen=True):
    """How a service spells what the features speak of.

    Attributes:
        spoken: the dialect's name, and behind it the heartbeats of a service that speaks `qa-ws`.
        table: the table `[dialect]`; None: `qa-ws` with the features' own names, word for word.
        market: the table `[market]`.
        payloads: kind of tick → the template of what is published.
        secrets: name → value of what variables hold for its openings.
        code: name of a file in Python that encodes or decodes messages → what it says.
    """

    spoken: str = "qa-ws"
    table: dict[str, Any] | None = None
    market: dict[str, Any] = {}
    payloads: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    code: dict[str, str] = {}

    @property
    def is_plain(self) -> bool:
        """Return whether it is `qa-ws`, word for word."""
        return self.table is None

    def compiled(self) -> Dialect:
        """Return the dialect, ready to use.

        Raises:
            ValueError: its parts do not fit together.
        """
        if self.table is None:
            return QaWs(self.spoken.split()[1:])
        # Tables are validated by a library that takes a fifth of a second to load: here, so that
        # workers that speak qa-ws do without it.
        from qaws.protocol.declared import Declared
        from qaws.protocol.dialect_table import DialectTable, Listed
        from qaws.protocol.listing import Listing

        market = {symbol: Listed.model_validate(each) for symbol, each in self.market.items()}
        table = DialectTable.model_validate(self.table)
        encoding = table.encoding.made(self.code)
        return Declared(table, Listing(market), self.payloads, self.secrets, encoding)
