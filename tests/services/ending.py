"""Services that are told to end, each as a process of its own: well, or badly in one way.

python -m tests.services.ending Late redis://127.0.0.1:6379/0
"""

import asyncio
import os
import secrets
import signal
import sys

from tests.services.faulty import LATE_S
from tests.services.scripted import Ticker, as_process
from tests.waiting import HANG_S, soon


class Ending(Ticker):
    """Delivers what the broker has, says goodbye and ends."""

    code, reason, exit_code, pause_s = 1001, "server shutdown", 0, 0.0
    over = False

    async def until_stopped(self):
        end = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
        await end.wait()
        await self.drain()
        await asyncio.sleep(self.pause_s)
        self.over = True
        await asyncio.gather(*(self.part(client) for client in [*self.clients]))
        sys.stdout.flush()
        self.end()

    def end(self):
        os._exit(self.exit_code)

    async def admit(self, client, token):
        if self.over:
            await client.close(self.code, self.reason)
        return not self.over

    async def part(self, client):
        await client.close(self.code, self.reason)


class Leisurely(Ending):
    """Takes its time for each tick, and delivers them all before it says goodbye."""

    async def deliver(self, client, tick, text):
        await asyncio.sleep(0.01)
        await super().deliver(client, tick, text)


class SaysGoodbyeTooSoon(Ending):
    """Says goodbye to each client that pings, although it was not told to end."""

    async def ping(self, client):
        await self.part(client)


class Hasty(Ending):
    """Leaves what it has not delivered yet: one that does not read would keep it for ever."""

    async def drain(self):
        pass


class GetsNoTurn(Hasty):
    """Does nothing for a while when the first large ticks come, as on a machine that is busy."""

    large = 0

    async def deliver(self, client, tick, text):
        self.large += "padding" in tick and client.wants(tick)
        if self.large == 2:
            self.large += 1
            await asyncio.sleep(1.0)
        await super().deliver(client, tick, text)


class CutsWhoDoesNotRead(Ending):
    """Cuts off, before any order to end, a client to which it owes much."""

    owed = 0

    async def deliver(self, client, tick, text):
        self.owed += len(text) * ("padding" in tick)
        if self.owed < 60_000:
            await super().deliver(client, tick, text)
        elif client.wants(tick):
            client.cut()


class ForgetsWhoDoesNotRead(Ending):
    """Counts a client to which it owes much among the gone, and leaves the line as it is."""

    owed = 0

    async def deliver(self, client, tick, text):
        self.owed += len(text) * ("padding" in tick)
        await super().deliver(client, tick, text)
        if self.owed > 40_000 and client.wants(tick) and client in self.clients:
            self.clients.remove(client)

    async def left(self, client):
        if client in self.clients:
            await super().left(client)


class CountsInTwoProcesses(Hasty):
    """Tells who is there as two processes behind one port do: each its own, one after the other."""

    asked = 0

    def statistics(self):
        self.asked += 1
        mine = [*self.clients][self.asked % 2 :: 2]
        return {"active_connections": len(mine), "total_subscriptions": len(mine)}


class CountsNobody(Hasty):
    """Tells what was so before anybody came."""

    def statistics(self):
        return {"active_connections": 0, "total_subscriptions": 0}


class OtherCode(Ending):
    code = 1012


class LetsIn(Ending):
    """Stays until a newcomer is in."""

    newcomers = 0

    async def admit(self, client, token):
        return True

    async def welcome(self, client):
        await super().welcome(client)
        self.newcomers += self.over

    async def part(self, client):
        await super().part(client)
        await soon(lambda: self.newcomers, "a newcomer")


class Cuts(Ending):
    async def part(self, client):
        client.cut()


class ClosesUnderMessages(Ending):
    """Closes the socket right behind the close frame, whatever still comes from its client."""

    async def part(self, client):
        client.connection.protocol.send_close(self.code, self.reason)
        client.connection.send_data()
        client.connection.transport.close()
        await asyncio.sleep(LATE_S)


class LeavesTcpOpen(Ending):
    """Says goodbye, and leaves it to its clients to end the network connection."""

    async def part(self, client):
        client.connection.send_data = lambda: client.connection.transport.write(
            b"".join(client.connection.protocol.data_to_send())
        )
        client.connection.protocol.send_close(self.code, self.reason)
        client.connection.send_data()
        await asyncio.sleep(LATE_S)


class ClosesOneByOne(Ending):
    """Closes one client after the other, each when it has answered the goodbye."""

    async def until_stopped(self):
        self.turn = asyncio.Lock()
        await super().until_stopped()

    async def part(self, client):
        async with self.turn:
            await super().part(client)


class Fails(Ending):
    exit_code = 3


class AsShellsSay(Ending):
    exit_code = 143


class BySignal(Ending):
    """Ends by the very signal, once it has said goodbye."""

    def end(self):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)


class ByAnotherSignal(Ending):
    def end(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Late(Ending):
    pause_s = 0.9


class Hangs(Ending):
    async def part(self, client):
        await super().part(client)
        await asyncio.sleep(HANG_S)


class Forgets(Ending):
    """Delivers 29 ticks, and no more."""

    seen = 0

    async def deliver(self, client, tick, text):
        self.seen += 1
        if self.seen < 30:
            await super().deliver(client, tick, text)


class Deaf(Late):
    """Takes what the broker had when it was told to end, and hears no more of the feed."""

    is_deaf = False

    async def drain(self):
        await super().drain()
        self.is_deaf = True

    async def deliver(self, client, tick, text):
        if not self.is_deaf:
            await super().deliver(client, tick, text)


class ForgetsTheSecond(Ending):
    """Loses the 20th tick of BANKNIFTY."""

    seen = 0

    async def deliver(self, client, tick, text):
        self.seen += tick["symbol"] == "BANKNIFTY"
        if not (tick["symbol"] == "BANKNIFTY" and self.seen == 20):
            await super().deliver(client, tick, text)


class TurnsAway(Ending):
    """Has room for ten."""

    async def admit(self, client, token):
        if len(self.clients) >= 10:
            await client.close(1013, "try again later")
        return len(self.clients) < 10


class Forgetful(Ending):
    """Never acknowledges a subscription."""

    async def subscribed(self, client):
        pass


class TakesItsTime(Ending):
    def session_id(self):
        return secrets.token_hex(16)

    async def subscribed(self, client):
        await asyncio.sleep(0.4)
        await super().subscribed(client)


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
