"""What the ticks of a flow say: made alike by who publishes them and by who checks them.

The instruments of a symbol take turns, so that a value of the neighbour shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from qaws.load.schedule import FlowPlan
from qaws.protocol.exact import exact, first_difference
from qaws.protocol.market import RUN_FIELD, Market, chain_of

DIFFERENT = 10_000
"""So many different ticks are prepared; longer flows use them again, with new numbers."""

_SEQUENCE = b', "seq": '
_names = msgspec.json.Decoder(dict[str, Any]).decode


class Payloads:
    """The market fields of every tick of a flow, by its symbol and number."""

    def __init__(self, plan: FlowPlan, *, ahead: bool = True) -> None:
        """Prepare the ticks.

        Args:
            plan: the flow.
            ahead: whether all of them are made now, which takes a fifth of a second; else as far as
                one is asked for: for who sees a part of a flow, and measures no latency.

        Raises:
            Broken: a symbol is unknown.
        """
        symbols = plan.symbols
        self._place = {symbol: place for place, symbol in enumerate(symbols)}
        self._first = {symbol: plan.first.get(symbol, 1) for symbol in symbols}
        most = max(min(DIFFERENT, plan.count), len(symbols))
        self._different = most - most % len(symbols)
        self._making = self._make(plan)
        self._openings = list(self._making) if ahead else []
        self._members: dict[bytes, frozenset[str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def _make(self, plan: FlowPlan) -> Iterator[bytes]:
        """Yield the openings of all different ticks, in order of their publishing."""
        symbols, market = plan.symbols, Market(plan.seed)
        chains = [chain_of(symbol) for symbol in symbols]
        for index in range(self._different):
            turn, place = divmod(index, len(symbols))
            fields = market.option_tick(chains[place][turn % len(chains[place])])
            fields |= {RUN_FIELD: plan.run} if plan.run else {}
            if (short := plan.pad_to - len(json.dumps(fields)) - 50) > 0:
                fields["pad"] = "x" * short
            yield json.dumps(fields)[:-1].encode() + _SEQUENCE

    def opening(self, symbol: str, number: int) -> bytes:
        """Return a tick's payload up to its sequence number."""
        turn = number - self._first[symbol]
        index = (turn * len(self._place) + self._place[symbol]) % self._different
        if index >= len(self._openings):
            self._openings += islice(self._making, index + 1 - len(self._openings))
        return self._openings[index]

    def payload(self, symbol: str, number: int, due_us: int) -> bytes:
        """Return what is published for a tick."""
        return b'%b%d, "due_us": %d}' % (self.opening(symbol, number), number, due_us)

    def members(self, symbol: str, number: int) -> frozenset[str]:
        """Return the names of the members that a tick was published with; none if it is no one."""
        if number < self._first.get(symbol, number + 1):
            return frozenset()
        opening = self.opening(symbol, number)
        if opening not in self._members:
            names = frozenset(_names(opening.removesuffix(_SEQUENCE) + b"}"))
            self._members[opening] = self._sets.setdefault(names, names)
        return self._members[opening]

    def difference(self, symbol: str, number: int, received: bytes) -> str:
        """Say what a received tick says otherwise than it was published; "" for nothing.

        Digit for digit, as everywhere. What was relayed as it came is not even decoded: it begins
        as what was published does, and what follows there repeats none of its members.
        """
        if number < self._first.get(symbol, number + 1):
            return ""  # not of this flow: the sequence tells of it
        opening = self.opening(symbol, number)
        if received.startswith(opening):
            rest = _names(b'{"seq": ' + received[len(opening) :])
            if not any(b'"%b":' % name.encode() in opening for name in rest if name != "seq"):
                return ""
        published = exact(opening.removesuffix(_SEQUENCE) + b"}")
        said = first_difference(published, exact(received))
        return f"received {symbol} #{number} with {said}" if said else ""
