"""The relay between service and broker: it carries, falls silent, is slow, and breaks links."""

import itertools
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

import pytest
import redis

from qaws.sut import link
from qaws.sut.link import Way, amid
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


def test_where_no_broker_is_the_relay_hangs_up(made, closed_port):
    relay = made(f"redis://127.0.0.1:{closed_port}/0")
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
    passed = relay.passed_bytes
    time.sleep(NOTHING_S)
    return passed and relay.passed_bytes == passed


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


# --- slow links -----------------------------------------------------------------------------------

TICK = b"*4\r\n$8\r\npmessage\r\n$8\r\nticker:*\r\n$14\r\nticker:options\r\n$200\r\n" + (
    b"{" + b"x" * 198 + b"}\r\n"
)
LATE_S = 0.2


def all_of(end, count):
    """Return the next `count` bytes of a connection, and how many reads that took."""
    got, reads = b"", 0
    while len(got) < count:
        data = end.recv(count - len(got))
        assert data, f"the connection ended after {len(got)} of {count} bytes"
        got, reads = got + data, reads + 1
    return got, reads


def test_each_byte_of_a_late_link_is_late_either_way_and_in_order(made, far):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        relay.slow_down(late_s=LATE_S)
        sent = []
        for number in range(5):
            sent.append(time.monotonic())
            end.sendall(b"%d" % number)
            time.sleep(LATE_S / 10)
        for number in range(5):
            assert near.recv(1) == b"%d" % number
            assert time.monotonic() - sent[number] >= LATE_S
        asked = time.monotonic()
        near.sendall(b"up")
        assert all_of(end, 2)[0] == b"up"
        assert time.monotonic() - asked >= LATE_S


def test_a_late_end_is_late_too_and_comes_behind_the_bytes(made, far):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        relay.slow_down(late_s=LATE_S)
        sent = time.monotonic()  # the relay may have the bytes before this goes on behind them
        end.sendall(b"last")
        end.close()
        assert all_of(near, 4)[0] == b"last"
        assert near.recv(1) == b""
        assert time.monotonic() - sent >= LATE_S


def test_a_link_that_is_late_no_more_keeps_the_order(made, far):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        relay.slow_down(late_s=LATE_S)
        end.sendall(b"before")
        time.sleep(LATE_S / 4)
        relay.slow_down()
        end.sendall(b"after")
        assert all_of(near, 11)[0] == b"beforeafter"


def test_a_link_that_trickles_delivers_all_in_small_pieces(made, far, until):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        relay.slow_down(piece_bytes=20)
        near.settimeout(HANG_S)
        end.sendall(TICK * 20)
        got, reads = all_of(near, len(TICK) * 20)
        assert got == TICK * 20
        until(lambda: relay.passed_bytes == len(got))
        assert relay.pieces >= len(got) / 20
        assert reads > 20  # how many, the machine decides: pieces that were not read pile up
        relay.slow_down()
        before = relay.pieces
        end.sendall(TICK)
        all_of(near, len(TICK))
        until(lambda: relay.pieces == before + 1)


def test_whoever_loses_the_processor_between_two_pieces_goes_on(monkeypatch):
    """The time for the next piece may come between a look at the clock and the wait for it."""
    near, far_end = socket.socketpair()
    with near, far_end:
        way = Way(near, near)
        way.piece_bytes = 20
        ticking = itertools.count(0.0, 0.6 * link.PIECE_EVERY_S)
        monkeypatch.setattr(time, "monotonic", lambda: next(ticking))
        way._send(TICK)
        assert all_of(far_end, len(TICK))[0] == TICK


def test_what_a_peer_has_got_is_counted_when_it_has_it():
    """A spell begins behind a tick that has come: that one is not of the spell."""

    class Sink(socket.socket):
        def sendall(self, data, flags=0):
            counted.append((way.passed_bytes, way.pieces))

    counted = []
    with Sink() as sink:
        way = Way(sink, sink)
        way._send(b"a tick")
    assert counted == [(6, 1)]


def test_a_link_that_comes_later_is_slow_too(made, far):
    relay = made(url_of(far))
    relay.slow_down(late_s=LATE_S)
    near, end = linked(relay, far)
    with near, end:
        sent = time.monotonic()
        end.sendall(b"x")
        assert near.recv(1) == b"x"
        assert time.monotonic() - sent >= LATE_S


def test_a_relay_that_is_ended_while_bytes_are_late_leaves_no_thread(made, far):
    before = set(threading.enumerate())
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        relay.slow_down(late_s=LATE_S)
        end.sendall(b"late")
        relay.stop()
    assert set(threading.enumerate()) <= before


# --- links that break -----------------------------------------------------------------------------


def broken(relay, end, how, until):
    """Break a link while the broker's end sends a tick; return when it broke."""
    done = []
    breaking = threading.Thread(
        target=lambda: done.append(relay.break_amid_a_tick(how, HANG_S)), daemon=True
    )
    breaking.start()
    until(lambda: all(link.down.breaks or link.down.is_silent for link in relay._all()))
    end.sendall(TICK)
    breaking.join(HANG_S)
    return done[0]


def half(near):
    """Return what comes of a tick until the link breaks."""
    got = b""
    while data := near.recv(4096):
        got += data
    return got


def test_a_link_is_reset_at_both_ends_behind_half_a_tick(made, far, until):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        until(lambda: relay._all())
        before_ns = time.monotonic_ns()
        assert before_ns < broken(relay, end, "reset", until) < time.monotonic_ns()
        got = near.recv(4096)
        assert TICK.startswith(got)
        assert TICK.index(b"{") < len(got) < len(TICK) - 2
        for one in (near, end):
            with pytest.raises(ConnectionResetError):
                one.recv(1)
        assert relay.passed_bytes + relay.swallowed_bytes == len(TICK)
        again, other = linked(relay, far)
        with again, other:
            other.sendall(TICK)
            assert all_of(again, len(TICK))[0] == TICK


def test_a_link_ends_towards_the_service_and_the_broker_is_told_nothing(made, far, until):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        until(lambda: relay._all())
        assert broken(relay, end, "ended one way", until)
        assert TICK.startswith(half(near))
        near.sendall(b"are you there?")
        assert all_of(end, 14)[0] == b"are you there?"
        end.sendall(TICK)
        until(lambda: relay.swallowed_bytes > len(TICK))
        says_nothing(end)
        near.close()
        assert end.recv(1) == b""


def test_the_answer_to_a_question_is_no_tick_to_break_a_link_in(made, far, until):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        until(lambda: relay._all())
        breaking = threading.Thread(target=relay.break_amid_a_tick, args=("reset", HANG_S))
        breaking.start()
        until(lambda: all(link.down.breaks or link.down.is_silent for link in relay._all()))
        end.sendall(b"+PONG\r\n")
        assert all_of(near, 7)[0] == b"+PONG\r\n"
        end.sendall(TICK)
        breaking.join(HANG_S)
        assert TICK.startswith(near.recv(4096))


def test_a_link_on_which_no_tick_comes_breaks_with_the_others(made, far, until):
    relay = made(url_of(far))
    idle, idle_end = linked(relay, far)
    near, end = linked(relay, far)
    with idle, idle_end, near, end:
        until(lambda: len(relay._all()) == 2)
        assert broken(relay, end, "reset", until)
        near.recv(4096)
        for one in (idle, idle_end, near, end):
            with pytest.raises(ConnectionResetError):
                one.recv(1)


def test_where_no_tick_comes_nothing_breaks(made, far, until):
    relay = made(url_of(far))
    near, end = linked(relay, far)
    with near, end:
        until(lambda: relay._all())
        assert relay.break_amid_a_tick("reset", 0.1) == 0
        end.sendall(TICK)
        assert all_of(near, len(TICK))[0] == TICK


def test_links_can_break_again_and_again_and_leave_no_thread(made, far, until):
    before = set(threading.enumerate())
    relay = made(url_of(far))
    for how in ("reset", "ended one way", "reset"):
        near, end = linked(relay, far)
        with near, end:
            until(lambda: any(not link.down.is_silent for link in relay._all()))
            assert broken(relay, end, how, until)
    relay.stop()
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    "data", [TICK, TICK + TICK, TICK + b"*2\r\n$4\r\npong\r\n$0\r\n\r\n", b"x" * 200]
)
def test_a_cut_is_amid_a_payload(data):
    """Where it is never stands right behind a line's end, nor within the parts that name it."""
    at = amid(data)
    assert 0 < at < len(data)
    assert data[at - 1 : at + 1] == b"xx"


# --- Kafka, whose brokers name their address ------------------------------------------------------


def of_kafka(far):
    return f"kafka://127.0.0.1:{far.getsockname()[1]}"


def frame(body):
    return struct.pack(">i", len(body)) + body


def node(port):
    host = struct.pack(">h", 9) + b"127.0.0.1"
    return b"\0\0\0\1" + host + struct.pack(">i", port) + b"\xff" * 200


def test_a_kafka_client_is_led_back_to_the_relay(made, far):
    relay = made(of_kafka(far))
    near, end = linked(relay, far)
    with near, end:
        said = frame(node(far.getsockname()[1]))
        for at in range(0, len(said), 7):
            end.sendall(said[at : at + 7])
        assert all_of(near, len(said))[0] == frame(node(address(relay)[1]))


def test_a_link_of_kafka_breaks_amid_a_tick_and_not_in_what_the_broker_says_of_itself(
    made, far, until
):
    relay = made(of_kafka(far))
    near, end = linked(relay, far)
    with near, end:
        until(lambda: relay._all())
        breaking = threading.Thread(target=relay.break_amid_a_tick, args=("reset", HANG_S))
        breaking.start()
        until(lambda: all(link.down.breaks for link in relay._all()))
        said = frame(node(1))
        end.sendall(said)
        assert all_of(near, len(said))[0] == said
        tick = frame(b"\0\0\0\x90" + b'{"k": "' + b"x" * 400 + b'"}')
        end.sendall(tick)
        got = near.recv(4096)
        breaking.join(HANG_S)
        assert tick.startswith(got)
        assert 4 < len(got) < len(tick)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("redis://localhost", 6379),
        ("nats://localhost", 4222),
        ("mqtt://localhost", 1883),
        ("kafka://localhost", 9092),
        ("kafka://localhost:9093", 9093),
    ],
)
def test_a_broker_whose_address_has_no_port_is_looked_for_at_that_of_its_kind(made, url, port):
    assert made(url)._broker == ("localhost", port)
