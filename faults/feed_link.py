"""Faults that show when the link to the broker breaks amid a tick, or is slow: QA-WS-126, 127."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as BrokerGone

from app.feed import Feed, FeedSilent
from app.server import TickerService
from faults.fault import fault, replace
from faults.outage import before_each_attempt

READ_BYTES = 64 * 1024
MUCH_BYTES = 4096
"""A read that brings as much as this comes of a burst; where that is cut says nothing."""

TOLD = "words about the feed to 21 clients since the link was slow: measured "
Reply = list[bytes | int]


def next_reply(data: bytes) -> tuple[Reply, bytes] | None:
    """Return the first whole reply (an array, RESP2) and what is behind it; None: there is none.

    What is no reply is passed over.
    """
    start = data.find(b"*")
    head, line, rest = data[start:].partition(b"\r\n")
    if start < 0 or not line or not head[1:].isdigit():
        return next_reply(data[start + 1 :]) if start >= 0 and line else None
    reply: Reply = []
    for _ in range(int(head[1:])):
        head, line, rest = rest.partition(b"\r\n")
        if not line:
            return None
        if head[:1] == b":":
            reply.append(int(head[1:]))
        elif head[:1] == b"$":
            size = int(head[1:])
            if len(rest) < size + 2:
                return None
            reply.append(rest[:size])
            if rest[size : size + 2] != b"\r\n":
                return next_reply(rest[size:])
            rest = rest[size + 2 :]
        else:
            return next_reply(rest)
    return reply, rest


async def read_by_hand(
    feed: Feed, connection: AbstractConnection, rest: bytes, left: Callable[[bytes, int], bytes]
) -> None:
    """Read replies until the broker has ended the link.

    Args:
        feed: which takes them.
        connection: where they come.
        rest: is put in front of what comes behind the answer to the subscription.
        left: takes what a read leaves over, and how much it has read; returns what is kept.
    """
    reader = connection._reader
    assert reader
    while data := await reader.read(READ_BYTES):
        read_bytes = len(data)
        while found := next_reply(rest + data if feed.connected else data):
            reply, data = found
            rest = b"" if feed.connected else rest
            feed._handle(reply)
        if feed.connected:
            rest = left(rest + data, read_bytes)


@fault(
    story="The listener takes what one read brings for whole messages, as it nearly always is, and "
    "throws away what is left over, so that ticks are lost on a link that delivers in pieces.",
    caught_by={"QA-WS-127": "never received ticks that it was due"},
)
def a_read_is_taken_for_whole_messages() -> None:
    """Keep nothing of a small read, which is a sign of life all the same."""

    async def _read(self: Feed, connection: AbstractConnection) -> None:
        def left(rest: bytes, size: int) -> bytes:
            self._was_heard = True
            return rest if size >= MUCH_BYTES else b""

        await read_by_hand(self, connection, b"", left)
        raise BrokerGone("closed")

    replace(Feed, "_read", _read)


@fault(
    story="A message of which only a part has come is taken for a broken link, so that a network "
    "which delivers in pieces makes the feed flap all day.",
    caught_by={"QA-WS-127": TOLD},
)
def a_part_of_a_message_is_taken_for_a_broken_link() -> None:
    """Give the link up."""

    def left(rest: bytes, size: int) -> bytes:
        if rest and size < MUCH_BYTES:
            raise BrokerGone("no message")
        return rest

    async def _read(self: Feed, connection: AbstractConnection) -> None:
        await read_by_hand(self, connection, b"", left)
        raise BrokerGone("closed")

    replace(Feed, "_read", _read)


@fault(
    story="A broker that says nothing for a tenth of a second is taken for lost, as in the data "
    "centre it never does, so that over a longer way the feed flaps, and each time ticks are lost.",
    caught_by={"QA-WS-127": TOLD},
)
def a_late_broker_is_taken_for_lost() -> None:
    """Ask all the time, and allow the answer 100 ms."""

    async def _watch(self: Feed) -> None:
        while True:
            await asyncio.sleep(0.02)
            self._was_heard = False
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self.fence()
            if self.connected and not self._was_heard:
                raise FeedSilent("the broker has been silent for 0.1 s")

    replace(Feed, "_watch", _watch)


@fault(
    story="Half a tick that came before the link broke is kept, and what comes over the next link "
    "is put behind it, so that the first tick after each recovery is lost without a word.",
    caught_by={"QA-WS-126": "never received ticks that it was due"},
)
def half_a_tick_is_kept_over_a_reconnect() -> None:
    """Keep what is left over for the next connection."""
    kept = b""

    def left(rest: bytes, _: int) -> bytes:
        nonlocal kept
        kept = rest
        return rest

    async def _read(self: Feed, connection: AbstractConnection) -> None:
        await read_by_hand(self, connection, kept, left)
        raise BrokerGone("closed")

    replace(Feed, "_read", _read)


@fault(
    story="A link that the broker has ended is taken for a quiet one for as long as it can be "
    "written to, so that behind a proxy which closes one direction prices stand still unannounced.",
    caught_by={"QA-WS-126": "from the loss to degraded at "},
)
def half_closed_link_is_taken_for_a_quiet_one() -> None:
    """Write until that fails."""

    async def _read(self: Feed, connection: AbstractConnection) -> None:
        await read_by_hand(self, connection, b"", lambda rest, _: rest)
        writer = connection._writer
        assert writer
        while True:
            writer.write(b"PING\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    replace(Feed, "_read", _read)


def _on_reset(act: Callable[[], None]) -> None:
    """Let something happen when a link was reset, before that is told."""
    listen = Feed._listen_once

    async def _listen_once(self: Feed) -> None:
        try:
            await listen(self)
        except (BrokerGone, OSError) as error:
            if "reset by peer" in str(error) and self.connected:
                act()
            raise

    replace(Feed, "_listen_once", _listen_once)


@fault(
    story="When the link is reset the listener subscribes anew, and its error handler does so too, "
    "so that from then on clients get every tick twice and count the volume double.",
    caught_by={"QA-WS-126": "more than once"},
)
def reset_link_is_replaced_twice() -> None:
    """Take each tick twice once a link was reset."""
    take = TickerService.on_tick
    times = 1

    def notice() -> None:
        nonlocal times
        times = 2

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        for _ in range(times):
            take(self, channel, payload)

    _on_reset(notice)
    replace(TickerService, "on_tick", on_tick)


@fault(
    story="A reset of the link is taken for a refusal, after which the listener waits for half a "
    "minute, so that clients miss the market although the broker was there all the time.",
    caught_by={"QA-WS-126": "from the link's return to the first new tick of "},
)
def reset_is_taken_for_a_refusal() -> None:
    """Wait before the attempt that follows."""
    refused = False

    def notice() -> None:
        nonlocal refused
        refused = True

    async def wait(_: Feed, __: int, ___: float) -> None:
        if refused:
            await asyncio.sleep(30)

    _on_reset(notice)
    before_each_attempt(wait)
