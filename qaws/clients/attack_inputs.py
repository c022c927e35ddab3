"""What hostile clients do, by the names that the features give it: QA-WS-024.

An attack is a group of inputs under one rule. Each input is what one client does on a connection of
its own: `Frames` on an open one, `Flood` on an open one again and again, `Handshake` instead of a
handshake. Where a name has a number in it, that is the number that is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from websockets.frames import Opcode

from qaws.clients.raw_connection import frame, text
from qaws.verdict import Broken

TEXT, BINARY, CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
PING, PONG, CLOSE = Opcode.PING, Opcode.PONG, Opcode.CLOSE
COMMAND = '{"action":"ping"}'
FILL = 60_000
"""Characters that a message may have and still be below the limit of 64 KiB."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames, one behind the other, on an open connection."""

    frames: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Flood:
    """Frames in turn, `per_second` of them, `at_once` by one write, on an open connection."""

    frames: Sequence[bytes]
    per_second: int
    at_once: int = 10


@dataclass(frozen=True, slots=True)
class Handshake:
    """Bytes in place of a handshake, then `drop` again and again, if there is one.

    `{path}`, `{host}` and `{token}` stand for the endpoint's. One that `stalls` is right as far as
    it goes: all that a service can do is wait for the rest, until it has waited long enough.
    """

    opening: str
    drop: str = ""
    stalls: bool = False


@dataclass(frozen=True, slots=True)
class HoldOpen:
    """Frames on an open connection, and no leave is taken when the service closes it."""

    frames: Sequence[bytes]


Input: TypeAlias = Frames | Flood | Handshake | HoldOpen


# --- messages -------------------------------------------------------------------------------------


def oversized(kib: int) -> dict[str, Input]:
    """Return messages over `kib` KiB, in one frame or in several."""
    limit = kib * 1024
    start, middle, end = (
        frame(TEXT, b"a" * (limit // 2), fin=False),
        frame(CONT, b"a" * (limit // 2), fin=False),
        frame(CONT, b"a"),
    )
    pieces = [frame(TEXT, b"a" * 512, fin=False)]
    pieces += [frame(CONT, b"a" * 512, fin=False)] * (limit // 512)
    padded = '{"action":"ping","padding":"' + "a" * limit + '"}'
    return {
        "one byte more": Frames([text(b"a" * (limit + 1))]),
        "a command that is padded": Frames([text(padded)]),
        "1 MiB": Frames([text(b"a" * 1024 * 1024)]),
        "16 MiB": Frames([text(b"a" * 16 * 1024 * 1024)]),
        "binary": Frames([frame(BINARY, b"\0" * (limit + 1))]),
        "two halves and one byte": Frames([start, middle, end]),
        "two halves and one byte, pings in between": Frames(
            [start, frame(PING), middle, frame(PING), end]
        ),
        "a large one and one byte": Frames([frame(TEXT, b"a" * limit, fin=False), end]),
        "many small fragments": Frames(pieces),
        "large fragments without an end": Frames([start, *[middle] * 64]),
        "one that announces 1 TiB, and begins": Frames(
            [frame(TEXT, b"a" * (2 * limit), announced=1 << 40)]
        ),
        "the second of two": Frames([text(COMMAND), text(b"a" * (limit + 1))]),
    }


NOT_UTF8: dict[str, Input] = {
    "a byte that never occurs (FE)": Frames([text(b"\xfe")]),
    "a byte that never occurs (FF)": Frames([text(b"\xff")]),
    "a continuation byte alone": Frames([text(b"\x80")]),
    "a slash in two bytes": Frames([text(b"\xc0\xaf")]),
    "a zero in three bytes": Frames([text(b"\xe0\x80\x80")]),
    "a surrogate": Frames([text(b"\xed\xa0\x80")]),
    "a pair of surrogates": Frames([text(b"\xed\xa0\xbd\xed\xb8\x80")]),
    "a character beyond the last": Frames([text(b"\xf4\x90\x80\x80")]),
    "five bytes for one character": Frames([text(b"\xf8\x88\x80\x80\x80")]),
    "a character cut off at the end": Frames([text(b"NIFTY \xe2\x82")]),
    "in a command": Frames([text(b'{"action":"ping","note":"\xff"}')]),
    "in the second fragment": Frames([text(b"{", fin=False), frame(CONT, b"\xff}")]),
    "over two fragments": Frames([text(b"\xe2", fin=False), frame(CONT, b"\x28\xa1")]),
    "in the reason of a close": Frames([frame(CLOSE, b"\x03\xe8\xff\xfe")]),
}

BINARIES: dict[str, Input] = {
    "a command": Frames([frame(BINARY, COMMAND.encode())]),
    "a command in fragments": Frames(
        [frame(BINARY, COMMAND[:8].encode(), fin=False), frame(CONT, COMMAND[8:].encode())]
    ),
    "nothing": Frames([frame(BINARY)]),
    "any bytes": Frames([frame(BINARY, bytes(range(256)))]),
}


def _json(message: str) -> Input:
    return Frames([text(message)])


def _select(kind: str, *values: str) -> Input:
    return _json(f'{{"action":"subscribe","{kind}":[{",".join(values)}]}}')


JSON: dict[str, Input] = {
    "10,000 nested lists": _json("[" * 10_000 + "]" * 10_000),
    "5,000 nested objects": _json('{"a":' * 5000 + "1" + "}" * 5000),
    "30,000 nested lists, none closed": _json("[" * 30_000),
    "a ping with 10,000 nested lists": _json(
        '{"action":"ping","note":' + "[" * 10_000 + "]" * 10_000 + "}"
    ),
    "an instrument list 1,000 deep": _select("instruments", "[" * 1000 + "1" + "]" * 1000),
    "a number of 60,000 digits": _select("instruments", "1" * FILL),
    "a fraction of 60,000 digits": _select("instruments", "0." + "1" * FILL),
    "an exponent of nine digits": _select("instruments", "1e999999999"),
    "an instrument beyond 64 bits": _select("instruments", str(2**64)),
    "a negative instrument": _select("instruments", "-1"),
    "25,000 instruments": _select("instruments", *["1"] * 25_000),
    "12,000 symbols": _select("symbols", *['"A"'] * 12_000),
    "a symbol of 60,000 characters": _select("symbols", f'"{"A" * FILL}"'),
    "an action of 60,000 characters": _json(f'{{"action":"{"a" * FILL}"}}'),
    "half a surrogate as symbol": _select("symbols", r'"\ud800"'),
    "two actions": _json('{"action":"ping","action":"subscribe","symbols":["NIFTY"]}'),
    "6,000 members and no action": _json(
        "{" + ",".join(f'"{number}":1' for number in range(6000)) + "}"
    ),
    "60,000 spaces": _json(" " * FILL),
    "a line feed in a text": _json('{"action":"ping","note":"\n"}'),
}


# --- frames ---------------------------------------------------------------------------------------

FORBIDDEN_FRAMES: dict[str, Input] = {
    "a text without mask": Frames([frame(TEXT, COMMAND.encode(), masked=False)]),
    "a ping without mask": Frames([frame(PING, masked=False)]),
    "the first reserved bit": Frames([frame(TEXT, COMMAND.encode(), reserved=4)]),
    "the second reserved bit": Frames([frame(TEXT, COMMAND.encode(), reserved=2)]),
    "the third reserved bit": Frames([frame(TEXT, COMMAND.encode(), reserved=1)]),
    "a reserved bit in a ping": Frames([frame(PING, reserved=4)]),
    **{f"the reserved kind {kind:X}": Frames([frame(kind, b"")]) for kind in (0x3, 0x7, 0xB, 0xF)},
    "a ping in fragments": Frames([frame(PING, b"a", fin=False), frame(CONT, b"b")]),
    "a pong in fragments": Frames([frame(PONG, b"a", fin=False)]),
    "a close in fragments": Frames([frame(CLOSE, b"\x03\xe8", fin=False)]),
    "a ping of 126 bytes": Frames([frame(PING, b"a" * 126)]),
    "a pong of 64 KiB": Frames([frame(PONG, b"a" * 65536)]),
    "a close of 126 bytes": Frames([frame(CLOSE, b"\x03\xe8" + b"a" * 124)]),
    "a continuation of nothing": Frames([frame(CONT, b"a")]),
    "a continuation behind the end": Frames([text(COMMAND), frame(CONT, b"a")]),
    "a text within a text": Frames([text("a", fin=False), text("b")]),
    "a binary within a text": Frames([text("a", fin=False), frame(BINARY, b"b")]),
}

FORBIDDEN_CLOSES: dict[str, Input] = {
    "half a code": Frames([frame(CLOSE, b"\x03")]),
    **{
        f"code {code}": Frames([frame(CLOSE, code.to_bytes(2, "big"))])
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
    },
}


# --- floods ---------------------------------------------------------------------------------------


def floods(per_second: int) -> dict[str, Input]:
    """Return what is sent so many times per second."""
    subscribe = text('{"action":"subscribe","symbols":["BANKNIFTY"]}')
    unsubscribe = text('{"action":"unsubscribe","symbols":["BANKNIFTY"]}')
    return {
        "ping messages": Flood([text(COMMAND)], per_second),
        "ping messages, a second's worth at once": Flood([text(COMMAND)], per_second, per_second),
        "subscribing and unsubscribing": Flood([subscribe, unsubscribe], per_second),
        "messages that are no command": Flood([text("flood")], per_second),
        "empty messages": Flood([text("")], per_second),
    }


def control_floods(per_second: int) -> dict[str, Input]:
    """Return the control frames that are sent so many times per second."""
    return {
        "WebSocket pings": Flood([frame(PING, b"flood")], per_second),
        "WebSocket pongs": Flood([frame(PONG)], per_second),
    }


# --- handshakes -----------------------------------------------------------------------------------

_GET = "GET {path}?token={token} HTTP/1.1\r\nHost: {host}\r\n"
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
_KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"

HANDSHAKES: dict[str, Input] = {
    "nothing": Handshake("", stalls=True),
    "half a request line": Handshake("GET {path}", stalls=True),
    "a request without its end": Handshake(_GET + _UPGRADE + _KEY, stalls=True),
    "a request byte by byte": Handshake("GET {path}?", "a", stalls=True),
    "a header that does not end": Handshake(_GET + "X-Fill: ", "a" * 16, stalls=True),
    "headers line by line": Handshake(_GET, "X-Fill: a\r\n", stalls=True),
    "a greeting in another language (TLS)": Handshake(
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    ),
    "a bad token, and it stays": Handshake(
        "GET {path}?token=x HTTP/1.1\r\nHost: {host}\r\n" + _UPGRADE + _KEY + "\r\n"
    ),
    "a forbidden frame, and it stays": HoldOpen([frame(PING, masked=False)]),
    "another protocol (SSH)": Handshake("SSH-2.0-client\r\n"),
    "no key": Handshake(_GET + _UPGRADE + "Sec-WebSocket-Version: 13\r\n\r\n"),
    "another version": Handshake(_GET + _UPGRADE + _KEY.replace("13", "12") + "\r\n"),
    "100 headers of 100 kB": Handshake(
        _GET + _UPGRADE + _KEY + f"X-Fill: {'a' * 100_000}\r\n" * 100 + "\r\n"
    ),
}

MANY_HEADERS: dict[str, Input] = {
    "1,000 headers": Handshake(_GET + _UPGRADE + _KEY + "X-Fill: a\r\n" * 1000 + "\r\n"),
}

ATTACKS: dict[str, Callable[[int], dict[str, Input]]] = {
    r"messages over (\d+) KiB": oversized,
    r"text that is not UTF-8": lambda _: NOT_UTF8,
    r"frames that the protocol forbids": lambda _: FORBIDDEN_FRAMES,
    r"close frames that the protocol forbids": lambda _: FORBIDDEN_CLOSES,
    r"what ends a connection": lambda _: NOT_UTF8 | FORBIDDEN_FRAMES | FORBIDDEN_CLOSES,
    r"binary messages": lambda _: BINARIES,
    r"deeply nested, huge or ambiguous JSON": lambda _: JSON,
    r"floods of ([\d,]+) messages per second": floods,
    r"floods of ([\d,]+) control frames per second": control_floods,
    r"stalled or broken handshakes": lambda _: HANDSHAKES,
    r"handshakes with many headers": lambda _: MANY_HEADERS,
}
"""What a feature file calls an attack → its inputs, by their names in checks and transcripts."""


def inputs(attack: str, count: int) -> dict[str, Input]:
    """Return the first `count` inputs of an attack.

    Raises:
        Broken: there is no such attack, or it has not so many inputs.
    """
    for pattern, make in ATTACKS.items():
        if found := re.fullmatch(pattern, attack):
            known = make(int(found[1].replace(",", "")) if found.groups() else 0)
            if count > len(known):
                raise Broken(f"{attack}: {count} are wanted, but {len(known)} are known")
            return dict(list(known.items())[:count])
    raise Broken(f'no attack "{attack}"; known are {", ".join(ATTACKS)}')


def rounds(flood: Flood) -> Iterator[bytes]:
    """Yield what a flood writes at a time, without end."""
    number = 0
    while True:
        frames = [flood.frames[(number + i) % len(flood.frames)] for i in range(flood.at_once)]
        yield b"".join(frames)
        number += flood.at_once
