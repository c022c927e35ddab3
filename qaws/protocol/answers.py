"""What a service answers to a handshake when it does not open a connection, in words."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from qaws.verdict import readable


def in_words(status: int, location: str | None = None) -> str:
    """Return an HTTP status, and where it points to if it is a redirect.

    No client follows a redirect (RFC 6455, section 4.1, leaves that to the client, and browsers do
    not): a service that answers so lets nobody in at the address that the target has.

    Args:
        status: of the answer.
        location: its header of that name, None where it has none. A query, which may hold a token,
            is left out.
    """
    words = f"HTTP {status}"
    if location is None or not 300 <= status < 400:
        return words
    shown = readable(urlsplit(location)._replace(query="", fragment="").geturl())
    return f"{words}, a redirect to {shown}, which no client follows"


def as_http_1_1(answer: bytes) -> bytes:
    """Return the first bytes of an answer as those of HTTP/1.1, where they refuse by HTTP/1.0.

    A client takes a lower minor version (RFC 9112, section 2.3), and aiohttp, for one, answers so
    what it cannot read; the library knows HTTP/1.1 only. A handshake is accepted by HTTP/1.1 alone
    (RFC 6455, section 4.2.2).
    """
    older = b"HTTP/1.0 "
    if answer.startswith(older) and not answer.startswith(older + b"101"):
        return b"HTTP/1.1 " + answer[len(older) :]
    return answer


def known_cause(status: int | None, body: bytes | bytearray | None) -> str:
    """Say what is known to cause such a refusal, "" for nothing.

    uvicorn, Hypercorn, Daphne, Granian answer so to an application that closes before it accepts:
    code and reason of that close reach no client (ASGI 2.5, `websocket.close`).
    """
    if status == 403 and not (body or b"").strip():
        return (
            " (a 403 without a body: ASGI servers answer so when an application closes before it "
            "accepts; accept first, or send websocket.http.response)"
        )
    return ""


def seconds_ahead(date: str | None) -> float | None:
    """Return by how much a `Date` header that has just come is ahead of this machine's clock.

    It has whole seconds only, so that half a second more or less says nothing. None where it tells
    no time.
    """
    try:
        return parsedate_to_datetime(date or "").timestamp() + 0.5 - time.time()
    except ValueError:
        return None
