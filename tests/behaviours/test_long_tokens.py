"""Long tokens are as good as short ones; where one is refused, it is told which were not."""

import re

import jwt
import pytest

from qaws.behaviours import lifecycle, long_tokens, tokens
from qaws.verdict import Broken
from tests.services.faulty import AMPLE_MS
from tests.services.guarded import shown
from tests.services.scripted import Ticker


class ShortOnly(Ticker):
    """Has room for tokens of some more bytes than 2 KiB."""

    room = 2100

    async def admit(self, client, token):
        if len(shown(client)) > self.room:
            await client.close(1008, "Authentication required")
            return False
        return await super().admit(client, token)


class ShorterOnly(ShortOnly):
    room = 700


class Nobody(ShortOnly):
    room = 0


def with_a_long_token(kib, place="query parameter", within_ms=AMPLE_MS):
    async def story(do):
        await do(long_tokens.connect, "Alice", kib, place)
        await do(tokens.admitted, "Alice", within_ms)

    return story


def test_a_long_token_is_as_good_as_a_short_one(right):
    right(Ticker, with_a_long_token(4))


@pytest.fixture
def untried(testbed, monkeypatch):
    """Have nobody let in before, as in a run of this scenario alone."""
    monkeypatch.setattr(testbed.tokens, "accepted", False)


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize("place", ["query parameter", "Authorization header"])
@pytest.mark.parametrize(
    ("service", "shorter"),
    [
        (ShortOnly, "one of 2 KiB was welcomed there, so it is the length"),
        (
            ShorterOnly,
            "one of 2 KiB was turned away there too; one of 1 KiB was turned away there too; "
            r"one of \d\d\d bytes was welcomed there, so it is the length",
        ),
    ],
)
def test_a_service_without_room_for_it_is_told_how_long_tokens_may_be(
    wrong, service, shorter, place
):
    sentence = (
        r"^admission of Alice: measured nothing before the end of the connection, \d+ ms on "
        r'\(no message; closed with 1008 "Authentication required" by the service; '
        rf"it came with a valid token of 4 KiB, in the {place}; {shorter}\), allowed at most"
    )
    wrong(service, with_a_long_token(4, place), sentence)


@pytest.mark.usefixtures("untried")
def test_where_short_ones_are_refused_too_it_is_not_the_length(wrong):
    sentence = r"is the key chosen by kid\?; it came with .*bytes was turned away there too\)"
    wrong(Nobody, with_a_long_token(4), sentence)


def test_who_is_let_in_tries_no_shorter_one(right, testbed):
    async def story(do):
        await do(long_tokens.connect, "Alice", 4, "query parameter")
        await do(lifecycle.connected, ["Alice"])
        assert len(testbed.scenario.connections.all) == 1

    right(Ticker, story)


def test_a_long_token_is_as_long_as_the_words_say(testbed):
    for kib in (1, 4, 7):
        assert 0 <= len(long_tokens.of_kib(testbed.tokens, kib)) - kib * 1024 < 40
    with pytest.raises(Broken, match=re.escape("0 KiB: a token without groups has ")):
        long_tokens.of_kib(testbed.tokens, 0)


class WholeTimesOnly(Ticker):
    async def admit(self, client, token):
        claims = jwt.decode(shown(client), options={"verify_signature": False})
        if not isinstance(claims["exp"], int):
            await client.close(1008, "Authentication required")
            return False
        return await super().admit(client, token)


async def with_fractions(do):
    await do(long_tokens.connect_with_fractions, "Bob", "Authorization header")
    await do(tokens.admitted, "Bob", AMPLE_MS)


def test_times_in_tokens_may_have_fractions(right):
    right(Ticker, with_fractions)


def test_who_takes_whole_times_only_is_refuted(wrong):
    wrong(WholeTimesOnly, with_fractions, "a valid token whose times have fractions of a second")
