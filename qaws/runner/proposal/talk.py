"""A connection to a service of which nothing is known yet: what was said, and what came."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from qaws.protocol.encoding import recognised
from qaws.runner.proposal.seen import UNREAD, Seen
from qaws.runtime.trust import context_for

OPEN_WITHIN_S = 5.0
QUIET_S = 0.15
"""So long nothing comes behind a message before what came counts as all of it."""
MOST = 50
"""Messages that are listened to at a time: a market may never be quiet."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where to connect: address with its query, headers, and whom TLS trusts.

    `closed`: why there is no connecting at all, "" where there is.
    """

    url: str
    headers: dict[str, str]
    authority: str = ""
    closed: str = ""


class Talk:
    """One connection; `end` is why it is over, "" while it is not."""

    def __init__(self, entrance: Entrance, seen: Seen) -> None:
        """Connect; what keeps it from being open is in `end`.

        Args:
            entrance: where.
            seen: told what binary messages hold.
        """
        self._seen = seen
        self.end = entrance.closed
        self._line: ClientConnection | None = None
        if self.end:
            return
        loopback = urlsplit(entrance.url).hostname in ("127.0.0.1", "localhost", "::1")
        try:
            self._line = connect(
                entrance.url,
                additional_headers=entrance.headers,
                ssl=context_for(entrance.url, entrance.authority),
                open_timeout=OPEN_WITHIN_S,
                close_timeout=1,
                ping_interval=None,
                max_size=None,
                proxy=None if loopback else True,
                compression=None,
            )
        except InvalidStatus as refusal:
            self.end = f"refused with HTTP {refusal.response.status_code}"
        except (InvalidHandshake, OSError) as problem:
            self.end = f"no connection: {problem}"

    def say(self, text: str) -> None:
        """Send a text message, unless the connection is over."""
        if self._line and not self.end:
            try:
                self._line.send(text)
            except ConnectionClosed as closed:
                self._ended(closed)

    def hear(self, within_s: float) -> list[str]:
        """Return the messages that come as text, until it is quiet behind them.

        Args:
            within_s: how long the first may take.
        """
        found: list[str] = []
        until = time.monotonic() + within_s
        while self._line and not self.end and len(found) < MOST:
            wait_s = min(QUIET_S, within_s) if found else until - time.monotonic()
            if wait_s <= 0:
                break
            try:
                message = self._line.recv(timeout=wait_s)
            except TimeoutError:
                break
            except ConnectionClosed as closed:
                self._ended(closed)
                break
            found += [message] if isinstance(message, str) else self._meant(message)
        return found

    def _meant(self, data: bytes) -> list[str]:
        known = recognised(data)
        if known is None:
            if self._seen.received == "text":
                self._seen.received = UNREAD
            return []
        self._seen.received, text = known
        return [text]

    def close(self) -> None:
        """Leave."""
        if self._line:
            self._line.close()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _ended(self, closed: ConnectionClosed) -> None:
        got = closed.rcvd
        self.end = f'closed with {got.code} "{got.reason}"' if got else "the connection was cut"
