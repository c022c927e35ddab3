"""Services that welcome nobody, name no session, or acknowledge nothing: they are let be."""

import asyncio

import pytest

from qaws.behaviours import closes, deployment, isolation, lifecycle, tokens
from qaws.clients.endings import ExpectedClose
from qaws.protocol.dialect import QaWs
from qaws.verdict import NotVerified
from tests.services.faulty import AMPLE_MS, NIFTY, subscribed
from tests.services.scripted import Ticker


class Unwelcoming(QaWs):
    """Clients are let in when their ping is answered; a name on trial is never acknowledged."""

    welcomes, has_sessions = False, False

    def subscribe_to(self, symbol):
        asked = super().subscribe_to(symbol)
        return type(asked)(asked, asked.echo, 0, asked.hides)


@pytest.fixture(autouse=True)
def unwelcoming(testbed, monkeypatch):
    monkeypatch.setattr(testbed, "dialect", Unwelcoming())


class Silent(Ticker):
    """Says nothing to who comes."""

    async def welcome(self, client):
        pass


class Deaf(Silent):
    async def ping(self, client):
        pass


async def admitted(do):
    await do(lifecycle.connect, ["Alice"])
    await do(tokens.admitted, "Alice", AMPLE_MS)


def test_who_is_let_in_without_a_welcome_is_admitted(right):
    right(Silent, admitted)


def test_who_gets_no_pong_either_is_not(wrong):
    async def story(do):
        await do(lifecycle.connect, ["Alice"])
        await do(tokens.admitted, "Alice", 500)

    wrong(Deaf, story, "admission of Alice: measured nothing")


def test_who_was_let_in_without_a_welcome_may_be_closed_for_its_silence(right):
    class Closes(Silent):
        async def ping(self, client):
            await super().ping(client)
            await asyncio.sleep(0.6)
            await client.close(1001, "idle timeout")

    async def story(do):
        await do(lifecycle.connect, ["Alice"])
        await do(lifecycle.stay_silent, "Alice", 1.5)
        await do(closes.closed_between, ["Alice"], ExpectedClose([1001], ["idle"]), 300, AMPLE_MS)

    right(Closes, story)


def test_who_comes_back_without_a_welcome_is_back_at_once(scenario, testbed, monkeypatch):
    """Nobody waits for what never comes; and that sessions are new nobody can tell."""
    monkeypatch.setattr(deployment, "GIVEN_UP_S", AMPLE_MS / 1e3)

    async def story(do):
        await subscribed(do, "Alice")
        await do(deployment.reconnect_all, ["Alice"], NIFTY)
        await do(deployment.are_back, ["Alice"], AMPLE_MS)

    with pytest.raises(NotVerified, match="has no session ids"):
        scenario(Silent, story)
    assert [check.verdict for check in testbed.scenario.checks.done] == ["met", "met"]


def test_what_is_never_acknowledged_is_heard_once_a_ping_is_answered(right):
    class Ignores(Silent):
        """Takes no notice of a name that it does not know."""

        async def subscribe(self, client, wishes):
            self.known = ("symbols", "*") not in wishes
            if self.known:
                await super().subscribe(client, wishes)

        async def subscribed(self, client):
            if self.known:
                await super().subscribed(client)

    async def story(do):
        await subscribed(do, "Alice")
        await do(isolation.try_to_subscribe, "Alice", "*")
        await do(lifecycle.connected, ["Alice"])

    right(Ignores, story)
