"""Part (c): takes the bytes of many clients and looks at none of them: what the machine allows.

    python -m bench.raw_receiver URL CLIENTS BYTES WITHIN_S

Prints one JSON object: when the last byte was there, and how many there were.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from qaws.measure.clock import now_us

ROOM = 256 * 1024
"""Bytes taken at a time, as many as libuv takes."""


def subscribe(url: str, opened: float = 10.0) -> socket.socket:
    """Return a connection that is welcomed and subscribed, all messages about it taken.

    Raises:
        OSError: nobody listens there, or it was silent.
    """
    uri = parse_uri(url)
    protocol = ClientProtocol(uri)
    protocol.send_request(protocol.connect())
    connection = socket.create_connection((uri.host, uri.port), opened)
    connection.sendall(b"".join(protocol.data_to_send()))
    texts = 0
    while texts < 2:  # the welcome, the acknowledgement
        protocol.receive_data(connection.recv(ROOM))
        before = texts
        texts += sum(1 for event in protocol.events_received() if hasattr(event, "opcode"))
        if before == 0 and texts:
            protocol.send_text(b'{"action":"subscribe","symbols":["NIFTY"]}')
            connection.sendall(b"".join(protocol.data_to_send()))
    return connection


def drain(connections: list[socket.socket], size: int, within_s: float) -> tuple[int, int]:
    """Take `size` bytes from each connection; return bytes taken, and when the last came (µs)."""
    room = memoryview(bytearray(ROOM))
    left = {connection.fileno(): size for connection in connections}
    sockets = {connection.fileno(): connection for connection in connections}
    poller = select.epoll()
    for descriptor, connection in sockets.items():
        connection.setblocking(False)
        poller.register(descriptor, select.EPOLLIN)
    taken, deadline = 0, time.monotonic() + within_s
    while left and time.monotonic() < deadline:
        for descriptor, _ in poller.poll(0.5):
            got = sockets[descriptor].recv_into(room)
            taken += got
            left[descriptor] -= got
            if left[descriptor] <= 0 or not got:
                del left[descriptor]
                poller.unregister(descriptor)
    return taken, now_us()


def main(arguments: list[str]) -> None:
    """Receive, and say what came."""
    url, clients, size, within_s = arguments
    connections = [subscribe(url) for _ in range(int(clients))]
    taken, last_us = drain(connections, int(size), float(within_s))
    print(json.dumps({"bytes": taken, "last_us": last_us}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
