"""Faults of handshakes that stall or break, and of clients that stay: QA-WS-024."""

from __future__ import annotations

import asyncio
import time

from websockets.protocol import State

from app import limits, server, sessions
from app.sessions import TickerConnection
from faults.fault import fault, replace

HANDSHAKES = {"QA-WS-024": "response to stalled or broken handshakes"}

PIECE_BYTES, PIECE_S = 64, 0.05
"""Below how many bytes something is a piece of a handshake, and how long it holds up everybody."""


@fault(
    story="A client that connects and says nothing is never dropped, so that a few thousand of "
    "them, which cost nothing, use up all file descriptors.",
    caught_by=HANDSHAKES,
)
def stalled_handshake_kept() -> None:
    """Wait for an hour."""
    replace(server, "HANDSHAKE_TIMEOUT_S", 3600.0)


@fault(
    story="The time for a handshake starts anew with every byte, so that a client which sends "
    "one now and then holds its place for ever (Slowloris).",
    caught_by={"QA-WS-024": "stalled or broken handshakes: a request byte by byte"},
    also=("QA-WS-121",),
)
def each_byte_buys_time() -> None:
    """Cut off only who has been silent."""
    silence_s = server.HANDSHAKE_TIMEOUT_S
    replace(server, "HANDSHAKE_TIMEOUT_S", 3600.0)
    timers: dict[TickerConnection, asyncio.TimerHandle] = {}
    made, received = TickerConnection.connection_made, TickerConnection.data_received

    def rearm(connection: TickerConnection) -> None:
        if timer := timers.pop(connection, None):
            timer.cancel()
        if connection.protocol.state is not State.OPEN:
            timers[connection] = connection.loop.call_later(silence_s, cut, connection)

    def cut(connection: TickerConnection) -> None:
        timers.pop(connection, None)
        connection.transport.abort()

    def connection_made(self: TickerConnection, transport: asyncio.BaseTransport) -> None:
        made(self, transport)
        rearm(self)

    def data_received(self: TickerConnection, data: bytes) -> None:
        received(self, data)
        rearm(self)

    replace(TickerConnection, "connection_made", connection_made)
    replace(TickerConnection, "data_received", data_received)


@fault(
    story="The headers of a handshake may be as long as the library lets them, so that whoever has "
    "no token at all can fill the memory.",
    caught_by={"QA-WS-024": "stalled or broken handshakes: 100 headers of 100 kB"},
)
def handshake_of_any_size() -> None:
    """Allow everything."""
    replace(sessions, "MAX_HANDSHAKE_BYTES", 1 << 40)


@fault(
    story="A client that was shown the door but does not leave is left alone, so that its place "
    "and its socket are taken for as long as it likes.",
    caught_by={"QA-WS-024": "stalled or broken handshakes: a forbidden frame, and it stays"},
)
def closed_client_may_stay() -> None:
    """Wait for an hour."""
    replace(limits, "CLOSE_GRACE_S", 3600.0)


@fault(
    story="What has come of a handshake is read from its beginning with each piece of it, so that "
    "a few clients that send theirs letter by letter hold up everybody who is served.",
    caught_by={"QA-WS-024": "latency that 99 %"},
)
def stalled_handshakes_hold_up_everybody() -> None:
    """Spend time on each piece, and let nobody else have a turn."""
    received = TickerConnection.data_received

    def data_received(self: TickerConnection, data: bytes) -> None:
        if self.protocol.state is State.CONNECTING and len(data) < PIECE_BYTES:
            time.sleep(PIECE_S)
        received(self, data)

    replace(TickerConnection, "data_received", data_received)
