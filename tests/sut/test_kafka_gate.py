"""The gate before the embedded Kafka broker: consumers wait as long as they say, or for news."""

import asyncio
import struct

import pytest

from qaws.sut.brokers.kafka_gate import FETCH, LONGEST_S, PRODUCE, Gate, wait_s
from qaws.sut.brokers.kafka_groups import API_VERSIONS
from tests.waiting import HANG_S, soon

LONG_MS = 60_000


def request(key, version, number, body=b"", tags=b""):
    whole = struct.pack(">hhih", key, version, number, 4) + b"name" + tags + body
    return struct.pack(">i", len(whole)) + whole


def fetch(number, wait_ms, version=11):
    tags = b"\0" if version >= 12 else b""
    replica = struct.pack(">i", -1) if version < 15 else b""
    return request(FETCH, version, number, replica + struct.pack(">ii", wait_ms, 1), tags)


@pytest.mark.parametrize("version", [4, 11, 12, 14, 15, 17])
@pytest.mark.parametrize(
    ("wait_ms", "held_s"), [(0, 0.0), (10, 0.01), (LONG_MS, LONGEST_S), (-1, 0.0)]
)
def test_a_fetch_says_how_long_it_waits(version, wait_ms, held_s):
    assert wait_s(fetch(1, wait_ms, version)) == held_s


def test_a_client_without_a_name_is_read_too():
    whole = struct.pack(">hhih", FETCH, 11, 1, -1) + struct.pack(">iii", -1, 10, 1)
    assert wait_s(struct.pack(">i", len(whole)) + whole) == 0.01


class Broker:
    """Answers each request with its number, and notes what it was asked."""

    def __init__(self):
        self.asked, self.port = [], 0

    async def serve(self, reader, writer):
        while length := await reader.read(4):
            whole = await reader.readexactly(struct.unpack(">i", length)[0])
            self.asked.append(struct.unpack(">hhi", whole[:8])[::2])
            port = struct.pack(">i", self.port)
            body = whole[4:8] + b"127.0.0.1" + port if whole[1] == API_VERSIONS else whole[4:8]
            writer.write(struct.pack(">i", len(body)) + body)


@pytest.fixture
def play(monkeypatch):
    """Run `story(broker, connect)`; `connect` gives the ends of a line through the gate."""
    monkeypatch.setattr("qaws.sut.brokers.kafka_gate.LONGEST_S", HANG_S)

    def playing(story):
        async def whole():
            broker = Broker()
            async with await asyncio.start_server(broker.serve, "127.0.0.1", 0) as far:
                broker.port = far.sockets[0].getsockname()[1]
                gate = Gate(1, broker.port)
                async with await asyncio.start_server(gate.serve, "127.0.0.1", 0) as near:
                    port = near.sockets[0].getsockname()[1]
                    gate._port = port
                    await story(broker, lambda: asyncio.open_connection("127.0.0.1", port), port)

        asyncio.run(asyncio.wait_for(whole(), 2 * HANG_S))

    return playing


async def answered(line, what):
    """Send a request; return the number that the answer bears."""
    line[1].write(what)
    return struct.unpack(">ii", (await line[0].readexactly(8)))[1]


def test_a_consumer_is_answered_when_somebody_has_published_and_not_before(play):
    async def story(broker, connect, port):
        consumer, producer = await connect(), await connect()
        assert await answered(consumer, fetch(1, LONG_MS)) == 1  # the first one waits for nothing
        waiting = asyncio.create_task(answered(consumer, fetch(2, LONG_MS)))
        assert await answered(producer, request(PRODUCE, 9, 7)) == 7
        assert await asyncio.wait_for(waiting, HANG_S) == 2
        assert broker.asked == [(FETCH, 1), (PRODUCE, 7), (FETCH, 2)]
        assert await answered(producer, request(PRODUCE, 9, 8)) == 8
        assert await answered(consumer, fetch(3, LONG_MS)) == 3  # there was news already
        for end in (consumer, producer):
            end[1].close()

    play(story)


def test_a_wait_that_is_over_ends_without_news(play):
    async def story(broker, connect, port):
        consumer = await connect()
        for number in range(3):
            assert await answered(consumer, fetch(number, 1)) == number
        consumer[1].close()

    play(story)


def test_what_is_no_fetch_never_waits_and_the_address_is_the_gates(play):
    async def story(broker, connect, port):
        line = await connect()
        for number in (1, 2):
            assert await answered(line, request(API_VERSIONS, 0, number)) == number
            assert await line[0].readexactly(13) == b"127.0.0.1" + struct.pack(">i", port)
        line[1].close()

    play(story)


def test_a_line_that_the_client_leaves_is_ended_at_the_broker_too(play):
    async def story(broker, connect, port):
        before = len(asyncio.all_tasks())
        line = await connect()
        assert await answered(line, fetch(1, LONG_MS)) == 1
        line[1].close()
        await soon(lambda: len(asyncio.all_tasks()) <= before)

    play(story)
