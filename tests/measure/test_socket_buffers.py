"""What the kernel says that it holds of a connection."""

import socket
import sys
import time
from contextlib import ExitStack

import pytest

from qaws.measure import socket_buffers
from qaws.measure.socket_buffers import held_bytes, unread_bytes, waiting_bytes


def refuse(*_):
    raise PermissionError(1, "Operation not permitted")


def listed(client):
    return socket_buffers._listed_bytes(client.getpeername()[1], client.getsockname()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize("answers", [True, False])
def test_what_nobody_has_read_is_held(until, monkeypatch, answers):
    if not answers:  # then it is looked up in the kernel's list of all sockets
        monkeypatch.setattr(socket_buffers, "_queues", refuse)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        sender, _ = server.accept()
        with client, sender:
            assert held_bytes(client) == 0
            sender.sendall(b"x" * 1000)
            until(lambda: held_bytes(client) == 1000)  # what is on its way counts at both ends
            client.recv(400)
            until(lambda: held_bytes(client) == 600)


def test_a_connection_that_is_not_here_is_not_known():
    with socket.socket() as nobody:
        assert held_bytes(nobody) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_many_sockets_make_it_no_slower():
    with (
        socket.create_server(("127.0.0.1", 0), backlog=2000) as server,
        ExitStack() as others,
        socket.create_connection(server.getsockname()) as client,
    ):
        for _ in range(400):
            others.enter_context(socket.create_connection(server.getsockname()))
        for _ in range(5):
            assert held_bytes(client) is not None
        took = []
        for look in (held_bytes, listed):
            began = time.thread_time()
            for _ in range(20):
                look(client)
            took.append(time.thread_time() - began)
    assert took[0] < took[1] / 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_what_waits_at_either_end(until, family, host):
    with socket.create_server((host, 0), family=family) as server:
        client = socket.socket(family)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect(server.getsockname())
        sender, _ = server.accept()
        with client, sender:
            assert waiting_bytes(client) == (0, 0)
            sender.sendall(b"x" * 100)
            until(lambda: waiting_bytes(client) == (0, 100))
            assert unread_bytes(sender) == 100
            assert unread_bytes(client) == 0
            sender.sendall(b"x" * 50_000)
            until(lambda: waiting_bytes(client)[0] > 40_000 and waiting_bytes(client)[1] > 100)
        assert waiting_bytes(client) is None


def test_a_service_for_both_families_is_seen_by_its_clients(until):
    with (
        socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server,
        socket.create_connection(("127.0.0.1", server.getsockname()[1])) as client,
    ):
        sender, _ = server.accept()
        with sender:
            sender.sendall(b"x" * 100)
            until(lambda: waiting_bytes(client) == (0, 100))


def test_a_kernel_that_does_not_answer_is_no_matter(monkeypatch):
    monkeypatch.setattr(socket_buffers, "_queues", refuse)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert waiting_bytes(client) is None
