"""A gate before a Kafka broker that does not let consumers wait: here they do.

    python -m qaws.sut.brokers.kafka_gate PORT BROKER_PORT COMMAND …

It starts the broker by its command, hands on what is said to it and answered, and ends it when it
is told to end. A consumer of Kafka asks for records and says how long it waits for some; noida-db
0.2.3 answers at once that there are none, 20,000 times a second to one consumer, which costs both
cores. So the gate holds a question back until something new was taken since the last one of that
connection, or until the wait is over. It never holds one longer than `LONGEST_S`: what a consumer
that went back to an earlier offset asks for is not new. Clients are told the gate's address as the
broker's.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import suppress

from qaws.runtime.process import die_with_parent
from qaws.sut.readdressing import Readdressing

PRODUCE, FETCH = 0, 1
"""Keys of requests (the protocol's guide, "API Keys")."""
TAGGED, WITHOUT_REPLICA = 12, 15
"""The versions of a fetch from which on its header has tags, and it begins with the wait."""
LONGEST_S = 0.05
TRY_EVERY_S, TRIES = 0.01, 500
"""How often the broker is looked for while it starts."""


def request_of(frame: bytes) -> int:
    """Return the key of a request."""
    return int.from_bytes(frame[4:6], "big", signed=True)


def wait_s(fetch: bytes) -> float:
    """Return how long a fetch may be held back, in seconds."""
    version = int.from_bytes(fetch[6:8], "big")
    name = int.from_bytes(fetch[12:14], "big", signed=True)
    at = 14 + max(0, name) + (version >= TAGGED)
    at += 0 if version >= WITHOUT_REPLICA else 4
    return min(LONGEST_S, max(0, int.from_bytes(fetch[at : at + 4], "big", signed=True)) / 1e3)


async def frame_from(reader: StreamReader) -> bytes:
    """Return the next frame, its length included; b"" at the end."""
    try:
        length = await reader.readexactly(4)
        return length + await reader.readexactly(int.from_bytes(length, "big"))
    except (asyncio.IncompleteReadError, OSError):
        return b""


class Gate:
    """Hands on connections. `taken` counts what the broker has been given, by whomever."""

    def __init__(self, port: int, broker_port: int) -> None:
        """Begin without connections.

        Args:
            port: the gate's own.
            broker_port: the broker's.
        """
        self._port, self._broker_port = port, broker_port
        self.taken = 0
        self._news = asyncio.Event()

    def note(self) -> None:
        """Let go whoever waits: the broker has taken something."""
        self.taken += 1
        self._news.set()
        self._news = asyncio.Event()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Hand on one connection until either side ends it."""
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:
            writer.close()
            return
        asked: dict[bytes, int] = {}
        ways = [
            asyncio.create_task(self._up(reader, up_writer, asked)),
            asyncio.create_task(self._down(up_reader, writer, asked)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (up_writer, writer):
            end.close()

    async def _up(
        self, reader: StreamReader, writer: StreamWriter, asked: dict[bytes, int]
    ) -> None:
        """Hand on requests; `asked` gets those that give the broker something."""
        seen = -1
        while frame := await frame_from(reader):
            if request_of(frame) == FETCH:
                if seen == self.taken:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), wait_s(frame))
                seen = self.taken
            elif request_of(frame) == PRODUCE:
                asked[frame[8:12]] = PRODUCE
            writer.write(frame)
            await writer.drain()

    async def _down(
        self, reader: StreamReader, writer: StreamWriter, asked: dict[bytes, int]
    ) -> None:
        """Hand on answers."""
        readdressed = Readdressing(self._broker_port, self._port)
        while frame := await frame_from(reader):
            writer.write(readdressed(frame))
            if asked.pop(frame[4:8], None) == PRODUCE:
                self.note()
            await writer.drain()


async def main(port: int, broker_port: int, command: list[str]) -> int:
    """Serve until SIGTERM, or until the broker ends; return its exit code."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    broker = await asyncio.create_subprocess_exec(*command, preexec_fn=die_with_parent)
    ended = asyncio.create_task(broker.wait())
    try:
        await _listens(broker_port, ended)
        server = await asyncio.start_server(Gate(port, broker_port).serve, "127.0.0.1", port)
        told = asyncio.create_task(ending.wait())
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        server.close()
        was_told = told.done()
    finally:
        if not ended.done():
            broker.terminate()
    return await ended if was_told else ended.result() or 1


async def _listens(port: int, ended: asyncio.Task[int]) -> None:
    """Wait until the broker listens, or has ended."""
    for _ in range(TRIES):
        if ended.done():
            return
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(TRY_EVERY_S)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
    except OSError as problem:
        sys.exit(str(problem))
