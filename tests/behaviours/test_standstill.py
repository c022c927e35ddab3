"""When nobody receives anything any more, that is told first, with what happened just before."""

import asyncio
import re

import pytest

from qaws.behaviours import deliveries, lifecycle, mistakes, publishing
from qaws.verdict import Inconclusive, Refuted
from tests.services.faulty import AMPLE_MS, NIFTY, SOON_MS, subscribed
from tests.services.scripted import Ticker

GRACE_S = 2.0
"""How long behind the bound a tick is waited for: longer than one may be on its way."""


class StopsAtNonsense(Ticker):
    """Sends ticks to nobody once one client has sent what it cannot read."""

    is_on = True

    async def invalid(self, client, text):
        self.is_on = False

    async def deliver(self, client, tick, text):
        if self.is_on:
            await super().deliver(client, tick, text)


class DiesAtItsFirst(Ticker):
    """Sends one tick to one client, and nothing to anybody afterwards."""

    is_on = True

    async def deliver(self, client, tick, text):
        if self.is_on:
            self.is_on = False
            await super().deliver(client, tick, text)


class ForgetsOne(Ticker):
    """Sends ticks to one client only, once another has sent what it cannot read."""

    forgotten = None

    async def invalid(self, client, text):
        self.forgotten = self.clients[0]

    async def deliver(self, client, tick, text):
        if client is not self.forgotten:
            await super().deliver(client, tick, text)


@pytest.fixture
def cause(scenario, testbed, grace):
    """Play a story whose tick comes to somebody too late, if at all; return what is told first."""

    def told(service, *, first, then=0):
        async def story(do):
            await subscribed(do, "Alice", "Bob")
            await do(lifecycle.be_connected, ["Mallory"])
            if first:
                await do(publishing.publish, NIFTY, "option_tick")
                await do(deliveries.receives_that_tick, ["Alice", "Bob"], AMPLE_MS)
            await do(mistakes.send, "Mallory", "no JSON", 1)
            await asyncio.sleep(0.3)
            for _ in range(then + 1):
                await do(publishing.publish, NIFTY, "option_tick")
                await asyncio.sleep(0.1 * then)
            with pytest.raises((Refuted, Inconclusive)) as caught:
                await do(deliveries.receives_that_tick, ["Alice", "Bob"], SOON_MS)
            refuted = Refuted(str(caught.value))
            found.extend(testbed.scenario.cause_of(refuted, testbed.ledger))

        found = []
        grace(GRACE_S)
        scenario(service, story)
        return found

    return told


def test_since_when_nobody_has_received_anything_and_what_came_just_before(cause):
    [said] = cause(StopsAtNonsense, first=True)
    assert re.fullmatch(
        r"no client has received a tick since \d+\.\d{3} s; NIFTY option tick #\d+ of instrument "
        r"\d+, published at \d+\.\d{3} s, was the first that came to none of Alice, Bob; just "
        r"before, at \d+\.\d{3} s from Mallory: no JSON",
        said,
    )


def test_where_somebody_still_receives_ticks_nothing_of_the_kind_is_said(cause):
    assert cause(ForgetsOne, first=True) == []


def test_nor_where_nobody_has_had_any(cause):
    assert cause(StopsAtNonsense, first=False) == []


def test_who_was_owed_its_first_is_among_them_where_another_had_one(cause):
    [said] = cause(DiesAtItsFirst, first=False, then=1)
    assert "was the first that came to none of Alice, Bob; just before" in said
