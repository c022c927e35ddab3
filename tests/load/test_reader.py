"""The fast client fed by hand: however the bytes are cut, the books say the same."""

import asyncio
import json
import random
from collections import Counter

import msgspec
import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from qaws.load.subscriber import reader as clients
from qaws.load.subscriber import shared_stream as segments
from qaws.load.subscriber.aggregator import Aggregator
from qaws.load.subscriber.reader import Reader, new_handshake
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.verifier import Verifier
from qaws.measure import clock
from tests.load_fixtures import NIFTY

DUE = 1_700_000_000_000_000


def tick(number, symbol="NIFTY", **changes):
    greeks = {"delta": 0.5, "gamma": 0.1, "theta": -1.5, "vega": 2.5, "iv": 0.2}
    members = {
        "type": "option_tick",
        "instrument_token": 256265,
        "symbol": symbol,
        "last_price": 1.5,
        "greeks": greeks,
        "seq": number,
        "due_us": DUE + number * 1000,
    }
    return json.dumps({**members, **changes}).encode()


def framed(payload, opcode=Opcode.TEXT):
    return Frame(opcode, payload).serialize(mask=False)


def stream(numbers, **own):
    return [framed(tick(number, **own)) for number in numbers]


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data

    def is_closing(self):
        return False

    def nothing(self):
        pass

    abort = close = pause_reading = resume_reading = nothing


class Party:
    """A few readers without a network, and their books."""

    def __init__(self, count, first=None, flow=None):
        verifier = Verifier("qa-ws", flow)
        self.books = Aggregator(verifier)
        self.shared = SharedStream(NIFTY, {"NIFTY": 1} if first is None else first, verifier)
        self.now = DUE
        self.finished = []
        self.readers = [self._reader(f"client {i}") for i in range(1, count + 1)]

    def _reader(self, name):
        protocol = new_handshake("ws://127.0.0.1/", {})
        reader = Reader(
            name,
            self.shared,
            protocol,
            self.books.violations.add,
            self.books.hand_in,
            self.finished.append,
        )
        reader.connection_made(Wire())  # type: ignore[arg-type]
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(protocol.key)}\r\n\r\n"
        )
        reader.data_received(answer.encode())
        return reader

    def receive(self, reader, data, at_ms=0):
        clock.now_us = lambda: DUE + at_ms * 1000
        reader.data_received(data)

    async def close_books(self):
        for reader in self.readers:
            if reader.position is not None:
                self.books.hand_in(reader, reader.position)
            self.books.diverged(reader, reader.diverged)
        await self.books.work_off()
        return self.books


@pytest.fixture(autouse=True)
def _restored_clock(monkeypatch):
    monkeypatch.setattr(clock, "now_us", clock.now_us)


def run(work):
    return asyncio.run(work())


def cut(data, draw):
    """Cut bytes into chunks of any size."""
    while data:
        size = draw.choice([1, 3, 50, 300, 301, 5000, 100_000])
        yield data[:size]
        data = data[size:]


@pytest.mark.parametrize("seed", range(6))
def test_however_the_bytes_are_cut_every_tick_is_counted_and_timed(seed, monkeypatch):
    monkeypatch.setattr(segments, "LENGTH", 70)
    monkeypatch.setattr(clients, "LENGTH", 70)
    draw = random.Random(seed)

    async def work():
        party = Party(4)
        whole = b"".join(stream(range(1, 501)))
        feeds = [list(cut(whole, draw)) for _ in party.readers]
        while any(feeds):
            place = draw.choice([i for i, feed in enumerate(feeds) if feed])
            party.receive(party.readers[place], feeds[place].pop(0), at_ms=600)
        return await party.close_books()

    books = run(work)
    assert +books.violations.counts == {}
    assert {record.client: record.ticks for record in books.records.values()} == {
        f"client {i}": 500 for i in range(1, 5)
    }
    assert books.latencies.count == 2000
    assert books.latencies.max_ms == 599
    assert books.latencies.percentile_ms(0) == pytest.approx(100, rel=0.001)
    assert sum(point.deliveries for point in books.course.points()) == 2000


@pytest.mark.parametrize("seed", range(30))
def test_leaving_and_coming_back_at_any_place_accuses_nobody(seed, monkeypatch):
    monkeypatch.setattr(segments, "LENGTH", 8)
    monkeypatch.setattr(clients, "LENGTH", 8)
    monkeypatch.setattr(clients, "FIRST_PAUSE", 0)
    draw = random.Random(seed)

    async def work():
        party = Party(3)
        number = 1
        while number <= 100:
            following = min(number + draw.randint(1, 4), 101)
            for reader in draw.sample(party.readers, 3):
                for n in range(number, following):
                    own = {"last_price": 9.5} if draw.random() < 0.1 else {}
                    party.receive(reader, framed(tick(n, **own)), at_ms=100)
            number = following
        assert sum(reader.times_diverged for reader in party.readers) > 3
        return await party.close_books()

    books = run(work)
    assert +books.violations.counts == {}, books.violations.sentences
    assert [record.ticks for record in books.records.values()] == [100] * 3


def spoilt(numbers, draw):
    """Return numbers with some lost, repeated, or swapped with their successor."""
    out = []
    for number in numbers:
        fate = draw.random()
        if fate > 0.03:
            out.append(number)
        if fate > 0.97:
            out.append(number)
    for place in range(len(out) - 1):
        if draw.random() < 0.03:
            out[place], out[place + 1] = out[place + 1], out[place]
    return out


def plainly_judged(numbers, last):
    """Judge as plainly as can be: what is missing, what came twice, what came after a later one."""
    twice = sum(numbers.count(n) - 1 for n in set(numbers))
    late = {
        n for i, n in enumerate(numbers) if n not in numbers[:i] and any(m > n for m in numbers[:i])
    }
    return {"gap": last - len(set(numbers)), "duplicate": twice, "order": len(late)}


@pytest.mark.parametrize("apart", [False, True], ids=["the same bytes", "a number of their own"])
@pytest.mark.parametrize("seed", range(30))
def test_counts_are_those_of_a_plain_judge_whoever_has_which_faults(seed, apart, monkeypatch):
    monkeypatch.setattr(segments, "LENGTH", 8)
    monkeypatch.setattr(clients, "LENGTH", 8)
    monkeypatch.setattr(clients, "FIRST_PAUSE", seed % 3)
    draw = random.Random(seed)
    shared = spoilt(range(1, 200), draw) if seed % 2 else list(range(1, 200))

    async def work():
        party = Party(4)
        feeds = {}
        for reader in party.readers:
            numbers = spoilt(shared, draw) if draw.random() < 0.6 else list(shared)
            feeds[reader] = [*numbers, 200]
        expected = Counter()
        for numbers in feeds.values():
            expected.update(plainly_judged(numbers, 200))
        ticks = [len(numbers) for numbers in feeds.values()]
        while any(feeds.values()):
            size = draw.randint(1, 9)
            for reader in draw.sample(party.readers, 4):
                chunk, feeds[reader] = feeds[reader][:size], feeds[reader][size:]
                own = {"sent_us": draw.randrange(10**9)} if apart else {}
                for part in cut(b"".join(stream(chunk, **own)), draw):
                    party.receive(reader, part, at_ms=300)
        return await party.close_books(), expected, ticks

    books, expected, ticks = run(work)
    assert +books.violations.counts == +expected, books.violations.sentences
    assert [record.ticks for record in books.records.values()] == ticks
    assert books.latencies.count == sum(ticks)


def test_a_client_leaves_the_common_stream_and_comes_back():
    async def work():
        party = Party(2)
        one, other = party.readers
        frames = stream(range(1, 201))
        for number, frame in enumerate(frames, 1):
            party.receive(one, frame, at_ms=200)
            if number == 100:
                frame = framed(tick(100, last_price=2.5))  # right, but different bytes
            party.receive(other, frame, at_ms=200)
        assert other.times_diverged == 1
        assert other.position is not None
        return await party.close_books()

    books = run(work)
    assert +books.violations.counts == {}
    assert [record.ticks for record in books.records.values()] == [200, 200]


def test_the_same_bytes_are_compared_and_never_learnt(monkeypatch):
    monkeypatch.setattr(Verifier, "learn", lambda *_: pytest.fail("a copy was learnt"))

    async def work():
        party = Party(2)
        one, other = party.readers
        frames = stream(range(1, 201))
        party.receive(one, b"".join(frames[:100]))
        party.receive(other, b"".join(frames[:150]) + frames[150][:7])  # goes ahead
        party.receive(one, b"".join(frames[100:]))
        party.receive(other, frames[150][7:] + b"".join(frames[151:]))
        assert [each.times_diverged for each in party.readers] == [0, 0]
        return await party.close_books()

    assert [record.ticks for record in run(work).records.values()] == [200, 200]


def test_a_fault_of_the_first_stays_the_firsts():
    async def work():
        party = Party(3)
        frames = stream(range(1, 101))
        for reader in party.readers:
            mine = frames[:49] + frames[50:] if reader is party.readers[0] else frames
            for frame in mine:
                party.receive(reader, frame)
        return await party.close_books()

    books = run(work)
    assert dict(+books.violations.counts) == {"gap": 1}
    assert books.violations.sentences == [
        ("gap", "client 1 expected NIFTY #50, got #51 (previous #49)")
    ]


def test_a_broken_contract_counts_for_everybody_who_received_it():
    async def work():
        party = Party(3)
        frames = [framed(tick(1)), framed(tick(2, greeks=None)), framed(tick(3))]
        for reader in party.readers[:2]:
            party.receive(reader, b"".join(frames))
        party.receive(party.readers[2], frames[0])
        return await party.close_books()

    books = run(work)
    assert dict(+books.violations.counts) == {"contract": 2}


def test_without_a_known_first_the_first_one_sets_it():
    async def work():
        party = Party(2, first={})
        for reader in party.readers:
            party.receive(reader, b"".join(stream(range(40, 60))))
        assert party.readers[0].expected() is None
        return await party.close_books()

    assert +run(work).violations.counts == {}


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_the_fence_completes_whoever_has_had_it(when):
    async def work():
        party = Party(2)
        one, other = party.readers
        frames = b"".join(stream(range(1, 31)))

        def fence():
            party.shared.set_fence({"NIFTY": 30, "BANKNIFTY": 7}, {one.position.segment})
            for reader in party.readers:
                reader.fence_set()

        if when == "before":
            fence()
        party.receive(one, frames, at_ms=5)
        if when == "between":
            fence()
            assert one.completed_us is not None
            assert other.completed_us is None
        party.receive(other, frames, at_ms=9)
        if when == "after":
            fence()
        assert (one.completed_us, other.completed_us) == (DUE + 5000, DUE + 9000)
        assert one.expected() == 30

    run(work)


def test_a_ping_is_answered_and_status_is_counted():
    async def work():
        party = Party(2)
        for reader in party.readers:
            status = framed(b'{"type":"status","status":"degraded"}')
            ping = framed(b"are you there", Opcode.PING)
            party.receive(reader, stream([1])[0] + status + ping + stream([2])[0])
            assert reader._transport.written.count(b"\x8a\x8d") == 1  # a masked pong of 13 bytes
        return await party.close_books()

    books = run(work)
    assert books.kinds == {"status degraded": 2}
    assert [record.ticks for record in books.records.values()] == [2, 2]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x81\x80\x00\x00\x00\x00", "incorrect masking"),
        (b"\xc1\x02{}", "reserved bits"),
        (b"\x83\x00", "invalid opcode"),
        (b"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "exceeds limit"),
    ],
)
def test_what_is_no_websocket_is_said(data, words):
    async def work():
        party = Party(1)
        party.receive(party.readers[0], stream([1])[0] + data)
        return await party.close_books()

    books = run(work)
    assert dict(+books.violations.counts) == {"protocol": 1}
    assert words in books.violations.sentences[0][1]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [({"last_price": -1.5}, "contract"), ({"symbol": "BANKNIFTY"}, "unsubscribed")],
    ids=["altered", "of another symbol"],
)
def test_one_wrong_copy_among_many_that_differ_is_found_at_its_client(wrong, kind):
    async def work():
        party = Party(10)
        for number in range(1, 101):
            for client, reader in enumerate(party.readers):
                spoils = wrong if (client, number) == (6, 77) else {}
                party.receive(
                    reader, framed(tick(number, sent_us=DUE + client, **spoils)), at_ms=300
                )
        return await party.close_books()

    books = run(work)
    assert books.violations.counts[kind] == 1
    assert "client 7" in str(books.violations.sentences)
    assert set(+books.violations.counts) <= {kind, "gap"}


@pytest.mark.parametrize("huge", [1 << 62, 10**19, 10**40, -5])
@pytest.mark.parametrize("member", ["seq", "due_us"])
def test_a_number_that_no_tick_can_have_is_a_violation_and_no_end_of_the_harness(member, huge):
    async def work():
        party = Party(2)
        for reader in party.readers:
            frames = [*stream([1]), framed(tick(2, **{member: huge})), *stream([3])]
            party.receive(reader, b"".join(frames))
        books = await party.close_books()
        return books, len(msgspec.msgpack.encode(dict(books.violations.counts)))

    books, _ = run(work)
    assert books.violations.counts["unmarked"] == 2
    assert books.violations.counts["gap"] == (2 if member == "seq" else 0)
