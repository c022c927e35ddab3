"""Two nodes on one feed, and clients that come back to a service that was replaced."""

import asyncio

import pytest

from qaws.behaviours import deliveries, deployment, lifecycle, publishing, shutdown
from qaws.clients.endings import ExpectedClose
from qaws.verdict import Refuted
from tests.services.faulty import AMPLE_MS, NIFTY


def test_one_of_two_nodes_may_end(met, launched, testbed):
    async def story(do):
        await asyncio.to_thread(deployment.start_second, testbed)
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(deployment.join, ["Carol"], NIFTY, "the second node")
        await do(shutdown.terminate_mid_stream, 40, NIFTY, "the second node")
        await do(shutdown.closed_in_time, ["Carol"], ExpectedClose([1001], ["shutdown"]), AMPLE_MS)
        await do(shutdown.received_what_came_before, ["Carol"])
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.receives_that_tick, ["Alice"], AMPLE_MS)
        await do(deliveries.everything_was_exact)

    met(lambda: launched("ending", "Ending", story))


def test_a_herd_comes_back(launched, testbed):
    names = [f"client {number}" for number in range(1, 21)]

    async def story(do):
        await do(lifecycle.be_connected, names)
        await do(lifecycle.subscribe, names, NIFTY)
        await asyncio.to_thread(testbed.use_service, afresh=True)
        await do(deployment.reconnect_all, names, NIFTY)
        with pytest.raises(Refuted, match="session ids that were there before: measured 20"):
            await do(deployment.are_back, names, AMPLE_MS)
        await do(deliveries.everything_was_exact)

    launched("ending", "Ending", story)  # its session ids begin anew with each process


@pytest.mark.parametrize(
    ("kind", "within_ms", "sentence"),
    [
        (
            "TurnsAway",
            AMPLE_MS,
            r"came back at once: measured \d+ not served: .*1013",
        ),
        (
            "Forgetful",
            AMPLE_MS,
            "20 clients that came back at once: measured 20 not served",
        ),
        (
            "TakesItsTime",
            50,
            r"service's return to the acknowledgement .* \d{3,5}\.\d ms",
        ),
    ],
)
def test_a_herd_that_is_not_served_in_time(
    launched, refuted, testbed, monkeypatch, kind, within_ms, sentence
):
    names = [f"client {number}" for number in range(1, 21)]
    monkeypatch.setattr(deployment, "GIVEN_UP_S", 1.0)

    async def story(do):
        await do(lifecycle.connect, names)
        await asyncio.to_thread(testbed.use_service, afresh=True)
        await do(deployment.reconnect_all, names, NIFTY)
        await do(deployment.are_back, names, within_ms)

    refuted(lambda: launched("ending", kind, story), sentence)
