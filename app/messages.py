"""What clients and service say to each other, and what the feed says: JSON in both directions.

Commands and ticks are checked here, answers are made here; ``docs/specification.md`` has them all
in sections 1 and 2.
"""

import json
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.subscriptions import (
    Instruments,
    Route,
    Selector,
    Symbols,
    TickType,
    Totals,
    Underlying,
)

MAX_INSTRUMENT_TOKEN = 2**63 - 1
MAX_SYMBOL_LENGTH = 64
MAX_SELECTED = 1000
"""Instruments or symbols in one message."""
MAX_DEPTH = 8
"""Objects and lists within each other in a message."""

# --- from client to service -----------------------------------------------------------------


class InvalidMessage(Exception):
    """A client's message that is no command; its text is what the client is told."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Invalid message format: {why}")


class NotEntitled(InvalidMessage):
    """A sound command for what its sender may not see."""

    def __init__(self, names: list[str]) -> None:
        Exception.__init__(self, f"Not entitled to {', '.join(names)}")


class Ping(msgspec.Struct, frozen=True):
    """Asks for a pong."""


class Subscribe(msgspec.Struct, frozen=True):
    """Asks for the ticks of a selector."""

    selector: Selector


class Unsubscribe(msgspec.Struct, frozen=True):
    """Asks for no more ticks of a selector."""

    selector: Selector


Command: TypeAlias = Ping | Subscribe | Unsubscribe


def parse_command(message: str | bytes) -> Command:
    """Turn a client's message into a command. Members that no command knows are ignored.

    Raises:
        InvalidMessage: it is not text, not JSON, or not a command.
    """
    match _json_object(message):
        case {"action": "ping"}:
            return Ping()
        case {"action": "subscribe", **rest}:
            return Subscribe(_selector(rest))
        case {"action": "unsubscribe", **rest}:
            return Unsubscribe(_selector(rest))
        case {"action": _}:
            raise InvalidMessage("action must be ping, subscribe or unsubscribe")
        case _:
            raise InvalidMessage("action is missing")


def _json_object(message: str | bytes) -> dict[str, Any]:
    if not isinstance(message, str):
        raise InvalidMessage("binary message; send text")
    try:
        value = msgspec.json.decode(message)
        if not isinstance(value, dict):
            raise InvalidMessage("a JSON object is expected")
        if _is_deeper(value, MAX_DEPTH):
            raise InvalidMessage("nested too deeply")
        json.loads(message, object_pairs_hook=_members)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidMessage(f"not JSON: {error}") from None
    except RecursionError:
        raise InvalidMessage("nested too deeply") from None
    return value


def _is_deeper(value: object, most: int) -> bool:
    """Tell whether objects and lists stand in each other more than ``most`` deep."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, dict | list) for value in level)


def _members(pairs: list[tuple[str, Any]]) -> None:
    """Refuse a name that comes twice: receivers disagree on which one counts (RFC 8259, 4)."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise InvalidMessage("a member is given twice")


def _selector(members: dict[str, Any]) -> Selector:
    if len(members.keys() & {"instruments", "symbols", "symbol"}) != 1:
        raise InvalidMessage("exactly one of instruments, symbols, symbol is expected")
    if "symbol" in members:
        if members.get("type") != "underlying":
            raise InvalidMessage('symbol goes with "type":"underlying"')
        return Underlying(_symbol(members["symbol"]))
    if "type" in members:
        raise InvalidMessage("type goes with symbol")
    if "symbols" in members:
        return Symbols(tuple(map(_symbol, _non_empty_list("symbols", members["symbols"]))))
    tokens = _non_empty_list("instruments", members["instruments"])
    return Instruments(tuple(map(_instrument, tokens)))


def _non_empty_list(name: str, value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InvalidMessage(f"{name} must be a list that is not empty")
    if len(value) > MAX_SELECTED:
        raise InvalidMessage(f"{name} must be at most {MAX_SELECTED:,} in one message")
    return value


def _instrument(value: object) -> int:
    # type() and not isinstance(): true and false are ints to Python.
    if type(value) is not int or not 0 <= value <= MAX_INSTRUMENT_TOKEN:
        raise InvalidMessage("instruments must be integers from 0 to 2^63 - 1")
    return value


def _symbol(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_SYMBOL_LENGTH:
        raise InvalidMessage(f"a symbol must be a text of 1 to {MAX_SYMBOL_LENGTH} characters")
    return value


# --- from service to client -----------------------------------------------------------------


class _Connected(msgspec.Struct, tag_field="type", tag="connection"):
    session_id: str
    status: str = "connected"


class _Subscribed(msgspec.Struct, tag_field="type", tag="subscribed"):
    selector: Selector
    totals: Totals


class _Unsubscribed(msgspec.Struct, tag_field="type", tag="unsubscribed"):
    selector: Selector
    totals: Totals


class _Error(msgspec.Struct, tag_field="type", tag="error"):
    message: str


_encode = msgspec.json.Encoder().encode

PONG = b'{"type":"pong"}'
DEGRADED = b'{"type":"status","status":"degraded"}'
RECOVERED = b'{"type":"status","status":"recovered"}'


def welcome(session_id: str) -> bytes:
    """Return the first message that an admitted client gets."""
    return _encode(_Connected(session_id))


def subscribed(selector: Selector, totals: Totals) -> bytes:
    """Return the acknowledgement of a subscribe: the selector as asked, and what is held now."""
    return _encode(_Subscribed(selector, totals))


def unsubscribed(selector: Selector, totals: Totals) -> bytes:
    """Return the acknowledgement of an unsubscribe."""
    return _encode(_Unsubscribed(selector, totals))


def error(invalid: InvalidMessage) -> bytes:
    """Return the answer to a message that is no command."""
    return _encode(_Error(str(invalid)))


# --- from feed to service -------------------------------------------------------------------


class InvalidTick(Exception):
    """A payload of the feed that is no tick; its text says why."""


class Tick(NamedTuple):
    """A valid tick: who wants it, and the JSON text (UTF-8) that they get."""

    route: Route
    payload: bytes


class _TickMembers(msgspec.Struct):
    """The members that the service relies on; all others pass through unread."""

    symbol: Annotated[str, Meta(min_length=1)]
    type: TickType | UnsetType = UNSET
    instrument_token: int | UnsetType = UNSET
    last_price: float | UnsetType = UNSET
    open: float | UnsetType = UNSET
    high: float | UnsetType = UNSET
    low: float | UnsetType = UNSET
    close: float | UnsetType = UNSET
    volume: float | UnsetType = UNSET


_decode_tick = msgspec.json.Decoder(_TickMembers).decode

_TYPE_OF_CHANNEL: dict[bytes, TickType] = {
    b"options": "option_tick",
    b"underlying": "underlying_bar",
}


def parse_tick(channel: bytes, payload: bytes) -> Tick:
    """Check a payload of the feed, and find out who wants it.

    The payload is relayed as it was published, byte for byte: unknown members stay, and so do
    the digits of a price. Only a tick without ``type`` gets one, from its channel.

    Raises:
        InvalidTick: not UTF-8, not JSON, or without a member that its type must have.
    """
    try:
        members = _decode_tick(payload)
        if not payload.isascii():
            payload.decode()  # members that are skipped are not checked for UTF-8
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidTick(str(error)) from None
    type_ = members.type
    if type_ is UNSET:
        type_ = _type_of(channel)
        payload = _with_type(type_, payload)
    if type_ == "underlying_bar":
        _require(members, ("open", "high", "low", "close", "volume"))
        return Tick(Route(type_, None, members.symbol), payload)
    _require(members, ("instrument_token", "last_price"))
    token: Any = members.instrument_token
    return Tick(Route(type_, token, members.symbol), payload)


def _require(members: _TickMembers, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(members, name) is UNSET:
            raise InvalidTick(f"{name} is missing")


def _type_of(channel: bytes) -> Literal["option_tick", "underlying_bar"]:
    type_ = _TYPE_OF_CHANNEL.get(channel.rpartition(b":")[2])
    if type_ is None:
        raise InvalidTick("type is missing, and the channel does not tell it")
    return type_


def _with_type(type_: str, payload: bytes) -> bytes:
    members = payload.lstrip()[1:]  # past the brace: a valid tick is never an empty object
    return b'{"type":"%s",%s' % (type_.encode(), members)
