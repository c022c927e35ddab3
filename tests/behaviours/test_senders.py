"""Clients that send while their service is told to end: they are owed what all others are."""

import pytest

from qaws.behaviours import closes, deliveries, senders, shutdown
from qaws.clients.endings import ExpectedClose
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import AMPLE_MS, LATE, NIFTY, SOON_MS

CLIENTS = ["Alice", "Bob", "Carol", "Dave"]
GOODBYE = ExpectedClose([1001], ["shutdown"])


def ending(sending, tcp_ms=AMPLE_MS):
    async def story(do):
        await do(senders.be_subscribed, CLIENTS, NIFTY, sending)
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        await do(shutdown.closed_in_time, CLIENTS, GOODBYE, AMPLE_MS)
        await do(closes.disconnected, CLIENTS, tcp_ms)
        await do(shutdown.received_what_came_before, CLIENTS)
        await do(deliveries.everything_was_exact)

    return story


@pytest.mark.parametrize(
    ("kind", "sending"), [("Ending", 2), ("BySignal", 4), ("ClosesOneByOne", 2), ("Hasty", 4)]
)
def test_a_service_that_waits_for_the_answer_to_its_goodbye_is_met(
    met, launched, testbed, kind, sending
):
    done = met(lambda: launched("ending", kind, ending(sending)))
    (ends,) = [check.measured for check in done if check.what.startswith("ends of")]
    assert ends == f"all 4, {sending} of them while they were sending"
    told_ns = testbed.scenario.stash[shutdown.SHUTDOWN].told_ns
    for client in testbed.scenario.connections.of(CLIENTS[4 // sending - 1 :: 4 // sending]):
        sent = [f.at_ns for f in client.log if (f.kind, f.direction) == ("text", "→")]
        assert sent[senders.PINGS] < told_ns < sent[-senders.PINGS]
        assert client.ending.at_ns - told_ns > senders.FURTHER_S * 1e9


@pytest.mark.parametrize(
    ("kind", "tcp_ms", "sentence"),
    [
        (
            "ClosesUnderMessages",
            AMPLE_MS,
            "end of Bob's connection: .*the network connection was cut, while it was sending",
        ),
        (
            "LeavesTcpOpen",
            SOON_MS,
            r"from the close frame to the end of \w+'s TCP connection(, the longest of 4)?: "
            rf"measured ({LATE}|nothing .*the service leaves it open.*), allowed at most 400 ms",
        ),
    ],
)
def test_a_service_that_does_not_close_in_good_order_is_refuted(
    launched, refuted, kind, tcp_ms, sentence
):
    refuted(lambda: launched("ending", kind, ending(2, tcp_ms)), sentence)


def test_who_sends_nothing_shows_nothing(launched, monkeypatch):
    async def nobody_sends(*_):
        pass

    monkeypatch.setattr(senders, "begin", nobody_sends)
    with pytest.raises(NotVerified, match="Dave sent nothing between SIGTERM and its end"):
        launched("ending", "Ending", ending(1))


def test_more_senders_than_clients_are_broken(launched):
    with pytest.raises(Broken, match="5 of 4 clients cannot send pings"):
        launched("ending", "Ending", ending(5))
