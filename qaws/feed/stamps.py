"""Makes ticks of market fields: each with its number, due time and the mark of the run."""

from __future__ import annotations

from typing import Any

from qaws.feed.channels import Channels
from qaws.feed.run_mark import RunMark
from qaws.oracle.ledger import Ledger, Published, Role
from qaws.protocol.dialect import Dialect
from qaws.protocol.json_forms import published


class Stamps:
    """What a run puts on its ticks."""

    def __init__(self, run: RunMark, dialect: Dialect, channels: Channels) -> None:
        """Take what the ticks of a run have in common.

        Args:
            run: its mark.
            dialect: what a tick looks like at the feed, and at the clients.
            channels: where each is published.
        """
        self._run, self._dialect, self._channels = run, dialect, channels

    def stamped(self, ledger: Ledger, fields: dict[str, Any], due_ns: int, role: Role) -> Published:
        """Return a tick of market fields with the next number of its symbol.

        Args:
            ledger: counts them.
            fields: the market fields, with type, symbol and (for an option) instrument_token.
            due_ns: when it is due (monotonic).
            role: why it is published.
        """
        sequence = ledger.next_sequence(fields["symbol"])
        stamped = self._run.stamped(fields, sequence, due_ns)
        carried = self._dialect.carried(stamped)
        text = published(carried, sequence, in_lines=not self._dialect.has_lines)
        kind, symbol = fields["type"], fields["symbol"]
        instrument = fields.get("instrument_token")
        return Published(
            symbol=symbol,
            sequence=sequence,
            kind=kind,
            instrument=instrument,
            due_ns=due_ns,
            text=text,
            role=role,
            lane=self._channels.lane_of(kind, symbol, instrument),
            payload=text if carried is stamped else self._dialect.payload(stamped),
        )
