"""What a load client can find wrong with what it receives."""

from __future__ import annotations

from typing import Literal, NamedTuple

ViolationKind = Literal[
    "gap", "duplicate", "order", "unsubscribed", "unmarked", "contract", "content", "protocol"
]


class Violation(NamedTuple):
    """One violation, `amount` ticks wide, in words that follow on a client's name.

    A gap of a negative amount takes an earlier one back: the tick came after all, out of order.
    """

    kind: ViolationKind
    amount: int
    words: str
