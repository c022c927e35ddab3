"""How what is said is put into WebSocket messages, where that is not JSON text.

Services send JSON in binary messages, JSON that is compressed by hand, MessagePack, or what only a
decoder of their team can read. It is turned into the JSON text that it means where it is received,
so that everything behind that (tables, contract, contents digit for digit) is the same for all.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from qaws.protocol.decoder import SUFFIX, Decoder, in_one_line

LARGEST = 16 * 1024 * 1024
"""Bytes of JSON text that one message may mean."""

KEPT_BYTES = 16 * 1024 * 1024
"""So much of messages and their meanings is remembered: clients of a group get the same bytes."""

FLUSHED = b"\x00\x00\xff\xff"
"""How what is compressed ends where it was flushed and goes on (RFC 1951, section 3.2.4)."""

Sent = Literal["text", "binary"]

_json = msgspec.json.Encoder(decimal_format="number")


class Undecodable(ValueError):
    """A binary message is none that the service should send; the text says why."""


def _inflated(window_bits: int, *, may_go_on: bool = False) -> Callable[[bytes], bytes]:
    """Return what inflates a message; `may_go_on`: of several parts, one behind the other."""

    def inflate(data: bytes) -> bytes:
        text, rest = b"", data
        while rest:
            decoder = zlib.decompressobj(window_bits)
            text += decoder.decompress(rest, LARGEST + 1 - len(text))
            if len(text) > LARGEST:
                raise ValueError(f"it is more than {LARGEST:,} bytes when inflated")
            if not decoder.eof and not data.endswith(FLUSHED):
                raise ValueError("it ends in the middle")
            rest = decoder.unused_data
            if rest and not may_go_on:
                raise ValueError(f"{len(rest)} bytes stand behind its end")
        return text

    return inflate


def as_json(value: Any) -> Any:
    """Return a value in what JSON has words for; what it has none for becomes text.

    Numbers that are none (NaN and infinities), bytes (in hexadecimal), times and extensions
    of MessagePack are such.

    Raises:
        ValueError: two keys become the same text.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return value if math.isfinite(value) else str(value)
        case dict():
            found = {_key(key): as_json(each) for key, each in value.items()}
            if len(found) < len(value):
                raise ValueError("two of its keys are the same text")
            return found
        case list() | tuple():
            return [as_json(each) for each in value]
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case msgspec.msgpack.Ext():
            return f"extension {value.code}: {bytes(value.data).hex()}"
    return str(value)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    plain = as_json(key)
    return plain if isinstance(plain, str) else _json.encode(plain).decode()


def _unpacked(data: bytes) -> bytes:
    return _json.encode(as_json(msgspec.msgpack.decode(data)))


BUILT_IN: Mapping[str, Callable[[bytes], bytes]] = {
    "binary": bytes,
    "msgpack": _unpacked,
    "gzip": _inflated(zlib.MAX_WBITS | 16, may_go_on=True),
    "zlib": _inflated(zlib.MAX_WBITS),
    "deflate": _inflated(-zlib.MAX_WBITS),
}
"""What binary messages hold → what makes JSON text of it: JSON as it is (RFC 8259), MessagePack,
and JSON that is compressed (RFC 1952, 1950, 1951), each message for itself."""

OF_JSON = ("binary", "gzip", "zlib", "deflate")
"""Those that are JSON text: it says all that a message does."""


def recognised(data: bytes) -> tuple[str, str] | None:
    """Return what a binary message seems to hold, and the JSON text that it means then.

    None: no encoding that is known makes objects or lists of it.
    """
    for name, decode in BUILT_IN.items():
        try:
            text = decode(data).decode()
            lines = [line for line in text.splitlines() if line.strip()]
            said = [msgspec.json.decode(text)] if _is_one(text) else map(msgspec.json.decode, lines)
            if lines and all(isinstance(each, dict | list) for each in said):
                return name, text
        except Exception:  # whatever a decoder says of what is none of its kind
            continue
    return None


def _is_one(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def is_known(received: str) -> bool:
    """Return whether there is such an encoding: by name, or as a file in Python."""
    return received == "text" or received in BUILT_IN or received.endswith(SUFFIX)


class Encoding:
    """How messages of a dialect are put into WebSocket messages.

    Attributes:
        received: "text", or what binary messages of the service hold.
        sends_binary: whether clients send their JSON in binary messages.
        tells_all: whether the JSON text that a message means says all that is in it.
    """

    def __init__(self, received: str = "text", sent: Sent = "text", source: str = "") -> None:
        """Prepare.

        Args:
            received: "text", one of `BUILT_IN`, or the name of a file in Python.
            sent: what clients send.
            source: what that file says.

        Raises:
            NoDecoder: the file is none.
        """
        self.received, self.sends_binary = received, sent == "binary"
        self.tells_all = received in OF_JSON
        self._decode: Callable[[bytes], bytes] | None = BUILT_IN.get(received)
        self._decoder: Decoder | None = None
        if self._decode is None and received != "text":
            self._decoder = decode = Decoder(received, source)
            self._decode = lambda data: _json.encode(as_json(decode(data)))
        self._known: dict[bytes, bytes] = {}
        self._bytes = 0

    @property
    def reads_binary(self) -> bool:
        """Return whether binary messages of the service say something."""
        return self._decode is not None

    @property
    def decoder_took(self) -> tuple[int, float]:
        """Return how many messages the team's decoder was given, and how long it took, in s."""
        decoder = self._decoder
        return (decoder.messages, decoder.spent_s) if decoder else (0, 0.0)

    def decoded(self, data: bytes) -> bytes:
        """Return the JSON text that a binary message means; the same bytes are read once.

        Raises:
            Undecodable: it means none; the text goes on after "received a message that".
        """
        if self._decode is None:
            raise Undecodable("is binary, not text")
        if (known := self._known.get(data)) is not None:
            return known
        try:
            text = self._decode(data)
            text.decode()
        except Exception as problem:  # whatever the team's own decoder may raise
            how = "JSON" if self.received == "binary" else self.received
            raise Undecodable(
                f"is a binary message of {len(data):,} bytes that is no {how}: "
                f"{in_one_line(problem)}"
            ) from problem
        self._bytes += len(data) + len(text)
        if self._bytes > KEPT_BYTES:
            self._known.clear()
            self._bytes = len(data) + len(text)
        self._known[data] = text
        return text

    def wire(self, text: str) -> str | bytes:
        """Return a text that a client says as it is sent: bytes are a binary message."""
        return text.encode() if self.sends_binary else text

    @property
    def remark(self) -> str:
        """Return what a transcript says of it behind the request; "" for JSON text both ways."""
        said = f"binary messages are read as {self.received}" if self.reads_binary else ""
        sends = "clients send binary messages" if self.sends_binary else ""
        told = ", ".join(filter(None, (said, sends)))
        return f"; as the target says, {told}" if told else ""


TEXT = Encoding()
"""JSON text both ways."""
