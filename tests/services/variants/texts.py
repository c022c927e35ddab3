"""How JSON is written: what RFC 8259 and the specification leave to a service."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from app import fanout, messages, sessions
from tests.services.variants.variation import replace, variation

Members = dict[str, Any]


def _written(value: object, indent: str = "") -> str:
    """Write JSON in another spelling: exponents, escapes, blanks and lines."""
    match value:
        case Decimal():
            return f"{value:E}"
        case str():
            return _quoted(value)
        case dict():
            inner = indent + "\t"
            lines = (f"{_quoted(name)} :\t{_written(each, inner)}" for name, each in value.items())
            return "{\r\n" + f" ,\n{inner}".join(lines) + f"\n{indent}}}" if value else "{ }"
        case list():
            return "[ " + " , ".join(_written(each, indent) for each in value) + " ]"
        case _:
            return json.dumps(value)


def _quoted(text: str) -> str:
    """Write a text with escapes where none is needed: the first letter, and slashes."""
    if not text:
        return '""'
    rest = json.dumps(text[1:]).replace("/", "\\/")
    first = text[0]
    head = f"\\u{ord(first):04x}" if ord(first) < 0x1_0000 else json.dumps(first)[1:-1]
    return f'"{head}{rest[1:-1]}"'


def _of_messages(rewrite: Callable[[Members], str]) -> None:
    """Write each message anew, the service's own ones and ticks alike."""
    text_frame = fanout.text_frame

    @cache
    def pong(payload: bytes) -> bytes:
        return text_frame(rewrite(json.loads(payload)).encode())

    def frame(payload: bytes) -> bytes:
        if payload == messages.PONG:  # a flood of pings is answered as fast as ever
            return pong(payload)
        return text_frame(rewrite(json.loads(payload, parse_float=Decimal)).encode())

    replace(fanout, "text_frame", frame)


def _plain(value: object) -> str:
    """Write JSON without blanks, each digit as it came."""
    match value:
        case Decimal():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(n)}:{_plain(v)}" for n, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_plain, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


@variation(
    "Numbers have exponents, names and texts have escapes where none is needed, and blanks, tabs "
    "and line ends stand wherever they may.",
    "RFC 8259, sections 2, 6 and 7; SPEC section 3: the same value whatever the notation",
)
def json_spelt_otherwise() -> None:
    """Write the same values in other letters."""
    _of_messages(_written)


def _fractional(value: object) -> str:
    """Write JSON as `_plain` does, but whole numbers as those are written who keep doubles."""
    match value:
        case bool():
            return json.dumps(value)
        case int():
            return f"{Decimal(value).normalize():E}" if abs(value) >= 10**7 else f"{value}.0"
        case dict():
            inner = (f"{json.dumps(name)}:{_fractional(each)}" for name, each in value.items())
            return "{" + ",".join(inner) + "}"
        case list():
            return "[" + ",".join(map(_fractional, value)) + "]"
        case _:
            return _plain(value)


@variation(
    "Whole numbers have a fraction of 0, or an exponent: 7.0, 2.56E+8.",
    "RFC 8259, section 6; SPEC section 3: the same value whatever the notation",
)
def whole_numbers_with_a_fraction() -> None:
    """Write them as Java's maps of doubles are written."""
    _of_messages(_fractional)


@variation(
    "The members of each message stand in another order.",
    "RFC 8259, section 4: an object is an unordered collection",
)
def members_in_another_order() -> None:
    """Turn them around; a `type` is never the first."""
    _of_messages(lambda members: _plain(dict(reversed(members.items()))))


@variation(
    "Each message, ticks too, has members of the service's own: a node, a time, an object.",
    "the specification, section 1: ticks and acknowledgements have more members than it names",
)
def members_of_its_own() -> None:
    """Add some, ahead of all others."""

    def rewrite(members: Members) -> str:
        own = {"node": "ticks-1", "served_at": time.time_ns(), "about": {"v": [2, None, ""]}}
        return _plain(own | members)

    _of_messages(rewrite)


@variation(
    "Errors have a number and a reference, and more words around those that are asked for.",
    'SPEC test 010: an error whose message contains "Invalid message format"',
)
def errors_that_say_more() -> None:
    """Say more, and something else each time."""
    original = messages.error

    def error(invalid: messages.InvalidMessage) -> bytes:
        members = json.loads(original(invalid))
        members["message"] = f"400: {members['message']} (see the handbook)"
        return json.dumps(members | {"code": 400, "reference": secrets.token_hex(6)}).encode()

    replace(messages, "error", error)


@variation(
    "Session ids are long, and have dots, slashes, colons and a prefix that all share.",
    "QA-WS-025: unguessable and unique, nothing more",
)
def session_ids_with_a_prefix() -> None:
    """Draw 192 bits, and write them behind the name of the node."""
    replace(sessions, "new_session_id", lambda: f"eu-1/ticks.7:{secrets.token_hex(24)}")
