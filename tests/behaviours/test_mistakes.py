"""Malformed messages, and the error that each of them is due."""

import asyncio

import pytest

from qaws.behaviours import deliveries, isolation, lifecycle, mistakes, publishing
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import AMPLE_MS, LATE, LATE_S, SOON_MS, connected, subscribed
from tests.services.scripted import Ticker

WORDS = "Invalid message format"


def errors(within_ms):
    async def story(do):
        await subscribed(do, "Alice")
        await do(mistakes.make, "Alice", "broken JSON", 3)
        await do(mistakes.answered, "Alice", within_ms)
        await do(mistakes.worded, "Alice", WORDS)

    return story


def on_invalid(act, first=1):
    """Return a service that does something else from a client's first mistake on, or a later."""

    class OnInvalid(Ticker):
        async def invalid(self, client, text):
            client.mistakes = getattr(client, "mistakes", 0) + 1
            if client.mistakes >= first:
                await act(super(), client, text)
            else:
                await super().invalid(client, text)

    return OnInvalid


async def _nothing(_, client, text):
    pass


async def _close(_, client, text):
    await client.close(1007, "bad message")


async def _late(ticker, client, text):
    await asyncio.sleep(LATE_S)
    await ticker.invalid(client, text)


async def _other(_, client, text):
    await client.send({"type": "error", "message": "what?"})


async def _pong(ticker, client, text):
    await ticker.ping(client)


async def _with_ticks_in_between(ticker, client, text):
    await client.send({"type": "pong"})
    await ticker.invalid(client, text)


@pytest.mark.parametrize("service", [Ticker, on_invalid(_with_ticks_in_between)])
def test_an_error_for_each_mistake_in_time_with_its_text_is_met(right, service):
    done = right(service, errors(AMPLE_MS))
    assert [check.what for check in done if check.what.startswith("error")] == [
        f"error {number} of 3 to Alice" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (_nothing, r"measured nothing in \d{3,5} ms"),
        (
            _close,
            r"measured nothing before the end of the connection, "
            r'\d+ ms on .*closed with 1007 "bad message"',
        ),
        (_late, rf"measured {LATE}, allowed at most 400 ms"),
        (_other, r'measured "what\?", allowed one that contains "Invalid'),
        (_pong, r"measured nothing in \d{3,5} ms .*1 x pong"),
    ],
)
def test_an_error_that_is_missing_late_or_says_something_else_is_refuted(
    wrong, act, first, sentence
):
    service = on_invalid(act, first)
    if act is _pong:
        sentence = sentence.replace("1 x pong", "[1-3] x pong")
    wrong(service, errors(SOON_MS), rf"error {first} of 3 to Alice: {sentence}")


def test_one_error_does_not_stand_for_two_mistakes(wrong):
    class AnswersOnce(Ticker):
        """Answers the second of two only, when both are there."""

        async def invalid(self, client, text):
            client.mistakes = getattr(client, "mistakes", 0) + 1
            if client.mistakes % 2 == 0:
                await super().invalid(client, text)

    wrong(AnswersOnce, errors(SOON_MS), r"error [12] of 3 to Alice: measured ")


def test_words_are_a_clause_of_their_own(wrong):
    """Where none has come, nothing can have the right words."""

    async def only_words(do):
        await subscribed(do, "Alice")
        await do(mistakes.make, "Alice", "broken JSON", 1)
        await do(mistakes.worded, "Alice", WORDS)

    wrong(Ticker, only_words, r"no error has come to Alice that could have the right words")


def test_words_without_a_meaning_are_broken_and_not_green(scenario):
    async def unknown(do):
        await connected(do)
        await do(mistakes.make, "Alice", "x", 3)

    async def nobody(do):
        await connected(do)
        await do(mistakes.answered, "Alice", AMPLE_MS)

    async def another(do):
        await connected(do)
        await do(mistakes.make, "Alice", "null", 1)
        await do(mistakes.answered, "Bob", AMPLE_MS)

    for story, sentence in (
        (unknown, 'no malformed message "x"'),
        (nobody, "nobody has sent a malformed message yet"),
        (another, "Bob has sent nothing yet"),
    ):
        with pytest.raises(Broken, match=sentence):
            scenario(Ticker, story)


class ClosesAtMistakes(Ticker):
    async def invalid(self, client, text):
        await client.close(1003, "no")


def test_who_is_closed_for_a_mistake_is_judged_by_010_alone(scenario):
    async def story(do):
        await connected(do)
        with pytest.raises(NotVerified, match="is a matter of QA-WS-010"):
            await do(mistakes.make_one_and_go_on, "Alice", selection_of("NIFTY"))
        await connected(do)
        with pytest.raises(NotVerified, match="is a matter of QA-WS-010"):
            await do(isolation.err_at_once, ["Alice"])

    scenario(ClosesAtMistakes, story)


class EndsUnchecked(Ticker):
    """Checks what is subscribed to, and falls over what is not."""

    async def _answer(self, client, text):
        if '"unsubscribe"' in text:
            await client.close(1011, "internal error")
        else:
            await super()._answer(client, text)


class EndsAnything(EndsUnchecked):
    """Says that what nobody can have has ended."""

    async def _answer(self, client, text):
        if '"unsubscribe"' in text:
            await client.send({"type": "unsubscribed"})
        else:
            await super()._answer(client, text)


def test_what_is_malformed_to_end_costs_nobody_the_connection(right, wrong):
    async def story(do):
        await subscribed(do, "Alice")
        await do(mistakes.make, "Alice", "a symbol that is not text", 3)
        await do(mistakes.answered, "Alice", AMPLE_MS)

    right(Ticker, story)
    right(EndsAnything, story)
    wrong(EndsUnchecked, story, "error 1 of 3 to Alice: .*closed with 1011")


class EndsHalf(Ticker):
    """Ends what stands before the mistake in a message, and answers with an error alone."""

    async def _answer(self, client, text):
        if '"unsubscribe"' in text and "42" in text:
            client.wishes.clear()
            await self.invalid(client, text)
        else:
            await super()._answer(client, text)


class SaysThatHalfHasEnded(EndsHalf):
    """Does so, and acknowledges that half of it."""

    async def invalid(self, client, text):
        await super().invalid(client, text)
        if '"unsubscribe"' in text:
            await client.send({"type": "unsubscribed", "selector": {"symbols": ["NIFTY"]}})


def test_a_message_that_gets_an_error_ends_nothing(right, wrong):
    async def story(do):
        await subscribed(do, "Alice")
        await do(mistakes.make, "Alice", "a symbol that is not text", 3)
        await do(publishing.publish, selection_of("NIFTY"), "option_tick")
        await do(deliveries.receives_that_tick, ["Alice"], AMPLE_MS)

    right(Ticker, story)
    right(SaysThatHalfHasEnded, story)
    wrong(EndsHalf, story, "to Alice")


def test_who_keeps_making_mistakes_is_as_connected_as_others(right, wrong):
    async def story(do):
        await connected(do)
        await do(mistakes.keep_making, "Alice", "broken JSON", 50)
        await do(lifecycle.connected_after, ["Alice"], 700)

    right(Ticker, story)
    wrong(
        on_invalid(_close, 7), story, 'open connections of Alice: .*closed with 1007 "bad message"'
    )
