"""Load over each kind of broker that takes it: every tick in order, or a line that says why."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path

import msgspec
import pytest
from websockets.sync.client import connect

from qaws.load.publisher.lines import line_of
from qaws.load.publisher.lines.line import SocketLine
from qaws.load.publisher.open_loop import Flow
from qaws.load.schedule import FlowPlan, Way
from qaws.measure import clock
from qaws.runtime.ports import free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.broker import _open_embedded, broker_of, open_broker
from qaws.sut.brokers.exchange_server import ExchangeServer
from qaws.sut.feed_section import Feed as FeedSection
from qaws.verdict import Broken
from tests.feed.test_feed_over_tls import secured, target  # noqa: F401 (a fixture)
from tests.feed.test_outlets import channels, listening, needed
from tests.waiting import HANG_S, soon

KINDS = ("redis", "redis-streams", "nats", "mqtt", "kafka")
COUNT = 3000


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """Give an embedded broker of a kind, with the topics that it needs; each is started once."""
    opened = {}

    def get(kind):
        needed(kind)
        if kind not in opened:
            folder = tmp_path_factory.mktemp(kind)
            opened[kind] = open_broker("embedded", folder, kind=kind)
            if kind == "kafka":
                from qaws.feed.outlets.kafka import create_topics

                create_topics(opened[kind], channels(kind), 3)
        return opened[kind]

    yield get
    for each in opened.values():
        each.stop()


def plan_of(broker, kind, count=COUNT, **more):
    """Return a flow of a symbol over a broker."""
    url = broker.told_url if kind == "kafka" else broker.url
    more = {"channel": channels(kind)[0], "way": Way(kind, key="NIFTY"), **more}
    return FlowPlan(url, ("NIFTY",), per_second=3000, count=count, **more)


def played(plan, stop=None):
    """Play a flow to its end, on this thread."""
    at_ns = time.monotonic_ns() + 50_000_000
    return Flow(plan).run(clock.at_us(at_ns), at_ns, stop or threading.Event())


@pytest.mark.parametrize("kind", KINDS)
def test_every_tick_comes_once_and_in_order(loop, brokers, kind):
    broker = brokers(kind)

    async def story():
        async with listening(kind, broker.url) as heard:
            report = await asyncio.to_thread(played, plan_of(broker, kind))
            await soon(lambda: len(heard) > COUNT)
            return report, [json.loads(payload)["seq"] for _, payload in heard]

    report, numbers = loop.call(story(), timeout_s=3 * HANG_S)
    assert numbers == list(range(1, COUNT + 2))  # the last one marks the end
    assert report.count == COUNT + 1
    assert report.last == {"NIFTY": COUNT + 1}
    assert report.heard_by == (1 if kind == "redis" else None)
    assert (report.acknowledged_p99_ms > 0) is (kind == "kafka")


def test_an_exchange_is_told_many_at_a_time(tmp_path):
    """Who listens to it gets each in a text frame of its own."""
    section = FeedSection(kind="websocket", broker="embedded")
    broker = _open_embedded(tmp_path, 5, partial(ExchangeServer, section))
    assert isinstance(broker.server, ExchangeServer)
    url = broker.server.order_url(broker.url)
    try:
        with connect(broker.url, proxy=None) as listener:
            plan = plan_of(broker, "websocket", COUNT)
            report = played(msgspec.structs.replace(plan, broker_url=url))
            numbers = [json.loads(listener.recv(HANG_S))["seq"] for _ in range(COUNT + 1)]
        assert numbers == list(range(1, COUNT + 2))
        assert report.heard_by == 1
        flow = Flow(msgspec.structs.replace(plan, broker_url=url))
        threading.Timer(0.2, broker.stop).start()
        at_ns = time.monotonic_ns()
        with pytest.raises(Broken, match=r"the exchange (has ended|left)"):
            flow.run(clock.at_us(at_ns), at_ns, threading.Event())
    finally:
        broker.stop()


@pytest.mark.parametrize("kind", ["redis", "nats", "mqtt"])
def test_over_tls_and_with_a_password_too(tmp_path, target, kind):  # noqa: F811
    needed(kind)
    with secured(kind, tmp_path) as port:
        broker = broker_of(target(kind, port), tmp_path)
        plan = plan_of(broker, kind, 200, way=Way(kind, trusts=broker.server.trusts))
        assert played(plan).count == 201
        broker.stop()


@pytest.mark.parametrize(
    ("kind", "said"),
    [("nats", "Authorization Violation"), ("mqtt", "bad user name or password|not authorised")],
)
def test_who_is_not_let_in_reads_why(tmp_path, target, monkeypatch, kind, said):  # noqa: F811
    needed(kind)
    with secured(kind, tmp_path) as port:
        good = broker_of(target(kind, port), tmp_path)
        monkeypatch.setenv("FEED_PASSWORD", "guess")
        read = target(kind, port)
        bad = plan_of(good, kind, way=Way(kind, trusts=good.server.trusts))
        bad = FlowPlan(read.broker_address, bad.symbols, 100, 10, way=bad.way)
        with pytest.raises(Broken, match=f"does not let the publisher in: .*({said})"):
            Flow(bad)
        untrusting = FlowPlan(good.url, bad.symbols, 100, 10, way=Way(kind))
        with pytest.raises(Broken, match="certificate verify failed"):
            Flow(untrusting)


@pytest.mark.parametrize("kind", ["nats", "mqtt", "kafka"])
def test_a_broker_that_is_not_there_is_broken(kind, closed_port, monkeypatch):
    needed(kind)
    monkeypatch.setattr(f"qaws.load.publisher.lines.{kind}_line.TAKES_S", 1.0)
    where = f"127.0.0.1:{closed_port}"
    url = where if kind == "kafka" else f"{kind}://{where}"
    with pytest.raises(Broken, match=r"the broker does not let the publisher in"):
        Flow(FlowPlan(url, ("NIFTY",), 100, 10, way=Way(kind)))


@pytest.mark.parametrize("kind", ["redis-streams", "nats", "mqtt", "kafka"])
def test_a_broker_that_goes_amid_a_flow_is_broken(tmp_path, kind):
    needed(kind)
    broker = open_broker("embedded", tmp_path, kind=kind)
    try:
        if kind == "kafka":
            from qaws.feed.outlets.kafka import create_topics

            create_topics(broker, channels(kind), 1)
        flow = Flow(plan_of(broker, kind, 1_000_000))
        threading.Timer(0.3, broker.stop).start()
        at_ns = time.monotonic_ns()
        with pytest.raises(
            Broken, match=r"^the broker (hung up|ended|refused a tick|took nothing|left \d+ ticks)"
        ):
            flow.run(clock.at_us(at_ns), at_ns, threading.Event())
    finally:
        broker.stop()


def test_a_topic_that_is_not_there_is_named(brokers):
    plan = plan_of(brokers("kafka"), "kafka", channel="nowhere")
    with pytest.raises(Broken, match=r"there is no topic nowhere: create it, or look at"):
        Flow(plan)


def test_a_stream_that_is_none_is_said(brokers):
    import redis

    broker = brokers("redis-streams")
    redis.Redis.from_url(broker.url).set("a text", "x")
    with pytest.raises(Broken, match=r"the broker refused a tick: WRONGTYPE"):
        played(plan_of(broker, "redis-streams", channel="a text"))


def test_a_subject_on_which_nobody_may_publish_is_said(tmp_path):
    needed("nats")
    port, settings = free_port(), tmp_path / "nats.conf"
    settings.write_text(
        f"listen: 127.0.0.1:{port}\n"
        'authorization { users = [{ user: desk, password: x, permissions: { publish: "own" } }] }\n'
    )
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else str(shutil.which("nats-server"))
    process = ManagedProcess("the broker", [program, "-c", str(settings)], tmp_path / "log")
    try:
        url = f"nats://desk:x@127.0.0.1:{port}"
        broker = open_broker(url, tmp_path, kind="nats")
        with pytest.raises(Broken, match=r"the broker refused a tick: Permissions Violation for P"):
            played(plan_of(broker, "nats", way=Way("nats")))
    finally:
        process.stop()


def test_a_flow_that_ids_would_not_do_for_waits_until_some_are_free(loop, brokers, monkeypatch):
    """MQTT has 65,535 of them; one that is in use twice would acknowledge another tick."""
    monkeypatch.setattr("qaws.load.publisher.lines.mqtt_line.IDS", 500)
    monkeypatch.setattr("qaws.load.publisher.lines.mqtt_line.MOST_UNANSWERED", 210)
    broker = brokers("mqtt")

    async def story():
        async with listening("mqtt", broker.url) as heard:
            await asyncio.to_thread(played, plan_of(broker, "mqtt", COUNT))
            await soon(lambda: len(heard) > COUNT)
            return [json.loads(payload)["seq"] for _, payload in heard]

    assert loop.call(story(), timeout_s=3 * HANG_S) == list(range(1, COUNT + 2))


def test_a_ping_of_the_server_is_answered_behind_the_message_that_is_on_its_way():
    """One that reads slowly has half of a message when it asks; nothing may stand amid that."""
    heard, size = bytearray(), 100_000
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve():
            line, _ = server.accept()
            with line:
                line.sendall(b'INFO {"server_id": "slow"}\r\n')
                line.recv(1000)
                line.sendall(b"PONG\r\n")
                time.sleep(0.2)
                line.sendall(b"PI")
                time.sleep(0.2)
                line.sendall(b"NG\r\n")
                time.sleep(0.2)
                while data := line.recv(65_536):
                    heard.extend(data)
                    if heard.endswith(b"PING\r\n"):
                        line.sendall(b"PONG\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"nats://127.0.0.1:{server.getsockname()[1]}"
        line = line_of(FlowPlan(url, ("NIFTY",), 1, 1, channel="c", way=Way("nats")))
        line.hand_over([b"x" * size] * 60)
        line.settle()
        line.close()
        thread.join(HANG_S)
    messages = (b"PUB c %d\r\n" % size + b"x" * size + b"\r\n") * 60
    assert heard == messages + b"PONG\r\nPING\r\n"


def test_all_answers_are_read_that_have_come_over_tls(tmp_path, target):  # noqa: F811
    """A broker sends each of them by itself there; left unread they would use up the ids."""
    needed("mqtt")
    with secured("mqtt", tmp_path) as port:
        broker = broker_of(target("mqtt", port), tmp_path)
        line = line_of(plan_of(broker, "mqtt", way=Way("mqtt", trusts=broker.server.trusts)))
        assert isinstance(line, SocketLine)
        line.hand_over([b"x"] * 100)
        time.sleep(0.5)
        line.hand_over([b"x"] * 2)
        assert line.unanswered < 10
        line.settle()
        line.close()
        broker.stop()


def test_an_exchange_that_takes_nothing_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr("qaws.load.publisher.lines.exchange_line.TAKES_S", 1.0)
    broker = _open_embedded(tmp_path, 5, ExchangeServer)
    assert isinstance(broker.server, ExchangeServer)
    assert broker.pid
    try:
        url = broker.server.order_url(broker.url)
        line = line_of(FlowPlan(url, ("NIFTY",), 1, 1, way=Way("websocket")))
        os.kill(broker.pid, signal.SIGSTOP)
        waking = threading.Timer(HANG_S, os.kill, (broker.pid, signal.SIGCONT))
        waking.start()
        with pytest.raises(Broken, match="the exchange takes no more orders"):
            line.hand_over([b"x" * 100_000] * 200)
        waking.cancel()
        os.kill(broker.pid, signal.SIGCONT)
        line.close()
    finally:
        broker.stop()


def test_a_record_that_the_library_does_not_take_is_said(brokers):
    line = line_of(plan_of(brokers("kafka"), "kafka"))
    with pytest.raises(Broken, match=r"the broker refused a tick: .*Message size too large"):
        line.hand_over([b"x" * 1_100_000])
    line.close()


def test_a_broker_that_acknowledges_late_leaves_the_run_in_doubt(brokers):
    report = played(plan_of(brokers("kafka"), "kafka", 10))
    assert report.late() is None or "late" in report.late()
    late = msgspec.structs.replace(report, lag_p99_ms=1.0, acknowledged_p99_ms=35.0)
    assert "the broker was late: 99 % of the ticks were acknowledged up to 35.0 ms" in late.late()
