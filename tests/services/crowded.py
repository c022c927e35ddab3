"""Small services for short-lived clients: real sockets, and one deliberate mistake each."""

import asyncio
import itertools
import json
from http import HTTPStatus

from qaws.load.churn.short_lived import Address
from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.measure.clock import now_us
from qaws.protocol.market import Market, selection_of
from tests.services.scripted import Ticker

NIFTY = selection_of("NIFTY")


class Small(Ticker):
    """Answers a subscription with its acknowledgement and a tick."""

    def __init__(self):
        super().__init__()
        self.sequence = itertools.count(1)
        self.market = Market()
        self.ever = 0

    @property
    def address(self):
        return Address.of([(f"{self.url}?token=any", {})], NIFTY)

    def tick(self, **changes):
        fields = self.market.option_tick(256265)
        stamp = {"seq": next(self.sequence), "due_us": now_us()}
        return {**fields, **stamp, **changes}

    async def welcome(self, client):
        self.ever += 1
        await super().welcome(client)

    async def subscribed(self, client):
        await super().subscribed(client)
        await client.send(self.tick())


class Limited(Small):
    """Takes in so many and no more."""

    limit = 15
    reason = "max connections reached"

    async def admit(self, client, token):
        if len(self.clients) < self.limit:
            return True
        await client.close(1008, self.reason)
        return False


class LooksTooEarly(Limited):
    """Checks the limit, and takes the place a moment later."""

    async def admit(self, client, token):
        admitted = await super().admit(client, token)
        await asyncio.sleep(0.1)
        return admitted


class SaysNoReason(Limited):
    reason = ""


class Repeats(Limited):
    def session_id(self):
        return f"session-{next(self.numbers) // 2}"


class ThrowsOut(Limited):
    """Closes a client whenever another one subscribes."""

    async def subscribed(self, client):
        await super().subscribed(client)
        await self.clients[0].close(1011, "out with you")


class KeepsPlaces(Limited):
    """Never gives a place back."""

    async def left(self, client):
        pass


FLOW = FlowPlan("redis://none", ("NIFTY",), per_second=100, count=1000)
"""What `OfAFlow` has its ticks of."""


class OfAFlow(Small):
    """Answers a subscription with the next tick of a flow, as `altered` makes it."""

    def __init__(self):
        super().__init__()
        self.payloads, self.began_us = Payloads(FLOW), now_us()

    def tick(self, **changes):
        number = next(self.sequence)
        due_us = self.began_us + (number - 1) * 10_000
        return self.altered(number, json.loads(self.payloads.payload("NIFTY", number, due_us)))

    def altered(self, number, tick):
        return tick


class TellsThePriceBefore(OfAFlow):
    """Gives every client the price of the tick before."""

    def altered(self, number, tick):
        before = json.loads(self.payloads.payload("NIFTY", max(1, number - 1), 0))
        return {**tick, "last_price": before["last_price"]}


class TellsItsOwnTime(OfAFlow):
    """Says of its third tick that it was due a second later than it was."""

    def altered(self, number, tick):
        return {**tick, "due_us": tick["due_us"] + 1_000_000 * (number == 3)}


# --- mistakes in a cycle --------------------------------------------------------------------------


class Silent(Small):
    async def welcome(self, client):
        pass


class Deaf(Small):
    async def subscribed(self, client):
        pass


class Tickless(Small):
    async def subscribed(self, client):
        await client.send({"type": "subscribed"})


class Full(Small):
    async def admit(self, client, token):
        await client.close(1008, "max connections reached")
        return False


class Cuts(Small):
    async def welcome(self, client):
        client.cut()


class Unavailable(Small):
    def request(self, connection, request):
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no\n")


# --- mistakes in messages -------------------------------------------------------------------------


class Skips(Small):
    async def subscribed(self, client):
        await super().subscribed(client)
        next(self.sequence)
        await client.send(self.tick())


class Twice(Small):
    async def subscribed(self, client):
        await client.send({"type": "subscribed"})
        text = json.dumps(self.tick())
        await client.send(text)
        await client.send(text)


class TooEarly(Small):
    async def welcome(self, client):
        await client.send(self.tick())
        await super().welcome(client)


class Others(Small):
    async def subscribed(self, client):
        await super().subscribed(client)
        other = self.market.option_tick(260105)
        await client.send({**other, "seq": 1, "due_us": 1})


class Loose(Small):
    async def subscribed(self, client):
        await client.send({"type": "subscribed"})
        await client.send(self.tick(last_price="12.5"))


class Binary(Small):
    async def subscribed(self, client):
        await super().subscribed(client)
        await client.send(b"\x00\x01")


class Complains(Small):
    async def subscribed(self, client):
        await super().subscribed(client)
        await client.send({"type": "error", "message": "Invalid message format"})


class InPieces(Small):
    """Sends its tick in three fragments, and a ping in between: both are legal."""

    async def subscribed(self, client):
        await client.send({"type": "subscribed"})
        await (await client.connection.ping())
        text = json.dumps(self.tick())
        await client.connection.send([text[:10], text[10:20], text[20:]])
