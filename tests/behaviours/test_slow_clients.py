"""Slow clients that are let go or kept: what that shows where their lines were not full (019)."""

import asyncio
import sys

import pytest

from qaws.behaviours import load, load_checks
from qaws.behaviours.load import LoadProfile
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.verdict import NotVerified

NIFTY = selection_of("NIFTY")
SLOW = ExpectedClose([1008], ["slow consumer"])

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def published(count, per_second):
    async def story(do):
        await do(begin)
        await do(
            publish, LoadProfile("NIFTY", count, per_second, until_evicted_s=count / per_second)
        )
        await do(judge)

    return story


async def begin(testbed):
    load.prepare_swarm(testbed, 3, NIFTY)
    load.add_slow_clients(testbed, NIFTY)


async def publish(testbed, profile):
    await asyncio.to_thread(load.publish, testbed, profile)


async def judge(testbed):
    load_checks.slow_evicted(testbed, 20, SLOW)
    load_checks.received_everything(testbed)


def test_slow_clients_whose_lines_are_full_are_let_go(launched, met):
    met(lambda: launched("evicting", "Watchful", published(40_000, 2_000)))


def test_who_is_let_go_with_the_first_tick_was_not_slow(launched, grace):
    sentence = r"line of the client that .* was not full before the service ended it"
    with pytest.raises(NotVerified, match=sentence):
        launched("evicting", "SmallWindows", published(2_000, 400))


def test_a_service_is_not_blamed_while_the_system_takes_everything(launched, grace):
    """As on a machine with large socket buffers: the service cannot know that nobody reads."""
    with pytest.raises(NotVerified, match=r"never filled: .*the system was still taking more"):
        launched("evicting", "Watchful", published(1_500, 500))


def test_statistics_that_do_not_count_who_comes_say_nothing_of_evictions(launched):
    """A service that lets its slow clients go would be told to have kept them."""
    with pytest.raises(NotVerified, match="did not follow 4 clients that came"):
        launched("several", "Constant", published(40_000, 2_000))
