"""Part (a) for the plain `websockets` client: asyncio on uvloop, msgspec, a check per message.

    python -m bench.websockets_client URL CLIENTS TICKS WITHIN_S [deflate]

Prints one JSON object, a `bench.tally.Tally`.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import msgspec
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bench.stream import SYMBOL
from bench.tally import Tally
from qaws.measure.clock import now_us

SUBSCRIBE = '{"action":"subscribe","symbols":["NIFTY"]}'


class Members(msgspec.Struct):
    """The members of a message that are looked at: no more is decoded."""

    type: str
    symbol: str = ""
    seq: int = 0
    ticks: list[Members] = []


_decode = msgspec.json.Decoder(Members).decode


async def receive(url: str, ticks: int, tally: Tally, compression: str | None) -> None:
    """Be one client: subscribe, check every message, and leave after the last."""
    missing: set[int] = set()
    previous = 0
    # Nothing is asked of it that is not needed: no compression where none is measured, no
    # keepalive, no decoding to str.
    async with connect(
        url, compression=compression, proxy=None, ping_interval=None, close_timeout=2
    ) as connection:
        await connection.send(SUBSCRIBE)
        with suppress(ConnectionClosed):
            while not tally.complete:
                message = _decode(await connection.recv(decode=False))
                for each in message.ticks or (message,):
                    previous = take(each, previous, missing, ticks, tally)


def take(message: Members, previous: int, missing: set[int], ticks: int, tally: Tally) -> int:
    """Check one message; return the highest number so far."""
    if message.type == "option_tick" and message.symbol == SYMBOL:
        tally.ticks += 1
        number = message.seq
        if number == previous + 1:
            previous = number
        elif number > previous:
            missing.update(range(previous + 1, number))
            tally.gap += number - previous - 1
            previous = number
        elif number in missing:
            missing.discard(number)
            tally.order += 1
            tally.gap -= 1
        else:
            tally.duplicate += 1
        if number == ticks:
            tally.complete = 1
            tally.last_us = now_us()
    elif message.type not in ("connection", "subscribed"):
        tally.foreign += 1
    return previous


async def _run(
    url: str, clients: int, ticks: int, within_s: float, compression: str | None
) -> Tally:
    tallies = [Tally() for _ in range(clients)]
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
            for tally in tallies:
                group.create_task(receive(url, ticks, tally, compression))
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


def main(arguments: list[str]) -> None:
    """Receive, and say what was found."""
    url, clients, ticks, within_s, *rest = arguments
    compression = rest[0] if rest else None
    found = uvloop.run(_run(url, int(clients), int(ticks), float(within_s), compression))
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
