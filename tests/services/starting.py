"""Services that start while their broker is away, each in its own way: QA-WS-122."""

import asyncio
import sys

import redis.asyncio

from tests.services.scripted import Ticker, as_process


async def broker_is_there(url):
    """Return once the broker answers."""
    while True:
        try:
            async with redis.asyncio.Redis.from_url(url) as client:
                await client.ping()
                return
        except redis.RedisError:
            await asyncio.sleep(0.05)


class WaitsForBroker(Ticker):
    """Listens only once the broker is there, which is sound."""

    async def main(self):
        await broker_is_there(self.broker_url)
        await super().main()


class SaysNothing(Ticker):
    """Welcomes clients before it has its feed, and tells them nothing of that."""

    async def _feed(self):
        self._subscribed.set()
        await broker_is_there(self.broker_url)
        await asyncio.sleep(0.2)  # what is published meanwhile nobody hears
        await super()._feed()


class SaysNothingLate(SaysNothing):
    """Takes its time until it listens, with the broker as without."""

    async def main(self):
        await asyncio.sleep(1)
        await super().main()


class Ends(Ticker):
    """Ends where no broker is."""

    async def main(self):
        try:
            async with asyncio.timeout(0.2):
                await broker_is_there(self.broker_url)
        except TimeoutError:
            raise SystemExit("no broker") from None
        await super().main()


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
