"""What a process holds of its clients, on sockets of this very process."""

import os
import socket
from contextlib import closing

import psutil
import pytest

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
