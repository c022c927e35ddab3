"""The line of a slow client: blocked when more is sent than it takes, full when no more is."""

import contextlib
import socket
import sys

import pytest

from qaws.measure import line
from qaws.measure.line import GROWS_BYTES, LATELY_S, Line
from tests.waiting import HANG_S

MIB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


@pytest.fixture
def ends():
    """Connect two sockets, of which the client's has a small buffer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect(server.getsockname())
        sender, _ = server.accept()
        sender.setblocking(False)
        with client, sender:
            yield sender, client


def fill(sender):
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(b"x" * 65536)


def test_a_client_that_does_not_read_blocks_its_line(ends, until):
    sender, client = ends
    watched = Line(client)
    watched.look()
    assert watched.record.is_seen
    assert not watched.record.is_blocked
    fill(sender)
    until(lambda: watched.look() or watched.record.is_blocked)
    assert watched.record.unread > 0
    assert watched.record.waiting > 100_000
    assert str(watched.record).startswith(
        f"at most {watched.record.unread:,} bytes waited at the c"
    )


def test_little_that_is_left_unread_does_not_block_it(ends, until):
    sender, client = ends
    watched = Line(client)
    sender.send(b"x" * 300)
    until(lambda: watched.look() or watched.record.unread == 300)
    assert not watched.record.is_blocked


def test_a_tick_or_a_close_that_is_on_its_way_does_not_block_it(ends):
    watched = Line(ends[1])
    watched._take(0.0, 17, (330, 17))
    assert not watched.record.is_blocked


def test_it_is_looked_at_now_and_then(ends, monkeypatch):
    _, client = ends
    looks = []
    monkeypatch.setattr(line, "LOOK_EVERY_S", HANG_S)
    monkeypatch.setattr(line, "waiting_bytes", lambda end: looks.append(end) or (0, 0))
    watched = Line(client)
    for _ in range(5):
        watched.look_now_and_then()
    assert looks == [client]


@pytest.mark.parametrize(
    ("course", "is_filling"),
    [
        ([(0.0, 0), (0.5, 1)], False),  # too short to say
        ([(t / 2, t * MIB) for t in range(9)], True),
        ([(t / 2, min(3, t) * MIB) for t in range(9)], False),  # full
        ([(t / 2, 3 * MIB + t * 100) for t in range(9)], False),
        ([(0.0, 0), (0.0 + LATELY_S, GROWS_BYTES + 1)], True),
    ],
)
def test_a_line_is_filling_while_the_system_takes_more(ends, course, is_filling):
    watched = Line(ends[1])
    for at_s, held in course:
        watched._take(at_s, 2000, (held, 2000))
    assert watched.record.is_filling == is_filling


def test_one_that_has_read_all_it_has_is_blocked_by_what_waits_for_it_elsewhere(ends):
    watched = Line(ends[1])
    watched._take(0.0, 0, (1_700_000, 0))
    assert watched.record.is_blocked


def test_a_line_whose_other_end_is_elsewhere_is_believed_to_be_blocked(ends, monkeypatch, until):
    sender, client = ends
    monkeypatch.setattr(line, "waiting_bytes", lambda *_: None)
    watched = Line(client)
    sender.send(b"x" * 300)
    until(lambda: watched.look() or watched.record.unread == 300)
    assert watched.record.is_blocked
    assert not watched.record.is_seen
    assert str(watched.record) == "at most 300 bytes waited at the client, no more is seen"


def test_a_closed_socket_has_nothing_unread(ends):
    _, client = ends
    watched = Line(client)
    client.close()
    watched.look()
    assert watched.record.unread == 0
    assert Line(client).record.unread == 0
