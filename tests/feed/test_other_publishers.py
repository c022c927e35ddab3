"""Who else publishes on a broker that is not the suite's own is heard, and never the suite."""

from functools import partial

import pytest
import redis

from qaws.feed import Feed
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from qaws.sut.broker import Broker
from qaws.sut.feed_section import Feed as Section
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
