"""Network connections whose receive buffer is set before they are made."""

from __future__ import annotations

import asyncio
import socket


async def connected_socket(host: str, port: int, receive_buffer: int) -> socket.socket:
    """Return a connected socket; every address of the host is tried, as other clients do.

    Args:
        host: a name may have several addresses, of which nobody may listen on the first: a
            `localhost` that is ::1 too, say.
        port: where.
        receive_buffer: SO_RCVBUF in bytes, 0 for what the system gives. It must be set before the
            TCP handshake, which agrees on the window (tcp(7)).

    Raises:
        OSError: nobody listens at any of them; the first address's error.
    """
    loop = asyncio.get_running_loop()
    first: OSError | None = None
    for family, kind, number, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        opened = socket.socket(family, kind, number)
        try:
            opened.setblocking(False)
            if receive_buffer:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            await loop.sock_connect(opened, address)
        except OSError as problem:
            opened.close()
            first = first or problem
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise first or OSError(f"{host} has no address")
