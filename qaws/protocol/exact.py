"""JSON compared digit for digit: what was sent with what was received, member by member."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from qaws.protocol.surrogates import without_lone_surrogates

_decode = msgspec.json.Decoder(float_hook=Decimal).decode

ABSENT = object()
"""Stands for a member that is missing."""


def exact(text: str | bytes) -> Any:
    """Decode JSON with every number kept digit for digit: as an int, or as a Decimal.

    Half a surrogate pair becomes U+FFFD.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return _decode(without_lone_surrogates(text.encode() if isinstance(text, str) else text))


def first_difference(sent: object, got: object) -> str:
    """Say in which member, as `exact` decodes it, `got` differs from `sent`; "" for none.

    Numbers are compared as decimals: 24010.0 is 24010, and a double rounded on the way differs.
    Members that are in `got` alone are its own affair.
    """
    found = where_different(sent, got)
    if found is None:
        return ""
    where, value, came = found
    return f"{where} {'missing' if came is ABSENT else plain(came)} instead of {plain(value)}"


def where_different(sent: object, got: object, path: str = "") -> tuple[str, object, object] | None:
    """Return the first member in which `got` differs, what was sent, and what came; None for none.

    What came is `ABSENT` where the member is missing.
    """
    if isinstance(sent, dict) and isinstance(got, dict):
        for name, value in sent.items():
            where = f"{path}.{name}" if path else name
            if name not in got:
                return where, value, ABSENT
            if found := where_different(value, got[name], where):
                return found
        return None
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        pairs = enumerate(zip(sent, got, strict=True))
        each = (where_different(*pair, f"{path}[{place}]") for place, pair in pairs)
        return next((found for found in each if found), None)
    if _is_number(sent) == _is_number(got) and sent == got:  # true is 1 to Python
        return None
    return path, sent, got


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def plain(value: object) -> str:
    """Return a decoded value as a sentence shows it: numbers with their digits, texts quoted."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(plain, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
