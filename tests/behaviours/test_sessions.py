"""Session ids, errors, and places that are given back."""

import asyncio

import pytest

from qaws.behaviours import lifecycle, tokens
from tests.behaviours.services import (
    connected,
    subscribed,
)
from tests.services.scripted import Ticker


def test_a_session_id_that_comes_back_is_refuted(right, wrong):
    class SameSession(Ticker):
        def session_id(self):
            return "the-one"

    async def story(do):
        await connected(do)
        await do(lifecycle.end_connection, "Alice", "an abrupt reset")
        await do(lifecycle.connect, ["Alice"])
        await do(lifecycle.new_session, "Alice")

    right(Ticker, story)
    wrong(
        SameSession, story, r"session id of Alice .* measured the-one, allowed any but the former"
    )


async def an_error(do):
    await subscribed(do, "Alice")
    await do(lifecycle.send_malformed, "Alice", "broken JSON")
    await do(lifecycle.gets_error, "Alice", "Invalid message format", 400)


def on_invalid(act):
    class OnInvalid(Ticker):
        async def invalid(self, client, text):
            await act(super(), client, text)

    return OnInvalid


async def _nothing(_, client, text):
    pass


async def _close(_, client, text):
    await client.close(1007, "bad message")


async def _late(ticker, client, text):
    await asyncio.sleep(0.6)
    await ticker.invalid(client, text)


async def _other(_, client, text):
    await client.send({"type": "error", "message": "what?"})


async def _pong(ticker, client, text):
    await ticker.ping(client)


def test_an_error_in_time_with_its_text_is_met(right):
    right(Ticker, an_error)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (_nothing, r"error to Alice: measured nothing in \d{3,4} ms"),
        (_close, r'error to Alice: measured nothing in \d+ ms .*closed with 1007 "bad message"'),
        (_late, r"error to Alice: measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (_other, r'message of the error to Alice: measured what\?, allowed contains "Invalid'),
        (_pong, r"error to Alice: measured nothing in \d{3,4} ms .*1 x pong"),
    ],
)
def test_an_error_that_is_missing_late_or_says_something_else_is_refuted(wrong, act, sentence):
    wrong(on_invalid(act), an_error, sentence)


class OnePlace(Ticker):
    async def admit(self, client, token):
        if self.clients:
            await client.close(1008, "max connections reached")
        return not self.clients


class NeverAgain(OnePlace):
    async def left(self, client):
        pass


def test_a_place_that_is_given_back_can_be_taken(right, wrong):
    async def story(do):
        await connected(do)
        await do(lifecycle.end_connection, "Alice", "a clean close")
        await do(tokens.keep_trying, "Zoe", "Alice")
        await do(tokens.admitted, "Zoe", 800)

    right(OnePlace, story)
    wrong(NeverAgain, story, r"admission of Zoe after Alice left: measured nothing in \d+ ms")


class SoonAgain(OnePlace):
    """Gives a place back half a second after its client has left."""

    async def left(self, client):
        await asyncio.sleep(0.5)
        await super().left(client)


def test_a_place_that_is_given_back_late_counts_from_the_first_attempt(right, wrong):
    def story_within(bound):
        async def story(do):
            await connected(do)
            await do(lifecycle.end_connection, "Alice", "a clean close")
            await do(tokens.keep_trying, "Zoe", "Alice")
            await do(tokens.admitted, "Zoe", bound)

        return story

    right(SoonAgain, story_within(2000))
    late = r"admission of Zoe after Alice left: measured [3-7]\d\d.\d ms, allowed at most 300 ms"
    wrong(SoonAgain, story_within(300), late)
