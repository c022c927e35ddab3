"""Connections that are open and answer; welcomes; sessions, and words without a meaning."""

import asyncio
import re
from typing import ClassVar

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Opcode

from qaws.behaviours import deliveries, greetings, leaving, lifecycle, pings, publishing
from qaws.clients.connection import Connection
from qaws.verdict import Broken, Refuted
from tests.services.faulty import (
    AMPLE_MS,
    LATE,
    LATE_S,
    NIFTY,
    SOON_MS,
    WELCOME,
    closes_at_once,
    connected,
    subscribed,
    welcomes,
)
from tests.services.scripted import Ticker
from tests.waiting import HANG_S, until


def test_a_connection_that_is_open_and_answers_is_met(right):
    async def story(do):
        await connected(do)
        await do(lifecycle.connected, ["Alice"])
        await do(lifecycle.connected_after, ["Alice"], 300)
        await do(pings.ping_answered, ["Alice"], "WebSocket ping", AMPLE_MS)
        await do(pings.ping_answered, ["Alice"], "ping message", AMPLE_MS)

    right(Ticker, story)


class ClosesOnPing(Ticker):
    async def ping(self, client):
        await client.close(1011, "no pings")


class LatePong(Ticker):
    async def ping(self, client):
        await asyncio.sleep(LATE_S)
        await super().ping(client)


class NoPong(Ticker):
    async def ping(self, client):
        pass


class OldPong(Ticker):
    """Has said pong before anybody asked."""

    async def welcome(self, client):
        await super().ping(client)
        await super().welcome(client)

    async def ping(self, client):
        pass


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            ClosesOnPing,
            r"answer to Alice's ping message: measured nothing before the end of the connection, "
            r'\d+ ms on .*"no pings"',
        ),
        (LatePong, rf"measured {LATE}, allowed at most 400 ms"),
        (
            NoPong,
            r"nothing in \d{3,5} ms \(1 x welcome; still open\), allowed at most 400 ms",
        ),
        (OldPong, r"measured nothing in \d{3,5} ms"),
    ],
)
def test_a_ping_message_without_its_pong_in_time_is_refuted(wrong, service, sentence):
    async def story(do):
        await connected(do)
        await do(pings.ping_answered, ["Alice"], "ping message", SOON_MS)

    wrong(service, story, sentence)


def test_a_websocket_ping_without_its_pong_is_refuted(wrong):
    class Deaf(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            client.connection.transport.pause_reading()

    async def story(do):
        await connected(do)
        await do(pings.ping_answered, ["Alice"], "WebSocket ping", SOON_MS)

    async def open_story(do):
        await connected(do)
        await do(lifecycle.connected, ["Alice"])

    wrong(Deaf, story, r"answer to Alice's WebSocket ping: measured nothing in \d+ ms")
    wrong(Deaf, open_story, r"open connections of Alice: measured 0 .*open and answering")


def test_a_connection_that_is_closed_later_is_not_still_connected(wrong):
    class ClosesSoon(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await asyncio.sleep(0.2)
            await client.close(1001, "idle timeout")

    async def story(do):
        await connected(do)
        await do(lifecycle.connected_after, ["Alice"], 1500)

    wrong(ClosesSoon, story, r'0 .*open and answering; Alice: 1 x welcome; closed with 1001 "idle')


FIELDS = [("type", "connection"), ("status", "connected"), ("session_id", "any text")]


class LateWelcome(Ticker):
    async def welcome(self, client):
        await asyncio.sleep(LATE_S)
        await super().welcome(client)


@pytest.mark.parametrize("location", ["query parameter", "Authorization header"])
def test_a_welcome_as_it_must_be_is_met(right, location):
    async def story(do):
        await do(lifecycle.connect, ["Alice"], location=location)
        await do(greetings.welcomed, "Alice", AMPLE_MS, FIELDS)

    right(Ticker, story)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (LateWelcome, rf"welcome of Alice: measured {LATE}, allowed at most 400 ms"),
        (
            welcomes(),
            r"welcome of Alice: measured nothing in \d+ ms "
            r"\(no message; still open; it came with a valid token, in the query parameter\)",
        ),
        (
            closes_at_once(1011, "oops"),
            r'welcome of Alice: measured nothing before the end of the connection, .*1011 "oops"',
        ),
        (
            welcomes({**WELCOME, "status": "ok"}),
            r"status in Alice's welcome: measured 'ok', allowed",
        ),
        (welcomes({**WELCOME, "session_id": ""}), r"session_id .* measured '', allowed any text"),
        (welcomes({**WELCOME, "session_id": 7}), r"session_id .* measured 7, allowed any text"),
        (welcomes({"type": "connection", "status": "connected"}), r"session_id .* measured None"),
        (welcomes({"type": "pong"}, WELCOME), r"first message to Alice: measured a pong"),
        (welcomes(WELCOME, WELCOME), r"Alice was welcomed 2 times"),
    ],
)
def test_a_welcome_that_is_late_missing_wrong_or_not_first_is_refuted(wrong, service, sentence):
    async def story(do):
        await do(lifecycle.connect, ["Alice"])
        await do(greetings.welcomed, "Alice", SOON_MS, FIELDS)
        await do(deliveries.everything_was_exact)

    wrong(service, story, sentence)


def test_a_client_that_the_scenario_presupposes_must_be_welcomed(wrong):
    wrong(welcomes(), connected, r"Alice has a valid token but was not welcomed: no message")


def test_a_subscription_that_is_not_acknowledged_is_refuted(wrong):
    class Ignores(Ticker):
        async def subscribed(self, client):
            pass

    async def story(do):
        await subscribed(do, "Alice")

    wrong(
        Ignores,
        story,
        r"Alice asked to subscribe to NIFTY and got no acknowledgement within [\d.]+ s",
    )


class SaysWhyNot(Ticker):
    async def subscribed(self, client):
        await client.send({"type": "error", "message": "no such symbol, " + "sorry " * 40})


def test_the_words_of_an_error_are_quoted_and_shortened(wrong):
    async def story(do):
        await subscribed(do, "Alice")

    said = r'an error, \{"type": "error", "message": "no such symbol, [sory ]{20,100}…: 1 x welcome'
    wrong(SaysWhyNot, story, said)


class AnswersAnother(ServerConnection):
    """Keeps the payloads of two pings in one place for all, and sends each to the other one."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._take = self.protocol.recv_frame
        self.protocol.recv_frame = self.take

    def take(self, frame):
        if frame.opcode is not Opcode.PING:
            self._take(frame)
            return
        pinged = self.server.__dict__.setdefault("pinged", [])
        pinged.append((self, bytes(frame.data)))
        if len(pinged) == 2:
            (one, his), (other, hers) = pinged
            pinged.clear()
            one.answer(hers)
            other.answer(his)

    def answer(self, payload):
        self.protocol.send_pong(payload)
        self.send_data()


class AnswersAll(AnswersAnother):
    """Answers on all connections, to the one that has pinged too."""

    here: ClassVar = []

    def take(self, frame):
        self.here.append(self)
        self._take(frame)
        if frame.opcode is Opcode.PING:
            for other in {*self.here} - {self}:
                other.protocol.send_pong(bytes(frame.data))
                other.send_data()


class CutsPongs(AnswersAnother):
    """Answers with 32 bytes at most."""

    def take(self, frame):
        if frame.opcode is Opcode.PING:
            self.protocol.send_pong(bytes(frame.data)[:32])
            self.send_data()
        else:
            self._take(frame)


class IgnoresEmptyPings(AnswersAnother):
    def take(self, frame):
        if frame.opcode is not Opcode.PING or frame.data:
            self._take(frame)


@pytest.mark.parametrize(("connection_", "size"), [(CutsPongs, 125), (IgnoresEmptyPings, 0)])
def test_a_ping_of_an_extreme_size_without_its_pong_is_refuted(wrong, connection_, size):
    class OneSize(Ticker):
        connection = connection_

    async def story(do):
        await connected(do)
        await do(pings.ping_answered, ["Alice"], "WebSocket ping", SOON_MS)

    sentence = rf"answer to Alice's WebSocket ping with a payload of {size} bytes: measured nothing"
    wrong(OneSize, story, sentence)


def ping_at_once(within_ms=AMPLE_MS):
    async def story(do):
        await subscribed(do, "Alice", "Bob")
        await do(pings.ping_answered, ["Alice", "Bob"], "WebSocket ping", within_ms)
        await do(publishing.publish_in_turn, ["NIFTY"], 1)
        await do(deliveries.everything_was_exact)

    return story


def test_each_gets_the_answer_to_its_own_ping(right):
    right(Ticker, ping_at_once())


def test_an_answer_to_anothers_ping_is_refuted(wrong, grace):
    class MixedUp(Ticker):
        connection = AnswersAnother

    class ToEverybody(Ticker):
        connection = AnswersAll

    stray = r"Alice received a pong with the payload of Bob's ping"
    said = r"^answer to Alice's WebSocket ping: measured " + stray
    wrong(MixedUp, ping_at_once(SOON_MS), said)  # her own answer never comes
    wrong(ToEverybody, ping_at_once(), stray)


# --- sessions -------------------------------------------------------------------------------------


def test_a_session_id_that_comes_back_is_refuted(right, wrong):
    class SameSession(Ticker):
        def session_id(self):
            return "the-one"

    async def story(do):
        await connected(do)
        await do(leaving.end_connection, "Alice", "an abrupt reset")
        await do(lifecycle.connect, ["Alice"])
        await do(greetings.new_session, "Alice")

    right(Ticker, story)
    wrong(
        SameSession, story, r"session id of Alice .* measured the-one, allowed any but the former"
    )


# --- words that mean nothing here -----------------------------------------------------------------


def test_a_client_that_has_not_connected_is_named_with_those_that_have(scenario):
    async def story(do):
        await connected(do)
        await do(lifecycle.connected, ["Bob"])

    with pytest.raises(Broken, match=r"Bob has not connected in this scenario \(there is Alice\)"):
        scenario(Ticker, story)


@pytest.mark.parametrize(
    ("act", "words", "sentence"),
    [
        (
            leaving.end_connection,
            ("Alice", "a bang"),
            'no ending "a bang"; known are a clean close',
        ),
        (greetings.new_session, ("Alice",), "Alice has connected only once"),
    ],
)
def test_words_without_a_meaning_are_broken_and_not_green(scenario, act, words, sentence):
    async def story(do):
        await connected(do)
        await do(act, *words)

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)


def test_a_token_location_that_the_target_has_not_is_broken(scenario):
    async def story(do):
        await do(lifecycle.connect, ["Alice"], location="biscuit")

    with pytest.raises(Broken, match=r'\[auth\] token_locations has no "biscuit"'):
        scenario(Ticker, story)


def test_silence_that_the_scenario_or_the_service_breaks_is_no_silence(scenario, wrong):
    async def own_fault(do):
        await subscribed(do, "Alice")
        await do(lifecycle.stay_silent, "Alice", 0.1)

    class SendsAll(Ticker):
        async def deliver(self, client, tick, text):
            await client.send(text)

    async def leaked(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(publishing.publish, NIFTY, "option_tick")
        await do(lifecycle.stay_silent, "Alice", 0.5)

    with pytest.raises(Broken, match="has subscribed: the scenario is wrong"):
        scenario(Ticker, own_fault)
    wrong(SendsAll, leaked, "Alice received ticks that it had not subscribed to")


# --- what goes on in the background ---------------------------------------------------------------


@pytest.mark.parametrize("when", ["during a step that is met", "during a step that is refuted"])
def test_a_task_that_dies_in_the_background_ends_the_step(testbed, grace, when):
    grace(HANG_S)
    testbed.begin_scenario()

    async def step(testbed):
        async def chore():
            raise OSError("the line is gone")

        testbed.scenario.background.append(asyncio.create_task(chore()))
        await asyncio.wait(testbed.scenario.background)
        if "refuted" in when:
            raise Refuted("nothing came")

    with pytest.raises(Broken, match="in the background has ended: OSError: the line is gone"):
        asyncio.run(testbed.do(step))
    testbed.end_scenario(trust=True)


def test_a_task_that_dies_behind_the_last_step_ends_the_scenario(testbed, grace):
    grace(HANG_S)
    testbed.begin_scenario()
    died = []

    async def step(testbed):
        async def chore():
            await asyncio.sleep(0.05)
            died.append(True)
            raise OSError("the line is gone")

        testbed.scenario.background.append(asyncio.create_task(chore()))

    asyncio.run(testbed.do(step))
    until(lambda: died)
    with pytest.raises(Broken, match="in the background has ended: OSError: the line is gone"):
        testbed.end_scenario(trust=True)


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (
            "Alice",
            "Alice received 2 JSON texts in one message; the end marker to Alice: nothing; "
            "decline it",
        ),
        ("Bob", "the end marker to Bob: nothing; decline it"),
    ],
)
def test_the_cause_is_told_first_and_what_may_be_declined_last(testbed, grace, client, said):
    grace(HANG_S)
    scenario = testbed.begin_scenario()
    alice = Connection("Alice", testbed.dialect)
    alice.breaches.append("Alice received 2 JSON texts in one message")
    scenario.connections.all.append(alice)
    scenario.remarks += ["decline it", "decline it"]

    async def step(testbed):
        raise Refuted(f"the end marker to {client}: nothing")

    with pytest.raises(Refuted) as caught:
        asyncio.run(testbed.do(step))
    assert str(caught.value) == said
    testbed.end_scenario(trust=True)
