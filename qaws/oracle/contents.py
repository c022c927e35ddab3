"""What ticks say: a received tick compared with the published one, digit for digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from qaws.oracle.ledger import Published


def exact(text: str) -> Any:
    """Decode JSON with every number kept digit for digit, as a Decimal."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def difference(tick: Published, text: str) -> str:
    """Say in which field a tick differs from what was published, digit for digit; "" for none."""
    if text == tick.text:
        return ""
    sent, got = exact(tick.text), exact(text)
    for field, value in sent.items():
        if field not in got or got[field] != value:
            return f"{field} {got.get(field, 'missing')} instead of {value}"
    return ""
