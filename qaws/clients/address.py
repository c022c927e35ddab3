"""Where a client connects to, and how it gets there."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from urllib.parse import quote, urlsplit


def redacted(url: str) -> str:
    """Return a URL without its query, which may hold a token."""
    return urlsplit(url)._replace(query="").geturl()


def credentials(
    url: str, token: str | None, location: str, parameter: str
) -> tuple[str, dict[str, str]]:
    """Return URL and headers that carry a token the way a target wants it.

    Args:
        url: the endpoint.
        token: None for no credentials at all.
        location: "query parameter" or "Authorization header".
        parameter: name of the query parameter.
    """
    if token is None:
        return url, {}
    if location == "Authorization header":
        return url, {"Authorization": f"Bearer {token}"}
    return f"{url}{'&' if '?' in url else '?'}{parameter}={quote(token)}", {}


async def small_socket(url: str, receive_buffer: int | None) -> dict[str, Any]:
    """Return a connected socket with so small a receive buffer, as an argument for `connect`.

    The size must be set before the TCP handshake, which agrees on the window (tcp(7)).
    """
    if receive_buffer is None:
        return {}
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    family, kind, number, _, address = (
        await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    )[0]
    opened = socket.socket(family, kind, number)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await loop.sock_connect(opened, address)
    return {"sock": opened}
