"""Who has pinged once is idle from then on: not before its time is up, and not for ever."""

import asyncio

import jwt
import pytest

from qaws.behaviours import closes, idleness, lifecycle
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.verdict import Inconclusive
from tests.services.faulty import AMPLE_MS
from tests.services.guarded import shown
from tests.services.scripted import Ticker

IDLE = ExpectedClose([1001], ["idle"])


def after_ping(seconds):
    """Return a service that closes so long after a ping."""

    class Closes(Ticker):
        async def ping(self, client):
            await super().ping(client)
            await asyncio.sleep(seconds)
            await client.close(1001, "idle timeout")

    return Closes


class AfterConnect(Ticker):
    """Looks at the clock of the connect alone."""

    async def welcome(self, client):
        await super().welcome(client)
        self.timer = asyncio.create_task(self.end(client))

    async def end(self, client):
        await asyncio.sleep(0.3)
        await client.close(1001, "idle timeout")


def pinging(delay_ms, low_ms, high_ms):
    async def story(do):
        await do(idleness.be_pinging_once, "Dora", delay_ms)
        await do(lifecycle.stay_silent, "Dora", 3)
        await do(idleness.closed_after_ping, ["Dora"], IDLE, low_ms, high_ms)

    return story


def test_who_pinged_once_is_closed_when_its_time_is_up(right):
    right(after_ping(0.5), pinging(100, 500, AMPLE_MS))


def test_who_is_closed_too_early_after_its_ping_is_told(wrong):
    what = "time from the ping of Dora until it was closed: measured .*, allowed not before 60 s"
    wrong(after_ping(0.05), pinging(100, AMPLE_MS, 2 * AMPLE_MS), what)
    wrong(AfterConnect, pinging(100, AMPLE_MS, 2 * AMPLE_MS), what)


def test_who_is_closed_too_late_after_its_ping_is_told(wrong):
    what = "time from the ping of Dora until it was closed: measured .*, allowed at most 1200"
    wrong(after_ping(2.2), pinging(100, 1000, 1200), what)


def test_who_is_closed_before_its_ping_is_told(wrong):
    wrong(AfterConnect, pinging(2500, AMPLE_MS, 2 * AMPLE_MS), "Dora was closed before its ping")


@pytest.mark.parametrize("delay_ms", [2500, 280])
def test_a_ping_that_the_harness_sent_too_late_is_not_held_against_the_service(scenario, delay_ms):
    """It is right to close who has been silent for long enough, and a ping may cross the close."""
    with pytest.raises(Inconclusive, match="without a ping from the connect on"):
        scenario(AfterConnect, pinging(delay_ms, 300, 2000))


def test_who_is_never_closed_is_told(wrong):
    wrong(Ticker, pinging(50, 100, 200), "end of Dora's connection: measured .* still open")


BANKNIFTY = selection_of("BANKNIFTY")


class ClosesTheIdle(Ticker):
    """Closes who says nothing for half a second; `counts` tells what is no silence."""

    def counts(self, text):
        return True

    async def welcome(self, client):
        await super().welcome(client)
        self.said = getattr(self, "said", {})
        self.said[client] = asyncio.get_running_loop().time()
        self.timers = [*getattr(self, "timers", []), asyncio.create_task(self.end(client))]

    async def end(self, client):
        left = self.said[client] + 0.5 - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)
            await self.end(client)
        else:
            await client.close(1001, "idle timeout")

    async def _answer(self, client, text):
        if self.counts(text):
            self.said[client] = asyncio.get_running_loop().time()
        await super()._answer(client, text)


class CountsPings(ClosesTheIdle):
    def counts(self, text):
        return "ping" in text


async def changes_beside(do):
    await do(idleness.be_changing_beside, "Hana", "Ivo", BANKNIFTY, 100)
    await asyncio.sleep(1.5)
    await do(lifecycle.connected, ["Hana"])
    await do(closes.closed_by_service, ["Ivo"], IDLE)
    await do(closes.disconnected, ["Ivo"], AMPLE_MS)


class CountsForAll(ClosesTheIdle):
    async def _answer(self, client, text):
        await super()._answer(client, text)
        self.said = dict.fromkeys(self.said, self.said[client])


class OneOfAUser(ClosesTheIdle):
    """Lets one user connect once: who comes last stays."""

    async def admit(self, client, token):
        sub = jwt.decode(shown(client), options={"verify_signature": False})["sub"]
        self.newest = getattr(self, "newest", {})
        if sub in self.newest:
            await self.newest[sub].close(1008, "once only")
        self.newest[sub] = client
        return await super().admit(client, token)


def test_who_only_subscribes_and_unsubscribes_is_not_idle(right, wrong):
    right(ClosesTheIdle, changes_beside)
    right(OneOfAUser, changes_beside)
    wrong(CountsPings, changes_beside, "Hana: .*idle timeout")


def test_what_one_session_says_keeps_no_other_alive(wrong):
    wrong(CountsForAll, changes_beside, "end of Ivo's connection: measured .* still open")
