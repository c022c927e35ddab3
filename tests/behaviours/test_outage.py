"""The broker goes away: what a service must do, and the sentence for each way of not doing it."""

import asyncio
import contextlib
import json
import os
import signal
import time

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from qaws.behaviours import deliveries, latecomers, lifecycle, liveness, outage, publishing
from qaws.behaviours.outage import Change
from qaws.verdict import Broken
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY, SOON_MS
from tests.services.scripted import Ticker


class Heals(Ticker):
    """Loses the feed, says so, and finds it again by itself."""

    away = False
    delay_s = 0.02

    async def _feed(self):
        while True:
            with contextlib.suppress(redis.RedisError, OSError):
                await self._listen()
            if not self.away:
                self.away = True
                await self.lost()
            await asyncio.sleep(self.delay_s)

    async def _listen(self):
        retry = Retry(NoBackoff(), 0)
        async with (
            redis.asyncio.Redis.from_url(self.broker_url, retry=retry) as broker,
            broker.pubsub() as feed,
        ):
            await feed.psubscribe("ticker:*")
            async for message in feed.listen():
                if message["type"] == "psubscribe":
                    self._subscribed.set()
                    if self.away:
                        self.away = False
                        await self.found()
                else:
                    await self.hand_out(message["data"].decode())

    async def hand_out(self, text):
        for client in [*self.clients]:
            await self.deliver(client, json.loads(text), text)

    async def say(self, status):
        for client in [*self.clients]:
            await client.send({"type": "status", "status": status})

    async def lost(self):
        await self.say("degraded")

    async def found(self):
        await self.say("recovered")


class NeverSpeaks(Heals):
    async def say(self, status):
        pass


class NeverSaysDegraded(Heals):
    async def lost(self):
        pass


class NeverSaysRecovered(Heals):
    async def found(self):
        pass


class SaysRecoveredLate(Heals):
    """Says so behind the first new tick."""

    is_back = False

    async def found(self):
        self.is_back = True

    async def hand_out(self, text):
        await super().hand_out(text)
        if self.is_back and all(client.wants(json.loads(text)) for client in self.clients):
            self.is_back = False
            await self.say("recovered")


class LosesMore(Heals):
    """Throws the fourth to sixth tick behind its recovery away."""

    taken = -1

    async def found(self):
        await super().found()
        self.taken = 0

    async def hand_out(self, text):
        if self.taken >= 0:
            self.taken += 1
        if self.taken not in (4, 5, 6):
            await super().hand_out(text)


class RepeatsItself(Heals):
    repeats = False

    async def found(self):
        await super().found()
        self.repeats = True

    async def hand_out(self, text):
        await super().hand_out(text)
        if self.repeats:
            await super().hand_out(text)


class GivesUp(Heals):
    delay_s = 60


class ClosesItsClients(Heals):
    async def lost(self):
        for client in [*self.clients]:
            await client.close(1012, "come back later")


class StopsAnswering(Heals):
    """Answers no ping message once it has lost the feed."""

    async def ping(self, client):
        if not self.away:
            await super().ping(client)


class ForgetsNewcomers(Heals):
    """Acknowledges subscriptions after the first, and does not serve them."""

    async def deliver(self, client, tick, text):
        if tick["symbol"] == "NIFTY":
            await super().deliver(client, tick, text)


def acted(mishap, *values, within_ms=AMPLE_MS, pongs_ms=AMPLE_MS, given_up=None):
    """Return the story of QA-WS-017 with a mishap in the words of the features."""

    async def story(do):
        await do(publishing.open_market, 20)
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(liveness.keep_pinging)
        await do(mishap, "Alice", Change(BANKNIFTY, given_up), *values)
        await do(outage.ticks_resume, within_ms)
        await do(outage.receive_loss_status, within_ms)
        await do(liveness.pings_were_answered, pongs_ms)
        await do(deliveries.everything_was_exact)

    return story


class TellsOnce(Heals):
    """Tells of the first loss, and of its end."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.told = set()

    async def say(self, status):
        if status not in self.told:
            self.told.add(status)
            await super().say(status)


class RemembersTheLoss(Heals):
    """Gives back what clients had when the feed was lost."""

    async def lost(self):
        self.held = [(client, {*client.wishes}) for client in self.clients]
        await super().lost()

    async def found(self):
        await super().found()
        for client, wishes in self.held:
            client.wishes |= wishes


CUTS = (outage.cut_feed,)
TWICE = (outage.cut_feed_twice,)
DOWN = (outage.take_broker_down, 300)
OVERFLOWS = (outage.overflow_feed,)
CUT = acted(*CUTS)


@pytest.mark.parametrize(
    "mishap", [CUTS, TWICE, DOWN, OVERFLOWS], ids=["cut", "twice", "down", "full"]
)
def test_a_service_that_says_what_it_loses_and_heals_is_met(right, testbed, mishap):
    right(Heals, acted(*mishap))
    figures = testbed.scenario.figures
    assert len(figures) == (2 if mishap is TWICE else 1)
    assert all("degraded after" in figure for _, figure in figures)
    with redis.Redis.from_url(testbed.broker.url) as client:
        assert "33554432 8388608 60" in client.config_get("client*")["client-output-buffer-limit"]


@pytest.mark.parametrize(
    ("service", "story", "sentence"),
    [
        (NeverSpeaks, CUT, "what Alice was told when the broker cut .* no word of it: the first"),
        (NeverSaysDegraded, CUT, "recovered without having been degraded"),
        (NeverSaysRecovered, CUT, "degraded for good"),
        (SaysRecoveredLate, CUT, r"a new tick before recovered: degraded after \d+ ms, the first"),
        (LosesMore, CUT, "Alice never received ticks that it was due"),
        (RepeatsItself, CUT, "received ticks more than once"),
        (
            GivesUp,
            acted(*DOWN, within_ms=1000),
            "broker's return to the first new tick of NIFTY at Alice: .*1000 ms",
        ),
        (ClosesItsClients, CUT, "closed with 1012"),
        (
            StopsAnswering,
            acted(*DOWN, pongs_ms=SOON_MS),
            r"Alice's ping message: measured nothing in \d+ ms .*400 ms",
        ),
        (ForgetsNewcomers, acted(*CUTS, within_ms=1000), "first new tick of BANKNIFTY at Alice"),
        (TellsOnce, acted(*TWICE), "told when the broker cut .* for the second time: .*no word"),
        (
            RemembersTheLoss,
            acted(*DOWN, given_up=NIFTY),
            "Alice received ticks behind the acknowledgement of its unsubscribe",
        ),
    ],
)
def test_what_a_service_does_wrong_has_a_sentence_of_its_own(wrong, service, story, sentence):
    wrong(service, story, sentence)


def test_what_it_takes_to_stop_the_broker_is_no_time_without_it(right, testbed, monkeypatch):
    """A command that stops one may take seconds: a service cannot have told of it before."""
    take_down = testbed.broker.take_down

    def slowly():
        time.sleep(1)
        take_down()

    monkeypatch.setattr(testbed.broker, "take_down", slowly)
    right(Heals, acted(*DOWN))
    (loss,) = testbed.scenario.outages
    assert loss.could_be_seen_ns == loss.gone_ns >= loss.began_ns + 1e9
    assert loss.returned_ns >= loss.gone_ns + 0.3e9


# --- who asks for ticks while the broker is away -------------------------------------------------


async def comes_late(do):
    await do(publishing.open_market, 20)
    await do(lifecycle.be_subscribed, ["Alice"], NIFTY)
    await do(lifecycle.be_connected, ["Bob"])
    await do(liveness.keep_pinging)
    await do(latecomers.ask_while_broker_is_away, "Bob", "Zoe", NIFTY, 300)
    await do(outage.ticks_resume, AMPLE_MS)
    await do(outage.receive_recovered)
    await do(liveness.pings_were_answered, AMPLE_MS)
    await do(deliveries.everything_was_exact)


class GreetsWithTheLoss(Heals):
    """Tells who comes while the feed is lost."""

    async def welcome(self, client):
        await super().welcome(client)
        if self.away:
            await client.send({"type": "status", "status": "degraded"})


class LetsNobodyIn(Heals):
    """Turns away who comes while the feed is lost."""

    async def admit(self, client, token):
        if self.away:
            await client.close(1013, "come back later")
            return False
        return await super().admit(client, token)


class LetsOneMoreIn(GreetsWithTheLoss):
    """Turns away who comes while the feed is lost, but for one who is quicker than the news."""

    late = 0

    async def admit(self, client, token):
        self.late += self.away
        if self.late > 1:
            await client.close(1013, "come back later")
        return self.late <= 1 and await super().admit(client, token)


class TellsSubscribersOnly(GreetsWithTheLoss):
    async def say(self, status):
        for client in [*self.clients]:
            if client.wishes:
                await client.send({"type": "status", "status": status})


class TellsOnSubscribing(TellsSubscribersOnly):
    """Tells those who have subscribed, and others when they do."""

    async def subscribed(self, client):
        await super().subscribed(client)
        if self.away:
            await client.send({"type": "status", "status": "degraded"})


@pytest.mark.parametrize(
    "service", [GreetsWithTheLoss, LetsNobodyIn, LetsOneMoreIn, TellsOnSubscribing]
)
def test_whoever_asks_during_an_outage_is_told_or_turned_away(right, testbed, service):
    right(service, comes_late)
    said = " ".join(what for _, what in testbed.scenario.figures)
    assert ("is turned away here" in said) == (service is LetsNobodyIn)


@pytest.mark.parametrize(("service", "who"), [(Heals, "Zoe"), (TellsSubscribersOnly, "Bob")])
def test_whoever_asks_during_an_outage_and_is_not_told_has_a_sentence(wrong, service, who):
    wrong(service, comes_late, f"what {who} was told when .*recovered without having been degraded")


def test_a_client_without_ticks_before_the_outage_proves_nothing(wrong):
    class Silent(Heals):
        async def hand_out(self, text):
            pass

    wrong(Silent, CUT, "got no tick before any outage")


def test_a_scenario_that_fails_while_the_broker_is_down_leaves_it_up(right, wrong, testbed):
    class NeverAcknowledges(Heals):
        async def subscribed(self, client):
            if "BANKNIFTY" not in str(client.wishes):  # which is subscribed to in the outage
                await super().subscribed(client)

    pid = testbed.broker.pid
    wrong(NeverAcknowledges, acted(*DOWN), "no acknowledgement")
    assert testbed.broker.pid != pid
    right(Heals, CUT)


def test_without_an_outage_nothing_can_be_said_of_it(scenario):
    for act in (outage.ticks_resume, outage.receive_loss_status):

        async def story(do, act=act):
            await do(act, 1000)

        with pytest.raises(Broken, match="there has been no outage"):
            scenario(Heals, story)


def test_an_outage_in_which_nobody_pings_proves_nothing(scenario):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(outage.cut_feed, "Alice", Change(NIFTY))

    with pytest.raises(Broken, match="no client pings: say"):
        scenario(Heals, story)


def test_a_broker_that_died_breaks_its_scenario_and_is_there_for_the_next(
    scenario, right, testbed, until
):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])

    scenario(Heals, story)
    os.kill(testbed.broker.pid, signal.SIGKILL)
    until(lambda: testbed.broker.has_died)
    with pytest.raises(Broken, match="the embedded broker ended with exit code -9"):
        testbed.end_scenario(trust=True)
    testbed.begin_scenario()
    right(Heals, CUT)
