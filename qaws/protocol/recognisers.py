"""What a dialect's table knows messages by that are no ticks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.paths import Pattern


def recognisers(table: DialectTable) -> Iterator[tuple[Pattern, dict[str, Any] | None]]:
    """Yield pattern and message of all that is no tick, in the order in which it is tried.

    The message is None for what is passed over.

    Raises:
        ValueError: a pattern is none.
    """
    for kind, patterns in (
        ("subscribed", table.subscribe.ack),
        ("unsubscribed", table.unsubscribe.ack),
        ("error", table.recognise.error),
        ("pong", table.ping.answer),
        ("connection", table.recognise.welcome),
    ):
        for pattern in patterns:
            yield Pattern(pattern), {"type": kind}
    for status in ("degraded", "recovered"):
        for pattern in getattr(table.recognise, status):
            yield Pattern(pattern), {"type": "status", "status": status}
    for number, opening in enumerate(table.open):
        if opening.after:
            yield Pattern(opening.after), {"type": "opening", "number": number}
    for pattern in table.recognise.ignore:
        yield Pattern(pattern), None
