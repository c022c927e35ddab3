"""How `ticker.py` puts messages into WebSocket messages, where `ENCODING` or `CLIENTS` says so.

`ENCODING`: "msgpack"; JSON compressed by "gzip", "zlib" or "deflate", each message for itself;
JSON in "binary" messages; or "framed": binary messages of several, each behind its length.
`CLIENTS` = "binary": clients send their JSON in binary messages, "msgpack": they send MessagePack;
they are told so if they do not.
`NARROW`: prices in MessagePack have 32 bits, which is too few for their digits.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgpack
from websockets.asyncio.server import ServerConnection

ENCODING, CLIENTS = os.environ.get("ENCODING", ""), os.environ.get("CLIENTS", "text")
NARROW = "NARROW" in os.environ


def _packed(value: Any) -> bytes:
    """Return a value as MessagePack has it, each number and length in the widest form."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return b"\xd3" + struct.pack(">q", value)
        case float():
            return (
                b"\xca" + struct.pack(">f", value) if NARROW else b"\xcb" + struct.pack(">d", value)
            )
        case str():
            data = value.encode()
            return b"\xdb" + struct.pack(">I", len(data)) + data
        case list():
            return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(_packed, value))
        case dict():
            items = b"".join(_packed(part) for item in value.items() for part in item)
            return b"\xdf" + struct.pack(">I", len(value)) + items
    raise TypeError(type(value))


def _deflated(window_bits: int) -> Callable[[str], bytes]:
    def deflate(text: str) -> bytes:
        encoder = zlib.compressobj(level=1, wbits=window_bits)
        return encoder.compress(text.encode()) + encoder.flush()

    return deflate


def _framed(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">I", len(data)) + data


ENCODERS: dict[str, Callable[[str], str | bytes]] = {
    "": str,
    "binary": str.encode,
    "msgpack": lambda text: _packed(json.loads(text)),
    "gzip": _deflated(31),
    "zlib": _deflated(15),
    "deflate": _deflated(-15),
    "framed": _framed,
}


def _unpacked(message: str | bytes) -> str | bytes:
    """Return the JSON text that a message of a client means; bytes where it means none."""
    if isinstance(message, str):
        return message.encode()
    try:
        return json.dumps(msgpack.unpackb(message), allow_nan=False)
    except (ValueError, TypeError, RecursionError):  # whatever is no MessagePack of JSON
        return message


@lru_cache(maxsize=1024)
def encoded(text: str) -> str | bytes:
    """Return a message as it is sent; the same for all who get it."""
    return ENCODERS[ENCODING](text)


class Encoded(ServerConnection):
    """A connection whose messages are encoded."""

    async def send(self, message: Any) -> None:  # type: ignore[override]  # all are JSON
        """Send a message that is JSON."""
        await super().send(encoded(message))

    async def recv(self, decode: bool | None = None) -> Any:
        """Return what a client says as text; bytes are what it should not have sent."""
        message = await super().recv(decode)
        if CLIENTS == "text":
            return message
        if CLIENTS == "msgpack":
            return _unpacked(message)
        try:
            return message.encode() if isinstance(message, str) else message.decode()
        except UnicodeDecodeError:
            return message
