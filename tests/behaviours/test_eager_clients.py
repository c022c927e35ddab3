"""Clients that wait for no welcome and no answer, and what they are due all the same."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Opcode

from qaws.behaviours import deliveries, eager_clients, publishing
from qaws.protocol.market import selection_of
from tests.services.scripted import Ticker

TWO, FIRST = selection_of("instruments 256265 and 256521"), selection_of("instrument 256265")
SECOND = selection_of("instrument 256521")
LOOK_UP_S = 0.05


async def asks_at_once(do):
    await do(eager_clients.be_subscribed_at_once, ["Dora"], FIRST, SECOND)
    await do(publishing.publish_among_others, FIRST, "NIFTY", 2)
    await do(publishing.publish_in_turn, ["BANKNIFTY"], 1)
    await do(deliveries.received_exactly, "Dora", FIRST)


class LooksUp(Ticker):
    """Takes its time for a token; what a client says meanwhile waits."""

    async def admit(self, client, token):
        await asyncio.sleep(LOOK_UP_S)
        return await super().admit(client, token)


class LosesWhatCameBefore(LooksUp):
    async def admit(self, client, token):
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(client.connection.recv(), LOOK_UP_S)
        return await super().admit(client, token)


class WritesOver(Ticker):
    """Knows of two requests at once only the second."""

    async def subscribe(self, client, wishes):
        client.wishes = wishes


class OneOfASegment(ServerConnection):
    """Takes one message of what the network brings at a time, and the others when more comes."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._take, self.kept, self.has_taken = self.protocol.recv_frame, [], False
        self.protocol.recv_frame = self.take

    def take(self, frame):
        if frame.opcode is Opcode.TEXT and self.has_taken:
            self.kept.append(frame)
            return
        self.has_taken = self.has_taken or frame.opcode is Opcode.TEXT
        self._take(frame)

    def data_received(self, data):
        kept, self.kept, self.has_taken = self.kept, [], False
        for frame in kept:
            self.take(frame)
        super().data_received(data)


class ReadsOneAtATime(Ticker):
    connection = OneOfASegment


class LooksUpToSubscribe(Ticker):
    """Works on each request by itself, and longer on those that subscribe."""

    slow = '"subscribe"'

    async def _answer(self, client, text):
        async def later():
            await asyncio.sleep(LOOK_UP_S)
            await answer(client, text)

        answer = super()._answer
        if self.slow in text:
            self.late = [*getattr(self, "late", []), asyncio.create_task(later())]
        else:
            await answer(client, text)


class WantsToBeWaitedFor(LooksUp):
    """Answers what came before the welcome by an error."""

    async def welcome(self, client):
        with contextlib.suppress(TimeoutError):
            while True:
                await self.invalid(client, await asyncio.wait_for(client.connection.recv(), 0.01))
        await super().welcome(client)


class LooksUpToUnsubscribe(LooksUpToSubscribe):
    """Does so longer on those that unsubscribe."""

    slow = '"unsubscribe"'


@pytest.mark.parametrize("service", [Ticker, LooksUp])
def test_who_does_not_wait_is_served_like_any_other(right, service):
    right(service, asks_at_once)


def test_what_is_said_before_the_welcome_must_not_get_lost(wrong):
    said = "Dora asked to subscribe to instrument 256265, to unsubscribe from it"
    wrong(LosesWhatCameBefore, asks_at_once, f"{said}.* and got no acknowledgement")


def test_what_comes_together_must_be_read_together(wrong):
    said = "Dora asked to subscribe to instrument 256265, to unsubscribe from it"
    wrong(ReadsOneAtATime, asks_at_once, f"{said}.* and got no acknowledgement")


def test_an_unsubscribe_must_not_overtake_its_subscribe(wrong):
    wrong(LooksUpToSubscribe, asks_at_once, "Dora received ticks behind the acknowledgement of its")


def test_a_subscribe_must_not_overtake_an_unsubscribe_before_it(wrong):
    wrong(LooksUpToUnsubscribe, asks_at_once, "Dora never received ticks that it was due")


def test_a_request_must_not_write_over_another_that_is_under_way(wrong):
    wrong(WritesOver, asks_at_once, "Dora never received ticks that it was due: NIFTY option tick")


def test_a_service_may_say_that_it_wants_to_be_waited_for(right, testbed):
    right(WantsToBeWaitedFor, asks_at_once)
    assert "who does not wait for an answer gets an error here" in testbed.scenario.remarks


def test_another_dialect_is_not_asked_so_and_no_other_check_is_explained_by_it(
    right, testbed, monkeypatch
):
    monkeypatch.setattr(type(testbed.dialect), "is_plain", False)
    right(Ticker, asks_at_once)
    [(name, why)] = testbed.scenario.figures
    assert name == "not tried"
    assert why.startswith("clients that speak before it: the dialect qa-ws may want")
    assert not testbed.scenario.remarks
