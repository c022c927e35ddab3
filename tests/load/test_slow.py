"""A slow client that reads again: what it is told does not depend on how fast it can be checked."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import cast

import pytest

from qaws.load.plan import Group
from qaws.load.refusal import Refusal
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.message import Message
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.slow import SlowClient
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

NIFTY = selection_of("NIFTY")
TICK = json.dumps({"type": "option_tick", "padding": "x" * 4000}).encode()
TICKS = 1000
GRACES_S = (1.5, 12.0)
"""How long the service waits for a client, at the first try and, on a busy machine, at the next."""


class Evicts(Ticker):
    """Has more to send than the system takes, says goodbye, and cuts who has not left in time."""

    def __init__(self, grace_s):
        super().__init__()
        self.grace_s = grace_s

    async def subscribed(self, client):
        await super().subscribed(client)
        asyncio.get_running_loop().call_later(self.grace_s, client.cut)
        for _ in range(TICKS):
            client.connection.protocol.send_text(TICK)
            client.connection.send_data()
        self.held.append(asyncio.create_task(client.close(1008, "slow consumer")))


class EvictsInTwo(Evicts):
    """Stops for a moment half way, as a busy one does."""

    async def subscribed(self, client):
        await Ticker.subscribed(self, client)
        asyncio.get_running_loop().call_later(self.grace_s, client.cut)
        self.held.append(asyncio.create_task(self.evict(client)))

    async def evict(self, client):
        for _ in range(2):
            for _ in range(TICKS // 2):
                client.connection.protocol.send_text(TICK)
            client.connection.send_data()
            await asyncio.sleep(0.2)
        await client.close(1008, "slow consumer")


class SlowChecks:
    """Takes its time for each message: for all of them more than the service gives a client."""

    verifier = SimpleNamespace(dialect=QaWs())

    def __init__(self, grace_s):
        self.check_s = 2 * grace_s / TICKS

    def new_sequence(self):
        return SimpleNamespace(take=lambda _: [])

    def read(self, payload):
        time.sleep(self.check_s)
        kind = json.loads(payload)["type"]
        return Message(kind), None


@pytest.mark.parametrize("kind", [Evicts, EvictsInTwo])
def test_it_reads_what_has_piled_up_before_that_is_checked(loop, kind):
    async def story(url, grace_s):
        group = Group.stopped("sleeper", 1, NIFTY)
        client = SlowClient(
            "sleeper", group, cast(SharedStream, SlowChecks(grace_s)), lambda *_: None
        )
        await client.open(f"{url}?token=any", {}, Conversation(QaWs(), NIFTY))
        client.read_again.set()
        await asyncio.wait_for(client.run(), 2 * HANG_S)
        return client.record

    for grace_s in GRACES_S:
        with kind(grace_s) as service:
            record = loop.call(story(service.url, grace_s), timeout_s=3 * HANG_S)
        if record.closed.code == 1008:
            break
    assert (record.closed.code, record.closed.reason) == (1008, "slow consumer")
    assert record.ticks == TICKS
    assert record.bytes > TICKS * 4000


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_it_is_told_how_it_was_refused_in_either_version(loop, version):
    async def story():
        async def refuse(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/{version} 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
            writer.write(head.encode())
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = "ws://127.0.0.1:{1}/".format(*server.sockets[0].getsockname())
            group = Group.stopped("sleeper", 1, NIFTY)
            client = SlowClient(
                "sleeper", group, cast(SharedStream, SlowChecks(0)), lambda *_: None
            )
            with pytest.raises(Refusal, match="503"):
                await client.open(url, {}, Conversation(QaWs(), NIFTY))

    loop.call(story(), timeout_s=HANG_S)
