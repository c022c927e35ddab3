"""What clients say and hear: commands are read strictly, ticks as far as it takes to route them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

Key = tuple[str, Any]
"""What a client can be subscribed to: ("instrument", 1), ("symbol", "A") or ("underlying", "A")."""

LONGEST_SYMBOL = 64
LARGEST_INSTRUMENT = 2**63 - 1
GREEKS = ("delta", "gamma", "theta", "vega", "iv")
PRICES = ("open", "high", "low", "close", "volume")


class Invalid(Exception):
    """A message that is no command, or a payload that is no tick."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a client asks for."""

    action: str
    keys: tuple[Key, ...] = ()
    selector: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick as it came, and who is to have it."""

    text: str
    symbol: str
    keys: tuple[Key, ...]
    instrument: int | None = None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise Invalid("a member occurs twice")
    return found


def _no_constant(name: str) -> Any:
    raise Invalid(f"{name} is not JSON")


def read(text: str) -> dict[str, Any]:
    """Return the object that a message is.

    Raises:
        Invalid: it is none.
    """
    try:
        message = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except Invalid:
        raise
    except (ValueError, RecursionError):
        raise Invalid("it is not JSON") from None
    if not isinstance(message, dict):
        raise Invalid("it is not an object")
    return message


def parse(text: str) -> Command:
    """Return the command in a message.

    Raises:
        Invalid: it is none.
    """
    message = read(text)
    action = message.get("action")
    if action == "ping":
        return Command("ping")
    if action not in ("subscribe", "unsubscribe"):
        raise Invalid("the action is unknown")
    keys, selector = _selection(message)
    return Command(action, keys, selector)


def _selection(message: dict[str, Any]) -> tuple[tuple[Key, ...], dict[str, Any]]:
    given = [name for name in ("instruments", "symbols", "symbol") if name in message]
    if len(given) != 1:
        raise Invalid("it needs one of instruments, symbols, symbol")
    if given == ["symbol"]:
        if message.get("type") != "underlying":
            raise Invalid("a symbol alone needs the type underlying")
        symbol = _symbol(message["symbol"])
        return (("underlying", symbol),), {"symbol": symbol, "type": "underlying"}
    values = message[given[0]]
    if not isinstance(values, list) or not values:
        raise Invalid(f"{given[0]} is not a list")
    if len(values) > 1000:
        raise Invalid(f"{given[0]} are too many")
    if given == ["instruments"]:
        return tuple(("instrument", _instrument(v)) for v in values), {"instruments": values}
    return tuple(("symbol", _symbol(v)) for v in values), {"symbols": values}


def _instrument(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST_INSTRUMENT:
        raise Invalid("an instrument is a positive integer")
    return value


def _symbol(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_SYMBOL:
        raise Invalid("a symbol is a short text")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise Invalid("a symbol is Unicode text")
    return value


def tick(data: bytes) -> Tick:
    """Return a tick of the feed.

    Raises:
        Invalid: the payload is none.
    """
    try:
        text = data.decode()
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid("not JSON") from None
    if not isinstance(found, dict):
        raise Invalid("not an object")
    symbol = _symbol(found.get("symbol"))
    if found.get("type") == "option_tick":
        instrument = _instrument(found.get("instrument_token"))
        greeks = found.get("greeks")
        if not isinstance(greeks, dict):
            raise Invalid("no greeks")
        _numbers(found, ("last_price",))
        _numbers(greeks, GREEKS)
        return Tick(text, symbol, (("instrument", instrument), ("symbol", symbol)), instrument)
    if found.get("type") == "underlying_bar":
        _numbers(found, PRICES)
        return Tick(text, symbol, (("underlying", symbol), ("symbol", symbol)))
    raise Invalid("unknown type")


def _numbers(found: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        value = found.get(name)
        if type(value) is not int and not (type(value) is float and math.isfinite(value)):
            raise Invalid(f"{name} is not a number")
