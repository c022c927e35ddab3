"""Connections that are open and answer; welcomes."""

import asyncio

import pytest

from qaws.behaviours import deliveries, lifecycle
from tests.behaviours.services import (
    WELCOME,
    closes_at_once,
    connected,
    subscribed,
    welcomes,
)
from tests.services.scripted import Ticker


def test_a_connection_that_is_open_and_answers_is_met(right):
    async def story(do):
        await connected(do)
        await do(lifecycle.connected, ["Alice"])
        await do(lifecycle.connected_after, ["Alice"], 300)
        await do(lifecycle.ping_answered, ["Alice"], "WebSocket ping", 400)
        await do(lifecycle.ping_answered, ["Alice"], "ping message", 400)

    right(Ticker, story)


class ClosesOnPing(Ticker):
    async def ping(self, client):
        await client.close(1011, "no pings")


class LatePong(Ticker):
    async def ping(self, client):
        await asyncio.sleep(0.6)
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
        (ClosesOnPing, r'answer to Alice\'s ping message: measured nothing in \d+ ms .*"no pings"'),
        (LatePong, r"measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (
            NoPong,
            r"nothing in \d{3,4} ms \(1 x welcome; still open\), allowed at most 400 ms",
        ),
        (OldPong, r"measured nothing in \d{3,4} ms"),
    ],
)
def test_a_ping_message_without_its_pong_in_time_is_refuted(wrong, service, sentence):
    async def story(do):
        await connected(do)
        await do(lifecycle.ping_answered, ["Alice"], "ping message", 400)

    wrong(service, story, sentence)


def test_a_websocket_ping_without_its_pong_is_refuted(wrong):
    class Deaf(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            client.connection.transport.pause_reading()

    async def story(do):
        await connected(do)
        await do(lifecycle.ping_answered, ["Alice"], "WebSocket ping", 400)

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
        await do(lifecycle.connected_after, ["Alice"], 500)

    wrong(ClosesSoon, story, r'0 .*open and answering; Alice: 1 x welcome; closed with 1001 "idle')


FIELDS = [("type", "connection"), ("status", "connected"), ("session_id", "any text")]


async def welcome_within_400_ms(do):
    await do(lifecycle.connect, ["Alice"])
    await do(lifecycle.welcomed, "Alice", 400, FIELDS)


class LateWelcome(Ticker):
    async def welcome(self, client):
        await asyncio.sleep(0.6)
        await super().welcome(client)


@pytest.mark.parametrize("location", ["query parameter", "Authorization header"])
def test_a_welcome_as_it_must_be_is_met(right, location):
    async def story(do):
        await do(lifecycle.connect, ["Alice"], location=location)
        await do(lifecycle.welcomed, "Alice", 400, FIELDS)

    right(Ticker, story)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (LateWelcome, r"welcome of Alice: measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (welcomes(), r"welcome of Alice: measured nothing in \d+ ms \(no message; still open\)"),
        (closes_at_once(1011, "oops"), r'welcome of Alice: measured nothing in .*1011 "oops"'),
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
        await welcome_within_400_ms(do)
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
        Ignores, story, r"Alice asked to subscribe to NIFTY and got no acknowledgement within 0\.25"
    )
