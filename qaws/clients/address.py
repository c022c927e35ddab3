"""Where a client connects to, and how it gets there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from qaws.runtime.dialing import connected_socket
from qaws.verdict import Broken


class Untrusted(Broken):
    """The service shows no certificate that is trusted; the text says why, and the way out."""


def redacted(url: str) -> str:
    """Return a URL without its query, which may hold a token."""
    return urlsplit(url)._replace(query="").geturl()


def credentials(
    url: str, token: str | None, location: str, carrier: str
) -> tuple[str, dict[str, str]]:
    """Return URL and headers that carry a token the way a target wants it.

    Args:
        url: the endpoint.
        token: None for no credentials at all.
        location: "query parameter", "Authorization header" or "header"; a "first message" comes
            later.
        carrier: name of the query parameter, or of the header.
    """
    if token is None or location == "first message":
        return url, {}
    if location == "Authorization header":
        return url, {"Authorization": f"Bearer {token}"}
    if location == "header":
        return url, {carrier: token}
    return f"{url}{'&' if '?' in url else '?'}{carrier}={quote(token)}", {}


async def small_socket(url: str, receive_buffer: int | None) -> dict[str, Any]:
    """Return a connected socket with so small a receive buffer, as an argument for `connect`."""
    if receive_buffer is None:
        return {}
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    return {"sock": await connected_socket(parts.hostname or "", port, receive_buffer)}
