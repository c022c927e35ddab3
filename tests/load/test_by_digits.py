"""Ticks read by where their numbers stand: whatever is sent, it is what the table makes of it."""

import json
import random
import re

import msgspec
import pytest

from qaws.load.publisher.spelled import SpelledPayloads
from qaws.load.subscriber.by_digits import ByDigits
from qaws.load.subscriber.message import SEVERAL
from qaws.load.subscriber.spelled import SpelledVerifier
from tests.load.test_reader import DUE
from tests.load.test_spelled import SENT, flow_of, payloads_for

CLIENTS = 3


class ByTable(SpelledVerifier):
    """Remembers nothing: each payload is read by the table."""

    def __init__(self, spelling, flow=None):
        super().__init__(spelling, flow)
        self._by_digits.learn = lambda *_: None


def payloads(name):
    """Return what three clients are sent."""
    return [payload for client in range(1, CLIENTS + 1) for payload in payloads_for(name, client)]


def outcome(ask, payload):
    try:
        return ask(payload)
    except ValueError as problem:
        return f"ValueError: {problem}"


def pair(name):
    flow = flow_of(name)
    return SpelledVerifier(flow.spelling, flow), ByTable(flow.spelling, flow)


def same(quick, slow, payload):
    assert outcome(quick.read, payload) == outcome(slow.read, payload), payload
    assert outcome(quick.fault, payload) == outcome(slow.fault, payload), payload


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_read_alike(name):
    quick, slow = pair(name)
    for payload in payloads(name):
        same(quick, slow, payload)
        assert quick.fault(payload) is None
    if name != "tokens":  # has texts with escapes
        assert quick._by_digits._used > 0


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_damaged_is_found_alike(name, seed):
    """One byte is another, or a number gets more digits, or a part comes twice or is gone."""
    quick, slow = pair(name)
    draw, sent = random.Random(seed), payloads(name)
    for payload in sent:
        same(quick, slow, payload)
    for _ in range(400):
        payload = draw.choice(sent)
        at = draw.randrange(len(payload))
        digit = draw.choice([found.start() for found in re.finditer(rb"\d", payload)])
        change = draw.randrange(6)
        damaged = [
            payload[:digit] + b"%d" % draw.randrange(10) + payload[digit + 1 :],
            payload[:digit] + draw.choice([b"0", b"00", b"-", b"9" * 19]) + payload[digit:],
            payload[:digit] + payload[digit + 1 :],
            payload[:digit] + draw.choice([b"e5", b"e400", b".", b".5"]) + payload[digit + 1 :],
            payload[:at] + bytes([draw.randrange(256)]) + payload[at + 1 :],
            payload[:at] + payload[at:].replace(b",", b', "twice": 1, "twice": 2,', 1),
        ][change]
        same(quick, slow, damaged)


def test_many_numbers_of_one_form_take_one_form():
    quick, slow = pair("first_message")
    sent = payloads("first_message")[0]
    for number in range(1, 50, 7):
        payload = re.sub(rb'"n": "\d+"', b'"n": "%d"' % number, sent)
        assert quick.read(payload) == slow.read(payload)
    assert len(quick._by_digits._forms) == 1
    assert quick._by_digits._used >= 5


def test_several_ticks_of_a_message_are_several():
    quick, slow = pair("nats")
    first, second = payloads("nats")[:2]
    assert quick.read(first).kind == SEVERAL
    assert quick.read(second) == slow.read(second)


def test_where_none_is_like_another_few_forms_are_made():
    quick, _ = pair("first_message")
    sent = payloads("first_message")[0]
    at_once = 5_000 // (len(sent) + 1)
    for number in range(1_000, 2_000):  # each is another symbol
        quick.read(sent.replace(b"RELIANCE", b"R-%d" % number))
    assert at_once <= quick._by_digits._sought <= at_once + 11


def test_where_they_are_more_are_made():
    quick, _ = pair("first_message")
    sent = payloads("first_message")[0]
    others = [sent.replace(b"RELIANCE", b"R-%d" % number) for number in range(1_000, 1_150)]
    for payload in others:
        quick.read(payload)
    at_once = quick._by_digits._sought
    for number in range(4_000):
        quick.read(re.sub(rb'"n": "\d+"', b'"n": "%d"' % (number + 1), others[0]))
    for payload in others:
        quick.read(payload)
    assert quick._by_digits._sought >= at_once + 35


@pytest.mark.parametrize("name", SENT)
def test_text_that_is_looked_at_is_compared_whole(name):
    quick, slow = pair(name)
    for payload in payloads(name):
        quick.read(payload)
        for text in re.findall(rb'"[^"]*\d[^"]*"', payload):
            other = re.sub(rb"\d", b"7", text)
            same(quick, slow, payload.replace(text, other))


def test_it_is_for_dialects_of_a_table_alone():
    flow = flow_of("first_message")
    dialect = flow.spelling.compiled()
    assert ByDigits(dialect).find(payloads("first_message")[0]) is None


# --- all members of what was published ------------------------------------------------------------


def of_run(run):
    """Return a quick and a slow verifier of a dialect whose ticks have all members, and a tick."""
    flow = msgspec.structs.replace(flow_of("tokens"), run=run)
    body = SpelledPayloads(flow).payload("NIFTY", 2, DUE + 2000)
    sent = json.dumps({"type": "tick", "sent_us": DUE, "data": json.loads(body)}).encode()
    return SpelledVerifier(flow.spelling, flow), ByTable(flow.spelling, flow), sent


def test_a_text_that_was_published_is_compared_with_its_digits():
    quick, slow, sent = of_run("1a2b3c4d")
    for payload in (sent, sent, sent.replace(b"1a2b", b"1a3b"), sent.replace(b"4d", b"44d")):
        same(quick, slow, payload)
    assert quick.fault(sent) is None
    assert quick._by_digits._used > 0
    assert "of an earlier run" in str(quick.fault(sent.replace(b"1a2b", b"1a3b")))


def test_of_members_that_come_twice_the_last_counts():
    """It may lack what the first has: what stands in the first was not said."""
    quick, slow, sent = of_run("")
    document = json.loads(sent)
    del document["data"]["volume"]
    rest = json.dumps(document["data"]).encode()
    twice = sent[:-1] + b', "data": ' + rest + b"}"
    same(quick, slow, sent)
    for _ in range(2):
        same(quick, slow, twice)
    assert "volume missing" in str(quick.fault(twice))


OWN = ['"at 5\\u0041"', '"\\u0041"', '"5"', "5", "5.5", '"a 12:05"']
OTHERS = ['"at 7\\u004"', '"\\u004"', '"05"', "05", "5e999", "9" * 400, "9" * 400 + ".5", "null"]


@pytest.mark.parametrize("text", OWN)
@pytest.mark.parametrize("other", OTHERS)
def test_what_nobody_looks_at_must_be_json(text, other):
    quick, slow, sent = of_run("")
    for value in (text, text, other):
        same(quick, slow, sent[:-1] + f', "own": {value}}}'.encode())


def test_what_a_tick_lacks_it_lacks_each_time():
    quick, slow = pair("first_message")
    for payload in payloads("first_message"):
        same(quick, slow, re.sub(rb'"ltp": "[0-9.]+", ', b"", payload))
    assert quick._by_digits._sought == 0


def test_names_with_digits_are_names():
    quick, slow, sent = of_run("")
    for name in ("ask5", "ask5", "ask50", "ask"):
        same(quick, slow, sent.replace(b'"ask"', f'"{name}"'.encode()))


def test_very_small_numbers_have_forms_and_very_large_ones_have_none():
    quick, slow, sent = of_run("")
    for number in ("5e-324", "9e-324", "1.5e+16", "7.5e+16", "1e+308", "9e+308", "1E5", "10E5"):
        same(quick, slow, sent[:-1] + f', "own": {number}}}'.encode())
    assert quick._by_digits._used == 6  # three kinds: judging the first, reading the second


def test_what_was_found_is_kept_until_it_is_judged(monkeypatch):
    monkeypatch.setattr("qaws.load.subscriber.by_digits.MOST_UNJUDGED", 3)
    quick, slow = pair("first_message")
    sent = payloads("first_message")[0]
    numbered = [re.sub(rb'"n": "\d+"', b'"n": "%d"' % number, sent) for number in range(1, 8)]
    for payload in numbered:
        assert quick.read(payload) == slow.read(payload)
        assert len(quick._by_digits._unjudged) <= 3
    for payload in numbered * 2:  # what was forgotten, and what is judged again, is found again
        assert outcome(quick.fault, payload) == outcome(slow.fault, payload)
    assert not quick._by_digits._unjudged
