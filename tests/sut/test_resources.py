"""What a process holds of its clients, on sockets of this very process."""

import os
import socket
from contextlib import ExitStack, closing

import psutil
import pytest

from qaws.measure import socket_table
from qaws.measure.family import holds_port
from qaws.sut.resources import closing_sockets, own_sockets
from tests.waiting import until


@pytest.fixture
def line():
    """Give a listening port, a client's end and the service's end of one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        with closing(client), closing(listener.accept()[0]) as served:
            yield port, client, served


def test_a_second_descriptor_of_an_open_connection_is_nobody_who_goes(line):
    port, _, served = line
    me = psutil.Process()
    before = closing_sockets(me, port), own_sockets(me, port)
    second = os.dup(served.fileno())
    try:
        assert closing_sockets(me, port) == before[0]
        assert own_sockets(me, port) == before[1] + 1  # which a leak of descriptors is seen by
    finally:
        os.close(second)


def test_who_has_gone_is_counted_until_the_line_is_closed(line):
    port, client, served = line
    me = psutil.Process()
    before = closing_sockets(me, port)
    client.close()
    until(lambda: closing_sockets(me, port) == before + 1)
    served.close()
    until(lambda: closing_sockets(me, port) == before)


def test_a_socket_that_was_never_connected_is_nobody_who_goes_for_ever(line, monkeypatch):
    port, _, _ = line
    me, since = psutil.Process(), {}
    monkeypatch.setattr("qaws.sut.resources.RESTS_S", 0.3)
    until(lambda: closing_sockets(me, port, since=since) == 0)
    with socket.socket():
        assert closing_sockets(me, port, since=since) == 1
        held = own_sockets(me, port)
        until(lambda: closing_sockets(me, port, since=since) == 0)
        assert own_sockets(me, port) == held
        with socket.socket():
            assert closing_sockets(me, port, since=since) == 1
    closing_sockets(me, port, since=since)
    left = {(me.pid, inode) for inode in socket_table.socket_descriptors(me.pid).values()}
    assert since.keys() <= left


def test_a_peer_that_is_no_client_does_not_count(line):
    port, client, _ = line
    me, but = psutil.Process(), {client.getsockname()[1]}
    assert own_sockets(me, port, but) == own_sockets(me, port) - 1
    client.close()
    until(lambda: closing_sockets(me, port, but) == closing_sockets(me, port) - 1)


@pytest.fixture
def without_netlink(monkeypatch):
    def refuse(**_):
        raise OSError("Protocol not supported")

    return lambda: monkeypatch.setattr(socket_table, "tcp_sockets", refuse)


def test_where_the_kernel_answers_no_table_of_text_is_read(line, monkeypatch):
    port, client, _ = line

    def read(*_, **__):
        raise AssertionError("/proc/net/tcp was read")

    monkeypatch.setattr(psutil.Process, "net_connections", read)
    me = psutil.Process()
    before = closing_sockets(me, port)
    assert own_sockets(me, port) >= 1
    assert holds_port(me, port)
    client.close()
    until(lambda: closing_sockets(me, port) == before + 1)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_what_the_kernel_answers_is_what_its_tables_say(family, without_netlink):
    """Of every kind of socket: that listens, is connected, goes, has gone, and is none of TCP."""
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    me = psutil.Process()
    with ExitStack() as open_ones:

        def keep(opened):
            return open_ones.enter_context(opened)

        try:
            listener = keep(socket.create_server((host, 0), family=family))
        except OSError:
            pytest.skip("this machine has no IPv6")
        port = listener.getsockname()[1]
        clients = [keep(socket.create_connection((host, port))) for _ in range(3)]
        served = [keep(listener.accept()[0]) for _ in clients]
        keep(served[0].dup())
        clients[1].close()  # goes
        clients[2].close()
        until(lambda: served[2].recv(1) == b"")
        served[2].shutdown(socket.SHUT_WR)  # nothing is behind it but its descriptor
        ends = socket.socketpair()
        keep(ends[0])
        keep(ends[1])
        keep(ends[0].dup())
        keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", 0))
        keep(socket.socket())  # of no port at all
        but = {clients[0].getsockname()[1]}
        quick = own_sockets(me, port), closing_sockets(me, port), holds_port(me, port)
        apart = own_sockets(me, port, but), closing_sockets(me, port, but)
        elsewhere = holds_port(me, clients[0].getsockname()[1])
        without_netlink()
        slow = own_sockets(me, port), closing_sockets(me, port), holds_port(me, port)
        assert apart == (own_sockets(me, port, but), closing_sockets(me, port, but))
    assert apart[0] < quick[0]
    assert quick == slow
    assert quick[2]
    assert not elsewhere


def test_what_the_kernel_will_not_tell_is_said(monkeypatch):
    monkeypatch.setattr(socket_table, "_SOCK_DIAG_BY_FAMILY", 21)
    with pytest.raises(OSError, match=r"Invalid argument|not supported|No such file"):
        socket_table.tcp_sockets()
