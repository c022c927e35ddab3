"""What the ticks of a flow say in a dialect that a target file describes.

Everything but number and time is filled into the template beforehand, once for each different tick.
"""

from __future__ import annotations

import re
import time
from typing import Any

from qaws.load.publisher.payloads import DIFFERENT
from qaws.load.schedule import FlowPlan
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import DUE_FIELD, RUN_FIELD, SEQUENCE_FIELD, Market, chain_of
from qaws.verdict import Broken

_NUMBER, _DUE, _NOW = 8_127_364_550_907_001, 8_127_364_550_907_002, 8_127_364_550_907_003
"""What stands in a payload for the number of a tick, its due time, and "now"."""

_PLACES = re.compile(rb"81273645509070(0[123])")


class SpelledPayloads:
    """The ticks of a flow by symbol and number, and their payloads."""

    def __init__(self, plan: FlowPlan, dialect: Dialect | None = None) -> None:
        """Prepare the ticks.

        Args:
            plan: the flow.
            dialect: that of the plan, where it is compiled already.

        Raises:
            Broken: a symbol is unknown, or the service has none of its instruments.
        """
        self._dialect = dialect or plan.spelling.compiled()
        symbols, market = plan.symbols, Market(plan.seed)
        self._place = {symbol: place for place, symbol in enumerate(symbols)}
        self._first = {symbol: plan.first.get(symbol, 1) for symbol in symbols}
        most = max(min(DIFFERENT, plan.count), len(symbols))
        chains = [self._listed(symbol) for symbol in symbols]
        self._fields: list[dict[str, Any]] = []
        self._pieces: list[list[bytes]] = []
        for index in range(most - most % len(symbols)):
            turn, place = divmod(index, len(symbols))
            fields = market.option_tick(chains[place][turn % len(chains[place])])
            self._fields.append(fields | ({RUN_FIELD: plan.run} if plan.run else {}))

    def _listed(self, symbol: str) -> list[int]:
        chain = chain_of(symbol)
        found = [each for each in chain if self._dialect.carries(("option_tick", symbol, each))]
        if not found:
            raise Broken(f"the service has no instrument of {symbol}: [market]")
        return found

    def _index(self, symbol: str, number: int) -> int:
        turn = number - self._first[symbol]
        return (turn * len(self._place) + self._place[symbol]) % len(self._fields)

    def payload(self, symbol: str, number: int, due_us: int) -> bytes:
        """Return what is published for a tick."""
        if not self._pieces:
            self._prepare()
        pieces = self._pieces[self._index(symbol, number)]
        now_ms = time.time_ns() // 1_000_000
        values = {b"01": b"%d" % number, b"02": b"%d" % due_us, b"03": b"%d" % now_ms}
        return b"".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))

    def _prepare(self) -> None:
        for fields in self._fields:
            marked = {**fields, SEQUENCE_FIELD: _NUMBER, DUE_FIELD: _DUE}
            self._pieces.append(_PLACES.split(self._dialect.payload(marked, _NOW).encode()))

    def place(self, symbol: str, number: int) -> int | None:
        """Return which of the different ticks one is; None: it is none of this flow."""
        return None if number < self._first.get(symbol, number + 1) else self._index(symbol, number)

    def carried(self, symbol: str, number: int) -> dict[str, Any] | None:
        """Return what clients are to receive of a tick but its due time, as `qa-ws` has it.

        None: it is none of this flow.
        """
        if (place := self.place(symbol, number)) is None:
            return None
        stamped = {**self._fields[place], SEQUENCE_FIELD: number}
        return self._dialect.carried(stamped)
