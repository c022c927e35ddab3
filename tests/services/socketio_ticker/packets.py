"""Socket.IO as a target's `[dialect.encoding]` reads and says it: a file that a team would write.

A text is an Engine.IO packet, whose first digit is its type (protocol 4: 0 open, 1 close, 2 ping,
3 pong, 4 message), and a message is a Socket.IO packet (protocol 5: 0 connect, 1 disconnect,
2 event, 3 acknowledgement, 4 refused), with a number in front of its list where an answer is asked
for or given.
"""

import json
import re
from decimal import Decimal

ENGINE = {"0": "open", "1": "close", "2": "ping", "3": "pong"}
SOCKET = {"0": "connected", "1": "disconnected", "2": "event", "3": "answer", "4": "refused"}
NUMBER = {name: digit for digit, name in {**ENGINE, "4": "message"}.items()}


def decode(text):
    """Return what a packet says: {"engine": …} or {"socket": …}, and what is in it."""
    kind, rest = text[0], text[1:]
    if kind in ENGINE:
        return {"engine": ENGINE[kind], **(_read(rest) if rest.startswith("{") else {})}
    if kind != "4":
        raise ValueError(f"a packet of type {kind!r}")
    number, body = re.fullmatch(r"(\d*)(.*)", rest[1:], re.DOTALL).groups()
    said = {"socket": SOCKET[rest[0]], **({"id": int(number)} if number else {})}
    if rest[0] in "04":
        return {**said, **_read(body)}
    if rest[0] == "2":
        name, *data = _read(body)
        return {**said, "event": name, "data": data}
    return {**said, "data": _read(body)} if rest[0] == "3" else said


def encode(message):
    """Return the packet that says a message: {"engine": "pong"}, {"connect": …} or an event."""
    if "engine" in message:
        return NUMBER[message["engine"]]
    if "connect" in message:
        return f"40{json.dumps(message['connect'])}"
    said = [message["event"], *message.get("data", [])]
    return f"42{message.get('id', '')}{json.dumps(said)}"


def _read(text):
    return json.loads(text, parse_float=Decimal)
