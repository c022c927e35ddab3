"""What the kernel says that it holds of a connection."""

import socket
import sys

import pytest

from qaws.measure import socket_buffers
from qaws.measure.socket_buffers import held_bytes, unread_bytes, waiting_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_nobody_has_read_is_held(until):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        sender, _ = server.accept()
        ports = sender.getsockname()[1], client.getsockname()[1]
        with client, sender:
            assert held_bytes(*ports) == 0
            sender.sendall(b"x" * 1000)
            until(lambda: held_bytes(*ports) == 1000)  # what is on its way counts at both ends
            client.recv(400)
            until(lambda: held_bytes(*ports) == 600)


def test_a_connection_that_is_not_here_is_not_known():
    assert held_bytes(1, 1) is None


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
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket_buffers, "_queues", refuse)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert waiting_bytes(client) is None
