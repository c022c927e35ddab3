"""The relay between service and broker: it carries, falls silent, and lets new links through."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import redis

from qaws.runtime.ports import free_port
from qaws.sut.relay import Relay
from qaws.verdict import Broken
from tests.waiting import HANG_S

NOTHING_S = 0.3
"""How long a link is listened to that must stay silent."""


@pytest.fixture
def made():
    """Make relays, which end with the test."""
    relays = []

    def make(url):
        relays.append(Relay(url))
        return relays[-1]

    yield make
    for relay in relays:
        relay.stop()


@pytest.fixture
def far():
    """A listening socket in the broker's place, whose ends the test holds itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(HANG_S)
        yield server


def address(relay):
    parts = urlsplit(relay.url)
    return parts.hostname, parts.port


def linked(relay, far):
    """Return both ends of a new link through a relay."""
    near = socket.create_connection(address(relay), HANG_S)
    end, _ = far.accept()
    end.settimeout(HANG_S)
    return near, end


def url_of(far):
    return f"redis://127.0.0.1:{far.getsockname()[1]}/0"


def says_nothing(end):
    end.settimeout(NOTHING_S)
    with pytest.raises(TimeoutError):
        end.recv(1)
    end.settimeout(HANG_S)


def test_all_but_the_address_of_the_broker_stays_in_the_url(made):
    parts = urlsplit(made("redis://desk:secret@localhost:6379/3?x=1").url)
    assert (parts.username, parts.password, parts.hostname) == ("desk", "secret", "127.0.0.1")
    assert (parts.path, parts.query) == ("/3", "x=1")
    assert parts.port != 6379


def test_a_subscriber_behind_the_relay_hears_the_real_broker(made, broker):
    relay = made(broker.url)
    assert not relay.has_carried
    assert relay.last_byte_ns == 0
    with redis.Redis.from_url(relay.url) as client, client.pubsub() as feed:
        feed.psubscribe("ticker:*")
        assert feed.get_message(timeout=HANG_S)["type"] == "psubscribe"
        with redis.Redis.from_url(broker.url) as publisher:
            publisher.publish("ticker:options", b"x" * 1_000_000)
        assert feed.get_message(timeout=HANG_S)["data"] == b"x" * 1_000_000
    assert relay.has_carried


def test_a_silent_link_stays_open_and_dead_while_new_ones_are_served(made, broker, until):
    relay = made(broker.url)
    with (
        redis.Redis.from_url(relay.url, socket_timeout=NOTHING_S) as client,
        client.pubsub() as old,
        redis.Redis.from_url(broker.url) as publisher,
    ):
        old.psubscribe("ticker:*")
        assert old.get_message(timeout=HANG_S)
        relay.fall_silent()
        last_ns = relay.last_byte_ns
        assert publisher.publish("ticker:options", "lost") == 1
        until(lambda: relay.swallowed_bytes)
        assert old.get_message(timeout=NOTHING_S) is None
        assert relay.last_byte_ns == last_ns
        with redis.Redis.from_url(relay.url, socket_timeout=HANG_S) as meanwhile:
            asked = threading.Thread(target=meanwhile.ping)
            asked.start()
            asked.join(NOTHING_S)
            assert asked.is_alive()
            relay.let_through()
            asked.join(HANG_S)
            assert not asked.is_alive()
            assert meanwhile.ping()


def test_both_directions_fall_silent_and_neither_side_is_closed(made, far):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        near.sendall(b"up")
        assert end.recv(9) == b"up"
        relay.fall_silent()
        near.sendall(b"swallowed")
        end.sendall(b"swallowed")
        says_nothing(near)
        says_nothing(end)
        relay.let_through()
        near.sendall(b"still dead")
        end.sendall(b"still dead")
        says_nothing(near)
        says_nothing(end)
        near.close()
        says_nothing(end)
        again, other = linked(relay, far)
        with again, other:
            again.sendall(b"alive")
            assert other.recv(9) == b"alive"


def test_an_end_is_handed_on_either_way(made, far):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        end.shutdown(socket.SHUT_WR)
        assert near.recv(1) == b""
        near.sendall(b"last words")
        assert end.recv(99) == b"last words"
        near.close()
        assert end.recv(1) == b""


def test_where_no_broker_is_the_relay_hangs_up(made):
    relay = made(f"redis://127.0.0.1:{free_port()}/0")
    with socket.create_connection(address(relay), HANG_S) as near:
        assert near.recv(1) == b""


def test_what_is_on_its_way_to_one_who_does_not_read_cannot_be_silenced(
    made, far, until, monkeypatch
):
    monkeypatch.setattr("qaws.sut.relay.SETTLE_ALLOWANCE_S", 0.1)
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        pushing = threading.Thread(target=lambda: _push(end), daemon=True)
        pushing.start()
        until(lambda: _is_stuck(relay))
        with pytest.raises(Broken, match=r"was not taken within 0\.1 s; the link cannot"):
            relay.fall_silent()
    relay.stop()
    pushing.join(HANG_S)


def _is_stuck(relay):
    passed = relay._to_service[0].passed_bytes if relay._to_service else 0
    time.sleep(NOTHING_S)
    return passed and relay._to_service[0].passed_bytes == passed


def _push(end):
    try:
        while True:
            end.sendall(b"x" * 65536)
    except OSError:
        pass


def test_a_relay_that_is_ended_leaves_no_thread_and_no_connection(made, far):
    before = set(threading.enumerate())
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        near.sendall(b"up")
        assert end.recv(9) == b"up"
        relay.fall_silent()
        relay.stop()
        relay.stop()
        assert near.recv(1) == b""
        assert end.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address(relay), HANG_S)
    assert set(threading.enumerate()) <= before
