"""Answers to attacks: which fit, which do not, and which words tell too much."""

import asyncio
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.behaviours import attack_responses, attacks, bystanders
from qaws.behaviours.attacks import ATTACK, Attack, Attacker
from qaws.behaviours.resources import MEMORY_BEFORE
from qaws.clients.raw_connection import RawConnection, frame
from qaws.measure.pace import Pace
from qaws.protocol.dialect import QaWs
from qaws.sut.sections import Deviation
from qaws.sut.service import MIB
from qaws.verdict import Broken, Inconclusive, Refuted
from tests.bare import bare_testbed
from tests.services.scripted import Ticker

# --- what a hostile client is met with ------------------------------------------------------------

UNWATCHED: Any = SimpleNamespace(close=lambda: None)
AN_ERROR, CLOSED = "an error", 'a close with code 1008 and the reason "rate limit exceeded"'
EITHER, CUT = "an error or a close with code 1003", "disconnection within 1 second"


def test_the_words_of_a_response_have_the_close_that_the_target_declares():
    testbed = bare_testbed()
    assert attack_responses._as_declared(testbed, CLOSED) == CLOSED
    testbed.target.deviations = {"rate limit exceeded": Deviation(code=4029)}
    said = attack_responses._as_declared(testbed, f"an error or {CLOSED}")
    assert said == "an error or a close with 4029, as the target declares"
    assert attack_responses._as_declared(testbed, EITHER) == EITHER
    assert attack_responses._as_declared(testbed, CUT) == CUT


def attacking(response):
    async def story(do):
        await do(play)
        await do(attack_responses.met_with, response)

    return story


async def play(testbed):
    """Let one client send a message in binary."""
    attacker = RawConnection("hostile client 1", testbed.dialect)
    testbed.scenario.connections.all.append(attacker)
    await attacker.connect(f"{testbed.service.url}?token=any", [])
    attacker.write(frame(2, b"\x00\x01"))
    attack = Attack("binary messages", time.monotonic_ns(), UNWATCHED)
    attack.attackers.append(Attacker("two bytes", attacker))
    testbed.scenario.stash[ATTACK] = attack


class Closes(Ticker):
    code, reason = 1008, "rate limit exceeded"

    async def invalid(self, client, text):
        await client.close(self.code, self.reason)


class ClosesAsUnfit(Closes):
    code, reason = 1003, ""


class ClosesWithATrace(Closes):
    reason = 'rate limit exceeded: File "limits.py"'


class Cuts(Ticker):
    async def invalid(self, client, text):
        client.cut()


class Silent(Ticker):
    async def invalid(self, client, text):
        pass


class Answers(Ticker):
    words = "Invalid message format"

    async def invalid(self, client, text):
        await client.send({"type": "error", "message": self.words})


class TellsTheTrace(Answers):
    words = 'Invalid message format: File "/srv/app/messages.py", line 84'


class TellsTheTraceOfJava(Answers):
    words = (
        "Invalid message format:\njava.lang.Exception: no\n\tat com.desk.Parser.m(Parser.java:12)"
    )


class SaysWhere(Answers):
    words = "Invalid message format: expected value at line 1 column 2"


class SendsItBack(Answers):
    words = "Invalid message format: " + "x" * 1000


class TellsAndCloses(TellsTheTrace):
    async def invalid(self, client, text):
        await super().invalid(client, text)
        await client.close(1003, "")


class TellsBeside(Answers):
    """Has the trace in a member of its own, beside words that are right."""

    trace = 'Traceback (most recent call last):\n  File "messages.py", line 84, in parse'

    async def invalid(self, client, text):
        await client.send({"type": "error", "message": self.words, "detail": self.trace})


class TellsInAList(Answers):
    async def invalid(self, client, text):
        stack = ["Error: no", "    at parse (/srv/app/messages.js:8:15)"]
        await client.send({"type": "error", "message": self.words, "data": {"stack": stack}})


class TellsAfterwards(Answers):
    """Sends the trace as it is, in no JSON."""

    async def invalid(self, client, text):
        await client.connection.send(TellsBeside.trace)
        await super().invalid(client, text)


class HasACode(Answers):
    async def invalid(self, client, text):
        code = {"code": "ParseError", "docs": "https://desk.example/errors.py"}
        await client.send({"type": "error", "message": self.words, **code})


class ClosesWithAnException(Closes):
    code, reason = 1011, "AttributeError: 'NoneType' object has no attribute 'get'"


class Deaf(Ticker):
    async def ping(self, client):
        await asyncio.sleep(0)


class Takes(Ticker):
    """Takes for a subscription what others take for a mistake."""

    async def invalid(self, client, text):
        await client.send({"type": "subscribed"})


class TakesAndIsDeaf(Takes, Deaf):
    """Is of no use any more once it has taken that."""


class TakesAndTells(Takes):
    async def invalid(self, client, text):
        await client.connection.send(TellsBeside.trace)
        await super().invalid(client, text)


@pytest.mark.parametrize(
    ("service", "response"),
    [
        (Ticker, AN_ERROR),
        (Ticker, EITHER),
        (SaysWhere, AN_ERROR),
        (HasACode, AN_ERROR),
        (ClosesAsUnfit, EITHER),
        (Closes, CLOSED),
        (Closes, CUT),
        (Cuts, CUT),
    ],
)
def test_a_response_that_fits_is_met(right, service, response):
    right(service, attacking(response))


@pytest.mark.parametrize(
    ("service", "response", "sentence"),
    [
        (Silent, AN_ERROR, "binary messages: two bytes: measured 1 x welcome; still open"),
        (Closes, AN_ERROR, "measured 1 x welcome; closed with 1008"),
        (
            TellsTheTrace,
            AN_ERROR,
            'how the service is made, by a Python traceback: "Invalid message format: File "/srv',
        ),
        (
            TellsTheTraceOfJava,
            AN_ERROR,
            'how the service is made, by a Java stack trace: "java.lang.Exception: no"',
        ),
        (
            TellsBeside,
            AN_ERROR,
            "an error that tells how the service is made, by a Python traceback: "
            r'"Traceback \(most recent call last\):", allowed',
        ),
        (
            TellsInAList,
            AN_ERROR,
            r'by a JavaScript stack trace: "Error: no", allowed an error',
        ),
        (TellsAfterwards, AN_ERROR, "a message that tells how the service is made, by a Python tr"),
        (SendsItBack, AN_ERROR, "an error of 1,024 characters"),
        (TellsTheTrace, EITHER, "an error that tells how the service is made"),
        (TellsAndCloses, EITHER, "an error that tells how the service is made"),
        (SendsItBack, EITHER, "an error of 1,024 characters"),
        (Deaf, AN_ERROR, "an error, but no pong behind it"),
        (Ticker, CLOSED, "measured 1 x welcome, 1 x error; still open"),
        (ClosesAsUnfit, CLOSED, "closed with 1003"),
        (
            ClosesWithATrace,
            CLOSED,
            "its reason tells how the service is made, by the path of a source file",
        ),
        (Cuts, CLOSED, "the network connection was cut"),
        (Cuts, EITHER, "the network connection was cut"),
        (Silent, CUT, "still open"),
    ],
)
def test_any_other_response_is_told(wrong, service, response, sentence):
    wrong(service, attacking(response), sentence)


def answered_elsewhere(response=AN_ERROR):
    async def story(do):
        await do(play)
        await do(hand_over)
        await do(attack_responses.met_with, response)

    return story


async def hand_over(testbed):
    for attacker in testbed.scenario.stash[ATTACK].attackers:
        attacker.answer_in = "QA-WS-010"


ELSEWHERE = "nothing that tells how the service is made; whether it is answered, and how, QA-WS-010"


@pytest.mark.parametrize("service", [Ticker, ClosesAsUnfit, Cuts, SendsItBack, HasACode])
def test_how_a_mistake_is_answered_is_no_matter_of_an_attack(right, service):
    done = right(service, answered_elsewhere())
    assert done[-1].allowed == f"{ELSEWHERE} judges"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (TellsTheTrace, "an error that tells how the service is made, by a Python traceback"),
        (TellsBeside, "an error that tells how the service is made, by a Python traceback"),
        (TellsAfterwards, "a message that tells how the service is made, by a Python traceback"),
        (ClosesWithAnException, "its reason tells how the service is made, by the name of an exce"),
    ],
)
def test_that_its_answer_tells_nothing_is_one(wrong, service, sentence):
    wrong(service, answered_elsewhere(), f"{sentence}.*, allowed {ELSEWHERE}")


def may_be_taken(response=AN_ERROR):
    async def story(do):
        await do(play)
        await do(take)
        await do(attack_responses.met_with, response)

    return story


async def take(testbed):
    for attacker in testbed.scenario.stash[ATTACK].attackers:
        attacker.may_be_taken = True


@pytest.mark.parametrize("service", [Takes, Ticker])
def test_what_may_be_taken_is_acknowledged_or_answered_with_an_error(right, service):
    done = right(service, may_be_taken())
    assert done[-1].allowed == "an error, or an acknowledgement"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Silent, "still open"),
        (Closes, "closed with 1008"),
        (TellsTheTrace, "an error that tells how the service is made"),
        (TakesAndTells, "a message that tells how the service is made"),
        (TakesAndIsDeaf, "an acknowledgement, but no pong behind it"),
    ],
)
def test_any_other_answer_to_what_may_be_taken_is_told(wrong, service, sentence):
    wrong(service, may_be_taken(), f"{sentence}.*, allowed an error, or an acknowledgement")


def test_what_is_huge_may_not_be_taken(wrong):
    wrong(Takes, attacking(AN_ERROR), "1 x subscribed; still open, allowed an error$")


async def play_three(testbed):
    await play(testbed)
    [one] = testbed.scenario.stash[ATTACK].attackers
    testbed.scenario.stash[ATTACK].attackers += [
        Attacker(what, one.client) for what in ("three bytes", "a surrogate")
    ]


def test_all_that_got_another_response_are_named(wrong):
    async def story(do):
        await do(play_three)
        await do(attack_responses.met_with, CLOSED)

    wrong(
        Ticker,
        story,
        r"two bytes: .* \(and 2 more of 3 got another response: three bytes; a surrogate\)",
    )


def test_a_response_that_nobody_knows_is_broken():
    testbed = bare_testbed()
    testbed.scenario.stash[ATTACK] = Attack("x", 0, UNWATCHED)
    with pytest.raises(Broken, match='no response "a shrug"; known are'):
        asyncio.run(attack_responses.met_with(testbed, "a shrug"))


@pytest.mark.parametrize(
    ("alone_mib", "warm_mib", "kind", "said"),
    [
        (
            [9, 8.5],
            [],
            Refuted,
            r"at its peak: measured 9\.00 MB .*; of 1,020 bytes that were sent 1,000 were b",
        ),
        (
            [9, 6],
            [],
            Inconclusive,
            r"measured 9\.00 MB .* other clients 9\.00 MB, then 6\.00 MB: a h",
        ),
        ([0.4], [8, 8.5], Refuted, r"at its peak: measured 9\.00 MB .*1,000 were b"),
        (
            [0.4],
            [8, 1],
            Inconclusive,
            r"clients 0\.40 MB; on the same .* 8\.00 MB, then 1\.00 MB: a h",
        ),
        (
            [0.4],
            [1],
            None,
            r"less .* clients 0\.40 MB; .* grown 1\.00 MB \(at first 9\.00 MB, from 40",
        ),
    ],
)
def test_memory_at_the_peak_of_an_attack_is_bounded(monkeypatch, alone_mib, warm_mib, kind, said):
    places = {"growth_on_a_fresh_service": iter(alone_mib), "growth_once_warm": iter(warm_mib)}
    for name, costs in places.items():

        async def once_more(testbed, costs=costs):
            return int(next(costs) * MIB)

        monkeypatch.setattr(attacks, name, once_more)
    testbed = bare_testbed()
    testbed.scenario.stash[MEMORY_BEFORE] = 40 * MIB
    attack = testbed.scenario.stash[ATTACK] = Attack("x", 0, UNWATCHED)
    client = RawConnection("client", QaWs())
    attack.attackers += [
        Attacker("a", client, sent_bytes=20),
        Attacker("b", client, sent_bytes=1000),
    ]
    attack.memory_peak = 47 * MIB
    asyncio.run(bystanders.memory_stayed_within(testbed, 8))
    attack.memory_peak = 49 * MIB

    async def judge():
        await bystanders.memory_stayed_within(testbed, 8)
        assert kind is not Refuted, "what is refuted is told at once, and a doubt behind all else"
        testbed.scenario.require_no_reservations()

    if kind:
        with pytest.raises(kind, match=said):
            asyncio.run(judge())
    else:
        asyncio.run(judge())
        assert re.search(said, testbed.scenario.checks.done[-1].measured)
        assert testbed.scenario.checks.done[-1].verdict == "met"
    assert not [cost for costs in places.values() for cost in costs], "each is played"


def test_an_attack_that_was_not_played_again_costs_nothing_and_shows_nothing():
    """A service that bars who has attacked it would pass by that."""
    played, barred = (Attacker(what, RawConnection(what, QaWs())) for what in "ab")
    attacks.require_played([played])
    barred.gone = "HTTP 403"
    with pytest.raises(Inconclusive, match=r"1 of 2 hostile clients .* first b: HTTP 403; run it"):
        attacks.require_played([played, barred])


def test_that_one_response_shows_nothing_hides_no_other_that_is_wrong(monkeypatch):
    """Nor what else the attack has done: it is told behind all of that."""
    testbed = bare_testbed()
    attack = testbed.scenario.stash[ATTACK] = Attack("floods", 0, UNWATCHED)
    clients: list[Any] = [
        SimpleNamespace(name=f"hostile client {n}", summary=lambda: "was here") for n in "12"
    ]
    slow = Pace(1000, [(n / 100, 1) for n in range(100)])
    attack.attackers = [
        Attacker("gone at once", clients[0], gone="a close"),
        Attacker("sent too slowly", clients[1], pace=slow),
    ]

    async def right(testbed, client):
        return None

    monkeypatch.setattr(attack_responses, "_judge", lambda response: right)
    monkeypatch.setattr(attack_responses, "_after", lambda attacker: "")
    asyncio.run(attack_responses.met_with(testbed, "an error"))
    with pytest.raises(Inconclusive, match="pace of the flood of sent too slowly"):
        testbed.scenario.require_no_reservations()
    assert len(testbed.scenario.reservations) == 2

    async def wrong(testbed, client):
        return "silence" if client is clients[1] else None

    attack.attackers[1].pace = None
    monkeypatch.setattr(attack_responses, "_judge", lambda response: wrong)
    with pytest.raises(Refuted, match="response to floods: sent too slowly: measured silence"):
        asyncio.run(attack_responses.met_with(testbed, "an error"))
