"""Whatever is wrong with whichever copy is found as if each were decoded."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber import reader as clients
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.verifier import Verifier
from qaws.measure import clock
from tests.load.test_reader import DUE, Party, cut, framed, run
from tests.load_fixtures import NIFTY

COUNT, CLIENTS = 24, 3
FLOW = FlowPlan(broker_url="", symbols=("NIFTY",), per_second=1000, count=COUNT, first={"NIFTY": 1})
BODIES = Payloads(FLOW)


@pytest.fixture(autouse=True)
def _restored_clock(monkeypatch):
    monkeypatch.setattr(clock, "now_us", clock.now_us)


class Decodes(Verifier):
    """Takes no copy for alike, and no message for right but by the validator: each is decoded."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self._contract._types = {}

    def learn(self, payload, message):
        return None


OWN = {
    "a time": lambda c, n: b', "sent_us": %d' % (DUE + 977 * n + c),
    "a counter": lambda c, n: b', "n": %d' % (95 * c + n),
    "both": lambda c, n: b', "n": %d, "sent_us": %d' % (n + 5 * c, DUE + c),
    "beside a text with escapes": lambda c, n: b', "words": "\\"n\\": 5 \\\\", "n": %d' % (c + n),
    "with a name in escapes": lambda c, n: rb', "\u006e": %d, "m": "n"' % (7 * c + n),
    "names with digits": lambda c, n: b', "n%d": %d' % (n % 3, 8 * c + n),
    "a number below": lambda c, n: b', "at": {"n": 3, "s": [%d]}, "n": %d' % (n % 7, c),
    "a text": lambda c, n: b', "for": "client %d"' % c,
    "a fraction": lambda c, n: b', "took": %d.%d' % (c, n),
    "nothing": lambda c, n: b"",
}
"""What the service puts into each client's copy of a tick."""


def copy(own, client, number):
    due = DUE + round((number - 1) * 1e6 / FLOW.per_second)
    return BODIES.payload("NIFTY", number, due)[:-1] + OWN[own](client, number) + b"}"


def moved(payload, draw):
    """Return the same members in another order."""
    try:
        names = list(json.loads(payload).items())
    except ValueError:  # damaged already
        return payload
    names.insert(draw.randrange(len(names)), names.pop(draw.randrange(len(names))))
    return json.dumps(dict(names)).encode()


def at(pattern, change):
    """Return what changes one of the places where a pattern is found."""

    def damage(payload, draw):
        places = list(re.finditer(pattern, payload))
        if not places:
            return payload
        place = draw.choice(places)
        return payload[: place.start()] + change(place[0], draw) + payload[place.end() :]

    return damage


def other_digit(digit, draw):
    return bytes([draw.choice([d for d in b"0123456789" if d != digit[0]])])


def any_byte(payload, draw):
    place = draw.randrange(len(payload))
    return payload[:place] + bytes([draw.randrange(256)]) + payload[place + 1 :]


DAMAGE = {
    "a digit of a price": at(rb'(?<="last_price": )\d', other_digit),
    "a digit somewhere": at(rb"\d", other_digit),
    "a digit more": at(rb"\d+", lambda found, draw: found + b"%d" % draw.randrange(10)),
    "a nought before": at(rb"(?<=: )\d+", lambda found, draw: b"0" + found),
    "a digit less": at(rb"\d+", lambda found, draw: found[1:]),
    "a sign": at(rb"(?<=: )(?=\d)", lambda found, draw: b"-"),
    "a fraction": at(rb"(?<=: )\d+(?=[,}])", lambda found, draw: found + b".0"),
    "a number far too long": at(rb"(?<=: )\d+(?=[,}])", lambda found, draw: found * 7),
    "a number as a text": at(rb"(?<=: )\d+(?=[,}])", lambda found, draw: b'"%b"' % found),
    "a name": at(rb'"[a-z_]+"(?=:)', lambda found, draw: found[:-1] + b'x"'),
    "a name twice": at(rb'"[a-z_]+": ', lambda found, draw: found + b"1, " + found),
    "an escape": at(rb'(?<=")[a-z]', lambda found, draw: b"\\u%04x" % found[0]),
    "half a pair": at(rb'(?<=")[a-z]', lambda found, draw: b"\\ud800"),
    "another type": at(rb"option_tick", lambda found, draw: b"underlying_bar"),
    "another symbol": at(rb"NIFTY", lambda found, draw: b"BANKNIFTY"),
    "no JSON": at(rb"\}$", lambda found, draw: b""),
    "a member moved": moved,
    "any byte": any_byte,
}


def judged(kind, feeds, seed):
    """Return what is found when each client gets its frames, cut and in turns of any size."""
    draw = random.Random(seed)

    async def work():
        party = Party(0)
        verifier = kind("qa-ws", FLOW)
        verifier.fault(copy("nothing", 0, 1))  # the due time of the first tick sets the start
        party.books._verifier = verifier
        party.shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
        party.readers = [party._reader(f"client {i}") for i in range(1, len(feeds) + 1)]
        pieces = {}
        for reader, frames in zip(party.readers, feeds, strict=True):
            pieces[reader] = list(cut(b"".join(frames), draw))
        while left := [reader for reader, mine in pieces.items() if mine]:
            reader = draw.choice(left)
            party.receive(reader, pieces[reader].pop(0), at_ms=300)
        books = await party.close_books()
        ticks = {name: record.ticks for name, record in books.records.items() if record.ticks}
        said = sorted((kind, words[:40]) for kind, words in books.violations.sentences)
        return +books.violations.counts, ticks, books.latencies.count, said

    return run(work)


streams = st.fixed_dictionaries(
    {
        "own": st.lists(st.sampled_from(sorted(OWN)), min_size=1, max_size=4),
        "damage": st.lists(
            st.tuples(
                st.sampled_from([*DAMAGE, "lost", "twice", "late"]),
                st.integers(0, CLIENTS),  # the last of them: all clients
                st.integers(0, COUNT - 2),
            ),
            max_size=3,
        ),
        "seed": st.integers(0, 2**32),
    }
)


def feeds_of(own, damage, seed):
    """Return each client's frames; what the service adds changes from tick to tick."""
    feeds = [
        [copy(own[number % len(own)], client, number) for number in range(1, COUNT + 1)]
        for client in range(CLIENTS)
    ]
    for what, whom, place in damage:
        for client in range(CLIENTS) if whom == CLIENTS else [whom]:
            mine = feeds[client]
            if place + 1 >= len(mine):
                continue
            if what == "lost":
                del mine[place]
            elif what == "twice":
                mine.insert(place, mine[place])
            elif what == "late":
                mine[place : place + 2] = mine[place + 1], mine[place]
            else:
                mine[place] = DAMAGE[what](mine[place], random.Random(seed))
    return [[framed(payload) for payload in mine] for mine in feeds]


@settings(deadline=None, max_examples=150)
@given(streams)
def test_any_stream_is_judged_as_if_each_copy_were_decoded(stream):
    feeds = feeds_of(**stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "FEW", 0)
        mine = judged(Verifier, feeds, stream["seed"])
    assert mine == judged(Decodes, feeds, stream["seed"])


SEEN_IN_ALL = {"a digit of a price", "a sign", "a name", "another type", "no JSON", "lost", "twice"}


@pytest.mark.parametrize("whom", [0, 1, 2, CLIENTS], ids=["first", "second", "third", "all"])
@pytest.mark.parametrize("what", [*DAMAGE, "lost", "twice", "late"])
@pytest.mark.parametrize("own", ["a time", "a counter", "beside a text with escapes"])
def test_damage_is_found_at_whom_it_befell(own, what, whom):
    feeds = feeds_of([own], [(what, whom, 15)], 3)
    mine, plain = judged(Verifier, feeds, 5), judged(Decodes, feeds, 5)
    assert mine == plain
    if what in SEEN_IN_ALL:
        counts, _, _, said = mine
        assert counts
        befell = {f"client {i}" for i in range(1, CLIENTS + 1) if whom in (i - 1, CLIENTS)}
        assert {" ".join(words.split()[:2]) for _, words in said} == befell
