"""The link to the broker breaks amid a tick: what a service must do, and each way not to."""

import asyncio

import pytest

from qaws.behaviours import broken_link, deliveries, lifecycle, liveness, outage, publishing
from qaws.verdict import Broken, NotVerified
from tests.behaviours.test_outage import GivesUp, Heals, NeverSpeaks, RepeatsItself
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY

BREAKS = ("reset", "ended one way")
BOUND_MS, LATE_S = 100, 0.9


class SpeaksLate(Heals):
    """Says what it has lost when it is back, and long after."""

    async def _listen(self):
        if self.away:
            await asyncio.sleep(LATE_S)
            await self.say("degraded")
        await super()._listen()

    async def lost(self):
        pass


class ClosesItsClients(Heals):
    async def lost(self):
        await super().lost()
        for client in [*self.clients]:
            await client.close(1012, "come back later")


def acted(how, told_ms=AMPLE_MS, back_ms=AMPLE_MS, flowing=True):
    """Return the story of QA-WS-126 in the words of the features."""

    async def story(do):
        await do(publishing.open_market, 20)
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(liveness.keep_pinging)
        if not flowing:
            await do(publishing.close_market)
        await do(broken_link.break_link, how, "Alice", BANKNIFTY)
        await do(outage.ticks_resume, back_ms)
        await do(outage.receive_loss_status, told_ms)
        await do(liveness.pings_were_answered, AMPLE_MS)
        await do(deliveries.everything_was_exact)

    return story


@pytest.mark.parametrize("how", BREAKS)
def test_a_service_that_says_so_and_heals_is_met(linked, met, testbed, how):
    done = met(lambda: linked(Heals, acted(how)))
    ((what, said),) = testbed.scenario.figures
    assert what.startswith(f"when {broken_link.WORDS[how]}, ")
    assert [word.split(" after")[0] for word in said.split(", ")] == [
        "degraded",
        "recovered",
        "the first new tick",
    ]
    assert any("from the loss to degraded" in check.what for check in done)
    assert any("from the link's return to the first new tick" in check.what for check in done)


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize(
    ("service", "story", "sentence"),
    [
        (NeverSpeaks, {}, "in the middle of a tick: .* no word of it: the first"),
        (SpeaksLate, {"told_ms": BOUND_MS}, r"from the loss to degraded at \w+, the last of 2: "),
        (RepeatsItself, {}, "received ticks more than once"),
        (
            GivesUp,
            {"back_ms": 1000},
            "link's return to the first new tick of NIFTY at Alice: .*1000 ms",
        ),
        (ClosesItsClients, {}, "closed with 1012"),
    ],
)
def test_what_a_service_does_wrong_has_a_sentence_of_its_own(
    linked, refuted, how, service, story, sentence
):
    refuted(lambda: linked(service, acted(how, **story)), sentence)


def test_the_time_to_degraded_runs_from_the_break(linked, met, testbed):
    met(lambda: linked(Heals, acted("reset")))
    (loss,) = testbed.scenario.outages
    assert loss.began_ns < loss.broke_ns < loss.returned_ns
    assert loss.could_be_seen_ns == loss.broke_ns


# --- what cannot be seen --------------------------------------------------------------------------


def test_a_service_that_takes_another_address_is_not_verified(unshown, testbed):
    class Elsewhere(Heals):
        def __init__(self, _):
            super().__init__(testbed.broker.url)

    said = unshown(Elsewhere, acted("reset"), NotVerified)
    assert "the service did not reach its broker through the relay" in said


def test_a_link_without_a_tick_is_not_verified(unshown, monkeypatch):
    monkeypatch.setattr(broken_link, "TICK_WITHIN_S", 0.3)
    said = unshown(Heals, acted("reset", flowing=False), NotVerified)
    assert 'there was none to break the link in; is "the market is open" missing' in said


def test_without_a_relay_no_link_breaks(scenario):
    with pytest.raises(Broken, match="linked to the broker through a relay"):
        scenario(Heals, acted("reset"))
