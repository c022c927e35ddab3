"""Copies of a dialect's ticks that differ in numbers of their own: judged as one by one."""

import json
import random

import pytest

from qaws.load.publisher.spelled import SpelledPayloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.spelled import SpelledVerifier
from qaws.measure import clock
from qaws.protocol.free_numbers import FreeNumbers
from qaws.sut.spoken import spelling_of
from qaws.sut.target_file import read_target
from tests.load.test_reader import DUE, Party, framed, run
from tests.load_fixtures import NIFTY, ROOT

COUNT = 8


@pytest.fixture(autouse=True)
def _restored_clock(monkeypatch):
    monkeypatch.setattr(clock, "now_us", clock.now_us)


def flow_of(name):
    target = read_target(ROOT / f"tests/services/dialects/{name}.toml")
    spelling = spelling_of(target)
    return FlowPlan("", ("NIFTY",), 1000, COUNT, first={"NIFTY": 1}, spelling=spelling)


def tokens(tick, client, number):
    """Return what `tokens` sends: the tick in `data`, a time of the client's own beside it.

    Every second one has a text with escapes, which looks as if numbers stood in it.
    """
    data = {**tick, "n": client} | ({"é": '"n": 5, \\"n\\": "6"'} if number % 2 else {})
    return {"type": "tick", "sent_us": DUE + 7 * client + number, "data": data}


def first_message(tick, client, number):
    """Return what `first-message` sends, with a counter as text."""
    data = {"ltp": tick["p"], "qty": tick["q"], "n": tick["n"]}
    own = {"count": str(95 * client + number), "at": DUE + client}
    return [{"type": "market_data", "symbol": tick["s"], "data": data, **own}]


def several(ticks, client, number):
    """Return what `batches` sends: several ticks, each with a number of the client's own."""
    own = [{"id": 100 * client + place, **tick} for place, tick in enumerate(ticks)]
    return {"event": "ticks", "ticks": own, "at": DUE + 11 * client + number}


def lists(ticks, client, number):
    """Return what `lists` sends: several ticks in a message that is a list."""
    own = [["quote", *tick.values(), 100 * client + place] for place, tick in enumerate(ticks)]
    return ["ticks", own, DUE + 11 * client + number]


SENT = {"tokens": tokens, "first_message": first_message, "nats": several, "lists": lists}


def payloads_for(name, client):
    """Return what a client is sent."""
    bodies = SpelledPayloads(flow_of(name))
    ticks = [
        json.loads(bodies.payload("NIFTY", number, DUE + number * 1000))
        for number in range(1, COUNT + 1)
    ]
    joined = [ticks[at : at + 2] for at in range(0, COUNT, 2)]
    said = joined if name in ("nats", "lists") else ticks
    return [
        json.dumps(SENT[name](each, client, number)).encode() for number, each in enumerate(said)
    ]


def stream(name, client):
    """Return the frames of a client."""
    return [framed(payload) for payload in payloads_for(name, client)]


class Decodes(SpelledVerifier):
    """Takes no copy for alike: each is decoded."""

    def learn(self, payload, message):
        return None


VERIFIERS: dict[tuple[str, type[SpelledVerifier]], SpelledVerifier] = {}


def verifier_for(name, kind):
    """Return a verifier; they are compiled once, as in a worker."""
    if (name, kind) not in VERIFIERS:
        flow = flow_of(name)
        VERIFIERS[name, kind] = kind(flow.spelling, flow)
    return VERIFIERS[name, kind]


def found(name, kind, chunks):
    """Return what comes of the second client's chunks, after the first had its own."""
    verifier = verifier_for(name, kind)

    async def work():
        party = Party(2)
        party.books._verifier = verifier
        shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
        party.shared = shared
        party.readers = [party._reader(f"client {i}") for i in (1, 2)]
        party.receive(party.readers[0], b"".join(stream(name, 1)))
        for chunk in chunks:
            party.receive(party.readers[1], chunk)
        books = await party.close_books()
        record = books.records.get("client 2")
        said = sorted(v.split(":")[0] for v in books.violations.sentences if "client 2" in v)
        ticks = record.ticks if record else 0
        return +books.violations.counts, ticks, said, party.readers[1].times_diverged

    return run(work)


@pytest.mark.parametrize("name", SENT)
def test_copies_that_are_alike_stay_in_step(name):
    frames = stream(name, 2)
    counts, ticks, _, diverged = found(name, SpelledVerifier, [frames[0], b"".join(frames[1:])])
    assert (counts, ticks, diverged) == ({}, COUNT, 0)
    assert found(name, Decodes, [b"".join(frames)])[3] == 1


def test_several_ticks_in_one_message_are_one_frame_and_as_many_ticks():
    frames = stream("nats", 2)
    assert len(frames) == COUNT // 2
    lost = [frames[0], *frames[2:]]
    assert found("nats", SpelledVerifier, [lost[0], b"".join(lost[1:])])[:2] == (
        {"gap": 2},
        COUNT - 2,
    )


@pytest.mark.parametrize("name", SENT)
def test_a_copy_damaged_in_any_byte_is_found_as_if_each_were_decoded(name):
    frames, draw = stream(name, 2), random.Random(3)
    at_place = len(frames) // 2
    victim = frames[at_place]
    for at in range(0, len(victim), 3):
        for other in (b"0", draw.choice([b'"', b"7", b".", b"-", bytes([draw.randrange(256)])])):
            damaged = victim[:at] + other + victim[at + 1 :]
            chunks = [frames[0], b"".join([*frames[1:at_place], damaged, *frames[at_place + 1 :]])]
            mine, theirs = found(name, SpelledVerifier, chunks), found(name, Decodes, chunks)
            assert mine[:3] == theirs[:3], (at, other)


def test_numbers_are_free_where_no_path_leads():
    text = b'[{"a": 12, "b": {"c": "34", "d": [5, {"e": 6}]}, "f": -7, "g": 8.5, "12": "x9"}, 10]'
    judged = [(None, "b", "d", 0), (None, "z")]
    assert [text[a:b] for a, b in FreeNumbers(judged).of(text)] == [b"12", b"34", b"6"]
    assert [text[a:b] for a, b in FreeNumbers([(0, "b"), (1,)]).of(text)] == [b"12"]
