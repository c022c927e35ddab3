"""Socket.IO's packets, and the messages that they are in tables and templates.

A text is an Engine.IO packet (protocol 4), whose first digit is its type, and a message of that is
a Socket.IO packet (protocol 5), with a number in front of its list where an answer is asked for or
given. Attachments, which come as binary messages behind their packet, are not read.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from qaws.protocol.twice import once

ENGINE = {"0": "open", "1": "close", "2": "ping", "3": "pong", "6": "noop"}
DIGITS = {name: digit for digit, name in ENGINE.items()}
PROBED = ("2", "3")
"""These may say "probe" behind their digit, before a connection is upgraded."""
MESSAGE = "4"
SOCKET = {"0": "connected", "1": "disconnected", "2": "event", "3": "answer", "4": "refused"}
ATTACHED = ("45", "46")
PACKET = re.compile(r"4(?P<kind>[0-4])(?P<space>/[^,]*,)?(?P<id>\d*)(?P<body>.*)", re.DOTALL)
OPENS = re.compile(r'0\{"sid":')
"""How the first text of such a service begins."""


def decode(text: str) -> dict[str, Any]:
    """Return what a packet says: {"engine": "open", "sid": …}, {"socket": "connected", "sid": …},
    {"socket": "event", "event": "tick", "data": […]}, {"socket": "answer", "id": 7, "data": […]}.

    One of another namespace has that as "namespace".

    Raises:
        ValueError: it is none.
    """  # noqa: D205 (its shapes are the summary)
    if (name := ENGINE.get(text[:1])) is not None:
        return {**_of_engine(text), "engine": name}
    if text[:2] in ATTACHED:
        raise ValueError("it has attachments, which are not read")
    found = PACKET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:20]!r} begins like no packet of Socket.IO")
    said: dict[str, Any] = {"socket": SOCKET[found["kind"]]}
    if found["space"]:
        said["namespace"] = found["space"][:-1]
    if found["id"]:
        said["id"] = int(found["id"])
    body = _read(found["body"]) if found["body"] else None
    if isinstance(body, dict):
        return body | said
    if said["socket"] == "event" and isinstance(body, list) and body:
        return said | {"event": body[0], "data": body[1:]}
    return said if body is None else said | {"data": body}


def _of_engine(text: str) -> dict[str, Any]:
    """Return what stands behind the digit of a packet that is no message."""
    digit, body = text[0], text[1:]
    if not body or (body == "probe" and digit in PROBED):
        return {}
    inner = _read(body) if digit == DIGITS["open"] else None
    if not isinstance(inner, dict):
        raise ValueError(f"{body[:20]!r} stands behind the digit of {ENGINE[digit]}")
    return inner


def encode(message: Any) -> str:
    """Return the packet that says a message: {"engine": "pong"}, {"connect": {…}}, or one of these.

    An event is {"event": "subscribe", "data": […]}; with an "id" it asks for an answer, which is
    {"socket": "answer", "id": 7, "data": […]}, either way.

    Raises:
        ValueError: it is none of these.
    """
    if not isinstance(message, dict):
        raise ValueError("Socket.IO says engine, connect, event or an answer")
    if "engine" in message:
        if message["engine"] not in DIGITS:
            raise ValueError(f"engine is {message['engine']!r}, none of {', '.join(DIGITS)}")
        return DIGITS[message["engine"]]
    space = message.get("namespace", "")
    if space and not (isinstance(space, str) and space.startswith("/") and "," not in space):
        raise ValueError(f"namespace is {space!r}; one begins with a slash")
    space = f"{space}," if space else ""
    if "connect" in message:
        return f"{MESSAGE}0{space}{json.dumps(message['connect'])}"
    is_answer = message.get("socket") == "answer"
    if not is_answer and "event" not in message:
        raise ValueError("Socket.IO says engine, connect, event or an answer")
    data, number = message.get("data", []), message.get("id", "")
    if not isinstance(data, list):
        raise ValueError(f"data is {json.dumps(data)[:40]}, no list: it is what the event is given")
    if not str(number).isdecimal() and (number != "" or is_answer):
        raise ValueError(f"id is {number!r}, no whole number")
    if is_answer:
        return f"{MESSAGE}3{space}{number}{json.dumps(data)}"
    return f"{MESSAGE}2{space}{number}{json.dumps([message['event'], *data])}"


def _read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=once)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
