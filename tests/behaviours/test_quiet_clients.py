"""Quiet clients, in tenths of seconds: who lets them live and hear, and who does not."""

import asyncio
import time

import pytest

from qaws.behaviours import quiet_clients as behaviour
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol.dialect import QaWs
from qaws.sut.sections import Endpoint
from qaws.testbed import quiet_clients
from qaws.testbed.stash import Stash
from qaws.verdict import Inconclusive, NotVerified
from tests.services.faulty import AMPLE_MS
from tests.services.scripted import Ticker
from tests.waiting import soon

WAIT_MS = 500
BOUND_MS = 300
AMPLE_WAIT_MS, AMPLE_BOUND_MS = 2000, 1500
"""A wait, and a bound on silences in it that no service misses which says something every 50 ms."""


class Pinging(Ticker):
    """Pings each client every 50 ms."""

    async def welcome(self, client):
        self.tasks = [*getattr(self, "tasks", []), asyncio.create_task(self.keep_alive(client))]
        await super().welcome(client)

    async def keep_alive(self, client):
        while True:
            await asyncio.sleep(0.05)
            await client.connection.ping()


class Telling(Pinging):
    """Sends a tick from time to time, as a busy feed does."""

    async def keep_alive(self, client):
        while True:
            await asyncio.sleep(0.05)
            await client.send({"type": "pong"})


class SaysFirst(Ticker):
    """Says something before it welcomes a client, as one that sends a challenge does."""

    async def welcome(self, client):
        await client.send({"type": "status", "status": "recovered"})
        await asyncio.sleep(0.2)
        await super().welcome(client)


class Ending(Pinging):
    """Ends each connection a while after somebody has subscribed, the oldest first."""

    async def keep_alive(self, client):
        await soon(lambda: any(each.wishes for each in self.clients))
        await asyncio.sleep(0.6 if client.wishes else 0.15)
        await self.end(client)

    async def end(self, client):
        raise NotImplementedError


class AtAge(Ending):
    async def end(self, client):
        await client.close(1011, "keepalive ping timeout")


class Cutting(Ending):
    async def end(self, client):
        client.cut()


class Idle(Ending):
    async def end(self, client):
        await client.close(1001, "idle timeout")


class CutsSubscribers(Pinging):
    """Cuts those who have subscribed and get nothing."""

    async def subscribed(self, client):
        await super().subscribed(client)
        client.cut()


class TurnsAway(Ticker):
    async def admit(self, client, token):
        await client.close(1013, "try again later")
        return False


@pytest.fixture
def play(testbed, grace, tell, monkeypatch):
    """Play a story of quiet clients against a service that runs already."""

    def playing(service, story, idle_timeout_s=None):
        monkeypatch.setattr(testbed, "stash", Stash())
        with service() as running:
            endpoint = Endpoint(url=running.url, idle_timeout_s=idle_timeout_s)
            target = testbed.target.model_copy(update={"endpoint": endpoint, "feed": None})
            monkeypatch.setattr(testbed, "target", target)
            testbed.begin_scenario()
            quiet_clients.begin(testbed)
            try:
                behaviour.take_up(testbed)
                return tell(story)
            finally:
                for end in reversed(testbed.on_stop):
                    end()
                testbed.on_stop.clear()

    return playing


async def lives(do):
    await do(behaviour.wait, WAIT_MS)
    await do(behaviour.neither_was_closed)


async def ends(do):
    """Wait until one is closed, however long that takes."""
    await do(behaviour.wait, AMPLE_MS)
    await do(behaviour.neither_was_closed)


def hears(kind, wait_ms=WAIT_MS, bound_ms=BOUND_MS):
    async def story(do):
        await do(behaviour.wait, wait_ms)
        await do(behaviour.was_never_silent, kind, bound_ms)

    return story


@pytest.mark.parametrize("service", [Pinging, Telling, Ticker, SaysFirst])
def test_clients_that_are_left_alone_live(met, play, service):
    done = met(lambda: play(service, lives))
    assert [check.what for check in done] == [
        "connection of the silent client",
        "connection of the subscribed client",
    ]


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (AtAge, 'silent client: measured closed with 1011 "keepalive ping timeout".* after 0'),
        (Cutting, "silent client: measured closed with 1006 .*connection was cut after 0"),
        (CutsSubscribers, "subscribed client: measured closed with 1006"),
    ],
)
def test_a_client_that_is_closed_is_noticed(refuted, play, service, sentence):
    refuted(lambda: play(service, ends), sentence)


def test_who_was_closed_is_not_waited_for(refuted, play):
    began = time.monotonic()
    refuted(lambda: play(AtAge, ends), "closed with 1011")
    assert time.monotonic() - began < AMPLE_MS / 2e3


def test_they_may_stay_for_longer_than_a_step_may_take(testbed, play, monkeypatch):
    monkeypatch.setattr("qaws.behaviours.quiet_clients.STEP_LIMIT_S", 0.2)

    async def story(do):
        await asyncio.to_thread(behaviour.stay, testbed, WAIT_MS)
        await do(behaviour.neither_was_closed)

    play(Pinging, story)
    assert testbed.scenario.checks.done


def test_a_wait_is_told_of_only_while_both_are_open(play, monkeypatch):
    told = []
    monkeypatch.setattr(behaviour, "tell", told.append)

    async def story(do):
        await do(behaviour.wait, 60_000)  # one is closed soon
        await do(behaviour.wait, 60_000)

    play(AtAge, story)
    assert len(told) == 1
    assert "connected for 60 s" in told[0]


@pytest.mark.parametrize("kind", ["silent", "subscribed"])
@pytest.mark.parametrize("service", [Pinging, Telling])
def test_pings_and_messages_end_a_silence(met, play, service, kind):
    assert met(lambda: play(service, hears(kind, AMPLE_WAIT_MS, AMPLE_BOUND_MS)))


@pytest.mark.parametrize("kind", ["silent", "subscribed"])
def test_a_service_without_pings_is_silent(refuted, play, kind):
    refuted(
        lambda: play(Ticker, hears(kind, bound_ms=20)),
        f"silence of the service to the {kind} client",
    )


def test_an_idle_timeout_of_which_nobody_knows_proves_nothing(play):
    with pytest.raises(NotVerified, match=r"idle timeout.*\[endpoint\] idle_timeout_s"):
        play(Idle, ends)


def test_an_idle_timeout_that_is_not_due_is_wrong(refuted, play):
    refuted(lambda: play(Idle, ends, idle_timeout_s=60), 'closed with 1001 "idle timeout"')


def test_an_idle_timeout_that_is_due_is_right(met, play):
    met(lambda: play(Idle, lives, idle_timeout_s=10.1))


def test_a_target_whose_clients_may_not_be_quiet_proves_nothing(play):
    with pytest.raises(NotVerified, match="leaves no time"):
        play(Ticker, lives, idle_timeout_s=9)


def test_a_silence_that_could_not_be_seen_proves_nothing(play):
    with pytest.raises(NotVerified, match="could not be seen"):
        play(Ticker, hears("silent"), idle_timeout_s=10.1)


def test_the_silence_behind_a_close_proves_nothing(play):
    with pytest.raises(NotVerified, match=r"closed with 1006 .*is not known"):
        play(Cutting, hears("silent", AMPLE_MS))


def test_who_is_turned_away_is_noticed(refuted, play):
    refuted(lambda: play(TurnsAway, lives), "the silent client was not welcomed")


def test_a_service_that_is_not_there_proves_nothing(testbed, monkeypatch):
    monkeypatch.setattr(testbed, "stash", Stash())
    testbed.begin_scenario()
    quiet_clients.begin(testbed)  # nobody listens at the address of the target
    testbed.on_stop.clear()
    with pytest.raises(NotVerified, match="no service could be kept apart"):
        behaviour.take_up(testbed)


def test_a_harness_that_stood_still_may_have_missed_pings(testbed, play, monkeypatch):
    monkeypatch.setattr(testbed.loop.stalls, "longest_between", lambda *_: 5000.0)
    with pytest.raises(Inconclusive, match="stood still for 5000 ms"):
        play(AtAge, ends)


def test_many_short_stalls_excuse_no_close(refuted, testbed, play, monkeypatch):
    monkeypatch.setattr(testbed.loop.stalls, "between", lambda *_: 5000.0)
    refuted(lambda: play(AtAge, ends), "closed with 1011")


def test_a_silence_in_which_the_harness_stood_still_is_inconclusive(testbed, play, monkeypatch):
    monkeypatch.setattr(testbed.loop.stalls, "between", lambda *_: 60_000.0)
    with pytest.raises(Inconclusive, match="the harness itself stood still"):
        play(Ticker, hears("silent"))


def heard(*entries):
    """Return a client's log: (instant in ns, direction, kind, text)."""
    client = Connection("Alice", QaWs())
    client.log = [Frame(at_ns, direction, kind, text) for at_ns, direction, kind, text in entries]
    return client


@pytest.mark.parametrize("kind", ["ping", "text", "binary", "pong"])
def test_whatever_comes_of_itself_ends_a_silence(kind):
    client = heard((0, "←", "handshake", ""), (40, "←", kind, "aa"))
    assert behaviour.longest_silence(client, 100) == (40, 100)


def test_an_answer_to_ones_own_ping_ends_no_silence():
    client = heard((0, "←", "handshake", ""), (49, "→", "ping", "aa"), (50, "←", "pong", "aa"))
    assert behaviour.longest_silence(client, 100) == (0, 100)


def test_what_came_later_is_not_looked_at():
    client = heard((0, "←", "handshake", ""), (40, "←", "ping", ""), (900, "←", "ping", ""))
    assert behaviour.longest_silence(client, 100) == (40, 100)
