"""Who else publishes on a broker that is not the suite's own is heard, and never the suite."""

import asyncio
from functools import partial

import pytest
import redis

from qaws.feed import Feed, other_publishers
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from qaws.sut.broker import Broker
from qaws.sut.feed_section import Feed as Section
from qaws.verdict import Broken
from tests.waiting import HANG_S

NIFTY = selection_of("NIFTY")


@pytest.fixture
def play(loop, broker):
    """Run `story(feed)` on the loop thread, on a broker that others know too."""

    def playing(story, on=None):
        async def whole():
            feed = Feed(on or Broker(broker.url), Section(broker="embedded"), QaWs())
            try:
                await feed.begin(alone=True)
                return await story(feed)
            finally:
                await feed.close()

        return loop.call(whole(), timeout_s=2 * HANG_S)

    return playing


@pytest.fixture
def somebody(broker):
    with redis.Redis.from_url(broker.url) as client:
        yield client


async def publish_everything(feed):
    """Publish in every way that the suite has; return the ticks of which it is known who heard."""
    option = partial(feed.market.option_tick, 256265)
    ticks = [await feed.publish(option())]
    ticks += await feed.publish_together([option] * 3)
    ticks += await feed.publish_across([option] * 4, 2, lambda: None)
    await feed.publish_side_by_side([[NIFTY.sample()] * 3], 2)
    await feed.publish_raw("option_tick", b"\xff no tick")
    return ticks


def test_what_the_suite_publishes_is_its_own_and_its_listener_does_not_count(play):
    async def story(feed):
        ticks = await publish_everything(feed)
        return (
            {tick.heard_by for tick in ticks},
            await feed.subscribers(),
            await feed.others.heard(),
        )

    assert play(story) == ({0}, set(), "")


@pytest.mark.parametrize("channel", ["ticker:options", "ticker:underlying"])
def test_what_somebody_else_publishes_is_named_with_channel_and_first_bytes(
    play, somebody, broker, channel
):
    async def story(feed):
        await publish_everything(feed)
        somebody.publish(channel, '{"symbol": "NIFTY", "seq": 1, "whose": "' + "x" * 100 + '"}')
        return await feed.others.heard()

    said = play(story)
    assert said.startswith(f"somebody else publishes at {broker.url}, on the channel {channel}: ")
    assert '"symbol": "NIFTY", "seq": 1' in said
    assert "x" * 50 not in said
    assert "…" in said
    assert "[feed]" in said


def test_each_scenario_begins_anew_and_what_clients_tried_to_publish_is_the_suites_doing(
    play, somebody
):
    async def story(feed):
        somebody.publish("ticker:options", "a colleague's")
        first = await feed.others.heard()
        await feed.begin(alone=True)
        feed.others.own_words.add("1000000000")
        somebody.publish("ticker:options", '{"seq": 1000000000}')
        return first, await feed.others.heard()

    first, second = play(story)
    assert "a colleague's" in first
    assert second == ""


def test_a_listener_that_was_cut_off_hears_nothing_and_the_next_scenario_listens_again(
    play, somebody
):
    async def story(feed):
        somebody.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        during = await feed.others.heard()
        await feed.begin(alone=True)
        somebody.publish("ticker:options", "a colleague's")
        return during, await feed.others.heard()

    during, after = play(story)
    assert during == ""
    assert "a colleague's" in after


def test_on_a_broker_of_its_own_and_under_load_nobody_listens(play, somebody, broker):
    async def own(feed):
        return feed.others.is_listening

    async def loaded(feed):
        await feed.begin(alone=False)
        return feed.others.is_listening

    assert play(own, on=broker) is False
    assert play(loaded) is False


@pytest.fixture
def of_fewer_rights(broker):
    """Return what gives the broker as a user sees it who may do no more than some rules allow."""
    with redis.Redis.from_url(broker.url) as client:

        def seen(rights):
            client.acl_setuser("team", enabled=True, reset=True, passwords="+x", **rights)
            return Broker(broker.url.replace("redis://", "redis://team:x@"))

        yield seen
        client.acl_deluser("team")


def test_who_may_only_publish_is_known_to_be_deaf(play, of_fewer_rights):
    async def story(feed):
        await publish_everything(feed)
        return feed.others.is_listening, feed.others.deafness

    rights = {"categories": ["+@all"], "commands": ["-subscribe"], "channels": ["*"]}
    on = of_fewer_rights(rights)
    is_listening, deafness = play(story, on=on)
    assert not is_listening
    assert deafness.startswith(f"{on.shown_url} does not let the suite listen (")
    assert "NOPERM" in deafness or "no permissions" in deafness
    assert "allow it to read ticker:options, ticker:underlying, and on Redis" in deafness


def test_who_may_not_hear_the_suites_own_channel_is_deaf_too(play, of_fewer_rights):
    async def story(feed):
        await publish_everything(feed)
        return feed.others.deafness

    rights = {"categories": ["+@all"], "channels": ["ticker:*"]}
    assert "does not let the suite listen (" in play(story, on=of_fewer_rights(rights))


def test_who_listens_or_need_not_is_not_deaf(play, broker):
    async def story(feed):
        told = [feed.others.deafness]
        await feed.begin(alone=False)
        return [*told, feed.others.deafness]

    assert play(story) == ["", ""]
    assert play(story, on=broker) == ["", ""]


def test_a_broker_that_takes_too_long_is_named(play, monkeypatch, loop, broker):
    async def story(feed):
        async def sleeps(*_):
            await asyncio.sleep(HANG_S)

        await feed.others.leave()
        monkeypatch.setattr(other_publishers, "BEGIN_S", 0.05)
        monkeypatch.setattr(feed.others._listener, "begin", sleeps)
        with pytest.raises(Broken, match=r"redis://\S+ has not let the suite listen within 0.05 s"):
            await feed.begin(alone=True)

    play(story)
