"""Clients that compress: damage is found, and only damage, however it is deflated."""

import asyncio
import random
import re
import zlib

import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber import connection
from qaws.load.subscriber.reader import Reader, new_handshake
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.measure import clock
from tests.load.test_reader import DUE, Party, Wire, cut, framed, tick
from tests.load_fixtures import NIFTY

WELCOME = b'{"type":"connection","status":"connected","session_id":"%s"}'
ANSWERS = {
    "for itself": "permessage-deflate; server_no_context_takeover",
    "with memory": "permessage-deflate",
}


@pytest.fixture(autouse=True)
def _restored_clock(monkeypatch):
    """`Party.receive` sets it."""
    monkeypatch.setattr(clock, "now_us", clock.now_us)


@pytest.fixture(params=list(ANSWERS))
def how(request):
    return request.param


def deflated(frame):
    """Return a frame with RSV1 set, which the library lets only its extension set."""
    data = bytearray(frame.serialize(mask=False))
    data[0] |= 0x40
    return bytes(data)


FLOW = FlowPlan("redis://127.0.0.1/", ("NIFTY",), 1000, 400)
BODIES = Payloads(FLOW)


class Deflating:
    """The service's side of one connection."""

    def __init__(self, how):
        self._forgets = how == "for itself"
        self._deflate = self._fresh()

    def _fresh(self):
        return zlib.compressobj(level=1, wbits=-15)

    def payload(self, text):
        if self._forgets:
            self._deflate = self._fresh()
        data = self._deflate.compress(text) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return data.removesuffix(b"\x00\x00\xff\xff")

    def frame(self, text):
        return deflated(Frame(Opcode.TEXT, self.payload(text)))

    def frames(self, texts):
        return b"".join(map(self.frame, texts))


class Compressed(Party):
    """Readers that have agreed to compression, each welcomed under an id of its own."""

    def __init__(self, count, how, flow=None):
        self.how = how
        self.deflated: dict[int, SharedStream] = {}
        self.services = []
        super().__init__(count, flow=flow)

    def _of_deflated(self, bits):
        made = SharedStream(NIFTY, {"NIFTY": 1}, self.shared.verifier)
        return self.deflated.setdefault(bits, made)

    def _reader(self, name):
        protocol = new_handshake("ws://127.0.0.1/", {}, compression=True)
        reader = Reader(
            name,
            self.shared,
            protocol,
            self.books.violations.add,
            self.books.hand_in,
            self.finished.append,
            self._of_deflated,
        )
        reader.connection_made(Wire())  # type: ignore[arg-type]
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Extensions: {ANSWERS[self.how]}\r\n"
            f"Sec-WebSocket-Accept: {accept_key(protocol.key)}\r\n\r\n"
        )
        service = Deflating(self.how)
        self.services.append(service)
        reader.data_received(answer.encode() + service.frame(WELCOME % name.encode()))
        return reader


def texts(numbers=range(1, 301)):
    return [tick(number) for number in numbers]


def published(numbers=range(1, 301)):
    return [BODIES.payload("NIFTY", number, DUE + number * 1000) for number in numbers]


def found(how, damage, count=4, seed=7):
    """Return the books of clients of whom the third gets what `damage` makes of the ticks."""

    async def run():
        party, draw = Compressed(count, how, FLOW), random.Random(seed)
        whole = []
        for place, service in enumerate(party.services):
            mine = damage(published()) if place == 2 else published()
            whole.append(list(cut(service.frames(mine), draw)))
        while any(whole):
            for reader, chunks in zip(party.readers, whole, strict=True):
                if chunks:
                    party.receive(reader, chunks.pop(0))
        return await party.close_books(), party

    return asyncio.run(run())


def kinds(books):
    return {kind: count for kind, count in books.violations.counts.items() if count}


@pytest.mark.parametrize("seed", range(4))
def test_a_sound_stream_has_no_violations(how, seed):
    books, party = found(how, lambda each: each, seed=seed)
    assert kinds(books) == {}
    assert [record.ticks for record in books.records.values()] == [300] * 4
    assert [reader.times_diverged for reader in party.readers] == [0] * 4
    assert books.latencies.count == 1200


def lost(each):
    return each[:99] + each[100:]


def doubled(each):
    return each[:100] + each[99:]


def swapped(each):
    return [*each[:99], each[100], each[99], *each[101:]]


def altered(each):
    """One digit of one tick, which then is as good a price as any other."""
    found = re.search(rb'"last_price": ?(\d)', each[99])
    assert found
    digit = b"%d" % ((int(found[1]) + 1) % 10)
    changed = each[99][: found.start(1)] + digit + each[99][found.end(1) :]
    return [*each[:99], changed, *each[100:]]


@pytest.mark.parametrize(
    ("damage", "expected", "words"),
    [
        (lost, {"gap": 1}, "client 3 expected NIFTY #100, got #101 (previous #99)"),
        (doubled, {"duplicate": 1}, "client 3 got NIFTY #100 again"),
        (swapped, {"order": 1}, "client 3 got NIFTY #100 late, after #101"),
        (altered, {"content": 1}, "client 3 received NIFTY #100 with"),
    ],
)
def test_what_is_damaged_at_one_client_is_found(how, damage, expected, words):
    books, _ = found(how, damage)
    assert kinds(books) == expected
    assert any(said.startswith(words) for _, said in books.violations.sentences)
    assert all(said.startswith("client 3 ") for _, said in books.violations.sentences)


def same_when_inflated(how, before, sound, hit):
    """Return whether altered bytes say what the sound ones do: deflated text can be put in ways."""
    texts = []
    for payload in (sound, hit):
        inflate = zlib.decompressobj(-15)
        for each in before if how == "with memory" else ():
            inflate.decompress(each + b"\x00\x00\xff\xff")
        try:
            texts.append(inflate.decompress(payload + b"\x00\x00\xff\xff"))
        except zlib.error:
            texts.append(b"")
    return texts[0] == texts[1]


def test_deflated_bytes_that_are_altered_on_the_way_are_found(how):
    """Single bits of a message, all over it, at the second of two clients."""

    async def is_found(bit):
        party = Compressed(2, how, FLOW)
        frames = [[s.frame(text) for text in published(range(1, 21))] for s in party.services]
        hit = bytearray(frames[1][9])
        hit[-1 - bit // 8] ^= 1 << bit % 8
        altered = b"".join([*frames[1][:9], bytes(hit), *frames[1][10:]])
        party.receive(party.readers[0], b"".join(frames[0]))
        party.receive(party.readers[1], altered)
        books = await party.close_books()
        said = [words for _, words in books.violations.sentences]
        assert all(words.startswith("client 2 ") for words in said)
        return bool(said)

    service = Deflating(how)
    before = [service.payload(WELCOME % b"client 2")]
    before += [service.payload(text) for text in published(range(1, 10))]
    sound = service.payload(published([10])[0])
    altered = 0
    for bit in range(0, 8 * len(sound), 11 if how == "with memory" else 97):
        hit = bytearray(sound)
        hit[-1 - bit // 8] ^= 1 << bit % 8
        if not same_when_inflated(how, before, sound, bytes(hit)):
            altered += 1
            assert asyncio.run(is_found(bit)), bit
    assert altered >= 5


def test_memory_where_none_was_agreed_is_found():
    """The bytes refer to messages before, which each must do without."""

    async def run():
        party, forgetful = Compressed(2, "for itself"), Deflating("with memory")
        data = forgetful.frames(texts(range(1, 11)))
        for reader in party.readers:
            party.receive(reader, data)
        books = await party.close_books()
        assert books.violations.counts["protocol"] == 18
        (_, words) = books.violations.sentences[0]
        assert words.startswith("client 1 received a message that is not as agreed: it cannot be")

    asyncio.run(run())


def test_what_is_too_much_when_inflated_is_found(how, monkeypatch):
    monkeypatch.setattr(connection, "LARGEST_FRAME", 10_000)

    async def run():
        party = Compressed(1, how)
        party.receive(party.readers[0], party.services[0].frame(tick(1, pad="x" * 10_000)))
        assert party.books.violations.counts["protocol"] == 1
        assert "more than 10,000 bytes" in party.books.violations.sentences[0][1]

    asyncio.run(run())


def test_fragments_pings_and_what_is_not_deflated_come_in_between(how):
    async def run():
        party = Compressed(2, how)
        for reader, service in zip(party.readers, party.services, strict=True):
            data = service.frame(tick(1)) + framed(tick(2)) + b"\x89\x04ping"
            payload = service.payload(tick(3))
            data += deflated(Frame(Opcode.TEXT, payload[:20], fin=False))
            data += Frame(Opcode.CONT, payload[20:]).serialize(mask=False)
            data += service.frames([tick(4), tick(5)])
            party.receive(reader, data)
        books = await party.close_books()
        assert kinds(books) == {}
        assert [record.ticks for record in books.records.values()] == [5, 5]

    asyncio.run(run())
