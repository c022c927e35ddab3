"""A Kafka broker that wants TLS, a password, or both: a door before one that wants neither.

It takes SASL's PLAIN (KIP-43, KIP-152; RFC 4616) in the frames of Kafka's own protocol, and hands
on what comes behind. Whoever has not signed in is hung up on, as by Kafka itself.
"""

import asyncio
import struct
from contextlib import contextmanager

from qaws.runtime.ports import free_port
from qaws.sut.brokers.kafka_gate import frame_from, request_of
from qaws.sut.readdressing import Readdressing
from tests.services.door import serving

HANDSHAKE, AUTHENTICATE, API_VERSIONS = 17, 36, 18
REFUSED, OTHER_MECHANISM = 58, 33
"""Errors of the protocol: SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM."""


class Door:
    """Serves connections. `signed_in` counts those that have shown the password."""

    def __init__(self, port, broker_port, user, password):
        self.port, self.broker_port = port, broker_port
        shown = f"\0{user}\0{password}".encode()
        self.wanted = (shown, user.encode() + shown) if user else ()  # as whom, and who
        self.signed_in = 0

    async def serve(self, reader, writer):
        """Hand on one connection until either side ends it."""
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.broker_port)
        ways = [
            asyncio.ensure_future(self.up(reader, writer, up_writer)),
            asyncio.ensure_future(self.down(up_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (up_writer, writer):
            end.close()

    async def up(self, reader, writer, broker):
        """Hand on requests, once there is nothing to be shown any more."""
        is_in = not self.wanted
        while frame := await frame_from(reader):
            asked = request_of(frame)
            if is_in or asked == API_VERSIONS:
                broker.write(frame)
                continue
            version, number = struct.unpack_from(">hi", frame, 6)
            body = frame[14 + max(0, struct.unpack_from(">h", frame, 12)[0]) :]
            if asked == HANDSHAKE:
                code = 0 if body[2:] == b"PLAIN" else OTHER_MECHANISM
                answer = struct.pack(">hih", code, 1, 5) + b"PLAIN"
            elif asked == AUTHENTICATE:
                is_in = body[4:] in self.wanted
                self.signed_in += is_in
                text = b"" if is_in else b"Invalid username or password"
                answer = struct.pack(">hh", 0 if is_in else REFUSED, len(text)) + text
                answer += struct.pack(">i", 0) + (struct.pack(">q", 0) if version else b"")
            else:
                return
            writer.write(struct.pack(">ii", 4 + len(answer), number) + answer)
            await writer.drain()

    async def down(self, reader, writer):
        """Hand on answers, in which the door stands for the broker."""
        readdressed = Readdressing(self.broker_port, self.port)
        while frame := await frame_from(reader):
            writer.write(readdressed(frame))
            await writer.drain()


@contextmanager
def door(broker_port, *, user="", password="", certificates=None):
    """Open one on a port of this machine; yield it.

    Args:
        broker_port: of the broker behind it.
        user: who may come in; "": anybody.
        password: what that one shows.
        certificates: of the door, as `qaws.runtime.certificates` issues them; None: no TLS.
    """
    made = Door(free_port(), broker_port, user, password)
    with serving(made.port, made.serve, certificates):
        yield made
