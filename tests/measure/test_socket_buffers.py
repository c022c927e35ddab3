"""What the kernel says that it holds of a connection."""

import socket
import sys

import pytest

from qaws.measure.socket_buffers import held_bytes


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
