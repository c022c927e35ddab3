"""Clients that were gone before it came to that for which they were there."""

import pytest

from qaws.behaviours import deployment, leaving, shutdown
from qaws.behaviours.shutdown import SHUTDOWN, Shutdown
from qaws.clients.endings import ExpectedClose
from qaws.verdict import NotVerified, Refuted
from tests.services.faulty import AMPLE_MS, NIFTY, connected, subscribed
from tests.services.scripted import Ticker
from tests.waiting import soon

GOODBYE = ExpectedClose([1001], ["server shutdown"])


class SendsAway(Ticker):
    """Closes each client that has asked for a pong, as if all was over."""

    async def ping(self, client):
        await client.close(1001, "server shutdown")


async def sent_away(do, client="Alice"):
    async def act(testbed):
        connection = testbed.scenario.connections.named(client)
        await connection.send(testbed.dialect.ping())
        await soon(lambda: not connection.is_open)
        return connection

    return await do(act)


def test_who_is_there_may_vanish(scenario, testbed):
    async def story(do):
        await subscribed(do, "Alice")
        await do(leaving.vanish, "Alice")
        assert testbed.scenario.connections.named("Alice").has_vanished

    scenario(Ticker, story)


@pytest.mark.parametrize(
    ("come", "kind", "sentence"),
    [
        (connected, NotVerified, "when it was to vanish: 1 x welcome; closed with 1001"),
        (lambda do: subscribed(do, "Alice"), Refuted, "closed with 1001 .* it was subscribed"),
    ],
)
def test_who_had_gone_before_has_not_vanished(scenario, come, kind, sentence):
    """It would have left nothing behind, as if the service had reaped it (QA-WS-101)."""

    async def story(do):
        await come(do)
        await sent_away(do)
        await do(leaving.vanish, "Alice")

    with pytest.raises(kind, match=f"Alice was not connected any more .*{sentence}"):
        scenario(SendsAway, story)


def test_who_had_gone_before_the_restart_is_not_of_the_herd(scenario):
    async def all_there(do):
        await subscribed(do, "Alice", "Bob")
        await do(deployment.expect_restart, ["Alice", "Bob"])

    async def one_gone(do):
        await subscribed(do, "Alice", "Bob")
        await sent_away(do, "Bob")
        await do(deployment.expect_restart, ["Alice", "Bob"])

    scenario(SendsAway, all_there)
    with pytest.raises(Refuted, match="Bob was not connected any more before the service was rest"):
        scenario(SendsAway, one_gone)


def test_a_goodbye_that_came_before_the_signal_is_none(scenario):
    async def story(do):
        await subscribed(do, "Alice", "Bob")
        alice, bob = await sent_away(do), await sent_away(do, "Bob")
        await do(tell_to_end, alice.ending.at_ns - 1, [alice, bob])
        await do(shutdown.closed_in_time, ["Alice", "Bob"], GOODBYE, AMPLE_MS)
        await do(tell_to_end, bob.ending.at_ns - 1, [alice, bob])
        await do(shutdown.closed_in_time, ["Alice", "Bob"], GOODBYE, AMPLE_MS)

    with pytest.raises(Refuted, match=r"end of Alice's connection: .*, before SIGTERM, allowed"):
        scenario(SendsAway, story)


async def tell_to_end(testbed, at_ns, clients):
    testbed.scenario.stash[SHUTDOWN] = Shutdown(testbed.service, at_ns, clients, at_ns)


def test_who_had_gone_before_the_signal_is_told_at_the_signal(launched):
    async def story(do):
        await subscribed(do, "Alice", "Bob")
        await sent_away(do, "Bob")
        await do(shutdown.terminate_mid_stream, 40, NIFTY)

    with pytest.raises(Refuted, match="Bob was not connected any more before SIGTERM"):
        launched("ending", "SaysGoodbyeTooSoon", story)
