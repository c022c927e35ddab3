"""How what is said is put into WebSocket messages, where that is not JSON text.

Services send JSON in binary messages, JSON that is compressed by hand, MessagePack, or what only a
few lines of their team can read, in binary messages or in texts. It is turned into the JSON text
that it means where it is received, so that everything behind that (tables, contract, contents digit
for digit) is the same for all. What clients say goes the other way (`encoder.py`).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import msgspec

from qaws.protocol import socketio
from qaws.protocol.encoder import Encoder
from qaws.protocol.team_function import SAYS, SUFFIX, TeamFunction, in_one_line

LARGEST = 16 * 1024 * 1024
"""Bytes of JSON text that one message may mean."""

KEPT_BYTES = 16 * 1024 * 1024
"""So much of messages and their meanings is remembered: clients of a group get the same bytes."""

FLUSHED = b"\x00\x00\xff\xff"
"""How what is compressed ends where it was flushed and goes on (RFC 1951, section 3.2.4)."""

SENT = ("text", "binary", "msgpack", "socket.io")
"""What clients send: JSON in texts or in binary messages, MessagePack, or Socket.IO's packets."""
NONE = "none"
"""A service whose clients read binary messages alone: a text is one that nobody reads."""
TEXTS: Mapping[str, Callable[[str], Any]] = {"socket.io": socketio.decode}
"""What texts are, where they are not JSON → what reads them."""

_json = msgspec.json.Encoder(decimal_format="number")


class Undecodable(ValueError):
    """A message is none that the service should send; the text goes on after "a message that"."""


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
    """Return a value in what JSON has words for; what MessagePack has besides becomes text.

    Numbers that are none (NaN and infinities), bytes (in hexadecimal), times and extensions
    of MessagePack are such. What counts as a number or a text of Python (one of NumPy, a member of
    an enumeration of numbers) is that.

    Raises:
        ValueError: two keys become the same text, or nothing says what a value stands for.
    """
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)
        case Integral():
            return int(value)
        case Decimal() | Real():
            plain = value if type(value) is Decimal else _number(value)
            return plain if math.isfinite(plain) else str(plain)
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
        case datetime():
            return str(value)
    if getattr(value, "ndim", None) == 0:  # a truth value of NumPy
        return as_json(value.item())
    raise ValueError(f"what is {_kind(value)} says nothing in JSON")


def _number(value: Any) -> Any:
    """Return a number of a kind of its own as one of Python's."""
    return Decimal(str(value)) if isinstance(value, Decimal) else float(value)


def _kind(value: Any) -> str:
    """Return the name of a value's kind, with an article."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


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


def _as_json_text(decode: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    return lambda message: _json.encode(as_json(decode(message)))


def _as_said_by(decode: TeamFunction) -> Callable[[Any], bytes]:
    """Return what makes JSON text of what a team's function returns."""

    def made(message: Any) -> bytes:
        said = decode(message)
        if isinstance(said, bytes | bytearray | memoryview) or _is_json(said):
            what = "JSON text" if isinstance(said, str) else f"what is {_kind(said)}"
            raise ValueError(f"decode returned {what}; it returns what the message says: {SAYS}")
        try:
            return _json.encode(as_json(said))
        except ValueError as problem:
            raise ValueError(f"decode returned something else than {SAYS}: {problem}") from None

    return made


def _is_json(said: Any) -> bool:
    """Tell whether a text is an object or a list in JSON."""
    return isinstance(said, str) and said.lstrip()[:1] in ("{", "[") and _is_one(said)


class Encoding:
    """How messages of a dialect are put into WebSocket messages.

    Attributes:
        received: "text", or what binary messages of the service hold.
        texts: "json", "none", one of `TEXTS`, or the file that decodes texts of the service.
        sent: what clients send: one of `SENT`, or the file that encodes it.
        tells_all: whether the JSON text that a message means says all that is in it.
    """

    def __init__(
        self,
        received: str = "text",
        sent: str = "text",
        texts: str = "json",
        code: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare.

        Args:
            received: "text", one of `BUILT_IN`, or the name of a file in Python.
            sent: one of `SENT`, or the name of a file in Python.
            texts: "json", "none", one of `TEXTS`, or the name of a file in Python.
            code: name of a file → what it says.

        Raises:
            NoFunction: a file has not the function that it should have.
        """
        self.received, self.sent, self.texts = received, sent, texts
        self.tells_all = received in OF_JSON and texts == "json"
        self._functions: list[TeamFunction] = []
        self._decode: Callable[[Any], bytes] | None = BUILT_IN.get(received)
        self._decode = self._decode or self._decoder_in(received, code or {})
        self._decode_text = self._decoder_in(texts, code or {})
        if texts in TEXTS:
            self._decode_text = _as_json_text(TEXTS[texts])
        self._encode: Encoder | None = None
        if not self.sends_json:
            self._encode = Encoder(sent, (code or {}).get(sent, ""))
        self._known: dict[bytes, bytes] = {}
        self._bytes = 0

    def _decoder_in(self, file: str, code: Mapping[str, str]) -> Callable[[Any], bytes] | None:
        if not file.endswith(SUFFIX):
            return None
        decode = TeamFunction(file, code.get(file, ""), "decode")
        self._functions.append(decode)
        return _as_said_by(decode)

    @property
    def reads_binary(self) -> bool:
        """Return whether binary messages of the service say something."""
        return self._decode is not None

    @property
    def reads_texts(self) -> bool:
        """Return whether its texts are something else than JSON."""
        return self._decode_text is not None or self.texts == NONE

    @property
    def sends_binary(self) -> bool:
        """Return whether clients send what is no JSON in binary messages, and not in texts."""
        return self.sent == "binary" if self._encode is None else not self._encode.says_text

    @property
    def sends_json(self) -> bool:
        """Return whether clients send JSON."""
        return self.sent in ("text", "binary")

    @property
    def decoder_took(self) -> tuple[int, float]:
        """Return how many messages the team's decoder was given, and how long it took, in s."""
        took = self._functions
        return sum(each.messages for each in took), sum(each.spent_s for each in took)

    def decoded(self, data: bytes, *, binary: bool = True) -> bytes:
        """Return the JSON text that a message means; the same bytes are read once.

        Args:
            data: the message.
            binary: whether it is a binary message; else a text, which is JSON unless `texts` says
                otherwise.

        Raises:
            Undecodable: it means none; the text goes on after "received a message that".
            UnicodeDecodeError: a text is not UTF-8.
        """
        decode = self._decode if binary else self._decode_text
        if decode is None and binary:
            raise Undecodable("is binary, not text")
        if self.texts == NONE and not binary:
            raise Undecodable("is a text, where the target says that the service sends none")
        if decode is None:
            return data
        key = data if binary else b"text " + data
        if (known := self._known.get(key)) is not None:
            return known
        message: Any = data if binary else data.decode()
        try:
            text = decode(message)
            text.decode()
        except Exception as problem:  # whatever the team's own decoder may raise
            kind = "a binary message" if binary else "a text"
            how = self.received if binary else self.texts
            raise Undecodable(
                f"is {kind} of {len(data):,} bytes that is no "
                f"{'JSON' if how == 'binary' else how}: {in_one_line(problem)}"
            ) from problem
        self._bytes += len(data) + len(text)
        if self._bytes > KEPT_BYTES:
            self._known.clear()
            self._bytes = len(data) + len(text)
        self._known[key] = text
        return text

    def wire(self, text: str) -> str | bytes:
        """Return a text that a client says as it is sent: bytes are a binary message.

        Raises:
            NotVerified: it cannot be said in what clients send.
        """
        if self._encode is not None:
            return self._encode(text)
        return text.encode() if self.sends_binary else text

    @property
    def remark(self) -> str:
        """Return what a transcript says of it behind the request; "" for JSON text both ways."""
        said = []
        if self.reads_binary:
            said.append(f"binary messages are read as {self.received}")
        if self.texts == NONE:
            said.append("no text is read")
        elif self.reads_texts:
            said.append(f"texts are read as {self.texts}")
        if not self.sends_json:
            said.append(f"clients send {self.sent}")
        elif self.sends_binary:
            said.append("clients send binary messages")
        return f"; as the target says, {', '.join(said)}" if said else ""


TEXT = Encoding()
"""JSON texts both ways."""
