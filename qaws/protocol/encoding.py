"""How what is said is put into WebSocket messages, where that is not JSON text.

Services send JSON in binary messages, JSON that is compressed by hand, MessagePack, or what only a
decoder of their team can read. It is turned into the JSON text that it means where it is received,
so that everything behind that (tables, contract, contents digit for digit) is the same for all.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Literal

import msgspec

LARGEST = 16 * 1024 * 1024
"""Bytes of JSON text that one message may mean."""

KEPT = 4096
"""Messages whose meaning is remembered: clients of a group get the same bytes."""

FLUSHED = b"\x00\x00\xff\xff"
"""How what is compressed ends where it was flushed and goes on (RFC 1951, section 3.2.4)."""

Sent = Literal["text", "binary"]

_json = msgspec.json.Encoder(decimal_format="number")


class Undecodable(ValueError):
    """A binary message is none that the service should send; the text says why."""


class NoDecoder(ValueError):
    """A file is no decoder; the text says why."""


def _inflated(window_bits: int) -> Callable[[bytes], bytes]:
    def inflate(data: bytes) -> bytes:
        decoder = zlib.decompressobj(window_bits)
        text = decoder.decompress(data, LARGEST + 1)
        if len(text) > LARGEST:
            raise ValueError(f"it is more than {LARGEST:,} bytes when inflated")
        if decoder.unused_data:
            raise ValueError(f"{len(decoder.unused_data)} bytes stand behind its end")
        if not decoder.eof and not data.endswith(FLUSHED):
            raise ValueError("it ends in the middle")
        return text

    return inflate


def _unpacked(data: bytes) -> bytes:
    return _json.encode(msgspec.msgpack.decode(data))


BUILT_IN: Mapping[str, Callable[[bytes], bytes]] = {
    "binary": bytes,
    "msgpack": _unpacked,
    "gzip": _inflated(zlib.MAX_WBITS | 16),
    "zlib": _inflated(zlib.MAX_WBITS),
    "deflate": _inflated(-zlib.MAX_WBITS),
}
"""What binary messages hold → what makes JSON text of it: JSON as it is (RFC 8259), MessagePack,
and JSON that is compressed (RFC 1952, 1950, 1951), each message for itself."""

SUFFIX = ".py"


def recognised(data: bytes) -> tuple[str, str] | None:
    """Return what a binary message seems to hold, and the JSON text that it means then.

    None: no encoding that is known makes an object or a list of it.
    """
    for name, decode in BUILT_IN.items():
        try:
            text = decode(data).decode()
            if isinstance(msgspec.json.decode(text), dict | list):
                return name, text
        except Exception:  # whatever a decoder says of what is none of its kind
            continue
    return None


def is_known(received: str) -> bool:
    """Return whether there is such an encoding: by name, or as a file in Python."""
    return received == "text" or received in BUILT_IN or received.endswith(SUFFIX)


def _decoder_of(received: str, source: str) -> Callable[[bytes], bytes]:
    """Return the decoder of a file.

    Raises:
        NoDecoder: it has none.
    """
    module = ModuleType("decoder")
    try:
        exec(compile(source, received, "exec"), module.__dict__)
    except Exception as problem:
        raise NoDecoder(f"{received}: {type(problem).__name__}: {problem}") from problem
    decode = getattr(module, "decode", None)
    if not callable(decode):
        raise NoDecoder(
            f"{received}: has no function decode(message): it takes the bytes of a binary message, "
            "and returns what they say, as dict, list, str, int, float, Decimal, bool or None"
        )
    return lambda data: _json.encode(decode(data))


class Encoding:
    """How messages of a dialect are put into WebSocket messages.

    Attributes:
        received: "text", or what binary messages of the service hold.
        sends_binary: whether clients send their JSON in binary messages.
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
        decode: Callable[[bytes], bytes] | None = BUILT_IN.get(received)
        if decode is None and received != "text":
            decode = _decoder_of(received, source)
        self._decode = lru_cache(maxsize=KEPT)(decode) if decode else None

    @property
    def reads_binary(self) -> bool:
        """Return whether binary messages of the service say something."""
        return self._decode is not None

    def decoded(self, data: bytes) -> bytes:
        """Return the JSON text that a binary message means.

        Raises:
            Undecodable: it means none; the text goes on after "received a message that".
        """
        if self._decode is None:
            raise Undecodable("is binary, not text")
        try:
            text = self._decode(data)
            text.decode()
        except Exception as problem:  # whatever the team's own decoder may raise
            how = "JSON" if self.received == "binary" else self.received
            raise Undecodable(
                f"is a binary message of {len(data):,} bytes that is no {how}: "
                f"{type(problem).__name__}: {problem}"
            ) from problem
        return text

    def wire(self, text: str) -> str | bytes:
        """Return a text that a client says as it is sent: bytes are a binary message."""
        return text.encode() if self.sends_binary else text

    def __str__(self) -> str:
        sends = ", clients send JSON in binary messages" if self.sends_binary else ""
        return f"binary messages of the service are read as {self.received}{sends}"


TEXT = Encoding()
"""JSON text both ways."""
