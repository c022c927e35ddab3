"""Services that take their time: for want of a CPU, asleep, or keeping it to themselves."""

import asyncio
import hashlib
import sys
import threading
import time

from tests.services.faulty import LATE_S
from tests.services.scripted import Ticker, as_process

WORK_S = 0.3
"""CPU time that a tick takes, and an acknowledgement: less than tests allow who gets a CPU."""

SPIN_S = 4.0
"""How long a service spins: in a tenth of that it has run for longer than tests allow it."""


class Dallies(Ticker):
    """Takes its time for each tick, and each acknowledgement of an unsubscribe."""

    def dally(self):
        """Do so."""

    async def deliver(self, client, tick, text):
        self.dally()
        await super().deliver(client, tick, text)

    async def unsubscribe(self, client, wishes):
        self.dally()
        await super().unsubscribe(client, wishes)


class Works(Dallies):
    def dally(self):
        until_s = time.thread_time() + WORK_S
        while time.thread_time() < until_s:
            pass


class Sleeps(Dallies):
    def dally(self):
        time.sleep(LATE_S)


class Spins(Dallies):
    """Has so many threads at work that most of them wait for a CPU all the time."""

    def dally(self):
        until_s, block = time.monotonic() + SPIN_S, bytes(2**20)

        def spin():
            while time.monotonic() < until_s:
                hashlib.sha256(block)

        threads = [threading.Thread(target=spin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
