"""Clients that offer compression: what is agreed, what is sent, and what must come of it."""

import pytest

from qaws.behaviours import closes, compression, deliveries, load, publishing
from qaws.clients.endings import ExpectedClose
from qaws.load.result import ClientRecord, SwarmResult
from qaws.protocol.encoding import Encoding
from qaws.verdict import NotVerified
from tests.services.faulty import NIFTY
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

TOO_LARGE = ExpectedClose([1009], [])


async def ticks_come(do):
    await do(compression.be_subscribed, ["Alice", "Bob"], NIFTY)
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 30)
    await do(deliveries.received_exactly, "Alice", NIFTY)


def test_ticks_are_compared_as_inflated(right, testbed):
    right(Ticker, ticks_come)
    (figure,) = testbed.scenario.figures[:1]
    assert figure[0] == "agreed with"
    assert "PerMessageDeflate" in figure[1]
    notes = [frame.text for frame in testbed.scenario.connections.named("Alice").log]
    assert any(note.startswith("agreed: PerMessageDeflate") for note in notes)


class Plain(Ticker):
    compression = None


def test_without_an_agreement_nothing_is_verified(scenario, grace):
    grace(HANG_S)
    with pytest.raises(NotVerified, match=r"Alice offered compression .* did not agree to it"):
        scenario(Plain, ticks_come)


def test_no_crowd_comes_where_nothing_is_agreed(scenario, grace, testbed):
    async def story(do):
        await do(compression.see_it_agreed)

    grace(HANG_S)
    scenario(Ticker, story)
    assert not testbed.scenario.connections.named(compression.AHEAD).is_open
    with pytest.raises(NotVerified, match=r"ahead of the swarm offered .* did not agree to it"):
        scenario(Plain, story)


@pytest.mark.parametrize(("agreed", "words"), [({}, "none"), ({"deflate": 1}, "1")])
def test_a_swarm_without_an_agreement_verifies_nothing(agreed, words):
    found = SwarmResult(clients=[ClientRecord("client 1"), ClientRecord("client 2")])
    found.compressed = agreed
    with pytest.raises(NotVerified, match=f"2 clients offered .* agreed to it with {words} of"):
        load._require_compression(found)
    found.compressed = {"deflate": 2}
    load._require_compression(found)


def padded(kib, fragments):
    async def story(do):
        await do(compression.be_subscribed, ["Mallory"], NIFTY)
        await do(compression.send_padded, "Mallory", kib, fragments)
        await do(closes.closed_by_service, ["Mallory"], TOO_LARGE)

    return story


@pytest.mark.parametrize("fragments", [1, 4])
def test_what_is_too_large_when_inflated_is_closed(right, testbed, fragments):
    """The library's own limit is 1 MiB, of what is inflated; a few kilobytes are on the wire."""
    right(Ticker, padded(1024, fragments))
    sent = [f.text for f in testbed.scenario.connections.named("Mallory").log if f.kind == "text"]
    frames = "1 frame" if fragments == 1 else f"{fragments} frames"
    assert f"(1,048,577 characters, {frames})" in sent[-1]


def test_a_service_that_takes_it_is_refuted(wrong):
    wrong(Ticker, padded(64, 1), "end of Mallory's connection.*still open.*with 1009")


@pytest.mark.parametrize(
    ("encode", "command"),
    [
        ("return json.dumps(message)", True),
        ("return message['padding']", True),
        ("return message['op']", False),
        ("return 'ping'", False),
    ],
)
def test_what_is_too_large_is_letters_where_no_command_can_be(encode, command):
    code = f"import json\n\ndef encode(message):\n    {encode}"
    encoding = Encoding(sent="ticks.py", code={"ticks.py": code})
    text = compression.text_of(encoding, 65_537)
    assert text.startswith("{" if command else "aaa")
    assert len(encoding.wire(text)) >= 65_537


@pytest.mark.parametrize("ending", ["a clean close", "an abrupt reset"])
def test_they_come_and_go(scenario, grace, testbed, ending):
    async def story(do):
        await do(compression.come_and_go, ["Carol", "Dave"], NIFTY, ending)

    grace(HANG_S)
    scenario(Ticker, story)
    assert all(c.ending and c.extensions for c in testbed.scenario.connections.all)
