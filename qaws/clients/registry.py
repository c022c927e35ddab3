"""The connection registry that all steps of a scenario share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.recorder import Rewritten
from qaws.clients.way_in import way_in
from qaws.oracle.announcements import StatusMessage
from qaws.oracle.ledger import Arrival, Key
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import SEQUENCE_FIELD
from qaws.sut.service import Service
from qaws.verdict import Broken, no_stall

AT_ONCE = 50
"""How many handshakes are under way at the same time when many clients connect."""

PATIENCE_S, IMPATIENCE_S = 9.0, 0.5
"""For how long answers to goodbyes are waited for when a scenario is over: at first, and once a
service of the run has answered one in no such time. By itself a client waits ten seconds."""


class Registry:
    """Every connection of a scenario, by the client's name; a client may connect again."""

    def __init__(
        self,
        dialect: Dialect,
        held_up_ms: Callable[[int, int], float] = no_stall,
    ) -> None:
        """Begin without connections.

        Args:
            dialect: what the service's messages mean, and what they must look like.
            held_up_ms: as in `FrameLog`.
        """
        self._dialect = dialect
        self._held_up_ms = held_up_ms
        self.all: list[Connection] = []

    def named(self, client: str) -> Connection:
        """Return a client's newest connection.

        Raises:
            Broken: the scenario has not connected this client.
        """
        for connection in reversed(self.all):
            if connection.name == client:
                return connection
        known = ", ".join(dict.fromkeys(c.name for c in self.all)) or "nobody"
        raise Broken(f"{client} has not connected in this scenario (there is {known})")

    def of(self, clients: Iterable[str]) -> list[Connection]:
        """Return the newest connections of several clients."""
        return [self.named(client) for client in clients]

    def earlier(self, client: str) -> Connection:
        """Return the connection that a client had before its newest one.

        Raises:
            Broken: it connected only once.
        """
        mine = [connection for connection in self.all if connection.name == client]
        if len(mine) < 2:
            raise Broken(f"{client} has connected only once in this scenario")
        return mine[-2]

    async def connect(
        self,
        clients: Sequence[str],
        service: Service,
        tokens: Sequence[str | None],
        location: str,
        further_headers: Sequence[tuple[str, str]] = (),
        receive_buffer: int | None = None,
        *,
        may_be_gone: bool = False,
        compression: bool = False,
        bare: bool = False,
        at: Callable[[str], str] = str,
        written: Rewritten | None = None,
    ) -> list[Connection]:
        """Open one connection for each client and let the handshakes finish.

        `tokens` has what each of them shows. `bare` leaves out what the target asks for before a
        connection; `at` makes of the endpoint's address another one; `written` and the others are
        as in `Connection.open`.
        """
        target = service.target
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(client: str, token: str | None) -> Connection:
            connection = Connection(
                client,
                self._dialect,
                token=token,
                authority=target.endpoint.authority,
                held_up_ms=self._held_up_ms,
            )
            self.all.append(connection)
            async with gate:
                way = await way_in(
                    connection, target, service.url, location, may_be_gone=may_be_gone, bare=bare
                )
                if way is None:
                    return connection
                url, headers = way
                await connection.open(
                    at(url),
                    [*headers.items(), *further_headers],
                    receive_buffer,
                    may_be_gone=may_be_gone,
                    compression=compression,
                    written=written,
                )
            return connection

        return list(await asyncio.gather(*map(one, clients, tokens)))

    @staticmethod
    def arrivals(connection: Connection) -> list[Arrival]:
        """Return the ticks that a connection received, as the oracle wants them."""
        return [
            Arrival(frame.at_ns, key_of(frame), frame.text, partial(connection.exactly, frame))
            for frame in connection.received("tick")
        ]

    @staticmethod
    def status_messages(connection: Connection) -> list[StatusMessage]:
        """Return what a connection was told about the feed, in order."""
        return [
            StatusMessage(f.at_ns, str(f.message.get("status")))
            for f in connection.received("status")
        ]

    async def close(self, within_s: float | None = None) -> bool:
        """Close every connection, all at once; none may hold up the end.

        Args:
            within_s: for how long answers to close frames are waited for; then connections are cut.
                None for as long as a client waits whose goodbye is judged.

        Returns:
            Whether none had to be cut.
        """
        closing = {asyncio.ensure_future(each.close()): each for each in self.all}
        if not closing:
            return True
        _, unanswered = await asyncio.wait(closing, timeout=within_s)
        for late in unanswered:
            closing[late].cut()
        await asyncio.gather(*closing, return_exceptions=True)
        return not unanswered


class Goodbyes:
    """Sends the clients of scenarios away that are over; no sentence is about how that goes.

    Where a service answers no close frame, only one scenario of a run waits long for it: with an
    outline, each row did. One that answers is never cut off, however slow the machine.
    """

    def __init__(self) -> None:
        self._within_s = PATIENCE_S

    async def say(self, connections: Registry) -> None:
        """Close the connections of a scenario."""
        if not await connections.close(self._within_s):
            self._within_s = IMPATIENCE_S


def key_of(frame: Frame) -> Key | None:
    """Return what identifies the tick in a frame; None where there is none, or without number."""
    message = frame.message if isinstance(frame.message, dict) else {}
    symbol, sequence = message.get("symbol"), message.get(SEQUENCE_FIELD)
    if isinstance(symbol, str) and isinstance(sequence, int):
        return symbol, sequence
    return None
