"""Socket.IO's packets, and the messages that they are in tables and templates.

A text is an Engine.IO packet (protocol 4), whose first digit is its type, and a message of that is
a Socket.IO packet (protocol 5), with a number in front of its list where an answer is asked for or
given. Attachments, which come as binary messages behind their packet, are not read.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

ENGINE = {"0": "open", "1": "close", "2": "ping", "3": "pong", "6": "noop"}
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
        inner = _read(text[1:]) if text[1:].startswith("{") else {}
        return {**inner, "engine": name}
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


def encode(message: Any) -> str:
    """Return the packet that says a message: {"engine": "pong"}, {"connect": {…}}, or an event.

    An event is {"event": "subscribe", "data": […]}, and with an "id" it asks for an answer.

    Raises:
        ValueError: it is none of these.
    """
    if not isinstance(message, dict) or message.keys().isdisjoint(("engine", "connect", "event")):
        raise ValueError("Socket.IO says engine, connect or event")
    if "engine" in message:
        digits = {name: digit for digit, name in ENGINE.items()}
        return digits[message["engine"]]
    space = f"{message['namespace']}," if "namespace" in message else ""
    if "connect" in message:
        return f"{MESSAGE}0{space}{json.dumps(message['connect'])}"
    said = json.dumps([message["event"], *message.get("data", [])])
    return f"{MESSAGE}2{space}{message.get('id', '')}{said}"


def _read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)
