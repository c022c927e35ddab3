"""A feed over WebSocket: the suite is the exchange to which the service connects.

What the exchange has been told to publish is written to every connection that listens before it
says so. Nobody is asked whether a service has read it, as with a broker.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection as BlockingConnection
from websockets.sync.client import connect

from qaws.feed.outlets.outlet import ANSWER_S, Breath, Listened, Message, OneLine
from qaws.sut.brokers.exchange_server import ExchangeServer
from qaws.verdict import NotVerified

OPTIONS: dict[str, Any] = {
    "open_timeout": ANSWER_S,
    "close_timeout": ANSWER_S,
    "ping_interval": None,  # what is asked is answered, or the exchange is gone
    "compression": None,
    "max_size": None,
    "proxy": None,
}


class _Line:
    """A connection of the suite to the exchange, for one order at a time."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._turn = asyncio.Lock()

    async def ask(self, order: str) -> Any:
        """Give an order; return its answer.

        Raises:
            TimeoutError: there is none in time.
            WebSocketException: the exchange is gone.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_S):
                    await self.connection.send(order)
                    return json.loads(await self.connection.recv())
            except BaseException:  # or the next order would get the answer to this one
                self.connection.transport.abort()
                raise


class WebsocketExchange(OneLine):
    """An embedded exchange; its answer says how many connections a tick was written to."""

    kind = "WebSocket"
    errors = (OSError, TimeoutError, WebSocketException)
    is_late = True

    @property
    def _server(self) -> ExchangeServer:
        assert isinstance(self._broker.server, ExchangeServer)
        return self._broker.server

    async def open(self) -> _Line:
        """Connect, as nobody but the suite can."""
        return _Line(await connect_async(self._server.order_url(self._broker.url), **OPTIONS))

    def is_open(self, line: _Line) -> bool:
        """Return whether the exchange is there."""
        return line.connection.state is State.OPEN

    async def hand_over(self, line: _Line, messages: Sequence[Message]) -> list[int | None]:
        """Return how many connections each was written to."""
        heard: list[int | None] = await line.ask(_order(messages))
        return heard

    async def shut(self, line: _Line) -> None:
        """Leave the exchange."""
        await line.connection.close()

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give a connection that blocks."""
        with connect(self._server.order_url(self._broker.url), **OPTIONS) as line:
            yield _NoBreak(line)

    async def _who(self) -> tuple[list[tuple[int, str, bool, str]], list[str]]:
        """Return number and path of each connection, whether it listens, and what it said last.

        Behind that: what those said last who have come and left without listening.
        """
        line = await self.opened()
        there, left = await line.ask('["who"]')
        return [tuple(each) for each in there], left

    async def listened_to(self) -> Listened | None:
        """Return the paths of connections that listen: any channel is theirs that is no path."""
        who, left = await self._who()
        paths = tuple(sorted({path for _, path, listens, _ in who if listens}))
        mute = [*left, *(last for _, _, listens, last in who if not listens)]
        count = sum(listens for _, _, listens, _ in who)
        return Listened((), paths, count, _takes, _why_mute(mute))

    async def subscribers(self, but: str) -> set[str]:
        """Return the numbers of the connections that listen."""
        who, _ = await self._who()
        return {str(number) for number, _, listens, _ in who if listens}


class _NoBreak(Breath):
    """Messages behind each other."""

    def __init__(self, line: BlockingConnection) -> None:
        self._line = line

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages together, where there is a command behind the cut of all lines."""
        self._line.send(_order(messages, cut=bool(command)))
        heard: list[int | None] = json.loads(self._line.recv(ANSWER_S))
        return heard


def _order(messages: Sequence[Message], *, cut: bool = False) -> str:
    """Return what the exchange is told to publish.

    Raises:
        NotVerified: one of them is no text, and so no text frame (RFC 6455, section 5.6).
    """
    said = []
    for channel, payload in messages:
        try:
            text = payload.decode() if isinstance(payload, bytes) else payload
            text.encode()
        except UnicodeError:
            raise NotVerified(
                "an exchange sends text frames, which hold UTF-8 only, and this payload is none"
            ) from None
        said.append((channel, text))
    return json.dumps(["publish", cut, said])


def _takes(path: str, channel: str) -> bool:
    return not channel.startswith("/") or channel == path


def _why_mute(mute: Sequence[str]) -> str:
    """Say why connections get no ticks; "" where there are none of those."""
    if not mute:
        return ""
    words = [each for each in mute if each]
    last = f"the last one said {words[-1]}" if words else "the last one said nothing"
    return (
        f"{len(mute)} connected and did not say what listens = true of [[feed.answers]] waits for: "
        f"{last}"
    )
