"""The embedded MQTT broker is known by its port; what answers at an address and is none is said."""

import os
import shutil

import pytest

from qaws.sut.broker import open_broker
from qaws.sut.brokers.mqtt_server import MqttServer, listening
from qaws.verdict import Broken
from tests.services.scripted import answering

PATH = f"{os.environ['PATH']}:/usr/sbin"
mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto", path=PATH) is None, reason="mosquitto is not there"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    opened = open_broker("embedded", tmp_path_factory.mktemp("mqtt"), kind="mqtt")
    yield opened
    opened.stop()


@mosquitto
def test_one_that_runs_is_used_and_left_alone(server, tmp_path):
    foreign = open_broker(server.url, tmp_path, kind="mqtt")
    assert (foreign.url, foreign.pid, foreign.is_own, foreign.log) == (
        server.url,
        None,
        False,
        None,
    )
    foreign.stop()
    assert server.server.problem(server.url, None, 1.0) is None


@mosquitto
def test_another_server_on_the_port_is_never_taken_for_the_own(server, tmp_path, monkeypatch):
    taken = int(server.url.rpartition(":")[2])
    monkeypatch.setattr("qaws.sut.broker.free_port", lambda: taken)
    with pytest.raises(Broken, match="the embedded broker did not start"):
        open_broker("embedded", tmp_path, kind="mqtt")


@mosquitto
def test_it_comes_back_at_the_same_address_with_a_log_of_its_own(tmp_path):
    broker = open_broker("embedded", tmp_path, kind="mqtt")
    before = broker.log
    broker.take_down()
    broker.require_alive()
    broker.bring_up()
    assert broker.pid
    assert broker.log != before
    broker.stop()


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there is no MQTT broker"),
        (b"", "it hangs up"),
        (b"\x20\x02\x00\x05", "not authorised"),
    ],
)
def test_what_lets_nobody_in_is_said_in_one_line(tmp_path, monkeypatch, greeting, said):
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.3)
    with answering(greeting) as port, pytest.raises(Broken) as caught:
        open_broker(f"mqtt://desk:secret@127.0.0.1:{port}", tmp_path, kind="mqtt")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_that_is_not_there_is_named_with_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(Broken, match="needs the program mosquitto: apt-get install mosquitto"):
        MqttServer().embedded(1, tmp_path)


LOG = """1795853062: mosquitto version 2.0.11 starting
1795853062: Opening ipv4 listen socket on port 18831.
1795853062: New connection from 127.0.0.1:41601 on port 18831.
1795853062: New client connected from 127.0.0.1:41601 as svc (p2, c1, k10).
1795853062: svc 0 md/#
1795853062: qaws-1 1 md/options
1795853063: the desk 1 md/bars with a blank
1795853063: gone 1 md/x
1795853063: dead 2 md/y
1795853064: svc 1 md/other
1795853064: svc md/other
1795853064: Client gone disconnected.
1795853065: Client dead has exceeded timeout, disconnecting.
"""


def test_its_log_tells_who_listens_now_and_how_often_somebody_ever_did():
    assert listening(LOG, "qaws-") == ({"md/#", "md/bars with a blank"}, 5)
    closed = (
        "1: Socket error on client the desk, disconnecting.\n2: Client svc closed its connection."
    )
    assert listening(LOG + closed, "qaws-") == (set(), 5)
