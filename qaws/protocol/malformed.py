"""Malformed payloads of the feed, by the names that the features give them: QA-WS-102."""

from __future__ import annotations

import json
from typing import Any

from qaws.protocol.market import TickKind
from qaws.verdict import Broken

Payload = tuple[TickKind, bytes]
"""The kind of tick whose channel it is published on, and what is published."""

_OPTION: dict[str, Any] = {
    "type": "option_tick",
    "symbol": "NIFTY",
    "instrument_token": 256265,
    "last_price": 120.5,
    "greeks": {"delta": 0.5, "gamma": 0.001, "theta": -9.5, "vega": 11.2, "iv": 0.14},
}
_BAR: dict[str, Any] = {
    "type": "underlying_bar",
    "symbol": "NIFTY",
    "open": 1.0,
    "high": 2.0,
    "low": 0.5,
    "close": 1.5,
    "volume": 7,
}


def _option(**changes: Any) -> Payload:
    return "option_tick", json.dumps(_OPTION | changes).encode()


def _without(kind: TickKind, members: dict[str, Any], name: str) -> Payload:
    return kind, json.dumps({k: v for k, v in members.items() if k != name}).encode()


PAYLOADS: dict[str, Payload] = {
    "broken JSON": ("option_tick", b'{"type":"option_tick","symbol":"NIFTY",'),
    "an empty payload": ("option_tick", b""),
    "bytes that are not text": ("option_tick", bytes(range(128, 256))),
    "a tick that is not UTF-8": (
        "option_tick",
        json.dumps(_OPTION | {"note": "?"}).encode().replace(b'"?"', b'"\xff"'),
    ),
    "a JSON array": ("option_tick", json.dumps([_OPTION]).encode()),
    "a JSON number": ("option_tick", b"42"),
    "null": ("option_tick", b"null"),
    "two ticks in one payload": ("option_tick", json.dumps(_OPTION).encode() * 2),
    "1 MB of one letter": ("option_tick", b"a" * 1_000_000),
    "100,000 nested lists": ("option_tick", b"[" * 100_000),
    "a tick with 100,000 nested lists": (
        "option_tick",
        json.dumps(_OPTION)[:-1].encode() + b',"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ),
    "a tick without a symbol": _without("option_tick", _OPTION, "symbol"),
    "a tick whose symbol is a number": _option(symbol=7),
    "a tick without a price": _without("option_tick", _OPTION, "last_price"),
    "a tick whose price is text": _option(last_price="120.5"),
    "a tick whose price is NaN": _option(last_price=float("nan")),
    "a tick without an instrument": _without("option_tick", _OPTION, "instrument_token"),
    "a tick whose instrument is text": _option(instrument_token="256265"),
    "a tick of an unknown type": _option(type="gossip"),
    "a bar without a close": _without("underlying_bar", _BAR, "close"),
    "a bar whose volume is a list": (
        "underlying_bar",
        json.dumps(_BAR | {"volume": [7]}).encode(),
    ),
}
"""What a feature file calls a malformed payload → what is published, and where."""


def payload(name: str) -> Payload:
    """Return a malformed payload by its name in the features.

    Raises:
        Broken: there is none of that name.
    """
    if name not in PAYLOADS:
        raise Broken(f'no malformed payload "{name}"; known are {", ".join(PAYLOADS)}')
    return PAYLOADS[name]
