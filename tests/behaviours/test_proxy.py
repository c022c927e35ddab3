"""Quiet clients behind a proxy: who is closed, who may be, and who stays."""

import asyncio

import pytest

from qaws.behaviours import lifecycle, proxy
from qaws.sut.sections import Endpoint
from qaws.verdict import NotVerified
from tests.services.scripted import Ticker

QUIET_MS = 300


class Cuts(Ticker):
    """Ends a client's connection soon after its coming."""

    async def welcome(self, client):
        await super().welcome(client)
        asyncio.get_running_loop().call_later(0.05, client.cut)


class ClosesAsIdle(Ticker):
    async def welcome(self, client):
        await super().welcome(client)
        await client.close(1001, "idle timeout")


async def quiet(do):
    await do(lifecycle.be_connected, ["Alice"])
    await do(proxy.say_nothing, ["Alice"], QUIET_MS)
    await do(lifecycle.connected, ["Alice"])


def test_who_stays(right):
    right(Ticker, quiet)


def test_who_is_cut(wrong):
    wrong(Cuts, quiet, "Alice")


def test_an_idle_timeout_that_nobody_knows_is_no_fault(scenario, grace):
    with pytest.raises(NotVerified, match=r"if that is its idle timeout, say so in .*idle_timeout"):
        scenario(ClosesAsIdle, quiet)


@pytest.mark.parametrize(("idle_s", "is_told"), [(5, True), (6, False)])
def test_an_idle_timeout_that_comes_first_is_told(testbed, monkeypatch, right, idle_s, is_told):
    endpoint = Endpoint(url="ws://127.0.0.1:1/", idle_timeout_s=idle_s)
    monkeypatch.setattr(testbed, "target", testbed.target.model_copy(update={"endpoint": endpoint}))
    if not is_told:
        right(Ticker, quiet)
        return
    with pytest.raises(NotVerified, match=r"idle timeout of 5 s lets no client be quiet"):
        right(Ticker, quiet)
