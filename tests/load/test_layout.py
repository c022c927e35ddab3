"""Clients whose copies differ in numbers of their own stay in step, and every byte still counts."""

import json
import random

import pytest

from qaws.load.subscriber import reader as clients
from qaws.load.subscriber import shared_stream as segments
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.verifier import Verifier
from qaws.measure import clock
from tests.load.test_reader import DUE, Party, cut, framed, run, tick
from tests.load_fixtures import NIFTY


@pytest.fixture(autouse=True)
def _restored_clock(monkeypatch):
    monkeypatch.setattr(clock, "now_us", clock.now_us)


def own_stream(client, count, *, counter):
    """Return a client's frames, each with a time or a counter of its own."""
    frames = []
    for number in range(1, count + 1):
        own = {"n": client * 95 + number} if counter else {"sent_us": DUE + 977 * number + client}
        frames.append(framed(tick(number, **own)))
    return frames


class Decodes(Verifier):
    """Takes no copy for alike: each is decoded."""

    def learn(self, payload, message):
        return None


def party_of(count, kind=Verifier):
    party = Party(count)
    verifier = kind("qa-ws")
    party.books._verifier = verifier
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
    party.shared = shared
    party.readers = [party._reader(f"client {i}") for i in range(1, count + 1)]
    for reader in party.readers:
        reader.shared = shared
    return party


@pytest.mark.parametrize("counter", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_however_the_bytes_are_cut_all_stay_in_step(seed, counter, monkeypatch):
    monkeypatch.setattr(segments, "LENGTH", 130)
    monkeypatch.setattr(clients, "LENGTH", 130)
    draw = random.Random(seed)

    async def work():
        party = party_of(4)
        feeds = [
            list(cut(b"".join(own_stream(place, 500, counter=counter)), draw)) for place in range(4)
        ]
        while any(feeds):
            place = draw.choice([i for i, feed in enumerate(feeds) if feed])
            party.receive(party.readers[place], feeds[place].pop(0), at_ms=600)
        assert [reader.times_diverged for reader in party.readers] == [0] * 4
        assert [reader.received for reader in party.readers] == [500] * 4
        return await party.close_books()

    books = run(work)
    assert +books.violations.counts == {}
    assert [record.ticks for record in books.records.values()] == [500] * 4
    assert books.latencies.count == 2000


def found(kind, chunks):
    """Return what comes of the second client's chunks, after the first had its own."""

    async def work():
        party = party_of(2, kind)
        first, second = party.readers
        party.receive(first, b"".join(own_stream(1, COUNT, counter=True)))
        for chunk in chunks:
            party.receive(second, chunk)
        books = await party.close_books()
        record = books.records.get("client 2")
        said = sorted(v.split(":")[0] for v in books.violations.sentences if "client 2" in v)
        return +books.violations.counts, record.ticks if record else 0, second.received, said

    return run(work)


COUNT = 8


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_copy_damaged_in_any_byte_is_found_as_if_each_were_decoded(cuts):
    frames = own_stream(2, COUNT, counter=True)
    whole, draw = b"".join(frames), random.Random(cuts)
    victim = frames[4]
    start = whole.index(victim)
    for at in range(0, len(victim), cuts):
        for other in (b"0", b"9", b'"', bytes([draw.randrange(256)])):
            damaged = whole[: start + at] + other + whole[start + at + 1 :]
            first = len(frames[0])  # by which it is known how this client's copies differ
            edges = [first, *sorted(draw.sample(range(first + 1, len(whole)), cuts - 1))]
            chunks = [damaged[a:b] for a, b in zip([0, *edges], [*edges, len(whole)], strict=True)]
            assert found(Verifier, chunks) == found(Decodes, chunks), (at, other)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda f: f[:3] + f[4:], "gap"),
        (lambda f: f[:4] + f[3:], "duplicate"),
        (lambda f: [*f[:3], f[4], f[3], *f[5:]], "order"),
    ],
)
def test_a_copy_that_is_lost_doubled_or_swapped_is_found(damage, kind):
    frames = damage(own_stream(2, COUNT, counter=True))
    counts, *_ = found(Verifier, [b"".join(frames)])
    assert counts == {kind: 1}
    assert found(Verifier, [b"".join(frames)]) == found(Decodes, [b"".join(frames)])


def test_what_is_wrong_with_the_first_copy_is_wrong_with_all():
    async def work():
        party = party_of(3)
        for place, reader in enumerate(party.readers):
            wrong = json.loads(tick(2, n=place))
            del wrong["greeks"]["delta"]
            frames = [tick(1, n=place), json.dumps(wrong).encode(), tick(3, n=place)]
            party.receive(reader, b"".join(map(framed, frames)))
        return await party.close_books()

    assert +run(work).violations.counts == {"contract": 3}
