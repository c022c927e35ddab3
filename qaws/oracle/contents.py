"""What ticks say: a received tick compared with the published one, member by member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qaws.oracle.ledger import Published
from qaws.protocol.exact import exact, first_difference


def difference(tick: Published, text: str, exactly: Callable[[], Any] | None = None) -> str:
    """Say in which member a received tick differs from what was published; "" for none.

    Numbers are compared as decimals; members that the service has added are its own affair.

    Args:
        tick: what was published.
        text: the message in which it came.
        exactly: returns what that says, each number kept digit for digit; default: it is the tick.
    """
    if text == tick.text:
        return ""
    return first_difference(exact(tick.text), exactly() if exactly else exact(text))
