"""The feed: what is published is stamped, on time, on the record, and ends when it is told to."""

import asyncio
import itertools
import json
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis

from qaws.feed import Feed
from qaws.measure.clock import now_us
from qaws.measure.recent_rate import RECENT_S
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import INSTRUMENTS, SPOT, selection_of, trading
from qaws.sut.broker import open_broker
from qaws.sut.feed_section import Feed as Section
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, Inconclusive, NotVerified
from tests.waiting import HANG_S, soon

NIFTY = selection_of("NIFTY")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def play(loop, broker):
    """Run `story(feed)` on the loop thread; return what it returns."""

    def playing(story, on=broker, timeout_s=2 * HANG_S):
        async def whole():
            feed = Feed(on, Section(broker="embedded"), QaWs())
            try:
                return await story(feed)
            finally:
                await feed.close()

        return loop.call(whole(), timeout_s=timeout_s)

    return playing


@pytest.fixture
def listener(broker):
    """Listen to the feed; the fixture gives a function that takes the next so many messages."""
    with redis.Redis.from_url(broker.url) as client, client.pubsub() as feed:
        feed.psubscribe("ticker:*")
        feed.get_message(timeout=HANG_S)

        def take(count):
            messages = [feed.get_message(timeout=HANG_S) for _ in range(count)]
            return [(m["channel"].decode(), m["data"].decode()) for m in messages]

        yield take


def test_a_tick_is_stamped_and_is_on_the_wire_as_it_is_in_the_ledger(play, listener):
    async def story(feed):
        before = now_us()
        tick = await feed.publish(feed.market.option_tick(256265))
        bar = await feed.publish(feed.market.underlying_bar("NIFTY"))
        return before, tick, bar, feed.ledger

    before, tick, bar, ledger = play(story)
    wire = listener(2)
    assert wire == [("ticker:options", tick.text), ("ticker:underlying", bar.text)]
    sent = json.loads(tick.text)
    assert (sent["seq"], json.loads(bar.text)["seq"]) == (1, 2)
    assert before <= sent["due_us"] <= now_us()
    assert tick.due_ns <= tick.sent_ns
    assert (tick.heard_by, bar.heard_by) == (1, 1)
    assert ledger.ticks == [tick, bar]
    assert ledger.find(("NIFTY", 1)) is tick
    assert (str(tick), str(bar)) == (
        "NIFTY option tick #1 of instrument 256265",
        "NIFTY underlying bar #2",
    )


def test_a_tick_that_nobody_hears_says_so(play):
    async def story(feed):
        return await feed.publish(feed.market.option_tick(256265))

    assert play(story).heard_by == 0


def test_a_schedule_is_kept_and_a_late_tick_keeps_its_due_time(play):
    """Latency counts from the due time: a stall of the publisher must not shorten it."""

    async def story(feed):
        def slow():
            time.sleep(0.1)
            return feed.market.option_tick(256265)

        quick = partial(feed.market.option_tick, 256265)
        return await feed.publish_at([quick, slow, quick, quick], per_second=100)

    ticks = play(story)
    first = ticks[0].due_ns
    assert [tick.due_ns - first for tick in ticks] == [0, 10_000_000, 20_000_000, 30_000_000]
    assert ticks[2].sent_ns - ticks[2].due_ns > 60_000_000
    due_us = [json.loads(tick.text)["due_us"] for tick in ticks]
    assert [at - due_us[0] for at in due_us] == pytest.approx([0, 10_000, 20_000, 30_000], abs=500)
    assert all(tick.sent_ns >= tick.due_ns for tick in ticks)


def test_a_flow_goes_on_and_ends_for_certain(play, listener):
    async def story(feed):
        feed.start_flow(NIFTY, 0.02)
        await soon(lambda: len(feed.ledger.ticks) >= 4)
        await feed.stop_flows()
        count = len(feed.ledger.ticks)
        await asyncio.sleep(0.1)
        assert len(feed.ledger.ticks) == count
        return feed.ledger.ticks

    ticks = play(story)
    assert len(ticks) >= 4
    due_us = [json.loads(tick.text)["due_us"] for tick in ticks]
    assert all(b - a >= 19_000 for a, b in itertools.pairwise(due_us)), "50 a second at most"
    assert {tick.role for tick in ticks} == {"flow"}
    assert [text for _, text in listener(len(ticks))] == [tick.text for tick in ticks]


def test_a_flow_and_a_step_that_publish_at_once_keep_the_order_of_the_numbers(play, listener):
    async def story(feed):
        feed.start_flow(NIFTY, 0.001)
        for _ in range(100):
            await feed.publish(feed.market.option_tick(256265))
        await feed.stop_flows()
        return feed.ledger.ticks

    ticks = play(story)
    assert len(ticks) > 100
    numbers = [json.loads(text)["seq"] for _, text in listener(len(ticks))]
    assert numbers == sorted(numbers)


def test_an_open_market_gives_each_symbol_its_turn_and_all_that_it_has():
    samples = list(itertools.islice(trading(), 18))
    assert [symbol for _, symbol, _ in samples[:3]] == list(SPOT)
    assert [symbol for _, symbol, _ in samples[3:6]] == list(SPOT)
    listed = {number for number, symbol in INSTRUMENTS.items() if symbol in SPOT}
    assert {instrument for _, _, instrument in samples} == {*listed, None}
    assert {symbol for kind, symbol, _ in samples if kind == "underlying_bar"} == {*SPOT}


def test_a_flow_that_is_stopped_in_the_middle_of_a_publish_ends_all_the_same(play):
    """Cancelling did not: redis-py on Python 3.11 can swallow it, and a run hung for ever."""

    async def story(feed):
        for round_ in range(150):
            feed.start_flow(NIFTY, 0.001)
            await asyncio.sleep(0.001 * (round_ % 7) + 0.0003 * (round_ % 11))
            await asyncio.wait_for(feed.stop_flows(), HANG_S)
        assert all(task is asyncio.current_task() or "flow" not in repr(task) for task in _tasks())

    play(story)


def _tasks():
    return asyncio.all_tasks()


def test_a_flow_that_had_ended_by_itself_is_broken_at_the_latest_when_it_is_stopped(loop, tmp_path):
    broker = open_broker("embedded", tmp_path)

    async def story():
        feed = Feed(broker, Section(broker="embedded"), QaWs())
        feed.start_flow(NIFTY, 0.02)
        await soon(lambda: feed.ledger.ticks)
        await asyncio.to_thread(broker.stop)
        await soon(lambda: all(flow.task.done() for flow in feed.flows._flows))
        with pytest.raises(Broken) as caught:
            await feed.stop_flows()
        await feed.close()
        return str(caught.value)

    said = loop.call(story(), timeout_s=2 * HANG_S)
    assert "broker ended with exit code" in said or "cannot publish there" in said
    assert "\n" not in said


def test_a_flow_that_has_died_is_told_when_something_rests_on_it(loop, tmp_path):
    """It has begun and was not stopped, so that it is flowing still, by all accounts."""
    broker = open_broker("embedded", tmp_path)

    async def story():
        feed = Feed(broker, Section(broker="embedded"), QaWs())
        feed.start_flow(NIFTY, 0.02)
        await soon(lambda: feed.ledger.ticks)
        feed.require_flows()
        await asyncio.to_thread(broker.stop)
        await soon(lambda: all(flow.task.done() for flow in feed.flows._flows))
        assert feed.is_flowing
        with pytest.raises(Broken, match=r"broker ended with exit code|cannot publish there"):
            feed.require_flows()
        with pytest.raises(Broken):
            await feed.close()

    loop.call(story(), timeout_s=2 * HANG_S)


def test_a_flow_that_is_held_up_is_told_when_something_rests_on_it(play):
    async def story(feed):
        feed.start_flow(NIFTY, 0.02)
        await soon(lambda: feed.ledger.ticks)
        async with feed._turn:  # as a broker that does not answer
            await asyncio.sleep(1.5 * RECENT_S)
            count = len(feed.ledger.ticks)
            with pytest.raises(
                Inconclusive, match=r"flow every 20 ms, but there were \d of \d\d in"
            ):
                feed.require_flows()
        await soon(lambda: len(feed.ledger.ticks) > count + RECENT_S / 0.02)
        feed.require_flows()  # it has made up for all of it

    play(story)


def test_a_publish_to_a_broker_that_is_gone_is_broken_in_one_line(loop, tmp_path):
    broker = open_broker("embedded", tmp_path)

    async def story():
        feed = Feed(broker, Section(broker="embedded"), QaWs())
        await feed.publish(feed.market.option_tick(256265))
        await asyncio.to_thread(broker.stop)
        start = time.monotonic()
        with pytest.raises(Broken) as caught:
            await feed.publish(feed.market.option_tick(256265))
        assert time.monotonic() - start < HANG_S
        await feed.close()
        return str(caught.value)

    said = loop.call(story(), timeout_s=2 * HANG_S)
    assert "broker ended with exit code" in said or "cannot publish there" in said
    assert "\n" not in said


def test_a_fence_is_a_tick_that_the_selection_takes_and_is_told_from_the_others(play):
    async def story(feed):
        return [
            await feed.publish_fence(selection_of(words))
            for words in ("NIFTY", "instrument 260105", "the NIFTY underlying")
        ]

    for fence, words in zip(
        play(story), ("NIFTY", "instrument 260105", "the NIFTY underlying"), strict=True
    ):
        assert fence.role == "fence"
        assert selection_of(words).takes(fence.kind, fence.symbol, fence.instrument)


@pytest.mark.parametrize(
    ("kind", "lanes"),
    [
        ("redis", [("option_tick", "")]),
        (
            "redis-streams",
            [("option_tick", "ticker:options "), ("underlying_bar", "ticker:underlying ")],
        ),
    ],
)
def test_where_channels_keep_no_common_order_the_end_is_marked_in_each(loop, broker, kind, lanes):
    async def story():
        feed = Feed(broker, Section(kind=kind, broker="embedded"), QaWs())
        marks = await feed.publish_fences(selection_of("NIFTY"))
        await feed.close()
        assert {mark.role for mark in marks} == {"fence"}
        return [(mark.kind, mark.lane) for mark in marks]

    assert loop.call(story(), timeout_s=HANG_S) == lanes


def test_ticks_in_one_breath_come_together(play, listener):
    async def story(feed):
        make = [partial(feed.market.option_tick, 256265)] * 5
        return await feed.publish_together(make), feed.ledger

    ticks, ledger = play(story)
    assert [text for _, text in listener(5)] == [tick.text for tick in ticks]
    assert ledger.ticks == ticks
    assert {tick.heard_by for tick in ticks} == {1}
    assert all(tick.sent_ns < tick.taken_ns for tick in ticks)


def test_ticks_are_published_across_an_event_that_stands_between_answer_and_publish(play, listener):
    async def story(feed):
        seen = []
        make = [partial(feed.market.option_tick, 256265)] * 6
        note = lambda: seen.append(time.monotonic_ns())  # noqa: E731

        @contextmanager
        def held():
            note()
            yield
            note()

        ticks = await feed.publish_across(make, 4, note, first=note, held=held())
        return ticks, seen, feed.ledger

    ticks, (first_ns, held_ns, at_ns, released_ns), ledger = play(story)
    assert [text for _, text in listener(6)] == [tick.text for tick in ticks]
    assert ledger.ticks == ticks
    assert {tick.heard_by for tick in ticks} == {1}
    first, second, behind = ticks[:2], ticks[2:4], ticks[4:]
    assert first_ns < first[0].sent_ns < first[0].taken_ns < held_ns
    assert held_ns < second[0].sent_ns < second[0].taken_ns < at_ns < released_ns
    assert [len({tick.taken_ns for tick in each}) for each in (first, second)] == [1, 1]
    assert released_ns < behind[0].sent_ns
    assert behind[0].taken_ns < behind[1].sent_ns


def test_a_command_comes_before_the_ticks_and_cuts_the_listeners_off(play, broker):
    with redis.Redis.from_url(broker.url) as client, client.pubsub() as listening:
        listening.psubscribe("ticker:*")
        listening.get_message(timeout=HANG_S)

        async def story(feed):
            before = await feed.subscribers()
            make = [partial(feed.market.option_tick, 256265)]
            ticks = await feed.publish_together(make, ["CLIENT", "KILL", "TYPE", "pubsub"])
            return before, ticks, await feed.subscribers()

        before, (tick,), after = play(story)
        assert len(before) == 1
        assert not before & after
        assert tick.heard_by == 0


def test_a_command_that_the_broker_does_not_know_is_said(play):
    async def story(feed):
        with pytest.raises(Broken, match="cannot publish there"):
            await feed.publish_together([partial(feed.market.option_tick, 256265)], ["NONSENSE"])
        with pytest.raises(Broken, match="CONFIG SET nonsense"):
            await feed.configure("nonsense", "1")

    play(story)


def test_while_the_broker_is_away_on_purpose_ticks_are_in_doubt_and_flows_wait(loop, tmp_path):
    broker = open_broker("embedded", tmp_path)

    async def story():
        feed = Feed(broker, Section(broker="embedded"), QaWs())
        feed.start_flow(NIFTY, 0.02)
        await soon(lambda: feed.ledger.ticks)
        await asyncio.to_thread(broker.take_down)
        await feed.hang_up()
        tick = await feed.publish(feed.market.option_tick(256265))
        assert tick.in_doubt
        before = len(feed.ledger.ticks)
        await asyncio.sleep(0.1)
        assert len(feed.ledger.ticks) == before
        await asyncio.sleep(RECENT_S)
        feed.require_flows()
        await asyncio.to_thread(broker.bring_up)
        feed.require_flows()
        tick = await feed.publish(feed.market.option_tick(256265))
        assert not tick.in_doubt
        assert tick.taken_ns
        await soon(lambda: len(feed.ledger.ticks) > before + 1)
        await feed.stop_flows()
        await feed.close()

    loop.call(story(), timeout_s=2 * HANG_S)
    broker.stop()


def test_ticks_that_the_target_does_not_have_cannot_flow(broker):
    target = read_target(ROOT / "tests/services/dialects/tokens.toml", {}, {})
    feed = Feed(broker, Section(broker="embedded"), dialect_of(target))
    with pytest.raises(NotVerified, match="have no tick of the NIFTY underlying, so none can flow"):
        feed.start_flow(selection_of("the NIFTY underlying"), 0.02)
    assert not feed.is_flowing


def test_every_second_tick_is_not_escaped(play, listener):
    """Publishers of most languages send UTF-8 as it is; Python's would escape it."""

    async def story(feed):
        return [await feed.publish(feed.market.option_tick(225001)) for _ in range(4)]

    ticks = play(story)
    assert ["日経225" in text for _, text in listener(4)] == [False, True, False, True]
    assert {json.loads(tick.text)["symbol"] for tick in ticks} == {"日経225"}
