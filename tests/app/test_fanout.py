"""Order and bounds of the fan-out, against the plainest model: write at once."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from app import closes
from app.counters import Counters
from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.sessions import Session, SessionRegistry
from app.subscriptions import Key, Keys, Route, Subscriptions
from tests.waiting import HANG_S

KEYS: list[Key] = [("symbol", "A"), ("symbol", "B"), ("instrument", 1), ("underlying", "A")]
ROUTES = [
    Route("option_tick", 1, "A"),
    Route("option_tick", 2, "B"),
    Route("underlying_bar", None, "A"),
]
NAMES = ["alice", "bob", "carol"]


@dataclass(eq=False)
class Recorder:
    """Stands where a session stands, and keeps what is written to it."""

    written: bytearray = field(default_factory=bytearray)
    closed: closes.Close | None = None
    idle: "Recorder" = field(init=False)
    unsent_bytes: int = 0
    has_written: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.idle = self

    @property
    def is_open(self) -> bool:
        return self.closed is None

    def write(self, frames: bytes) -> None:
        self.written += frames
        self.has_written.set()

    def delivered(self) -> None: ...

    def close(self, close: closes.Close) -> None:
        self.closed = close

    def payloads(self) -> list[bytes]:
        """Parse what was written, as a client would."""
        reader = StreamReader()
        reader.feed_data(bytes(self.written))
        payloads = []
        while reader.buffer:
            parser = Frame.parse(reader.read_exact, mask=False)
            try:
                next(parser)
            except StopIteration as stop:
                frame = stop.value
            else:
                raise AssertionError("incomplete frame")
            assert frame.opcode is Opcode.TEXT
            assert frame.fin
            payloads.append(bytes(frame.data))
        return payloads


class Bench:
    """A fan-out with recorders; its timer is left to the event loop."""

    def __init__(self, max_unsent_bytes: int = 1024) -> None:
        self.counters = Counters()
        self.index: Subscriptions[Session] = Subscriptions()
        self.registry = SessionRegistry(10, 60, self.counters)
        self.fanout = Fanout(
            self.index, self.registry, self.counters, flush_ms=1, max_unsent_bytes=max_unsent_bytes
        )
        self.clients = {name: Recorder() for name in NAMES}

    def session(self, name: str) -> Session:
        return cast(Session, self.clients[name])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.sampled_from(ROUTES)),
        st.tuples(st.just("ping"), st.sampled_from(NAMES)),
        st.tuples(
            st.sampled_from(["subscribe", "unsubscribe"]),
            st.sampled_from(NAMES),
            st.frozensets(st.sampled_from(KEYS), max_size=2),
        ),
        st.tuples(st.just("flush")),
    ),
    max_size=40,
)


def matches(keys: Keys, route: Route) -> bool:
    bar = route.type == "underlying_bar"
    own = {("symbol", route.symbol), ("underlying", route.symbol) if bar else ("instrument", 1)}
    return bool(keys & own) and (bar or route.instrument_token == 1 or ("symbol", "B") in keys)


@given(STEPS)
def test_order_per_client_is_that_of_writing_at_once(steps: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        bench = Bench()
        held: dict[str, Keys] = defaultdict(frozenset)
        expected: dict[str, list[bytes]] = {name: [] for name in NAMES}
        for number, step in enumerate(steps):
            match step:
                case ("tick", route):
                    payload = b"%d" % number
                    bench.fanout.publish(Tick(route, payload))
                    for name in NAMES:
                        if matches(held[name], route):
                            expected[name].append(payload)
                case ("ping", name):
                    bench.fanout.send(bench.session(name), b"pong")
                    expected[name].append(b"pong")
                case ("subscribe", name, keys):
                    bench.fanout.subscribe(bench.session(name), keys)
                    bench.fanout.send(bench.session(name), b"ack")
                    held[name] |= keys
                    expected[name].append(b"ack")
                case ("unsubscribe", name, keys):
                    bench.fanout.unsubscribe(bench.session(name), keys)
                    bench.fanout.send(bench.session(name), b"ack")
                    held[name] -= keys
                    expected[name].append(b"ack")
                case ("flush",):
                    bench.fanout.flush()
        bench.fanout.flush()
        for name, client in bench.clients.items():
            assert client.payloads() == expected[name], name
        ticks = [p for payloads in expected.values() for p in payloads if p.isdigit()]
        assert bench.counters.deliveries == len(ticks)

    asyncio.run(run())


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_frames_of_all_lengths(length: int) -> None:
    recorder = Recorder()
    recorder.write(text_frame(b"x" * length))
    assert recorder.payloads() == [b"x" * length]


def test_ticks_are_written_together_after_the_window() -> None:
    async def run() -> None:
        bench = Bench()
        alice = bench.clients["alice"]
        bench.fanout.subscribe(bench.session("alice"), frozenset({("symbol", "A")}))
        for number in range(3):
            bench.fanout.publish(Tick(ROUTES[0], b"%d" % number))
        assert not alice.written
        await asyncio.wait_for(alice.has_written.wait(), HANG_S)
        assert alice.payloads() == [b"0", b"1", b"2"]

    asyncio.run(run())


def test_who_does_not_read_is_evicted_and_gets_nothing_more() -> None:
    async def run() -> None:
        bench = Bench(max_unsent_bytes=1024)
        alice, bob = bench.clients["alice"], bench.clients["bob"]
        for name in ("alice", "bob"):
            bench.fanout.subscribe(bench.session(name), frozenset({("symbol", "A")}))
        alice.unsent_bytes = 1025
        for number in range(3):
            bench.fanout.publish(Tick(ROUTES[0], b"%d" % number))
            bench.fanout.flush()
        assert alice.payloads() == [b"0"]
        assert alice.closed == closes.SLOW_CONSUMER
        assert bob.payloads() == [b"0", b"1", b"2"]
        assert bench.counters.evicted_slow == 1
        assert bench.index.total == 1

    asyncio.run(run())
