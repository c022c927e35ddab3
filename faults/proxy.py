"""Faults behind a reverse proxy: QA-WS-121."""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.asyncio.server import ServerConnection

from app.closes import Close
from app.sessions import Session, TickerConnection
from faults.fault import fault, replace

FORWARDED = "X-Forwarded-For"
"""What a proxy adds to a request: whose it is."""

QUIET_S = 40.0


def _came_through_a_proxy(connection: ServerConnection) -> bool:
    return connection.request is not None and FORWARDED in connection.request.headers


@fault(
    story="Clients that come through the proxy are cut off when nothing has moved for 40 seconds, "
    "as the proxy is trusted to keep lines that are of use alive.",
    caught_by={"QA-WS-121": "open connections of Alice"},
)
def quiet_clients_of_a_proxy_cut() -> None:
    """Cut a client off that came through a proxy, that long after its coming."""
    original = Session.__init__

    def __init__(self: Session, connection: TickerConnection, *args: Any) -> None:
        original(self, connection, *args)
        if _came_through_a_proxy(connection):
            asyncio.get_running_loop().call_later(QUIET_S, connection.transport.abort)

    replace(Session, "__init__", __init__)


@fault(
    story="A proxy is told the reason of a close in a header that nobody reads, and clients get a "
    "bare 1000: they do not know whether to come back.",
    caught_by={"QA-WS-121": "closed by the service with"},
)
def reasons_kept_from_proxies() -> None:
    """Close clients that came through a proxy with 1000, and without a reason."""
    original = Session.close

    def close(self: Session, close: Close, *args: Any) -> None:
        plain = Close(1000, "") if _came_through_a_proxy(self.connection) else close
        original(self, plain, *args)

    replace(Session, "close", close)
