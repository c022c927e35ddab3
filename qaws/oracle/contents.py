"""What ticks say: a received tick compared with the published one, member by member."""

from __future__ import annotations

from qaws.oracle.ledger import Published
from qaws.protocol.exact import exact, first_difference


def difference(tick: Published, text: str) -> str:
    """Say in which member a received tick differs from what was published; "" for none.

    Numbers are compared as decimals; members that the service has added are its own affair.
    """
    return "" if text == tick.text else first_difference(exact(tick.text), exact(text))
