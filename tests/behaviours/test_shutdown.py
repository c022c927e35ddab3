"""A service is told to end: real processes, and the sentence for each way of ending badly."""

import asyncio
import re

import pytest

from qaws.behaviours import deliveries, deployment, lifecycle
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import AMPLE_MS, NIFTY
from tests.waiting import HANG_S

GOODBYE = ExpectedClose([1001], ["shutdown"])


def ending(closed_ms=AMPLE_MS, ended_ms=AMPLE_MS):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(deployment.terminate_mid_stream, 40, NIFTY)
        await do(deployment.closed_in_time, ["Alice", "Bob"], GOODBYE, closed_ms)
        await do(deployment.received_what_came_before, ["Alice", "Bob"])
        await do(deployment.ends_in_good_order, ended_ms)
        await do(deployment.nobody_was_let_in)
        await do(deliveries.everything_was_exact)

    return story


@pytest.mark.parametrize(
    ("kind", "code"), [("Ending", "0"), ("BySignal", "-15"), ("AsShellsSay", "143")]
)
def test_a_service_that_ends_as_it_should_is_met(met, launched, kind, code):
    done = met(lambda: launched("ending", kind, ending()))
    (measured,) = [check.measured for check in done if check.what.startswith("exit code")]
    assert measured == code


@pytest.mark.parametrize(
    ("kind", "bounds", "sentence"),
    [
        (
            "OtherCode",
            {},
            'end of Alice\'s connection: .* closed with 1012 "server shutdown" by the',
        ),
        ("Cuts", {}, "end of Alice's connection: .* the network connection was cut"),
        ("LetsIn", {}, "newcomers behind the first close: measured [1-9] let in"),
        (
            "Fails",
            {},
            "exit code of the service's process: measured 3, allowed 0, or by SIGTERM: -15 or",
        ),
        ("ByAnotherSignal", {}, "exit code of the service's process: measured -9, allowed 0, or"),
        (
            "Late",
            {"closed_ms": 800},
            r"from SIGTERM to the close of \w+, the last of 2: measured (9|\d\d)\d\d\.\d .* 800 ms",
        ),
        (
            "Hangs",
            {"ended_ms": 800},
            "from SIGTERM to the end of the service's process: measured nothing in .* 800 ms",
        ),
        ("Forgets", {}, "before SIGTERM, at all clients: measured Alice lacks 2[56], the first is"),
    ],
)
def test_a_service_that_ends_badly_is_refuted(launched, refuted, kind, bounds, sentence):
    refuted(lambda: launched("ending", kind, ending(**bounds)), sentence)


def test_a_client_that_does_not_read_is_served_and_given_up_with_the_service(launched, testbed):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(deployment.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        zoe = testbed.scenario.connections.named("Zoe")
        assert zoe.is_open
        assert not any(zoe.received("tick"))
        assert re.match(
            r"full: the system holds \d\.\d of \d\.\d MB", testbed.scenario.figures[-1][1]
        )
        await do(deployment.terminate_mid_stream, 40, NIFTY)
        await do(deployment.closed_in_time, ["Alice"], GOODBYE, AMPLE_MS)
        testbed.services.stop()
        testbed.scenario.stash[deployment.SHUTDOWN].service.stop()
        await asyncio.wait_for(testbed.scenario.stash[deployment.SHUTDOWN].watch, HANG_S)
        assert zoe.ending.by == "the client"
        await do(deliveries.everything_was_exact)

    launched("ending", "Hasty", story)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("CutsWhoDoesNotRead", "Zoe (may have been evicted|was not there any more)"),
        (
            "ForgetsWhoDoesNotRead",
            "counted 1 sessions before SIGTERM, where 2 .*: Zoe may have been evicted",
        ),
    ],
)
def test_an_end_without_the_client_that_does_not_read_shows_nothing(launched, kind, said):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(deployment.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        await do(deployment.terminate_mid_stream, 40, NIFTY)

    with pytest.raises(NotVerified, match=said):
        launched("ending", kind, story)


def test_a_line_that_takes_everything_is_not_full(launched, monkeypatch, grace):
    monkeypatch.setattr(deployment, "FILLING_BYTES", 2 * deployment.FILLING_TICK_BYTES)
    monkeypatch.setattr(deployment, "STALLED_BUFFER", 4 << 20)

    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        grace(1.0)  # for what will not come
        with pytest.raises(Broken, match="nothing shows that its line is full: the system holds"):
            await do(deployment.stall_reader, "Zoe", selection_of("BANKNIFTY"))

    launched("ending", "Ending", story)


def test_what_has_not_happened_cannot_be_judged(launched):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        for act, words, said in (
            (deployment.nobody_was_let_in, (), "no service has been told to end"),
            (deployment.are_back, (["Alice"], 5), "has not been restarted"),
            (deployment.join, (["Alice"], NIFTY, "the second node"), "no second node is running"),
        ):
            with pytest.raises(Broken, match=said):
                await do(act, *words)

    launched("ending", "Ending", story)
