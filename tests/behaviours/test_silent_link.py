"""The link to the broker goes silent: what a service must do, and the sentence for each way not to.

The service finds a real relay at the broker's address.
"""

import asyncio
import json
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import redis.asyncio

from qaws.behaviours import deliveries, lifecycle, liveness, outage, publishing, silent_link
from qaws.sut.feed_section import Feed
from qaws.verdict import Broken, NotVerified
from tests.behaviours.test_outage import Heals
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY, SOON_MS

NOTICED_S = 1.0
"""When the services here take a link on which nothing comes for a lost one."""
SILENT_MS = 1500
"""How long a link is silent of which a service says nothing."""
BOUND_MS = 1200


class Notices(Heals):
    """Takes a link on which nothing has come for a second for a lost one."""

    noticed_s = NOTICED_S

    async def _listen(self):
        async with (
            redis.asyncio.Redis.from_url(self.broker_url) as broker,
            broker.pubsub() as feed,
        ):
            await feed.psubscribe("ticker:*")
            while message := await feed.get_message(timeout=self.noticed_s):
                if message["type"] == "psubscribe":
                    self._subscribed.set()
                    if self.away:
                        self.away = False
                        await self.found()
                else:
                    await self.hand_out(message["data"].decode())


class NoticesLate(Notices):
    noticed_s = 2 * NOTICED_S


class NeverSpeaks(Notices):
    async def say(self, status):
        pass


class SpeaksToOne(Notices):
    """Tells only the first of its clients."""

    async def say(self, status):
        await self.clients[0].send({"type": "status", "status": status})


class NeverSaysRecovered(Notices):
    async def found(self):
        pass


class SaysRecoveredLate(Notices):
    """Says so behind the first new tick."""

    is_back = False

    async def found(self):
        self.is_back = True

    async def hand_out(self, text):
        await super().hand_out(text)
        if self.is_back and all(client.wants(json.loads(text)) for client in self.clients):
            self.is_back = False
            await self.say("recovered")


class RepeatsItself(Notices):
    repeats = False

    async def found(self):
        await super().found()
        self.repeats = True

    async def hand_out(self, text):
        await super().hand_out(text)
        if self.repeats:
            await super().hand_out(text)


class GivesUp(Notices):
    delay_s = 60


class ClosesItsClients(Notices):
    async def lost(self):
        await super().lost()
        for client in [*self.clients]:
            await client.close(1012, "come back later")


class StopsAnswering(Notices):
    """Answers no ping message while nothing comes from the broker."""

    last_s = 0.0

    async def hand_out(self, text):
        self.last_s = asyncio.get_running_loop().time()
        await super().hand_out(text)

    async def ping(self, client):
        if asyncio.get_running_loop().time() - self.last_s < SOON_MS / 1e3:
            await super().ping(client)


class ForgetsNewcomers(Notices):
    async def deliver(self, client, tick, text):
        if tick["symbol"] == "NIFTY":
            await super().deliver(client, tick, text)


def acted(
    silent_ms=AMPLE_MS, noticed_ms=AMPLE_MS, back_ms=AMPLE_MS, pongs_ms=AMPLE_MS, flowing=True
):
    """Return the story of the scenario in the words of the features."""

    async def story(do):
        await do(publishing.open_market, 20)
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(liveness.keep_pinging)
        if not flowing:
            await do(publishing.close_market)
        await do(silent_link.silence_link, "Alice", BANKNIFTY, silent_ms)
        await do(silent_link.receive_degraded, noticed_ms)
        await do(outage.ticks_resume, back_ms)
        await do(outage.receive_recovered)
        await do(liveness.pings_were_answered, pongs_ms)
        await do(deliveries.everything_was_exact)

    return story


WHOLE = acted()


def test_a_service_that_notices_says_so_and_heals_is_met(linked, met, testbed):
    threads = set(threading.enumerate())
    done = met(lambda: linked(Notices, WHOLE))
    (figure,) = testbed.scenario.figures
    assert figure[0].startswith("when the link to the broker went silent, ")
    said = figure[1].split(", ")
    assert [word.split(" after")[0] for word in said] == [
        "degraded",
        "recovered",
        "the first new tick",
    ]
    assert any("from the link's last byte to degraded" in check.what for check in done)
    assert any("from the link's return to the first new tick" in check.what for check in done)
    assert not [t for t in set(threading.enumerate()) - threads if "relay" in t.name]


@pytest.mark.parametrize(
    ("service", "story", "sentence"),
    [
        (
            Heals,
            acted(SILENT_MS, BOUND_MS),
            r"to degraded at Alice: measured nothing in \d+ ms \(no word of it: .*1200 ms",
        ),
        (NeverSpeaks, acted(SILENT_MS, BOUND_MS), "last byte to degraded at Alice: .*no word"),
        (SpeaksToOne, acted(SILENT_MS, BOUND_MS), "last byte to degraded at Bob: .*no word of it"),
        (
            NoticesLate,
            acted(noticed_ms=BOUND_MS),
            r"last byte to degraded at \w+, the last of 2: measured \S+ ms, allowed at most 1200",
        ),
        (NeverSaysRecovered, WHOLE, "degraded for good"),
        (
            SaysRecoveredLate,
            WHOLE,
            r"a new tick before recovered: degraded after \d+ ms, the first",
        ),
        (RepeatsItself, WHOLE, "received ticks more than once"),
        (
            GivesUp,
            acted(back_ms=1000),
            "link's return to the first new tick of NIFTY at Alice: .*1000 ms",
        ),
        (ClosesItsClients, WHOLE, "closed with 1012"),
        (
            StopsAnswering,
            acted(pongs_ms=SOON_MS),
            r"'s ping message.*(nothing in \d+ ms|measured \d+).*400 ms",
        ),
        (ForgetsNewcomers, acted(back_ms=1000), "first new tick of BANKNIFTY at Alice"),
    ],
)
def test_what_a_service_does_wrong_has_a_sentence_of_its_own(
    linked, refuted, service, story, sentence
):
    refuted(lambda: linked(service, story), sentence)


# --- what cannot be seen --------------------------------------------------------------------------


def test_a_service_that_takes_another_address_is_not_verified(unshown, testbed):
    class Elsewhere(Notices):
        def __init__(self, _):
            super().__init__(testbed.broker.url)

    said = unshown(Elsewhere, WHOLE, NotVerified)
    assert "the service did not reach its broker through the relay" in said


def test_a_service_that_has_another_link_is_not_verified(unshown, testbed):
    class Twofold(Notices):
        async def hand_out(self, text):
            pass

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

    said = unshown(Twofold, acted(SILENT_MS), NotVerified)
    assert "published while the link to the broker was silent: the service has another link" in said


def test_a_silent_link_without_ticks_to_lose_is_not_verified(unshown):
    said = unshown(Notices, acted(500, flowing=False), NotVerified)
    assert "the silent link had nothing to lose" in said


def test_a_silence_that_is_shorter_than_the_bound_proves_nothing(unshown):
    said = unshown(Heals, acted(300, 10_000), Broken)
    assert "the link was silent for " in said
    assert "ms only, and Alice was not told" in said
    assert "longer than the 10 s that are allowed" in said


def test_without_a_relay_nothing_is_silenced_and_nothing_said(scenario):
    async def silence(do):
        await do(silent_link.silence_link, "Alice", BANKNIFTY, 1000)

    async def judge(do):
        await do(silent_link.receive_degraded, 1000)

    with pytest.raises(Broken, match="linked to the broker through a relay"):
        scenario(Heals, silence)
    with pytest.raises(Broken, match="there has been no outage"):
        scenario(Heals, judge)


def test_another_outage_has_no_last_byte(scenario):
    async def story(do):
        await do(publishing.open_market, 20)
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(liveness.keep_pinging)
        await do(outage.cut_feed, "Alice", outage.Change(BANKNIFTY))
        await do(silent_link.receive_degraded, 1000)

    with pytest.raises(Broken, match="no link to the broker has gone silent"):
        scenario(Heals, story)


@pytest.mark.parametrize(
    ("kind", "lost", "asked", "is_shown"),
    [
        ("redis", 0, 100, False),
        ("redis", 100, 0, True),
        ("kafka", 0, 100, True),
        ("redis-streams", 0, 100, True),
        ("kafka", 0, 0, False),
    ],
)
def test_where_ticks_are_answers_a_question_that_is_lost_costs_them_too(
    kind, lost, asked, is_shown
):
    feed, connections = Feed(kind=kind, broker="embedded"), SimpleNamespace(all=[])
    testbed = SimpleNamespace(
        target=SimpleNamespace(feed=feed), scenario=SimpleNamespace(connections=connections)
    )
    relay = SimpleNamespace(swallowed_bytes=lost, swallowed_question_bytes=asked)
    with nullcontext() if is_shown else pytest.raises(NotVerified, match="nothing to lose"):
        silent_link._require_silence(testbed, relay, 1, 2)  # type: ignore[arg-type]
