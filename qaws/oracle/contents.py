"""What ticks say: a received tick compared with the published one, member by member."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from qaws.oracle.ledger import Published


def exact(text: str) -> Any:
    """Decode JSON with every number kept digit for digit, as a Decimal."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def difference(tick: Published, text: str) -> str:
    """Say in which member a received tick differs from what was published; "" for none.

    Numbers are compared as decimals: 24010.0 is 24010, and a double rounded on the way differs.
    Members that the service has added are its own affair.
    """
    return "" if text == tick.text else _difference("", exact(tick.text), exact(text))


def _difference(path: str, sent: object, got: object) -> str:
    if isinstance(sent, dict) and isinstance(got, dict):
        for name, value in sent.items():
            where = f"{path}.{name}" if path else name
            if name not in got:
                return f"{where} missing instead of {plain(value)}"
            if said := _difference(where, value, got[name]):
                return said
        return ""
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        pairs = enumerate(zip(sent, got, strict=True))
        each = (_difference(f"{path}[{place}]", *pair) for place, pair in pairs)
        return next((said for said in each if said), "")
    if type(sent) is type(got) and sent == got:  # type: true is 1 to Python
        return ""
    return f"{path} {plain(got)} instead of {plain(sent)}"


def plain(value: object) -> str:
    """Return a decoded value as a sentence shows it: numbers with their digits, texts quoted."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(plain, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
