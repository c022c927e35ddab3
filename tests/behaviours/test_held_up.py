"""What others keep a service from doing is not held against it; what it does itself is."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from qaws.behaviours import deliveries, lifecycle, publishing
from qaws.verdict import Broken, Inconclusive
from tests.services.faulty import NIFTY, SOON_MS, subscribed
from tests.services.held_back import WORK_S

LATE_OR_NEVER = r"measured (\d{4,5}\.\d ms|nothing in \d+ ms)"
CORE = min(os.sched_getaffinity(0))
GRACE_S = WORK_S + 0.2
SPIN = "print('up', flush=True)\nwhile True: pass\n"

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count waits"
)


@pytest.fixture
def crowded(testbed, spawn):
    """Leave a service a quarter of one core, and then let it be.

    Its rivals have sessions of their own: where the kernel shares out CPUs by session (autogroup),
    all of one count as one.
    """
    rivals = []

    def crowd(count=3):
        pid = testbed.service.process.pid
        for _ in range(count):
            command = [sys.executable, "-c", SPIN]
            rivals.append(spawn(command, stdout=subprocess.PIPE, start_new_session=True))
            os.sched_setaffinity(rivals[-1].pid, {CORE})
            assert rivals[-1].stdout.readline() == b"up\n"
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {CORE})

    def leave():
        while rivals:
            rivals.pop().kill()

    yield crowd, leave
    leave()


def a_tick_comes(crowd, leave):
    async def story(do):
        await subscribed(do, "Alice")
        crowd()
        try:
            await do(publishing.publish, NIFTY, "option_tick")
            await do(deliveries.receives_that_tick, ["Alice"], SOON_MS)
        finally:
            leave()

    return story


def an_unsubscribe_is_acknowledged(crowd, leave, took_s):
    async def story(do):
        await subscribed(do, "Alice")
        crowd()
        began_s = time.monotonic()
        try:
            await do(lifecycle.unsubscribe, ["Alice"], NIFTY)
        finally:
            leave()
        took_s.append(time.monotonic() - began_s)

    return story


def test_a_tick_that_is_late_for_want_of_a_cpu_is_inconclusive(launched, crowded, ended):
    said = ended(
        lambda: launched("held_back", "Works", a_tick_comes(*crowded)),
        r"allowed at most 400 ms, but .*the service waited \d+ ms for a CPU.*quieter machine",
        Inconclusive,
    )
    assert "latency of" in said


def test_an_acknowledgement_is_waited_for_while_its_service_waits_for_a_cpu(
    launched, crowded, grace
):
    grace(GRACE_S)
    took_s = []
    crowd, leave = crowded
    story = an_unsubscribe_is_acknowledged(crowd, leave, took_s)
    launched("held_back", "Works", story)
    assert took_s[0] > GRACE_S, "the service was to be held back for longer than it is waited"


@pytest.mark.parametrize("kind", ["Sleeps", "Spins"])
def test_who_sleeps_or_keeps_its_core_to_itself_is_refuted(launched, crowded, refuted, kind):
    crowd, leave = crowded
    story = a_tick_comes(lambda: crowd(0), leave)
    refuted(lambda: launched("held_back", kind, story), LATE_OR_NEVER)


def test_who_sleeps_is_refuted_on_a_crowded_core_too(launched, crowded, refuted):
    story = a_tick_comes(*crowded)
    refuted(lambda: launched("held_back", "Sleeps", story), LATE_OR_NEVER)


@pytest.mark.parametrize("kind", ["Sleeps", "Spins"])
def test_an_acknowledgement_that_is_slept_through_is_refuted(launched, crowded, refuted, kind):
    crowd, leave = crowded
    story = an_unsubscribe_is_acknowledged(lambda: crowd(0), leave, [])
    refuted(lambda: launched("held_back", kind, story), "to unsubscribe from NIFTY")


@pytest.mark.parametrize(
    ("heard", "ends_as", "said"),
    [("", Inconclusive, "stood still"), ("a colleague publishes", Broken, "a colleague")],
)
def test_that_somebody_else_publishes_is_told_before_that_the_machine_was_busy(
    testbed, monkeypatch, heard, ends_as, said
):
    async def act(testbed):
        raise Inconclusive("the harness itself stood still")

    async def say():
        return heard

    testbed.begin_scenario()
    monkeypatch.setattr(testbed.feed.others, "heard", say)
    with pytest.raises(ends_as, match=said):
        asyncio.run(testbed.do(act))
