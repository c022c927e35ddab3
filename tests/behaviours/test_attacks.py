"""Attacks: what shows that they took place, and what a right answer is worth where they did not."""

import asyncio
import time

import pytest
from websockets.asyncio.server import ServerConnection

from qaws.behaviours import attack_responses, attacks, publishing
from qaws.clients.attack_inputs import rounds
from qaws.feed.feed import Feed
from qaws.verdict import Broken, Inconclusive, NotVerified, Refuted
from tests.services.faulty import NIFTY, subscribed
from tests.services.scripted import Ticker
from tests.waiting import soon

FLOODS = "floods of 1,000 messages per second"
HANDSHAKES = "stalled or broken handshakes"
LIMITED = 'a close with code 1008 and the reason "rate limit exceeded"'
DROPPED = "disconnection within 1 second"


def attacked(name, response, count=1):
    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.keep_publishing, NIFTY, 4.0)
        await do(attacks.attack, name, count)
        await do(attack_responses.met_with, response)

    return story


@pytest.fixture
def ends(scenario, ended):
    """Play a story that must end in one way, and say why."""
    return lambda service, story, kind, sentence: ended(
        lambda: scenario(service, story), sentence, kind, is_late=True
    )


def figures(testbed):
    return dict(testbed.scenario.figures)


class Limited(Ticker):
    """Closes who sends more than so many messages."""

    most = 200

    async def _answer(self, client, text):
        count = client.__dict__["count"] = client.__dict__.get("count", 0) + 1
        if count > self.most:
            await client.close(1008, "rate limit exceeded")
        else:
            await super()._answer(client, text)


def test_inputs_that_cannot_be_said_are_told_by_their_reasons():
    """Each stands with its own; what a team's encoder says of one is cut."""
    none, odd, long = NotVerified("they send no texts"), NotVerified("KeyError"), "a" * 60_000
    unsaid = {
        "FE": none,
        "a list": odd,
        "FF": NotVerified(str(none)),
        "an action": NotVerified(long),
    }
    attack = "what ends a connection"
    assert str(attacks._left_out(attack, unsaid, 44)) == (
        "4 of 44 inputs of what ends a connection cannot be said to this target: FE, FF (they send "
        f"no texts); a list (KeyError); an action ({'a' * 200}…); the others were met as they "
        "should be"
    )
    assert str(attacks._left_out(attack, unsaid, 4)).endswith("a…)")


# --- floods ---------------------------------------------------------------------------------------


def test_a_flood_at_its_rate_is_met(right, testbed):
    done = right(Limited, attacked(FLOODS, LIMITED, 2))
    pace = [check for check in done if check.what.startswith("pace of the flood")]
    assert [check.allowed for check in pace] == ["at least 980 per second"] * 2
    assert " per second" in figures(testbed)["flood of ping messages"]


def slowly(flood):
    """Need 30 ms for what should go out every 10 ms."""
    for data in rounds(flood):
        time.sleep(0.03)
        yield data


@pytest.mark.parametrize("most", [100, 600, 1_000_000])
def test_a_flood_that_the_harness_could_not_play_shows_nothing(ends, monkeypatch, most):
    """Neither that a service was right to close it, nor that it was wrong to let it go on."""
    monkeypatch.setattr("qaws.behaviours.attacks.rounds", slowly)

    class Other(Limited):
        pass

    Other.most = most
    sentence = r"pace of the flood of ping messages \(.*measured \d{1,3} per second"
    ends(Other, attacked(FLOODS, LIMITED), Inconclusive, sentence)


class ReadsSlowly(Limited):
    """Takes 100 messages a second and leaves the others where they are."""

    async def _answer(self, client, text):
        await asyncio.sleep(0.01)
        await super()._answer(client, text)


def test_who_reads_slowly_has_not_slowed_the_flood_and_is_judged_by_its_answer(right):
    right(ReadsSlowly, attacked(FLOODS, LIMITED))


def test_who_reads_slowly_and_never_closes_is_refuted_with_what_it_left_unread(ends):
    class Patient(ReadsSlowly):
        most = 1_000_000

    sentence = r"x pong; still open; of [\d,]+ bytes the service had left [\d,]+ unread"
    ends(Patient, attacked(FLOODS, LIMITED), Refuted, sentence)


# --- who could not attack -------------------------------------------------------------------------


class OnlyOne(Ticker):
    """Turns everybody away behind the first client, with the very close that is expected."""

    code, reason = 1008, "rate limit exceeded"

    async def admit(self, client, token):
        if self.clients:
            await client.close(self.code, self.reason)
            return False
        return True


class OnlyOneAtATime(OnlyOne):
    code, reason = 1009, ""


@pytest.mark.parametrize(
    ("service", "attack", "response"),
    [
        (OnlyOne, FLOODS, LIMITED),
        (OnlyOneAtATime, "messages over 64 KiB", "a close with code 1009"),
    ],
)
def test_who_was_turned_away_before_has_shown_nothing(ends, service, attack, response):
    sentence = "hostile client 1 was not connected any more when it was to attack"
    ends(service, attacked(attack, response), NotVerified, sentence)


# --- handshakes that stall ------------------------------------------------------------------------


class GivenUpSoon(ServerConnection):
    """Gives a handshake up after so many seconds."""

    after_s = 2.0

    def connection_made(self, transport):
        super().connection_made(transport)
        self.loop.call_later(self.after_s, self.give_up)

    def give_up(self):
        if self.request is None:
            self.transport.abort()


class GivenUpAtOnce(ServerConnection):
    """Gives whoever comes after the first up as it comes."""

    def connection_made(self, transport):
        super().connection_made(transport)
        if self.server.connections:
            transport.abort()


class GivenUpLate(GivenUpSoon):
    after_s = 1.75


class Times(Ticker):
    connection = GivenUpSoon


class Cramped(Ticker):
    connection = GivenUpAtOnce


class TimesLate(Ticker):
    connection = GivenUpLate


class HalfGivenUp(GivenUpSoon):
    """Says that it sends nothing more, and leaves it to the client to end the connection."""

    def give_up(self):
        if self.request is None:
            self.transport.write_eof()

    def eof_received(self):
        return True


class TimesHalf(Ticker):
    connection = HalfGivenUp


def test_handshakes_that_were_held_and_then_dropped_are_met(right, testbed):
    right(Times, attacked(HANDSHAKES, "disconnection within 60 seconds", 6))
    assert figures(testbed)["handshakes that stall"].startswith("6 of 6 still held ")


def test_handshakes_that_were_cut_off_before_they_could_stall_show_nothing(ends, monkeypatch):
    enough = attacks._until_ticks_came

    async def until_all_are_cut_off(testbed, attack):
        """Look at them only once the service, starved or not, has cut them off."""
        await enough(testbed, attack)
        await soon(lambda: all(each.client.answered_ns for each in attack.attackers))

    monkeypatch.setattr(attacks, "_until_ticks_came", until_all_are_cut_off)
    sentence = r"the handshake of hostile client \d \(.*\) was not held until it could stall"
    ends(Cramped, attacked(HANDSHAKES, DROPPED, 6), NotVerified, sentence)


def test_a_handshake_that_is_dropped_too_late_is_refuted_with_when(ends):
    sentence = r"response to stalled .*: nothing: .*cut off \d+\.\d s after it came"
    ends(TimesLate, attacked(HANDSHAKES, DROPPED), Refuted, sentence)


def test_a_service_that_ends_its_own_side_only_still_holds_the_connection(ends):
    sentence = r"ended its own side after \d+\.\d\d s, and still holds the network connection"
    ends(TimesHalf, attacked(HANDSHAKES, DROPPED), Refuted, sentence)


def test_a_harness_that_stood_still_may_have_seen_the_drop_late(ends, testbed, monkeypatch):
    begin = testbed.begin_scenario

    def stalled():
        begin().checks.stalled_ms = lambda *_: 60_000.0

    monkeypatch.setattr(testbed, "begin_scenario", stalled)
    sentence = r"cut off \d+\.\d s after it came, but the harness itself stood still for 60.0 s"
    ends(TimesLate, attacked(HANDSHAKES, DROPPED), Inconclusive, sentence)


def test_what_is_wrong_is_told_before_what_shows_nothing(ends):
    """One client could not attack, and another got the wrong answer: that is the service's."""

    class TurnsTheNextAway(OnlyOne):
        async def admit(self, client, token):
            if len(self.clients) > 1:
                await client.close(self.code, self.reason)
                return False
            return True

    ends(TurnsTheNextAway, attacked(FLOODS, LIMITED, 3), Refuted, "still open")


def test_an_attack_without_ticks_is_broken(ends):
    async def story(do):
        await subscribed(do, "Alice")
        await do(attacks.attack, "binary messages", 1)

    ends(Ticker, story, Broken, "no ticks flow")


def test_an_attack_amid_a_flow_that_is_too_slow_is_broken(ends):
    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.keep_publishing, NIFTY, 400.0)
        await do(attacks.attack, "binary messages", 1)

    ends(Ticker, story, Broken, r"only \d+ ticks flow in .* s: begin with clients")


def test_an_attack_amid_a_flow_that_this_machine_holds_up_is_inconclusive(ends, monkeypatch):
    async def held_up(*_, **__):
        await asyncio.sleep(0.4)

    async def story(do):
        await subscribed(do, "Alice")
        monkeypatch.setattr(Feed, "publish", held_up)
        await do(publishing.keep_publishing, NIFTY, 20.0)
        await do(attacks.attack, "binary messages", 1)

    ends(Ticker, story, Inconclusive, r"\d+ ticks were to flow in .* s, but there were 0")
