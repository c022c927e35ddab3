"""A team's own publisher that names things as its service does, or otherwise."""

import json

import pytest

from qaws.behaviours import own_publisher
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

INSTRUMENT = selection_of("instrument 256265")
GREEKS = dict.fromkeys(("delta", "gamma", "theta", "vega", "iv"), 0.5)
TICK = {
    "type": "option_tick",
    "instrument_token": 256265,
    "symbol": "NIFTY",
    "last_price": 1.25,
    "greeks": GREEKS,
}
PUBLISH = """
import redis, sys, time
client = redis.Redis.from_url(sys.argv[1])
while True:
    client.publish(sys.argv[2], sys.argv[3])
    time.sleep(0.02)
"""


def publisher(channel="ticker:options", **other):
    tick = json.dumps(TICK | other).replace("{", "{{").replace("}", "}}")
    return ["{python}", "-c", PUBLISH, "{broker_url}", channel, tick]


@pytest.fixture
def play(scenario, testbed, monkeypatch):
    """Play the scenario with a command as the team's own publisher."""

    def playing(command, service=Ticker, within_s=HANG_S):
        assert testbed.target.feed
        feed = testbed.target.feed.model_copy(update={"own_publisher": command})
        target = testbed.target.model_copy(update={"feed": feed})
        monkeypatch.setattr(testbed, "target", target)

        async def story(do):
            await do(own_publisher.run, "Alice", INSTRUMENT, within_s * 1e3)
            await do(own_publisher.reached)
            await do(own_publisher.was_served)

        return scenario(service, story)

    return playing


def test_a_publisher_that_names_things_as_the_service_does(play, met):
    checks = met(lambda: play(publisher()))
    assert [check.what for check in checks] == [
        "option ticks of the team's own publisher that reached Alice",
        "what Alice received of the team's own publisher",
        "the tick behind those of the team's own publisher, at Alice",
    ]


def test_one_that_names_the_instrument_otherwise_reaches_nobody(play, refuted):
    words = r"reached Alice: measured 0 of \d+ that were heard on ticker:options .*NIFTY-CE"
    refuted(lambda: play(publisher(instrument_token="NIFTY-CE"), within_s=3), words)


def test_one_that_publishes_elsewhere_is_not_verified(play, grace):
    grace(0.25)
    with pytest.raises(NotVerified, match="published nothing on ticker:options"):
        play(publisher("elsewhere"), within_s=0.5)


def test_one_that_ends_with_an_error_is_broken_in_its_own_words(play, grace):
    grace(0.25)
    with pytest.raises(Broken, match="own publisher ended with exit code 1: no market today"):
        play(["{python}", "-c", "raise SystemExit('no market today')"])


def test_in_a_dialect_of_its_own_it_is_not_verified_whether_ticks_are_as_published(
    play, testbed, monkeypatch, grace
):
    """It passed, unseen: nothing was compared but in `qa-ws`."""
    grace(HANG_S)
    monkeypatch.setattr(type(testbed.dialect), "is_plain", False)
    with pytest.raises(NotVerified, match="have reached Alice, and whether as they were published"):
        play(publisher())


def test_a_target_without_one_is_not_verified(play):
    with pytest.raises(NotVerified, match="has no own_publisher"):
        play([])
