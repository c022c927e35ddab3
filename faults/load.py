"""Faults that only load brings to light: of latency (QA-WS-013) and of throughput (014).

With them 019, 104 and 112.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Group
from faults.fault import fault, replace

SESSION_GROUP = Group[Session]
Frames: TypeAlias = list[bytes]

WINDOW_S = 0.2
BUSY, VERY_BUSY = 1_500, 5_000
"""Ticks per second: a steady day has less than the first, an opening auction more than both."""
RARE, LOST = 25, 1_000
"""Every so many writes, or ticks of one client, something happens to one. 10,000 ticks per second
make 100 to 250 writes."""
HEADER = 4
"""Bytes before the payload of a tick, which is always longer than 125 bytes (RFC 6455, 5.2)."""

_DUE = re.compile(rb'"due_us": ?\d{16}')

P50, P99 = "broadcast latency p50: measured ", "broadcast latency p99: measured "
DRAINED = "until the backlog was drained: measured "


class _Rate:
    """How many ticks per second come in, as seen over the last moments."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def note(self) -> None:
        """Count a tick."""
        now = time.monotonic()
        self._times.append(now)
        while self._times[0] < now - WINDOW_S:
            self._times.popleft()

    def is_above(self, per_second: float) -> bool:
        """Tell whether more than so many came."""
        return len(self._times) > per_second * WINDOW_S


def _rate_of_ticks() -> _Rate:
    """Measure the rate from now on."""
    rate, original = _Rate(), Fanout.publish

    def publish(self: Fanout, tick: Tick) -> None:
        rate.note()
        original(self, tick)

    replace(Fanout, "publish", publish)
    return rate


def _edit_flushes(above: float, edit: Callable[[Frames], Frames]) -> None:
    """Let what is written together be changed while the rate is above so many ticks per second."""
    rate, original = _rate_of_ticks(), Fanout._flush_group

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        if rate.is_above(above) and not group.ahead:
            group.pending = edit(group.pending)
        original(self, group)

    replace(Fanout, "_flush_group", _flush_group)


class _Places:
    """Numbers the members of each group as they first come along, from 0 on."""

    def __init__(self) -> None:
        self._places: dict[SESSION_GROUP, dict[Session, int]] = {}

    def of(self, group: SESSION_GROUP, session: Session) -> int:
        """Return a member's number, which it keeps."""
        known = self._places.setdefault(group, {})
        return known.setdefault(session, len(known))


def _edit_for_some(edit: Callable[[Frames], Frames]) -> None:
    """Let what is written together be changed, now and then, for one client of ten.

    It happens at the opening of the market, and not for all: so it is as hard to see as in life.
    """
    rate, original, places, writes = _rate_of_ticks(), Fanout._flush_group, _Places(), 0

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        nonlocal writes
        writes += 1
        is_ripe = rate.is_above(VERY_BUSY) and writes % RARE == 0 and len(group.pending) > 1
        if is_ripe and not group.ahead:
            frames = edit(list(group.pending))
            for session in self.recipients(group):
                if places.of(group, session) % 10 == 0:
                    self._deliver(session, b"".join(frames), len(frames))
                    group.ahead[session] = len(group.pending)
        original(self, group)

    replace(Fanout, "_flush_group", _flush_group)


def _edit_last(edit: Callable[[bytes], bytes]) -> Callable[[Frames], Frames]:
    """Let the last of what is written together carry another payload."""
    return lambda frames: [*frames[:-1], text_frame(edit(frames[-1][HEADER:]))]


# --- latency --------------------------------------------------------------------------------------


@fault(
    story="Every three seconds a clean-up blocks the service for 300 ms: half of the prices are "
    "as fast as ever, but whoever trades in that moment trades on old ones.",
    caught_by={"QA-WS-013": P99, "QA-WS-019": P99},
)
def service_stalls_now_and_then() -> None:
    """Sleep in the event loop, again and again."""
    original = TickerService.run

    async def run(self: TickerService, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()

        def stall() -> None:
            time.sleep(0.3)  # the stall itself; nothing is to run meanwhile
            loop.call_later(2.7, stall)

        loop.call_later(2.7, stall)
        await original(self, stop)

    replace(TickerService, "run", run)


@fault(
    story="Each tick waits in the service for 150 ms, and its due time is set anew when it leaves, "
    "so that on the dashboards prices are always fresh.",
    caught_by={
        "QA-WS-013": "x content",
        "QA-WS-014": "x content",
        "QA-WS-019": "x content",
    },
)
def due_times_set_anew() -> None:
    """Hold back what has come, and stamp it when it is sent."""
    original = Fanout._flush_group

    def stamped(frame: bytes) -> bytes:
        return _DUE.sub(b"%b%d" % (b'"due_us": ', time.time_ns() // 1000), frame)

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        if group.ahead:
            original(self, group)
            return
        frames, group.pending = group.pending, []
        loop = asyncio.get_running_loop()

        def send() -> None:
            due = b"".join(map(stamped, frames))
            for session in self.recipients(group):
                self._deliver(session, due, len(frames))

        loop.call_later(0.15, send)

    replace(Fanout, "_flush_group", _flush_group)


@fault(
    story="Each client waits 5 ms for the one before it, so that latency grows with every client "
    "who is let in.",
    caught_by={"QA-WS-013": P50},
    also=("QA-WS-019",),  # by its latency, or by the memory that all those pauses take
)
def latency_grows_with_the_clients() -> None:
    """Deliver to the members of a group one after the other, with a pause between them."""
    places = _Places()

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        frames, group.pending = group.pending, []
        ahead, group.ahead = group.ahead, {}
        loop = asyncio.get_running_loop()
        for session in self.recipients(group):
            due = frames[ahead.get(session, 0) :]
            delay_s = 0.005 * places.of(group, session)
            loop.call_later(delay_s, self._deliver, session, b"".join(due), len(due))

    replace(Fanout, "_flush_group", _flush_group)


@fault(
    story="One client of every twenty-five misses each thousandth tick, and keeps a wrong last "
    "price until the next one comes.",
    caught_by={
        "QA-WS-013": "2 x gap: client ",
        "QA-WS-014": "40 x gap: client ",
        "QA-WS-019": "x gap: client ",
    },
)
def every_thousandth_tick_lost_for_some() -> None:
    """Leave it out of what is written to them."""
    original, places, had = Fanout._flush_group, _Places(), dict[Session, int]()

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        frames = group.pending
        for session in self.recipients(group):
            if places.of(group, session) % 25 or session in group.ahead:
                continue
            done = had.get(session, 0)
            had[session] = done + len(frames)
            kept = [frame for count, frame in enumerate(frames, done + 1) if count % LOST]
            self._deliver(session, b"".join(kept), len(kept))
            group.ahead[session] = len(frames)
        original(self, group)

    replace(Fanout, "_flush_group", _flush_group)


@fault(
    story="One client of every twenty-five gets its prices 150 ms late, which no average shows.",
    caught_by={"QA-WS-013": P99, "QA-WS-019": P99},
)
def some_clients_always_late() -> None:
    """Hold back what is written to them."""
    original, places = Fanout._deliver, _Places()

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        group = self._subscriptions.group_of(session)
        if group and places.of(group, session) % 25 == 0:
            loop = asyncio.get_running_loop()
            loop.call_later(0.15, original, self, session, frames, ticks)
        else:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


# --- throughput -----------------------------------------------------------------------------------


@fault(
    story="Under load the queue throws out its oldest ticks to make room, and no client is told "
    "that it has not seen the whole market.",
    caught_by={"QA-WS-014": "x gap: client "},
)
def oldest_ticks_dropped_under_load() -> None:
    """Write only the newest ten of what has gathered."""
    _edit_flushes(VERY_BUSY, lambda frames: frames[-10:])


@fault(
    story="Under load two ticks now and then change places, so that the older price stands as the "
    "last one.",
    caught_by={"QA-WS-014": "x order"},
)
def ticks_swapped_under_load() -> None:
    """Swap the first two of what is written together."""
    _edit_flushes(VERY_BUSY, lambda frames: frames[1::-1] + frames[2:])


@fault(
    story="Under load clients now and then get a tick a second time, so that they count traded "
    "volume twice.",
    caught_by={"QA-WS-014": "x duplicate"},
)
def ticks_repeated_under_load() -> None:
    """Write the last of what is written together once more."""
    _edit_flushes(VERY_BUSY, lambda frames: frames + frames[-1:])


@fault(
    story="Under load option ticks now and then go out as bars, and clients take them for bars "
    "without a price.",
    caught_by={"QA-WS-014": "x contract"},
)
def tick_type_altered_under_load() -> None:
    """Change the type of the last of what is written together."""
    edit = _edit_last(lambda payload: payload.replace(b"option_tick", b"underlying_bar", 1))
    _edit_flushes(VERY_BUSY, edit)


@fault(
    story="Under load prices are rounded to whole rupees to save time, and orders are placed at a "
    "price that nobody asked for.",
    caught_by={"QA-WS-014": "x content: client "},
)
def prices_rounded_under_load() -> None:
    """Round the price of the last of what is written together."""

    def rounded(payload: bytes) -> bytes:
        tick = msgspec.json.decode(payload)
        return msgspec.json.encode(tick | {"last_price": float(round(tick["last_price"]))})

    _edit_flushes(VERY_BUSY, _edit_last(rounded))


@fault(
    story="Under load a tick now and then reaches some clients cut short, and those that do not "
    "expect that crash.",
    caught_by={"QA-WS-014": "received what cannot be read"},
)
def ticks_cut_short_under_load() -> None:
    """Leave out the last bytes of the message."""
    _edit_for_some(_edit_last(lambda payload: payload[:-5]))


@fault(
    story="The service hands on 3,000 ticks a second and no more, so that after a busy second the "
    "prices are seconds old.",
    caught_by={"QA-WS-014": DRAINED, "QA-WS-104": "saturation point: measured keeps up at "},
)
def throughput_capped() -> None:
    """Hold ticks in a queue, and let out thirty every ten milliseconds."""
    original, queue = Fanout.publish, deque[Tick]()

    def let_out(self: Fanout) -> None:
        for _ in range(min(30, len(queue))):
            original(self, queue.popleft())
        if queue:
            asyncio.get_running_loop().call_later(0.01, let_out, self)

    def publish(self: Fanout, tick: Tick) -> None:
        queue.append(tick)
        if len(queue) == 1:
            asyncio.get_running_loop().call_later(0.01, let_out, self)

    replace(Fanout, "publish", publish)


@fault(
    story="From sixty subscribers on each tick is sent to each client by itself instead of "
    "together with others, so that a busy second takes many seconds to hand out.",
    caught_by={"QA-WS-014": DRAINED},
)
def one_send_per_client_in_turn() -> None:
    """Take ticks from a queue, one by one, and write each to all clients before the next."""
    original = Fanout._flush_group
    queues: dict[SESSION_GROUP, asyncio.Queue[bytes]] = {}
    senders: list[asyncio.Task[None]] = []

    async def send(self: Fanout, group: SESSION_GROUP, queue: asyncio.Queue[bytes]) -> None:
        while True:
            frame = await queue.get()
            for session in self.recipients(group):
                self._deliver(session, frame, 1)
            await asyncio.sleep(0)

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        if len(group.members) < 60:
            original(self, group)
            return
        if group not in queues:
            queues[group] = asyncio.Queue()
            senders.append(asyncio.create_task(send(self, group, queues[group])))
        frames, group.pending = group.pending, []
        for frame in frames:
            queues[group].put_nowait(frame)

    replace(Fanout, "_flush_group", _flush_group)


@fault(
    story="Under load only the newest price of an instrument is sent, so that volumes, highs and "
    "lows that clients add up are wrong.",
    caught_by={
        "QA-WS-014": "x gap: client ",
        "QA-WS-112": "x gap: client ",
    },
    also=["QA-WS-019"],  # a gap, or, where so little waits for a slow client, that it is kept
)
def prices_conflated_under_load() -> None:
    """Keep one tick of each instrument of what is written together."""
    decode = msgspec.json.Decoder().decode

    def newest(frames: Frames) -> Frames:
        kept: dict[int, bytes] = {}
        for frame in frames:
            instrument = decode(frame[HEADER:])["instrument_token"]
            kept.pop(instrument, None)  # the newest ones stay in the order in which they came
            kept[instrument] = frame
        return list(kept.values())

    _edit_flushes(BUSY, newest)
