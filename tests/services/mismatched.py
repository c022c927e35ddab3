"""Services that are not what a target file says, and some that are but make a mistake."""

import asyncio
import json
import os
import sys
from http import HTTPStatus

import redis.asyncio

from tests.services.scripted import Ticker, as_process


class SaysConnected(Ticker):
    """Welcomes in another dialect, and speaks this one otherwise."""

    async def welcome(self, client):
        await client.send({"type": "connected", "connection_id": client.session})


class HelloFirst(Ticker):
    """Says something of its own before the welcome."""

    async def welcome(self, client):
        await client.send({"type": "hello"})
        await super().welcome(client)


class BeatsAtOnce(Ticker):
    """Sends heartbeats that nobody has been told of."""

    beats_from = 1

    async def welcome(self, client):
        await super().welcome(client)
        await self.beat(client)

    async def ping(self, client):
        await super().ping(client)
        await self.beat(client)

    async def beat(self, client):
        if int(client.session.removeprefix("session-")) >= self.beats_from:
            await client.send({"type": "heartbeat"})


class BeatsLater(BeatsAtOnce):
    """Sends them to all but its first client."""

    beats_from = 2


class LetsNobodyIn(Ticker):
    def request(self, connection, request):
        if request.path.startswith("/ws/ticks"):
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        return super().request(connection, request)


class SpeaksSocketIO(Ticker):
    """Opens as Socket.IO does, and cuts whoever says something else."""

    async def welcome(self, client):
        await client.send('0{"sid":"9bAY","upgrades":[],"pingInterval":25000}')

    async def _answer(self, client, text):
        client.cut()


class WantsEngineIO(Ticker):
    """Refuses an address of Socket.IO that does not say which protocol."""

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/socket.io/"

    def request(self, connection, request):
        return connection.respond(HTTPStatus.FORBIDDEN, "")


class LivesElsewhere(Ticker):
    def request(self, connection, request):
        if request.path.startswith("/ws/ticks"):
            return connection.respond(HTTPStatus.NOT_FOUND, "no such page\n")
        return super().request(connection, request)


class ClosesAll(Ticker):
    async def admit(self, client, token):
        await client.send({"type": "error", "message": "who are you?"})
        await client.close(1008, "Authentication required")
        return False


class HeaderOnly(Ticker):
    """Looks for tokens in the header only."""

    async def admit(self, client, token):
        if "Authorization" in client.connection.request.headers:
            return True
        await client.close(1008, "Authentication required")
        return False


class Silent(Ticker):
    """Takes everything, and never says a word."""

    async def welcome(self, client):
        pass

    async def _answer(self, client, text):
        pass


class Deaf(Silent):
    """Welcomes, and hears nothing."""

    async def welcome(self, client):
        await Ticker.welcome(self, client)


class FirstMessageOpens(Ticker):
    """Wants a first message that authenticates; answers pings before."""

    async def welcome(self, client):
        pass

    async def _answer(self, client, text):
        if json.loads(text)["action"] == "ping":
            await client.send({"type": "pong"})
        else:
            await client.send({"status": "error", "code": "NOT_AUTHENTICATED"})


class NoWelcome(Ticker):
    async def welcome(self, client):
        pass


class ClosesAfterWelcome(Ticker):
    async def welcome(self, client):
        await super().welcome(client)
        await client.close(1011, "sorry")


class Dies(Ticker):
    """Ends as soon as somebody comes."""

    async def welcome(self, client):
        os._exit(3)


class OkForConnected(Ticker):
    """Has another word in a field of the welcome."""

    async def welcome(self, client):
        await client.send({"type": "connection", "status": "ok", "session_id": client.session})


class NoPong(Ticker):
    async def ping(self, client):
        pass


class NoAck(Ticker):
    async def subscribed(self, client):
        pass


class LateWelcome(Ticker):
    """Does everything, later than anybody waits."""

    async def welcome(self, client):
        await asyncio.sleep(0.6)
        await super().welcome(client)


class LateAnswers(Ticker):
    async def ping(self, client):
        await asyncio.sleep(0.6)
        await super().ping(client)


class DropsTicks(Ticker):
    async def deliver(self, client, tick, text):
        pass


class NumbersItself(Ticker):
    """Has a number of its own for each tick, in a member that the suite has too."""

    sent = 7_000

    async def deliver(self, client, tick, text):
        self.sent += 1
        await super().deliver(client, tick, json.dumps({**tick, "seq": self.sent}))


class SetsDueTimes(Ticker):
    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, json.dumps({**tick, "due_us": 17}))


class ForwardsWhatItKnows(Ticker):
    """Sends on what it knows, and nothing else."""

    async def deliver(self, client, tick, text):
        known = {name: value for name, value in tick.items() if name not in ("seq", "due_us")}
        await super().deliver(client, tick, json.dumps(known))


class Rounds(Ticker):
    async def deliver(self, client, tick, text):
        rounded = {**tick, "bid": 1} if "bid" in tick else tick
        await super().deliver(client, tick, json.dumps(rounded))


class OtherChannel(Ticker):
    """Listens where nobody publishes."""

    pattern = "prices:*"


class BarsElsewhere(Ticker):
    """Listens to one channel, which has no bars."""

    pattern = "ticker:opt*"


class OptionsOnly(Ticker):
    """Has no bars: it listens to the one channel, and to no pattern."""

    async def _feed(self):
        async with redis.asyncio.Redis.from_url(self.broker_url) as broker, broker.pubsub() as feed:
            await feed.subscribe("ticker:options")
            async for message in feed.listen():
                if message["type"] == "subscribe":
                    self._subscribed.set()
                    continue
                text = message["data"].decode()
                for client in [*self.clients]:
                    await self.deliver(client, json.loads(text), text)


class AsksForCredentials(Ticker):
    def request(self, connection, request):
        if request.path == "/ws/stats" and "X-Key" not in request.headers:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "")
        return super().request(connection, request)


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](*sys.argv[2:])))
