"""Faults that only load brings to light: QA-WS-013, 014 and 019, and with them 104 and 112."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from app import closes
from app.closes import Close
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

P50, P99 = "broadcast latency p50: measured ", "broadcast latency p99: measured "
DRAINED = "until the backlog was drained: measured "
LET_GO = "slow clients that the service let go, by its own statistics: measured 0 of 2"
MEMORY = "growth of the service's private memory per slow client, at its peak: measured "
TOLD = "end of the client that stops reading: measured "


class Rate:
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


def _rate_of_ticks() -> Rate:
    """Measure the rate from now on."""
    rate, original = Rate(), Fanout.publish

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


class Places:
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
    rate, original, places, writes = _rate_of_ticks(), Fanout._flush_group, Places(), 0

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


# --- QA-WS-013: latency ----------------------------------------------------------------------


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
    story="Each client waits 5 ms for the one before it, so that latency grows with every client "
    "who is let in.",
    caught_by={"QA-WS-013": P50, "QA-WS-019": P99},
)
def latency_grows_with_the_clients() -> None:
    """Deliver to the members of a group one after the other, with a pause between them."""
    places = Places()

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
    original, places, had = Fanout._flush_group, Places(), dict[Session, int]()

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
    original, places = Fanout._deliver, Places()

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        group = self._subscriptions.group_of(session)
        if group and places.of(group, session) % 25 == 0:
            loop = asyncio.get_running_loop()
            loop.call_later(0.15, original, self, session, frames, ticks)
        else:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


# --- QA-WS-014: throughput -------------------------------------------------------------------


@fault(
    story="Under load the queue throws out its oldest ticks to make room, and no client is told "
    "that it has not seen the whole market.",
    caught_by={"QA-WS-014": "x gap: client "},
)
def oldest_ticks_dropped_under_load() -> None:
    """Write only the newest ten of what has gathered."""
    _edit_flushes(VERY_BUSY, lambda frames: frames[-10:])


@fault(
    story="Under load two ticks of some clients now and then change places, so that the older "
    "price stands as the last one.",
    caught_by={"QA-WS-014": "x order"},
)
def ticks_swapped_under_load() -> None:
    """Swap the first two of what is written together."""
    _edit_for_some(lambda frames: frames[1::-1] + frames[2:])


@fault(
    story="Under load some clients now and then get a tick a second time, so that they count "
    "traded volume twice.",
    caught_by={"QA-WS-014": "x duplicate"},
)
def ticks_repeated_under_load() -> None:
    """Write the last of what is written together once more."""
    _edit_for_some(lambda frames: frames + frames[-1:])


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
    caught_by={"QA-WS-014": DRAINED, "QA-WS-104": "saturation knee: measured keeps up at "},
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
        "QA-WS-019": "x gap: client ",
        "QA-WS-112": "x gap: client ",
    },
)
def prices_conflated_under_load() -> None:
    """Keep one tick of each instrument of what is written together."""
    decode = msgspec.json.Decoder().decode

    def newest(frames: Frames) -> Frames:
        return list(
            {decode(frame[HEADER:])["instrument_token"]: frame for frame in frames}.values()
        )

    _edit_flushes(BUSY, newest)


# --- QA-WS-019: slow consumers ---------------------------------------------------------------


def _instead_of_eviction(act: Callable[[Fanout, Session], None]) -> None:
    """Let something else happen to a client that does not read; only its first time counts."""

    def evict(self: Fanout, session: Session) -> None:
        if session.is_open:
            act(self, session)

    replace(Fanout, "evict", evict)


@fault(
    story="The buffer of a client that does not read has no limit, so that one sleeping laptop "
    "takes the service's memory in an hour.",
    caught_by={"QA-WS-019": LET_GO},
)
def unsent_ticks_without_limit() -> None:
    """Evict nobody."""
    _instead_of_eviction(lambda fanout, session: None)


@fault(
    story="A slow client is closed without a reason, so that its owner looks for the fault in the "
    "network.",
    caught_by={"QA-WS-019": TOLD + 'the client that stops reading was closed with 1008 ""'},
)
def eviction_without_reason() -> None:
    """Take the reason out of the close."""
    replace(closes, "SLOW_CONSUMER", Close(1008, ""))


@fault(
    story="With a slow client a healthy one is closed too, as if it were slow, and loses prices "
    "until it has reconnected.",
    caught_by={"QA-WS-019": 'was closed with 1008 "slow consumer"'},
)
def healthy_client_evicted_with_the_slow_one() -> None:
    """Evict the one with the least unsent bytes, too."""
    original = Fanout.evict

    def evict(self: Fanout, session: Session) -> None:
        group = self._subscriptions.group_of(session)
        original(self, session)
        if group and group.members:
            original(self, min(group.members, key=lambda each: each.unsent_bytes))

    replace(Fanout, "evict", evict)


@fault(
    story="What a slow client has not read is kept for a resend as well, many times its size, so "
    "that a few slow clients exhaust the memory.",
    caught_by={"QA-WS-019": MEMORY},
)
def unsent_ticks_kept_many_times() -> None:
    """Keep eight copies of all that is written to a client behind unsent bytes."""
    original, kept = Fanout._deliver, list[bytes]()

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if session.unsent_bytes:
            kept.append(frames * 8)
        original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="While one client does not read, all others wait a third of a second for it with each "
    "batch of prices.",
    caught_by={"QA-WS-019": P99},
)
def slow_client_blocks_the_others() -> None:
    """Put off what is to be written while a member's buffer is a quarter full."""
    original = Fanout.flush

    def flush(self: Fanout) -> None:
        limit = self._max_unsent_bytes // 4
        members = (session for group in self._waiting for session in group.members)
        if self._timer and any(session.unsent_bytes > limit for session in members):
            self._timer = asyncio.get_running_loop().call_later(0.33, original, self)
        else:
            original(self)

    replace(Fanout, "flush", flush)


@fault(
    story="A client that falls behind gets only every second batch of prices until it is closed at "
    "last, and takes those for the whole market.",
    caught_by={"QA-WS-019": "x gap: the client that "},
)
def slow_client_thinned_before_eviction() -> None:
    """Leave out every second write once a client's buffer is three quarters full."""
    original, skipped = Fanout._deliver, set[Session]()

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        is_behind = session.unsent_bytes > self._max_unsent_bytes * 3 // 4
        if is_behind and session not in skipped:
            skipped.add(session)
        else:
            skipped.discard(session)
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="A client that falls behind is not closed but skipped until it has caught up, and never "
    "learns that prices are missing.",
    caught_by={"QA-WS-019": LET_GO},
)
def slow_client_skipped_in_silence() -> None:
    """Write nothing to a client whose buffer is full."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if session.unsent_bytes < self._max_unsent_bytes // 2:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story='A slow client is closed with 1011 "internal error", so that it reconnects at once and '
    "is slow again.",
    caught_by={"QA-WS-019": 'was closed with 1011 "internal error"'},
)
def eviction_as_internal_error() -> None:
    """Close with another code."""
    replace(closes, "SLOW_CONSUMER", Close(1011, "internal error"))


@fault(
    story="A slow client's line is cut without a word, so that it cannot tell its own slowness "
    "from a broken network.",
    caught_by={"QA-WS-019": TOLD},
)
def slow_client_cut_without_close() -> None:
    """Abort the connection."""

    def cut(fanout: Fanout, session: Session) -> None:
        fanout._subscriptions.drop(session)
        session.connection.transport.abort()

    _instead_of_eviction(cut)


@fault(
    story="A slow client loses its subscriptions but is not told: its screen shows the last price "
    "for ever.",
    caught_by={"QA-WS-019": TOLD + "its connection was not closed"},
)
def slow_client_only_unsubscribed() -> None:
    """Drop the subscriptions, and leave the connection open."""
    _instead_of_eviction(lambda fanout, session: fanout._subscriptions.drop(session))
