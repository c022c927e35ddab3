"""A Kafka broker that wants TLS or a password: the suite publishes there, or says why it cannot."""

import asyncio
import re
import ssl
import threading
import time
import uuid
from types import SimpleNamespace

import msgspec
import pytest

from qaws.feed.outlets.outlet import ANSWER_S
from qaws.load.publisher.open_loop import Flow
from qaws.load.schedule import FlowPlan, Way
from qaws.measure import clock
from qaws.runtime.certificates import issue
from qaws.sut.broker import open_broker
from qaws.sut.brokers.kafka_gate import frame_from
from qaws.sut.brokers.kafka_server import KafkaServer
from qaws.verdict import Broken
from tests.feed.test_outlets import needed
from tests.services.kafka_door import door
from tests.waiting import HANG_S, until

TOPIC, USER, PASSWORD = "md.options", "desk", "sesame of the desk"


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A broker that lets everybody in, certificates for a door before it, and those of others."""
    needed("kafka")
    from qaws.feed.outlets.kafka import create_topics

    folder = tmp_path_factory.mktemp("kafka")
    broker = open_broker("embedded", folder, kind="kafka")
    create_topics(broker, [TOPIC], 1)
    others = folder / "others"
    others.mkdir()
    yield SimpleNamespace(
        broker=broker,
        port=int(broker.told_url.partition(":")[2]),
        own=issue(folder),
        others=issue(others),
        folder=folder,
    )
    broker.stop()


def client_of(there, *, tls, signs_in, **more):
    """Return what a target would have as [feed] client."""
    said = {"security.protocol": f"{'SASL_' * signs_in}{'SSL' if tls else 'PLAINTEXT'}"}
    said |= {"ssl.ca.location": str(there.own.authority)} if tls else {}
    if signs_in:
        said |= {"sasl.mechanism": "PLAIN", "sasl.username": USER, "sasl.password": PASSWORD}
    return said | {name.replace("_", "."): value for name, value in more.items()}


def opened(there, port, client):
    """Return the broker behind a door."""
    server = KafkaServer(client)
    return open_broker(f"kafka://127.0.0.1:{port}", there.folder, kind="kafka", server=server)


@pytest.mark.parametrize(
    ("tls", "signs_in"), [(True, True), (True, False), (False, True)], ids=["both", "tls", "sasl"]
)
def test_what_is_published_there_comes_to_a_consumer_that_signs_in_too(there, tls, signs_in):
    from aiokafka import AIOKafkaConsumer

    from qaws.feed.outlets.kafka import Kafka

    user = {"user": USER, "password": PASSWORD} if signs_in else {}
    trust = ssl.create_default_context(cafile=there.own.authority) if tls else None

    async def story(port, outlet):
        consumer = AIOKafkaConsumer(
            TOPIC,
            bootstrap_servers=f"127.0.0.1:{port}",
            group_id=f"a-service-{uuid.uuid4()}",
            auto_offset_reset="latest",
            security_protocol=f"{'SASL_' * signs_in}{'SSL' if tls else 'PLAINTEXT'}",
            ssl_context=trust,
            sasl_plain_username=USER if signs_in else None,
            sasl_plain_password=PASSWORD if signs_in else None,
        )
        await consumer.start()
        try:
            for place in consumer.assignment():
                await consumer.position(place)
            line = await outlet.open()
            await outlet.hand_over(line, [(TOPIC, f"tick {n}") for n in range(20)])
            heard = [(await consumer.getone()).value.decode() for _ in range(20)]
            told = await outlet.listened_to()
            await outlet.shut(line)
        finally:
            await consumer.stop()
        return heard, told

    with door(there.port, **user, certificates=there.own if tls else None) as at:
        broker = opened(there, at.port, client_of(there, tls=tls, signs_in=signs_in))
        heard, told = asyncio.run(
            asyncio.wait_for(story(at.port, Kafka(broker, [TOPIC])), 2 * HANG_S)
        )
        assert at.signed_in > 1 or not signs_in
    assert heard == [f"tick {n}" for n in range(20)]
    assert told is None  # nobody was asked, and so nobody is said to be missing


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sasl_password": "guess"}, r"SASL authentication error: Invalid username or password"),
        ({"sasl_mechanism": "SCRAM-SHA-512"}, r"SASL SCRAM-SHA-512 mechanism .*Unsupported"),
        ({"ssl_ca_location": "others"}, r"SSL handshake failed: .*certificate"),
        ({"ssl_ca_location": "nowhere.pem"}, r"ssl\.ca\.location: there is no nowhere\.pem"),
        ({"sasl_mechanisn": "PLAIN"}, r'No such configuration property: "sasl\.mechanisn"'),
    ],
    ids=["password", "mechanism", "authority", "file", "name"],
)
def test_a_sign_in_that_is_refused_is_one_line_at_once_and_shows_no_password(there, more, said):
    if more.get("ssl_ca_location") == "others":
        more = {"ssl_ca_location": str(there.others.authority)}
    with (
        door(there.port, user=USER, password=PASSWORD, certificates=there.own) as at,
        pytest.raises(Broken) as caught,
    ):
        opened(there, at.port, client_of(there, tls=True, signs_in=True, **more))
    line = str(caught.value)
    wanted = r"\[feed\] broker kafka://127\.0\.0\.1:\d+: it does not let the suite in \("
    assert re.fullmatch(wanted + f"{said}.*" + r"\); correct \[feed\] client", line), line
    assert PASSWORD not in line
    assert "ms in state" not in line


@pytest.mark.parametrize(
    ("has_tls", "client", "way_out"),
    [
        (True, {}, "where it wants TLS or a password, [feed] client says how"),
        (True, {"tls": False, "signs_in": True}, "is it TLS there, or none?"),
        (False, {"tls": True, "signs_in": True}, "is it TLS there, or none?"),
    ],
    ids=["nothing", "no tls", "tls"],
)
def test_who_speaks_otherwise_than_the_broker_reads_what_to_look_at(
    there, monkeypatch, has_tls, client, way_out
):
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.5)
    wanted = client_of(there, **client) if client else {}
    with (
        door(
            there.port,
            user=USER,
            password=PASSWORD,
            certificates=there.own if has_tls else None,
        ) as at,
        pytest.raises(Broken, match=r"it hangs up on the suite; ") as caught,
    ):
        opened(there, at.port, wanted)
    assert way_out in str(caught.value)


def test_a_sign_in_that_takes_its_time_is_waited_for(there, monkeypatch):
    """It is several questions, each there and back: to a broker far away they take over 1 s."""

    async def far(reader):
        frame = await frame_from(reader)
        await asyncio.sleep(0.13)
        return frame

    monkeypatch.setattr("tests.services.kafka_door.frame_from", far)
    with door(there.port, user=USER, password=PASSWORD) as at:
        opened(there, at.port, client_of(there, tls=False, signs_in=True))
        assert at.signed_in


def test_a_password_that_nobody_shows_is_asked_for(there):
    from qaws.feed.outlets.kafka import Kafka

    with door(there.port, user=USER, password=PASSWORD) as at:
        broker = opened(there, at.port, {})
        with pytest.raises(OSError, match=r"\[feed\] client says how"):
            asyncio.run(asyncio.wait_for(Kafka(broker, [TOPIC]).open(), 4 * ANSWER_S + HANG_S))


def test_others_who_publish_there_are_heard_by_a_reader_that_signs_in(there):
    from qaws.feed.outlets.kafka import Kafka

    with door(there.port, user=USER, password=PASSWORD, certificates=there.own) as at:
        broker = opened(there, at.port, client_of(there, tls=True, signs_in=True))
        outlet = Kafka(broker, [TOPIC])
        listener = outlet.listener("anybody")
        heard = []

        async def story():
            await listener.begin([TOPIC], lambda channel, payload: heard.append(payload))
            async with outlet.another() as other:
                await other.publish(TOPIC, "of somebody")
            await listener.settle(HANG_S)
            await listener.end()

        asyncio.run(asyncio.wait_for(story(), 2 * HANG_S))
        until(lambda: heard == [b"of somebody"])


def test_who_may_not_read_a_topic_or_finds_none_does_not_say_that_it_listens(there):
    from qaws.feed.outlets.kafka import Kafka

    with door(there.port, user=USER, password=PASSWORD, certificates=there.own) as at:
        broker = opened(there, at.port, client_of(there, tls=True, signs_in=True))
        listener = Kafka(broker, [TOPIC]).listener("anybody")

        async def story():
            await listener.begin([TOPIC, "nobodys"], lambda *_: None)
            await listener.end()
            return listener.is_on, listener.problem

        found = asyncio.run(asyncio.wait_for(story(), 2 * HANG_S))
    assert found == (False, "there is no topic nobodys that the suite may read")


def test_load_signs_in_there_too(there):
    with door(there.port, user=USER, password=PASSWORD, certificates=there.own) as at:
        client = client_of(there, tls=True, signs_in=True)
        way = Way("kafka", key="NIFTY", client=client)
        plan = FlowPlan(f"127.0.0.1:{at.port}", ("NIFTY",), 1000, 200, channel=TOPIC, way=way)
        begin_ns = time.monotonic_ns()
        flow = Flow(plan).run(clock.at_us(begin_ns), begin_ns, threading.Event())
        assert flow.count == 201  # with one that marks the end
        assert 0 < flow.acknowledged_p99_ms < HANG_S * 1e3
        wrong = Way("kafka", client={**client, "sasl.password": "guess"})
        with pytest.raises(Broken, match="the broker does not let the publisher in"):
            Flow(msgspec.structs.replace(plan, way=wrong))
