"""Each kind of feed, with its real server: what is published comes, in order, as it is recorded."""

import asyncio
import importlib
import importlib.util
import json
import os
import shutil
import sys
import threading
import time
import uuid
from contextlib import asynccontextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from qaws.feed import Feed
from qaws.feed.outlets import outlet_of, prepare
from qaws.feed.readiness import Readiness
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import INSTRUMENTS, selection_of
from qaws.sut.broker import Broker, open_broker
from qaws.sut.brokers.no_server import NoServer
from qaws.sut.feed_section import Feed as Section
from qaws.sut.relay import Relay
from qaws.verdict import Broken, NotVerified
from tests.waiting import HANG_S, soon

NIFTY = selection_of("NIFTY")
NEEDS = {"nats": "nats", "mqtt": "paho", "zeromq": "zmq", "kafka": "confluent_kafka"}
KINDS = ("redis", "redis-streams", "nats", "mqtt", "kafka", "zeromq")
CHANNELS = ("ticker:options", "ticker:underlying")
TOPICS = ("ticker.options", "ticker.underlying")
PATH = f"{os.environ['PATH']}:/usr/sbin"


def needed(kind):
    """Skip where the library of a kind is not there."""
    if kind in NEEDS and not importlib.util.find_spec(NEEDS[kind]):
        pytest.skip(f"{NEEDS[kind]} is not there; make test brings it")
    if kind == "kafka" and not all(map(importlib.util.find_spec, ("aiokafka", "noida_db"))):
        pytest.skip("aiokafka and noida-db are not there; make test brings them")
    program = {"nats": "nats-server", "mqtt": "mosquitto"}.get(kind)
    beside = Path(sys.executable).with_name(program or "python")
    if program and not (beside.exists() or shutil.which(program, path=PATH)):
        pytest.skip(f"{program} is not there")


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """Give an embedded broker of a kind; each is started once."""
    opened = {}

    def get(kind):
        needed(kind)
        if kind not in opened:
            folder = tmp_path_factory.mktemp(kind)
            opened[kind] = open_broker("embedded", folder, kind=kind)
        return opened[kind]

    yield get
    for each in opened.values():
        each.stop()


def channels(kind):
    """Return where option ticks and bars are published."""
    return TOPICS if kind == "kafka" else CHANNELS


@asynccontextmanager
async def listening(kind, url):
    """Listen as a service would; yield the list of (channel, payload) that grows."""
    heard = []
    if kind == "redis":
        async with redis.asyncio.from_url(url) as client, client.pubsub() as feed:
            await feed.subscribe(*CHANNELS)

            async def take():
                async for message in feed.listen():
                    if message["type"] == "message":
                        heard.append((message["channel"].decode(), message["data"].decode()))

            task = asyncio.create_task(take())
            yield heard
            task.cancel()
    elif kind == "redis-streams":
        async with redis.asyncio.from_url(url) as client:
            last: dict[str, Any] = dict.fromkeys(CHANNELS, b"0-0")
            for channel in CHANNELS:
                found: Any = await client.xrevrange(channel, count=1)
                last[channel] = found[0][0] if found else b"0-0"

            over = asyncio.Event()

            async def read():  # not cancelled: the client may swallow that
                while not over.is_set():
                    await asyncio.sleep(0.01)
                    for channel, seen in last.items():
                        added: Any = await client.xrange(channel, min=b"(" + seen)
                        for number, entry in added:
                            last[channel] = number
                            heard.append((channel, entry[b"data"].decode()))

            task = asyncio.create_task(read())
            yield heard
            over.set()
            await task
    elif kind == "nats":
        import nats

        line = await nats.connect(url)
        came = asyncio.Event()

        async def hear(message):
            if message.subject == "ticker:probe":
                came.set()
            else:
                heard.append((message.subject, message.data.decode()))

        await line.subscribe("*", cb=hear)
        await line.publish("ticker:probe", b"")
        await asyncio.wait_for(came.wait(), HANG_S)
        yield heard
        await line.close()
    elif kind == "mqtt":
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        loop, subscribed = asyncio.get_running_loop(), asyncio.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda _c, _u, each: heard.append((each.topic, each.payload.decode()))
        client.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
        client.on_connect = lambda client, *_: client.subscribe(CHANNELS[0], 1)
        host, _, port = url.removeprefix("mqtt://").partition(":")
        client.connect(host, int(port))
        client.loop_start()
        await asyncio.wait_for(subscribed.wait(), HANG_S)
        yield heard
        client.disconnect()
        client.loop_stop()
    elif kind == "kafka":
        from aiokafka import AIOKafkaConsumer

        line = AIOKafkaConsumer(
            TOPICS[0],
            bootstrap_servers=url.removeprefix("kafka://"),
            group_id=f"a-service-{uuid.uuid4()}",
            auto_offset_reset="latest",
        )
        await line.start()
        for place in line.assignment():
            await line.position(place)

        async def consume():
            async for record in line:
                heard.append((record.topic, record.value.decode()))

        task = asyncio.create_task(consume())
        yield heard
        task.cancel()
        await line.stop()
    else:
        import zmq
        import zmq.asyncio

        with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as line:
            line.setsockopt(zmq.LINGER, 0)
            line.connect(url)
            line.subscribe(b"ticker:")

            async def receive():
                while True:
                    topic, payload = await line.recv_multipart()
                    heard.append((topic.decode(), payload.decode()))

            task = asyncio.create_task(receive())
            yield heard
            task.cancel()


@pytest.fixture
def play(loop, brokers):
    """Run `story(feed, heard)` on the loop thread, with somebody who listens to a kind of feed."""

    def playing(kind, story, broker=None):
        used = broker or brokers(kind)

        async def whole():
            feed = Feed(used, Section(kind=kind, broker="embedded"), QaWs())
            try:
                before = await feed.readiness.listeners()
                async with listening(kind, used.url) as heard:
                    await feed.readiness.await_more_than(before, 10)
                    return await story(feed, heard)
            finally:
                await feed.close()

        return loop.call(whole(), timeout_s=2 * HANG_S)

    return playing


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_comes_in_order_as_it_is_in_the_ledger(play, kind):
    async def story(feed, heard):
        option = partial(feed.market.option_tick, 256265)
        await feed.publish(option())
        await feed.publish_together([option] * 3)
        await feed.publish(option())
        await feed.publish_side_by_side([[NIFTY.sample()] * 5], 2)
        await feed.publish(option())
        ticks = feed.ledger.ticks
        await soon(lambda: len(heard) >= len(ticks), f"{len(heard)} of {len(ticks)}")
        return ticks, list(heard)

    ticks, heard = play(kind, story)
    assert len(ticks) == 11
    assert [text for _, text in heard] == [tick.text for tick in ticks]
    assert {channel for channel, _ in heard} == {channels(kind)[0]}
    assert {tick.heard_by for tick in ticks} == ({1} if kind in ("redis", "zeromq") else {None})
    assert all(tick.due_ns <= tick.sent_ns < tick.taken_ns for tick in ticks)


@pytest.mark.parametrize("kind", ["redis", "redis-streams", "nats", "mqtt", "kafka"])
def test_what_was_taken_before_an_event_is_with_the_broker(play, kind):
    async def story(feed, heard):
        option, at = partial(feed.market.option_tick, 256265), []
        ticks = await feed.publish_across([option] * 6, 4, lambda: at.append(time.monotonic_ns()))
        await soon(lambda: len(heard) >= 6)
        return ticks, at[0], list(heard)

    ticks, at_ns, heard = play(kind, story)
    assert [text for _, text in heard] == [tick.text for tick in ticks]
    assert all(tick.taken_ns < at_ns for tick in ticks[:4])
    assert all(tick.sent_ns > at_ns for tick in ticks[4:])


def test_over_zeromq_nothing_is_owed_at_an_instant(play):
    async def story(feed, heard):
        with pytest.raises(NotVerified, match="ZeroMQ does not tell when a tick has been passed"):
            await feed.publish_across([partial(feed.market.option_tick, 256265)], 1, print)

    play("zeromq", story)


@pytest.mark.parametrize("kind", ["redis-streams", "nats", "mqtt", "kafka", "zeromq"])
def test_what_a_kind_cannot_do_is_not_verified_with_its_reason(play, kind):
    async def story(feed, heard):
        with pytest.raises(NotVerified, match="cuts nobody off at the suite's word"):
            await feed.subscribers()
        with pytest.raises(NotVerified, match="has no buffer for a listener"):
            await feed.configure("client-output-buffer-limit", "pubsub 1 0 0")

    play(kind, story)


@pytest.mark.parametrize("kind", ["redis", "nats", "mqtt", "kafka", "zeromq"])
def test_it_is_told_who_listens_but_for_the_suite(play, kind):
    async def story(feed, heard):
        await feed.publish(feed.market.option_tick(256265))
        return await feed.listened_to()

    told = play(kind, story)
    assert told.covers(channels(kind)[0])
    assert not told.covers("elsewhere.entirely")


@pytest.mark.parametrize("kind", ["redis-streams", "nats", "mqtt", "kafka"])
def test_who_else_publishes_is_heard_and_never_the_suite(loop, brokers, kind):
    shared = Broker(brokers(kind).url, server=brokers(kind).server, is_own=False)

    async def colleague():
        other = outlet_of(shared, Section(kind=kind, broker="embedded"))
        await other.publish(channels(kind)[1], '{"a colleague": 1}')
        await other.close()

    async def whole():
        feed = Feed(shared, Section(kind=kind, broker="embedded"), QaWs())
        try:
            await feed.begin(alone=True)
            option = partial(feed.market.option_tick, 256265)
            await feed.publish_together([option] * 3)
            await feed.publish(option())
            await feed.publish_side_by_side([[NIFTY.sample()] * 3], 2)
            await feed.publish_raw("option_tick", b"\xff no tick")
            own = await feed.others.heard()
            await colleague()
            return own, await feed.others.heard()
        finally:
            await feed.close()

    own, heard = loop.call(whole(), timeout_s=2 * HANG_S)
    assert own == ""
    assert heard.startswith("somebody else publishes at ")
    assert f"on the channel {channels(kind)[1]}: '{{\"a colleague\": 1}}'" in heard


@pytest.mark.parametrize("kind", ["redis-streams", "nats", "mqtt", "kafka"])
def test_a_broker_goes_and_comes_back(loop, tmp_path, kind):
    needed(kind)
    broker = open_broker("embedded", tmp_path, kind=kind)

    async def whole():
        feed = Feed(broker, Section(kind=kind, broker="embedded"), QaWs())
        option = partial(feed.market.option_tick, 256265)
        try:
            await feed.publish(option())
            await asyncio.to_thread(broker.take_down)
            await feed.hang_up()
            doubted = await feed.publish(option())
            await asyncio.to_thread(broker.bring_up)
            return doubted, await feed.publish(option())
        finally:
            await feed.close()

    try:
        doubted, taken = loop.call(whole(), timeout_s=2 * HANG_S)
        assert doubted.in_doubt
        assert taken.taken_ns
        assert not taken.in_doubt
    finally:
        broker.stop()


@pytest.mark.parametrize("kind", ["nats", "mqtt", "kafka", "zeromq"])
def test_a_subscription_that_comes_late_is_waited_for_and_one_that_never_comes_only_once(
    loop, brokers, kind
):
    broker = brokers(kind)

    async def whole():
        outlet = outlet_of(broker, Section(kind=kind, broker="embedded"))
        readiness = Readiness(outlet)
        try:
            before = await readiness.listeners()
            waiting = asyncio.create_task(readiness.await_more_than(before, 30))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            async with listening(kind, broker.url):
                await asyncio.wait_for(waiting, HANG_S)
                more = await readiness.listeners()
            begun = time.monotonic()
            await readiness.await_more_than(more + 1, 0.1)
            await readiness.await_more_than(more + 1, 1000)
            return before, more, time.monotonic() - begun
        finally:
            await outlet.close()

    before, more, took_s = loop.call(whole(), timeout_s=4 * HANG_S)
    assert more == before + 1
    assert took_s < HANG_S


def test_an_mqtt_broker_that_has_gone_is_said_as_for_any_feed(tmp_path):
    needed("mqtt")
    from qaws.feed.outlets.mqtt import _Line

    broker = open_broker("embedded", tmp_path, kind="mqtt")
    line = _Line(broker)
    try:
        line.publish([("md", b"1")])
        broker.take_down()
        for _ in range(2):  # as it goes, and behind that
            with pytest.raises(OSError, match="has hung up"):
                line.publish([("md", b"2")] * 2)
    finally:
        line.close()
        broker.stop()
    with pytest.raises(OSError, match="refused"):
        _Line(broker)


def test_what_zeromq_cannot_hand_over_is_said_and_not_lost_in_silence(loop, tmp_path, monkeypatch):
    """A PUB socket would drop it in the middle, and the service would be blamed."""
    needed("zeromq")
    import zmq

    monkeypatch.setattr("qaws.feed.outlets.zeromq.QUEUED", 1)
    monkeypatch.setattr("qaws.feed.outlets.zeromq.ANSWER_S", 0.2)
    broker = open_broker("embedded", tmp_path, kind="zeromq")

    async def whole():
        feed = Feed(broker, Section(kind="zeromq", broker="embedded"), QaWs())
        context = zmq.Context()
        line = context.socket(zmq.SUB)
        line.setsockopt(zmq.RCVHWM, 1)
        line.connect(broker.url)
        line.subscribe(b"")
        try:
            await soon_counts(feed)
            sent = 0
            said = ""
            while not said:
                try:
                    await feed.publish_raw("option_tick", b"%08d" % sent + b"x" * 100_000)
                    sent += 1
                except Broken as problem:
                    said = str(problem)
            assert "cannot publish there: Resource temporarily" in said
            got = []
            while line.poll(500):
                got.append(int(line.recv_multipart()[1][:8]))
            return sent, got
        finally:
            context.destroy(linger=0)
            await feed.close()

    sent, got = loop.call(whole(), timeout_s=2 * HANG_S)
    assert got == list(range(sent))


def test_a_service_that_binds_gets_its_ticks_too(loop):
    needed("zeromq")
    import zmq
    import zmq.asyncio

    async def whole():
        with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as line:
            line.setsockopt(zmq.LINGER, 0)
            url = f"tcp://127.0.0.1:{line.bind_to_random_port('tcp://127.0.0.1')}"
            line.subscribe(b"ticker:")
            section = Section(broker=f"zmq+{url}", binds="service")
            feed = Feed(Broker(url, server=NoServer()), section, QaWs())
            try:
                receiving = asyncio.ensure_future(line.recv_multipart())  # else it greets nobody
                await soon_counts(feed)
                tick = await feed.publish(feed.market.option_tick(256265))
                return tick, await asyncio.wait_for(receiving, HANG_S)
            finally:
                await feed.close()

    tick, (topic, payload) = loop.call(whole(), timeout_s=2 * HANG_S)
    assert (topic, payload.decode()) == (b"ticker:options", tick.text)
    assert tick.heard_by == 1


def test_an_address_that_another_has_bound_is_said(brokers):
    taken = brokers("zeromq").url

    async def whole():
        section = Section(broker=f"zmq+{taken}")
        first = outlet_of(Broker(taken, server=NoServer()), section)
        try:
            with pytest.raises(Broken, match=r'broker zmq\+tcp:.*in use.*; or binds = "service"'):
                outlet_of(Broker(taken, server=NoServer()), section)
        finally:
            await first.close()

    asyncio.run(whole())


async def soon_counts(feed):
    """Wait until somebody listens."""
    deadline = time.monotonic() + HANG_S
    while not await feed.readiness.listeners():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("md.options", "md.options", True),
        ("md.*", "md.options", True),
        ("md.*", "md.options.x", False),
        ("md.>", "md.options.x", True),
        ("md.>", "md", False),
        (">", "md", True),
        ("*.options", "md.options", True),
        ("*.options", "md.bars", False),
    ],
)
def test_subjects_of_nats_fit_as_its_server_has_it(pattern, subject, expected):
    needed("nats")
    from qaws.feed.outlets.nats_core import fits

    assert fits(pattern, subject) is expected


def test_a_message_that_the_server_does_not_take_is_no_fault_of_the_service(play):
    async def story(feed, heard):
        with pytest.raises(NotVerified, match="takes no message of 2000000 bytes"):
            await feed.publish_raw("option_tick", b"a" * 2_000_000)
        await feed.publish(feed.market.option_tick(256265))

    play("nats", story)


def test_a_record_whose_answer_is_lost_is_in_doubt_and_is_not_sent_again(loop, brokers):
    """In the log twice, it would look like a tick that the service sent twice."""
    broker = brokers("kafka")
    from confluent_kafka import Consumer, TopicPartition

    topic, relay = f"once-{uuid.uuid4()}", Relay(broker.url)
    prepare(broker, Section(kind="kafka", broker="embedded"), [topic])

    async def whole():
        outlet = outlet_of(Broker(relay.url, server=broker.server), Section(broker=relay.url))
        try:
            await outlet.publish(topic, "1")
            for link in relay._all():
                link.down.is_silent = True
            with pytest.raises(OSError, match=r"(?i)time"):
                await outlet.publish(topic, "2")
            for link in relay._all():
                link.down.is_silent = False
            await asyncio.sleep(1)  # in which one that is sent again would be
        finally:
            await outlet.close()

    try:
        loop.call(whole(), timeout_s=2 * HANG_S)
        reader = Consumer({"bootstrap.servers": broker.told_url, "group.id": "g", "log_level": 0})
        assert reader.get_watermark_offsets(TopicPartition(topic, 0), HANG_S) == (0, 2)
        reader.close()
    finally:
        relay.stop()


def test_ticks_of_one_key_are_in_one_partition_and_keep_their_order_there(loop, brokers):
    broker = brokers("kafka")
    from confluent_kafka import Consumer, TopicPartition

    topic = f"keys-{uuid.uuid4()}"
    section = Section.model_validate(
        {
            "kind": "kafka",
            "broker": "embedded",
            "options_key": "{instrument}",
            "options_channel": topic,
            "underlying_channel": topic,
            "partitions": 3,
        }
    )
    options = [*INSTRUMENTS][:9]

    async def whole():
        feed = Feed(broker, section, QaWs())
        try:
            await feed.publish_together([partial(feed.market.option_tick, i) for i in options] * 5)
            return feed.ledger.ticks
        finally:
            await feed.close()

    ticks = loop.call(whole(), timeout_s=2 * HANG_S)
    reader = Consumer({"bootstrap.servers": broker.told_url, "group.id": "g", "log_level": 0})
    reader.assign([TopicPartition(topic, partition, 0) for partition in range(3)])
    came = [reader.poll(HANG_S) for _ in ticks]
    reader.close()
    by_key: dict[bytes, list[str]] = {}
    for record in came:
        by_key.setdefault(record.key(), []).append(record.value().decode())
    assert by_key == {
        str(i).encode(): [tick.text for tick in ticks if tick.instrument == i] for i in options
    }
    places = {(record.key(), record.partition()) for record in came}
    assert len(places) == len(options)
    assert {partition for _, partition in places} == {0, 1, 2}


@pytest.mark.parametrize(
    ("kind", "library", "module", "package"),
    [
        ("nats", "nats", "nats_core", "nats-py"),
        ("mqtt", "paho.mqtt.client", "mqtt", "paho-mqtt"),
        ("kafka", "confluent_kafka", "kafka", "confluent-kafka"),
        ("zeromq", "zmq", "zeromq", "pyzmq"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_command_that_brings_it(
    monkeypatch, kind, library, module, package
):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"qaws.feed.outlets.{module}", raising=False)
    with pytest.raises(Broken, match=rf"needs {package}: make feeds, or pip install {package}$"):
        outlet_of(Broker("x://127.0.0.1:1"), Section(kind=kind, broker="embedded"))


# --- a command of the team -----------------------------------------------------------------------


def of_command(*command):
    return Section(command=list(command), inject_allowed=True)


def test_the_teams_own_publisher_gets_one_document_a_line(loop, tmp_path):
    file = tmp_path / "lines"

    async def whole():
        feed = Feed(Broker(""), of_command("sh", "-c", f"cat >{file}"), QaWs())
        option = partial(feed.market.option_tick, 256265)
        ticks = [await feed.publish(option()), *await feed.publish_together([option] * 2)]
        with pytest.raises(NotVerified, match="takes one document a line"):
            await feed.publish_raw("option_tick", b"two\nlines")
        await feed.close()
        return ticks

    ticks = loop.call(whole(), timeout_s=HANG_S)
    lines = file.read_text().splitlines()
    assert lines == [tick.text.replace("\r\n", " ") for tick in ticks]
    assert any("\n" in tick.text for tick in ticks)
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]
    assert {tick.heard_by for tick in ticks} == {None}


def test_the_publisher_of_the_docs_posts_each_line(loop, tmp_path):
    docs = (Path(__file__).resolve().parents[2] / "docs/feeds.md").read_text("utf-8")
    program = tmp_path / "post.py"
    program.write_text(docs.partition("```python\n")[2].partition("```")[0], "utf-8")
    came = []

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listens)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    async def whole():
        url = f"http://127.0.0.1:{server.server_port}/ticks"
        feed = Feed(Broker(""), of_command("{python}", str(program), url), QaWs())
        ticks = [await feed.publish(feed.market.option_tick(256265)) for _ in range(3)]
        await soon(lambda: len(came) == 3)
        await feed.close()
        return ticks

    try:
        ticks = loop.call(whole(), timeout_s=HANG_S)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [json.loads(each) for each in came] == [json.loads(tick.text) for tick in ticks]


def test_a_publisher_that_has_ended_is_said(loop):
    async def whole():
        feed = Feed(Broker(""), of_command("sh", "-c", "exit 3"), QaWs())
        try:
            await soon(lambda: vars(feed._outlet)["_process"].poll() is not None)
            await feed.publish(feed.market.option_tick(256265))
        finally:
            await feed.close()

    with pytest.raises(Broken, match="sh -c exit 3 has ended with exit code 3"):
        loop.call(whole(), timeout_s=HANG_S)


def test_a_publisher_that_cannot_be_started_is_said():
    with pytest.raises(Broken, match=r"\[feed\] command = .*no-such.*: No such file"):
        outlet_of(Broker(""), of_command(f"no-such-{os.getpid()}"))
