"""The exchange that the suite plays: who connects, what it answers, and who gets which tick."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from qaws.feed import Feed
from qaws.feed.readiness import Readiness
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from qaws.runtime.ports import free_port
from qaws.sut.broker import Broker, broker_of
from qaws.sut.feed_section import Feed as Section
from qaws.verdict import Broken, NotVerified
from tests.waiting import HANG_S, soon

NIFTY = selection_of("NIFTY")
LOGIN = {"when": {"op": "login"}, "say": {"ev": "login", "id": "{id}", "of": "{who.name}"}}
SUBSCRIBE = {"when": {"op": "sub"}, "say": {"ev": "sub"}, "listens": True}


def opened(folder, broker="embedded", **more) -> Broker:
    """Start an exchange."""
    folder.mkdir(exist_ok=True)
    section = Section(kind="websocket", broker=broker, **more)
    target = SimpleNamespace(feed=section, broker_address=section.broker)
    return broker_of(target, folder)  # type: ignore[arg-type]


@pytest.fixture
def play(loop, tmp_path):
    """Run `story(feed, option)` on the loop thread, with an exchange of its own."""

    def playing(story, **more):
        broker = opened(tmp_path, **more)

        async def whole():
            section = Section(kind="websocket", broker="embedded", **more)
            feed = Feed(broker, section, QaWs())
            try:
                return await story(feed, partial(feed.market.option_tick, 256265))
            finally:
                await feed.close()

        try:
            return loop.call(whole(), timeout_s=2 * HANG_S)
        finally:
            broker.stop()

    return playing


@asynccontextmanager
async def gateway(feed, path=""):
    """Connect as a service does; yield its connection, and the texts that grow."""
    before = (await feed.listened_to()).count
    async with connect(f"{feed.broker.url}{path}", max_size=None) as line:
        heard = []

        async def read():
            async for text in line:
                heard.append(text)

        task = asyncio.create_task(read())
        if not feed.broker.server.waits_for_words:
            await feed.readiness.await_more_than(before, 30)
        yield line, heard
        task.cancel()


def test_every_connection_gets_every_tick_in_order_as_it_is_in_the_ledger(play):
    async def story(feed, option):
        async with gateway(feed) as (_, one), gateway(feed, "/v2?worker=2") as (_, two):
            await feed.publish(option())
            await feed.publish_together([option] * 3)
            await feed.publish_across([option] * 6, 4, lambda: None)
            await feed.publish_side_by_side([[NIFTY.sample()] * 5], 2)
            await feed.publish(feed.market.underlying_bar("NIFTY"))
            ticks = feed.ledger.ticks
            await soon(lambda: len(one) == len(two) == len(ticks), f"{len(one)}, {len(two)}")
            return ticks, one, two

    ticks, one, two = play(story)
    assert len(ticks) == 16
    assert one == two == [tick.text for tick in ticks]
    assert {tick.heard_by for tick in ticks} == {2}
    assert all(tick.due_ns <= tick.sent_ns < tick.taken_ns for tick in ticks)


def test_who_has_not_subscribed_gets_no_tick_and_that_is_told(play):
    async def story(feed, option):
        early = await feed.publish(option())
        assert (await feed.listened_to()).more == ""
        async with gateway(feed) as (line, heard):
            await soon(lambda: heard == ['{"ev": "hello"}'])
            silent = await feed.listened_to()
            await line.send('{"op": "login", "id": 7, "who": {"name": "desk"}, "api_key": "x"}')
            await soon(lambda: len(heard) == 2)
            mute = await feed.listened_to()
            lost = await feed.publish(option())
            await line.send('{"op": "sub"}')
            await soon(lambda: len(heard) == 3)
            got = await feed.publish(option())
            await soon(lambda: len(heard) == 4)
            return [early, lost, got], silent, mute, await feed.listened_to(), heard

    ticks, silent, mute, at_last, heard = play(
        story, greeting={"ev": "hello"}, answers=[LOGIN, SUBSCRIBE]
    )
    assert json.loads(heard[1]) == {"ev": "login", "id": 7, "of": "desk"}
    assert heard[2:] == ['{"ev": "sub"}', ticks[-1].text]
    assert [tick.heard_by for tick in ticks] == [0, 0, 1]
    assert silent.more.endswith("the last one said nothing")
    assert "1 connected and did not say what listens = true of [[feed.answers]]" in mute.more
    assert '"op": "login"' in mute.more
    assert '"api_key": "…"' in mute.more
    assert not mute.covers("ticker:options")
    assert (at_last.covers("ticker:options"), at_last.count, at_last.more) == (True, 1, "")


def test_who_came_and_left_without_subscribing_is_told_until_somebody_listens(play):
    async def story(feed, option):
        async with gateway(feed) as (line, _):
            await line.send('{"op": "hello"}')
            await asyncio.wait_for(await line.ping(), HANG_S)
        for _ in range(100):
            left = await feed.listened_to()
            if left.more and not await feed.subscribers():
                break
        async with gateway(feed) as (line, heard):
            await line.send('{"op": "sub"}')
            await soon(lambda: heard)
            return left, await feed.listened_to()

    left, at_last = play(story, answers=[SUBSCRIBE])
    assert left.more.startswith("1 connected and did not say")
    assert left.more.endswith('the last one said {"op": "hello"}')
    assert at_last.more == ""


def test_a_secret_is_shown_only_where_the_target_file_has_it(play):
    async def story(feed, option):
        async with gateway(feed) as (line, heard):
            await line.send('{"op": "login", "api_key": "s3", "sign": "desk"}')
            await soon(lambda: heard)
        return feed.broker.log.read_text()

    when = {"op": "login", "api_key": {"pattern": "."}, "sign": "desk"}
    log = play(story, answers=[{"when": when, "say": "in"}])
    assert 'said {"op": "login", "api_key": "…", "sign": "desk"}, and was told' in log


def test_what_is_not_answered_is_logged_without_secrets(play):
    async def story(feed, option):
        async with gateway(feed) as (line, heard):
            for text in (
                '{"op": "login", "id": 1}',
                '{"op": "x", "secret": "s3"}',
                "no JSON",
                b"\1",
            ):
                await line.send(text)
            await line.send('{"op": "login", "id": 2, "who": {"name": "desk"}}')
            await soon(lambda: heard)
        return feed.broker.log.read_text(), heard

    log, heard = play(story, answers=[LOGIN])
    assert [json.loads(text)["id"] for text in heard] == [2]
    assert 'said {"op": "login", "id": 1}, which is not answered: the message has no \'who\'' in log
    assert 'said {"op": "x", "secret": "…"}, which is not answered' in log
    assert "said 7 that are no JSON, which is not answered" in log
    assert "s3" not in log


def test_the_exchange_cuts_all_lines_and_lets_them_come_again(play):
    async def story(feed, option):
        async with gateway(feed) as (line, heard):
            before = await feed.subscribers()
            ticks = await feed.publish_together([option] * 2, ["CLIENT", "KILL"])
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(line.ping(), HANG_S)
            await line.wait_closed()
            after = await feed.subscribers()
            assert heard == []
        async with gateway(feed) as (_, heard):
            await feed.publish(option())
            await soon(lambda: heard)
            return ticks, before, after, await feed.subscribers()

    ticks, before, after, again = play(story)
    assert (len(before), after, len(again)) == (1, set(), 1)
    assert not before & again
    assert [tick.heard_by for tick in ticks] == [0, 0]


def test_the_exchange_goes_and_comes_back_at_the_same_address(play):
    async def story(feed, option):
        async with gateway(feed) as (line, _):
            await feed.publish(option())
            await asyncio.to_thread(feed.broker.take_down)
            await feed.hang_up()
            await line.wait_closed()
            with pytest.raises(ConnectionRefusedError):
                await connect(feed.broker.url)
            doubted = await feed.publish(option())
        await asyncio.to_thread(feed.broker.bring_up)
        async with gateway(feed) as (_, heard):
            tick = await feed.publish(option())
            await soon(lambda: heard == [tick.text])
        return doubted, tick

    doubted, tick = play(story)
    assert doubted.in_doubt
    assert not tick.in_doubt
    assert tick.heard_by == 1


def test_a_ping_is_answered_behind_all_that_was_published(play):
    async def story(feed, option):
        async with gateway(feed) as (line, heard):
            for _ in range(50):
                await feed.publish(option())
            await asyncio.wait_for(await line.ping(), HANG_S)
            return len(heard)

    assert play(story) == 50


def test_channels_that_are_paths_are_for_who_connected_there(play):
    async def story(feed, option):
        async with gateway(feed, "/options") as (_, options), gateway(feed, "/bars") as (_, bars):
            one = await feed.publish(option())
            two = await feed.publish(feed.market.underlying_bar("NIFTY"))
            await soon(lambda: options == [one.text] and bars == [two.text])
            told = await feed.listened_to()
            return told, one, two

    told, one, two = play(story, options_channel="/options", underlying_channel="/bars")
    assert (one.heard_by, two.heard_by) == (1, 1)
    assert told.covers("/options")
    assert not told.covers("/elsewhere")


def test_a_service_that_connects_late_is_waited_for_and_one_that_never_does_only_once(play):
    async def story(feed, option):
        readiness = Readiness(feed._outlet)
        before = await readiness.listeners()
        waiting = asyncio.create_task(readiness.await_more_than(before, 30))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        async with gateway(feed):
            await asyncio.wait_for(waiting, HANG_S)
            more = await readiness.listeners()
        begun = time.monotonic()
        await readiness.await_more_than(more + 1, 0.1)
        await readiness.await_more_than(more + 1, 1000)
        return before, more, time.monotonic() - begun

    before, more, took_s = play(story)
    assert more == before + 1
    assert took_s < HANG_S


def test_what_is_no_text_is_not_verified_and_the_next_tick_comes(play):
    async def story(feed, option):
        async with gateway(feed) as (_, heard):
            with pytest.raises(NotVerified, match="text frames, which hold UTF-8 only"):
                await feed.publish_raw("option_tick", b"\xff")
            with pytest.raises(NotVerified, match="has no buffer for a listener"):
                await feed.configure("client-output-buffer-limit", "pubsub 1 0 0")
            await feed.publish_raw("option_tick", "é".encode())
            await soon(lambda: heard == ["é"])

    play(story)


def test_only_the_suite_can_publish(play):
    async def story(feed, option):
        async with gateway(feed) as (line, heard), gateway(feed, "/" + "0" * 24) as (other, more):
            for each in (line, other):
                await each.send('["publish", true, [["ticker:options", "made up"]]]')
                await asyncio.wait_for(await each.ping(), HANG_S)
            return heard, more

    assert play(story) == ([], [])


def test_an_exchange_that_is_gone_is_said(play):
    async def story(feed, option):
        await feed.publish(option())
        feed.broker._process.stop()
        with pytest.raises(Broken, match="the embedded broker ended with exit code"):
            await feed.publish(option())

    play(story)


def test_an_address_that_the_service_knows_is_used_and_one_that_is_taken_is_said(tmp_path):
    url = f"ws://127.0.0.1:{free_port()}/v2"
    broker = opened(tmp_path, url)
    try:
        assert (broker.url, broker.is_own) == (url, True)
        with pytest.raises(Broken, match=r"did not start: .*address already in use") as caught:
            opened(tmp_path / "other", url)
        assert "\n" not in str(caught.value)
    finally:
        broker.stop()


def test_another_server_is_not_taken_for_the_own(tmp_path):
    one, two = opened(tmp_path / "one"), opened(tmp_path / "two")
    try:
        assert one.server.problem(one.url, None, 1.0) is None
        assert one.server.problem(two.url, None, 1.0) is not None
    finally:
        one.stop()
        two.stop()
