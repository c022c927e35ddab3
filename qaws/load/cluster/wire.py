"""What controller and children say to each other: msgpack behind a 4-byte length, over TCP."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from qaws.load.plan import Member, SwarmPlan
from qaws.load.result import WorkerReport
from qaws.load.schedule import FlowPlan, FlowReport

LONGEST = 256 * 1024 * 1024
HEARTBEAT_S = 0.5
"""A child says how far it is so often, and thereby that it lives."""


class Hello(msgspec.Struct, tag=True):
    """First words of a child. The secret keeps strangers out."""

    secret: str
    name: str
    pid: int
    host: str


class Pulse(msgspec.Struct, tag=True):
    """First words of a child's other connection, over which nothing but `Alive` comes."""

    secret: str
    name: str


class Alive(msgspec.Struct, tag=True):
    """The child's process runs, whatever it is busy with."""


class Assign(msgspec.Struct, tag=True):
    """What a worker is to do: its share of a plan."""

    plan: SwarmPlan
    share: list[Member]


class AssignFlow(msgspec.Struct, tag=True):
    """What a publisher is to do."""

    plan: FlowPlan


class Ready(msgspec.Struct, tag=True):
    """Everything is prepared."""

    clients: int = 0


class Refused(msgspec.Struct, tag=True):
    """It cannot be done; `by_service` tells whether the service under test is the reason."""

    reason: str
    by_service: bool


class Probe(msgspec.Struct, tag=True):
    """Asks for the child's clock."""


class Echo(msgspec.Struct, tag=True):
    """The child's clock, in µs since 1970."""

    at_us: float


class Go(msgspec.Struct, tag=True):
    """Begin.

    Attributes:
        clock_ahead_us: what to take off this child's clock.
        at_us: when to begin, in µs since 1970.
        at_ns: the same instant on the monotonic clock of the machine, for a child that is there.
    """

    clock_ahead_us: int = 0
    at_us: int = 0
    at_ns: int = 0


class Fence(msgspec.Struct, tag=True):
    """Symbol → last number: a client that has had these is complete."""

    fence: dict[str, int]


class FlowBegins(msgspec.Struct, tag=True):
    """When the first tick of the flow is due, in µs since 1970."""

    at_us: int


class ReadAgain(msgspec.Struct, tag=True):
    """Let the slow clients read."""


class Stop(msgspec.Struct, tag=True):
    """End, and report."""


class Progress(msgspec.Struct, tag=True):
    """So many messages so far; so many clients complete, so many closed."""

    messages: int
    complete: int = 0
    closed: int = 0


class Complete(msgspec.Struct, tag=True):
    """All of this worker's clients have had the fence, or can no longer get it."""


Message: TypeAlias = (
    Hello
    | Pulse
    | Alive
    | Assign
    | AssignFlow
    | Ready
    | Refused
    | Probe
    | Echo
    | Go
    | Fence
    | FlowBegins
    | ReadAgain
    | Stop
    | Progress
    | Complete
    | WorkerReport
    | FlowReport
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def packed(message: Message) -> bytes:
    """Return a message as it travels."""
    body = _encode(message)
    return struct.pack(">I", len(body)) + body


async def receive(reader: asyncio.StreamReader) -> Message:
    """Return the next message.

    Raises:
        EOFError: the other side is gone (`asyncio.IncompleteReadError` is one).
        ValueError: what came is no message.
    """
    try:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        if length > LONGEST:
            raise ValueError(f"a message of {length} bytes; at most {LONGEST} are allowed")
        message: Message = _decode(await reader.readexactly(length))
    except ConnectionError as problem:
        raise EOFError(str(problem)) from None
    return message


@dataclass(frozen=True, slots=True)
class Call:
    """How a child reaches its controller, and what it is called."""

    host: str
    port: int
    secret: str
    name: str
