"""The broker: the embedded one is real and ends; one that is not there is said at once."""

import threading
import time

import psutil
import pytest
import redis
import redis.asyncio

from qaws.broker import open_broker, shown
from qaws.verdict import Broken
from tests.harness.scripted import silent_port


def test_the_embedded_broker_passes_messages_on_and_ends(tmp_path, until):
    broker = open_broker("embedded", tmp_path)
    pid = broker.pid
    with redis.Redis.from_url(broker.url) as client, client.pubsub() as feed:
        feed.psubscribe("ticker:*")
        assert feed.get_message(timeout=5)["type"] == "psubscribe"
        assert client.publish("ticker:options", "x") == 1
        assert feed.get_message(timeout=5)["data"] == b"x"
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


@pytest.fixture
def hasty(monkeypatch):
    """An allowance that the first of these tests has shown to be kept, shortened for the others."""
    monkeypatch.setattr("qaws.broker.ANSWER_ALLOWANCE_S", 0.5)


def refused(url, tmp_path, within_s=6.0):
    start = time.monotonic()
    with pytest.raises(Broken) as caught:
        open_broker(url, tmp_path)
    assert time.monotonic() - start < within_s
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
            said = refused(url, tmp_path, within_s=2)
            assert "wrong-secret" not in said
            assert ":***@" in said
        finally:
            client.config_set("requirepass", "")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:nonsense/0", "redis://127.0.0.1:99999/0"])
def test_a_url_that_is_none_is_said_at_once(tmp_path, url):
    refused(url, tmp_path, within_s=2)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:secret@h:1/0", "redis://:***@h:1/0"),
        ("redis://user:secret@h/0", "redis://user:***@h/0"),
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

    assert all(0 < limit <= 10 for limit in loop.call(timeouts(), timeout_s=5))
