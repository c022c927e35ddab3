"""Clients that have begun something and not ended it."""

import asyncio

from websockets.asyncio.server import ServerConnection

from qaws.behaviours import closes, lifecycle, unfinished
from qaws.clients.endings import ExpectedClose
from tests.services.scripted import Ticker

GOODBYE = ExpectedClose([1001], ["shutdown"])


class SaysGoodbye(Ticker):
    async def welcome(self, client):
        await super().welcome(client)
        self.later = asyncio.create_task(self.end(client))

    async def end(self, client):
        await asyncio.sleep(0.1)
        await client.close(1001, "server shutdown")


class InPatience(ServerConnection):
    """Ends a connection that does not say all at once what it wants."""

    def data_received(self, data):
        if data.startswith(b"GET") and b"\r\n\r\n" not in data:
            self.transport.abort()
        else:
            super().data_received(data)


class Impatient(Ticker):
    connection = InPatience


async def amid_a_message(do):
    await do(unfinished.be_amid_a_message, ["Alice"])
    await do(closes.closed_by_service, ["Alice"], GOODBYE)


async def amid_a_handshake(do):
    await do(unfinished.begin_a_handshake, "Harry")
    await do(lifecycle.be_connected, ["Alice"])
    await asyncio.sleep(0.2)


def test_who_is_amid_a_message_can_be_told_goodbye(right, testbed):
    right(SaysGoodbye, amid_a_message)
    client = testbed.scenario.connections.named("Alice")
    assert "(the first fragment, and no other)" in "".join(f.text for f in client.log)


def test_who_is_amid_a_message_must_be_told_goodbye(wrong):
    wrong(Ticker, amid_a_message, "end of Alice's connection: measured .* still open")


def test_a_handshake_that_is_begun_stays_so(scenario, testbed):
    scenario(Ticker, amid_a_handshake)
    harry = testbed.scenario.stash[unfinished.HANDSHAKES]["Harry"]
    assert harry.log[0].kind == "handshake"
    assert "HTTP" not in "".join(frame.text for frame in harry.log)


def test_a_handshake_that_the_service_has_ended_is_noted(scenario, testbed):
    async def story(do):
        await do(unfinished.begin_a_handshake, "Harry")
        await asyncio.sleep(0.2)

    scenario(Impatient, story)
    unfinished.note_handshakes(testbed)
    [(name, why)] = testbed.scenario.figures
    assert name == "not tried"
    assert why.startswith("the handshake of Harry, under way at SIGTERM: the service had ended it")
