"""Session ids of many clients: each its own, and none that can be guessed."""

import asyncio
import secrets
import uuid

import pytest

from qaws.behaviours import deliveries, session_ids
from qaws.sut.sections import Endpoint
from qaws.sut.service import Service
from qaws.verdict import Broken, Inconclusive, Refuted
from tests.services.guarded import shown
from tests.services.scripted import Ticker

CLIENTS = 300
"""So many suffice for an estimate that tells 64 bits from 128."""


async def many(do):
    await do(session_ids.collect, CLIENTS)
    await do(session_ids.unguessable, 120)
    await do(deliveries.everything_was_exact)


class Chance(Ticker):
    def session_id(self):
        return secrets.token_hex(16)


class Counted(Ticker):
    def session_id(self):
        return f"{next(self.numbers):032x}"


class HalfAsLong(Ticker):
    def session_id(self):
        return secrets.token_hex(8)


class DealtTwice(Ticker):
    """Deals the first id to the hundredth client, too."""

    first = secrets.token_hex(16)

    def session_id(self):
        return self.first if next(self.numbers) in (1, 100) else secrets.token_hex(16)


class TurnsAway(Ticker):
    """Turns the tenth client away."""

    async def admit(self, client, token):
        if next(self.numbers) == 10:
            await client.close(1008, "max connections reached")
            return False
        return True

    def session_id(self):
        return secrets.token_hex(16)


class Uuids(Chance):
    """Takes what every language has for it."""

    def session_id(self):
        return str(uuid.uuid4())


class OneSessionATokenEach(Chance):
    """Lets each token open one session."""

    async def admit(self, client, token):
        used = self.__dict__.setdefault("used", set())
        is_new = shown(client) not in used
        used.add(shown(client))
        return await super().admit(client, token) if is_new else await self.refuse(client)

    async def refuse(self, client):
        await client.close(1008, "Authentication required")
        return False


def test_ids_of_chance_are_met(right):
    (unique, bits, *_) = right(Chance, many)
    assert unique.measured == str(CLIENTS)
    assert bits.what == "random bits in a session id"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Counted, "random bits in a session id: measured "),
        (HalfAsLong, r"random bits in a session id: measured 6\d\.\d"),
        (DealtTwice, r"different session ids among 300: measured 299; \w{32} came 2 times"),
        (TurnsAway, 'has a valid token but .*closed with 1008 "max connections reached"'),
    ],
)
def test_ids_that_can_be_guessed_or_come_twice_are_refuted(wrong, service, sentence):
    wrong(service, many, sentence)


def test_of_uuids_the_verdict_says_why_they_are_too_short(wrong):
    async def story(do):
        await do(session_ids.collect, CLIENTS)
        await do(session_ids.unguessable, 128)

    wrong(
        Uuids, story, r"such as [-\w]{36}; each is a UUID of version 4, of whose 128 bits 122 are"
    )


def test_a_service_that_nobody_reaches_is_told_in_one_line(testbed, tell, closed_port):
    """It was a group of exceptions, with a traceback."""
    target = testbed.target.model_copy(
        update={"endpoint": Endpoint(url=f"ws://127.0.0.1:{closed_port}/ws/ticks")}
    )
    testbed.begin_scenario()
    testbed.scenario.service = Service(target, {}, closed_port, None)
    with pytest.raises(Refuted, match=r"^client \d+ could not connect: .*refused"):
        tell(many)


def test_without_a_recorded_id_nothing_is_judged(scenario):
    async def story(do):
        with pytest.raises(Broken, match="no session id was recorded"):
            await do(session_ids.unguessable, 128)

    scenario(Chance, story)


def test_a_service_that_is_slow_to_let_clients_in_is_not_wronged(scenario, monkeypatch):
    """Nothing is broken, and nothing wrong: only too few have come."""

    class Slow(Chance):
        async def admit(self, client, token):
            await asyncio.sleep(0.3)
            return True

    monkeypatch.setattr(session_ids, "PATIENCE_S", 0.1)
    with pytest.raises(Inconclusive, match=r"in 0\.1 s only \d+ of 300 clients have come and gone"):
        scenario(Slow, many)


def test_tokens_that_open_one_session_each_are_a_matter_of_the_target(
    right, wrong, testbed, monkeypatch
):
    """Undeclared, the sentence names the key; declared, each client shows a token of its own."""
    sentence = r"closed with 1008 .*the token had opened a session before: .*single_use = true"
    wrong(OneSessionATokenEach, many, sentence)
    auth = testbed.target.auth.model_copy(update={"single_use": True})
    monkeypatch.setattr(testbed, "target", testbed.target.model_copy(update={"auth": auth}))
    right(OneSessionATokenEach, many)
