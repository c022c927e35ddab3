"""The embedded Kafka broker is known by its port, and keeps its log; what is none is said."""

import os
import signal
import socket
import struct
from types import SimpleNamespace

import pytest

from qaws.sut.broker import open_broker
from qaws.sut.brokers.kafka_groups import NUMBER
from qaws.sut.brokers.kafka_server import KafkaServer, _program
from qaws.verdict import Broken
from tests.feed.test_outlets import needed
from tests.services.scripted import answering
from tests.waiting import HANG_S


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    needed("kafka")
    opened = open_broker("embedded", tmp_path_factory.mktemp("kafka"), kind="kafka")
    yield opened
    opened.stop()


def test_one_that_runs_is_used_and_left_alone(server, tmp_path):
    foreign = open_broker(server.url, tmp_path, kind="kafka")
    assert (foreign.url, foreign.pid, foreign.is_own) == (server.url, None, False)
    foreign.stop()
    assert server.server.problem(server.url, None, 1.0) is None


def test_a_service_is_told_host_and_port_and_no_url(server):
    assert server.url == f"kafka://{server.told_url}"
    assert KafkaServer().told("kafka://broker.example") == "broker.example:9092"


def test_another_server_on_the_port_is_never_taken_for_the_own(server, tmp_path, monkeypatch):
    taken = int(server.url.rpartition(":")[2])
    monkeypatch.setattr("qaws.sut.broker.free_port", lambda: taken)
    with pytest.raises(Broken, match="the embedded broker did not start"):
        open_broker("embedded", tmp_path, kind="kafka")


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there is no Kafka broker"),
        (struct.pack(">iih", 1 << 30, NUMBER, 0), "what answers there is no Kafka broker"),
        (struct.pack(">iih", 10, NUMBER + 1, 0), "what answers there is no Kafka broker"),
        (b"", "it hangs up"),
    ],
)
def test_what_is_no_kafka_broker_is_said_in_one_line(tmp_path, monkeypatch, greeting, said):
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.3)
    with answering(greeting) as port, pytest.raises(Broken) as caught:
        open_broker(f"kafka://127.0.0.1:{port}", tmp_path, kind="kafka")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_it_comes_back_at_the_same_address_with_its_log_and_is_another_where_it_died(
    tmp_path, until
):
    needed("kafka")
    from confluent_kafka import Consumer, Producer, TopicPartition

    broker = open_broker("embedded", tmp_path, kind="kafka")
    try:
        producer = Producer({"bootstrap.servers": broker.told_url, "log_level": 0})
        producer.produce("md", b"1", b"key")
        assert producer.flush(HANG_S) == 0
        broker.take_down()
        broker.require_alive()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(broker.url.rpartition(":")[2])))
        broker.bring_up()
        reader = Consumer({"bootstrap.servers": broker.told_url, "group.id": "g", "log_level": 0})
        assert reader.get_watermark_offsets(TopicPartition("md", 0), HANG_S) == (0, 1)
        reader.close()
        assert broker.pid
        os.kill(broker.pid, signal.SIGKILL)
        until(lambda: broker.has_died)
        with pytest.raises(Broken, match="the embedded broker ended with exit code -9"):
            broker.require_alive()
    finally:
        broker.stop()


def test_a_program_that_is_not_there_is_named_with_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Broken, match="needs the program noida-db: make feeds, or pip install noid"):
        KafkaServer().embedded(1, tmp_path)


def test_a_program_that_may_not_be_started_where_it_lies_is_started_as_a_copy(
    tmp_path, monkeypatch
):
    wheel, scratch = tmp_path / "noida_db", tmp_path / "scratch"
    for folder in (wheel, scratch):
        folder.mkdir()
    (wheel / "noida-db").write_text("#!/bin/sh\n")
    (wheel / "noida-db").chmod(0o444)
    spec = SimpleNamespace(origin=str(wheel / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    program = _program(scratch)
    assert program.parent == scratch
    assert os.access(program, os.X_OK)
    (wheel / "noida-db").chmod(0o755)
    assert _program(scratch) == wheel / "noida-db"
