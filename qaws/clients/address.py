"""Where a client connects to, and how it gets there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from qaws.runtime.dialing import connected_socket
from qaws.verdict import Broken


class Untrusted(Broken):
    """The service shows no certificate that is trusted; the text says why, and the way out."""


def redacted(url: str) -> str:
    """Return a URL without its query, which may hold a token."""
    return urlsplit(url)._replace(query="").geturl()


async def small_socket(url: str, receive_buffer: int | None) -> dict[str, Any]:
    """Return a connected socket with so small a receive buffer, as an argument for `connect`."""
    if receive_buffer is None:
        return {}
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    return {"sock": await connected_socket(parts.hostname or "", port, receive_buffer)}
