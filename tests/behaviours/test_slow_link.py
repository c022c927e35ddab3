"""The link to the broker is slow: clients may see that ticks come later, and nothing else."""

import asyncio

import pytest
import redis.asyncio

from qaws.behaviours import (
    deliveries,
    departures,
    lifecycle,
    liveness,
    publishing,
    slow_link,
)
from qaws.verdict import Broken, Inconclusive, NotVerified
from tests.behaviours.test_outage import Heals
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY

LATE_MS = 150
SLOW_MS = 600
WAYS = (LATE_MS, None)


class Impatient(Heals):
    """Takes a broker that says nothing for a moment for a lost one."""

    async def _listen(self):
        async with (
            redis.asyncio.Redis.from_url(self.broker_url) as broker,
            broker.pubsub() as feed,
        ):
            await feed.psubscribe("ticker:*")
            seen = False
            while message := await feed.get_message(timeout=LATE_MS / 2e3 if seen else None):
                seen = message["type"] == "pmessage"
                if not seen:
                    self._subscribed.set()
                    if self.away:
                        self.away = False
                        await self.found()
                else:
                    await self.hand_out(message["data"].decode())


class ThrowsLateTicksAway(Heals):
    """Takes the three ticks behind the first long pause for stale."""

    last_s = thrown = 0.0

    async def hand_out(self, text):
        now = asyncio.get_running_loop().time()
        late = self.last_s and now - self.last_s > LATE_MS / 2e3
        self.last_s = now
        if self.thrown < 3 and (late or self.thrown):
            self.thrown += 1
        else:
            await super().hand_out(text)


class Deaf(Heals):
    """Answers no ping message while its link is slow: after Alice's second subscription."""

    async def ping(self, client):
        if not any("BANKNIFTY" in str(each.wishes) for each in self.clients):
            await super().ping(client)


def acted(late_ms, slow_ms=SLOW_MS, pongs_ms=AMPLE_MS, closing=True, flowing=True):
    """Return the story of QA-WS-127 in the words of the features."""

    async def story(do):
        await do(publishing.open_market, 60)
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(liveness.keep_pinging)
        if not flowing:
            await do(publishing.close_market)
        await do(slow_link.slow_down, slow_ms, "Alice", BANKNIFTY, late_ms)
        if closing:
            await do(publishing.close_market)
        await do(slow_link.nobody_was_told)
        await do(departures.received_all_in_time, ["Alice", "Bob"], AMPLE_MS)
        await do(liveness.pings_were_answered, pongs_ms)
        await do(deliveries.everything_was_exact)

    return story


@pytest.mark.parametrize("late_ms", WAYS)
def test_a_service_to_which_nothing_matters_but_ticks_is_met(linked, met, testbed, late_ms):
    done = met(lambda: linked(Heals, acted(late_ms)))
    ((what, said),) = testbed.scenario.figures
    assert what == "what came through the slow link"
    count, _, _, pieces, _ = said.replace(",", "").split()
    assert 0 < int(pieces) <= int(count)
    assert late_ms or int(pieces) >= int(count) / slow_link.PIECE_BYTES
    assert [check.measured for check in done if check.what.startswith("words about")] == ["none"]


@pytest.mark.parametrize(
    ("service", "story", "sentence"),
    [
        (
            Impatient,
            acted(LATE_MS),
            r"^words about the feed to Alice, Bob since the link was slow: measured \w+ was told "
            r"degraded after \d+ ms, allowed none: the feed was late, and not lost",
        ),
        (ThrowsLateTicksAway, acted(LATE_MS), "^ticks to Alice, Bob: .*never received ticks"),
        (Deaf, acted(None, pongs_ms=400), r"'s ping message: measured nothing in \d+ ms"),
    ],
)
def test_what_a_service_does_wrong_has_a_sentence_of_its_own(
    linked, refuted, service, story, sentence
):
    refuted(lambda: linked(service, story), sentence)


# --- what cannot be seen --------------------------------------------------------------------------


def test_a_word_that_a_stall_of_the_harness_can_explain_is_inconclusive(
    linked, grace, testbed, monkeypatch
):
    monkeypatch.setattr(testbed.loop.stalls, "longest_between", lambda *_: 600.0)
    with pytest.raises(Inconclusive, match="with it the link, stood still for 600 ms before that"):
        linked(Impatient, acted(LATE_MS))


def test_a_service_that_takes_another_address_is_not_verified(unshown, testbed):
    class Elsewhere(Heals):
        def __init__(self, _):
            super().__init__(testbed.broker.url)

    said = unshown(Elsewhere, acted(LATE_MS), NotVerified)
    assert "the service did not reach its broker through the relay" in said


@pytest.fixture
def twofold(testbed):
    """A service that listens to a pattern through the relay, and hands out what comes past it."""

    def made(pattern):
        class Twofold(Heals):
            async def hand_out(self, text):
                pass

            async def _listen(self):
                async with (
                    redis.asyncio.Redis.from_url(self.broker_url) as broker,
                    broker.pubsub() as feed,
                ):
                    await feed.psubscribe(pattern)
                    async for message in feed.listen():
                        if message["type"] == "psubscribe":
                            self._subscribed.set()

            async def _feed(self):
                async def past():
                    async with (
                        redis.asyncio.Redis.from_url(testbed.broker.url) as broker,
                        broker.pubsub() as feed,
                    ):
                        await feed.psubscribe("ticker:*")
                        async for message in feed.listen():
                            if message["type"] == "pmessage":
                                await Heals.hand_out(self, message["data"].decode())

                await asyncio.gather(super()._feed(), past())

        return Twofold

    return made


def test_a_tick_that_is_faster_than_the_link_came_by_another(unshown, twofold):
    said = unshown(twofold("ticker:*"), acted(LATE_MS), NotVerified)
    assert "ms after it was published, over a link on which each byte was 150 ms late" in said
    assert "the service has another link, past the relay" in said


def test_ticks_that_did_not_come_through_the_link_came_by_another(unshown, twofold):
    said = unshown(twofold("other:*"), acted(None), NotVerified)
    assert "0 bytes came through the slow link, and ticks of " in said


def test_a_spell_in_which_nothing_comes_shows_nothing(unshown):
    said = unshown(Heals, acted(LATE_MS, flowing=False), NotVerified)
    assert "nothing came over the slow link" in said


def test_while_the_market_is_open_nobody_can_say_that_nothing_was_told(unshown):
    assert "the market is still open" in unshown(Heals, acted(None, closing=False), Broken)


def test_where_no_link_was_slow_nothing_is_said(scenario):
    async def story(do):
        await do(slow_link.nobody_was_told)

    with pytest.raises(Broken, match="no link has been slow: say"):
        scenario(Heals, story)


def test_without_a_relay_no_link_is_slow(scenario):
    with pytest.raises(Broken, match="linked to the broker through a relay"):
        scenario(Heals, acted(LATE_MS))
