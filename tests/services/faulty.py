"""Services that are right but for one thing, and what tests do to all of them."""

import asyncio
import json

from qaws.behaviours import lifecycle
from qaws.protocol.market import selection_of
from tests.services.scripted import Ticker, wishes_of
from tests.waiting import HANG_S

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")

AMPLE_MS = HANG_S * 1000
"""A bound that no right service misses, however busy the machine."""

SOON_MS, LATE_S = 400, 1.2
"""A bound, in milliseconds, and how long a late service takes, in seconds.

What lies between them is more than a harness that is itself starved stands still in that time: what
it could explain would not be refuted.
"""

LATE = r"\d{4,5}\.\d ms"
"""A pattern: what is measured of a late service."""


async def connected(do):
    await do(lifecycle.be_connected, ["Alice"])


async def subscribed(do, *clients, to=NIFTY):
    await do(lifecycle.be_connected, clients)
    await do(lifecycle.subscribe, clients, to)


class Duplicates(Ticker):
    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, text)
        await super().deliver(client, tick, text)


class Drops(Ticker):
    """Drops the third tick of every symbol."""

    async def deliver(self, client, tick, text):
        if self.number(tick) != 3:
            await super().deliver(client, tick, text)

    def number(self, tick):
        seen = self.__dict__.setdefault("seen", {}).setdefault(tick["symbol"], [])
        if tick["seq"] not in seen:
            seen.append(tick["seq"])
        return seen.index(tick["seq"]) + 1


class DropsAll(Ticker):
    async def deliver(self, client, tick, text):
        pass


class Delays(Ticker):
    async def deliver(self, client, tick, text):
        await asyncio.sleep(LATE_S)
        await super().deliver(client, tick, text)


class Swaps(Ticker):
    """Delivers every second tick before the first."""

    async def deliver(self, client, tick, text):
        waiting = self.__dict__.setdefault("waiting", {})
        if not client.wants(tick):
            return
        if client in waiting:
            await client.send(text)
            await client.send(waiting.pop(client))
        else:
            waiting[client] = text


class Leaks(Ticker):
    """Sends every tick to everybody who has subscribed to anything."""

    async def deliver(self, client, tick, text):
        if client.wishes:
            await client.send(text)


class NeverEnds(Ticker):
    """Acknowledges an unsubscribe and goes on."""

    async def unsubscribe(self, client, wishes):
        pass


class EndsAllOfAClient(Ticker):
    """Ends all that a client has, whatever it names."""

    async def unsubscribe(self, client, wishes):
        client.wishes.clear()


class RefusesNeedless(Ticker):
    """Answers an unsubscribe from what is not held by an error, in the place of the ack."""

    async def _answer(self, client, text):
        message = json.loads(text)
        ends = message["action"] == "unsubscribe"
        is_needless = ends and client.wishes.isdisjoint(wishes_of(message))
        await (self.invalid(client, text) if is_needless else super()._answer(client, text))


class ClosesAtTick(Ticker):
    async def deliver(self, client, tick, text):
        if client.wants(tick):
            await client.close(1011, "internal error")


class CutsAtTick(Ticker):
    async def deliver(self, client, tick, text):
        if client.wants(tick):
            client.cut()


class CutsAfterThree(Ticker):
    """Delivers three ticks, then cuts the connection."""

    async def deliver(self, client, tick, text):
        if client.wants(tick):
            client.count = getattr(client, "count", 0) + 1
            await client.send(text) if client.count <= 3 else client.cut()


def changes(**fields):
    class Changes(Ticker):
        async def deliver(self, client, tick, text):
            changed = {**tick, **fields}
            text = json.dumps({k: v for k, v in changed.items() if v is not None})
            await super().deliver(client, tick, text)

    return Changes


def adds(*messages):
    """Return a service that sends these messages behind every tick."""

    class Adds(Ticker):
        async def deliver(self, client, tick, text):
            await super().deliver(client, tick, text)
            for message in messages if client.wants(tick) else ():
                await client.send(message)

    return Adds


def welcomes(*messages):
    """Return a service that sends these messages for a welcome."""

    class Welcomes(Ticker):
        async def welcome(self, client):
            for message in messages:
                await client.send(message)

    return Welcomes


def closes_at_once(code, reason):
    class Closes(Ticker):
        async def admit(self, client, token):
            await client.close(code, reason)
            return False

    return Closes


WELCOME = {"type": "connection", "status": "connected", "session_id": "x"}
