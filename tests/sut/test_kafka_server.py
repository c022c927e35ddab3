"""The embedded Kafka broker is known by its port; what answers at an address and is none is said."""

import socket
import struct
import threading
from contextlib import suppress

import pytest

from qaws.sut.broker import open_broker
from qaws.sut.brokers.kafka_server import NUMBER, KafkaServer
from qaws.verdict import Broken
from tests.feed.test_outlets import needed
from tests.services.scripted import silent_port


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
    with silent_port() as waiting:

        def answer():
            while True:
                try:
                    line, _ = waiting.accept()
                except OSError:
                    return
                line.recv(1024)
                with line, suppress(OSError):  # who asks may have gone
                    line.sendall(greeting)
                    line.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=answer, daemon=True).start()
        url = f"kafka://127.0.0.1:{waiting.getsockname()[1]}"
        with pytest.raises(Broken) as caught:
            open_broker(url, tmp_path, kind="kafka")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
