"""Faults of throughput: QA-WS-014, and with it 104 and 112."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec

from app.fanout import Fanout
from app.messages import Tick
from faults.fault import fault, replace
from faults.under_load import (
    BUSY,
    HEADER,
    SESSION_GROUP,
    VERY_BUSY,
    Frames,
    edit_flushes,
    edit_for_some,
    edit_last,
)

DRAINED = "until the backlog was drained: measured "


@fault(
    story="Under load the queue throws out its oldest ticks to make room, and no client is told "
    "that it has not seen the whole market.",
    caught_by={"QA-WS-014": "x gap: client "},
)
def oldest_ticks_dropped_under_load() -> None:
    """Write only the newest ten of what has gathered."""
    edit_flushes(VERY_BUSY, lambda frames: frames[-10:])


@fault(
    story="Under load two ticks now and then change places, so that the older price stands as the "
    "last one.",
    caught_by={"QA-WS-014": "x order"},
)
def ticks_swapped_under_load() -> None:
    """Swap the first two of what is written together."""
    edit_flushes(VERY_BUSY, lambda frames: frames[1::-1] + frames[2:])


@fault(
    story="Under load clients now and then get a tick a second time, so that they count traded "
    "volume twice.",
    caught_by={"QA-WS-014": "x duplicate"},
)
def ticks_repeated_under_load() -> None:
    """Write the last of what is written together once more."""
    edit_flushes(VERY_BUSY, lambda frames: frames + frames[-1:])


@fault(
    story="Under load option ticks now and then go out as bars, and clients take them for bars "
    "without a price.",
    caught_by={"QA-WS-014": "x contract"},
)
def tick_type_altered_under_load() -> None:
    """Change the type of the last of what is written together."""
    edit = edit_last(lambda payload: payload.replace(b"option_tick", b"underlying_bar", 1))
    edit_flushes(VERY_BUSY, edit)


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

    edit_flushes(VERY_BUSY, edit_last(rounded))


@fault(
    story="Under load a tick now and then reaches some clients cut short, and those that do not "
    "expect that crash.",
    caught_by={"QA-WS-014": "received what cannot be read"},
)
def ticks_cut_short_under_load() -> None:
    """Leave out the last bytes of the message."""
    edit_for_some(edit_last(lambda payload: payload[:-5]))


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

    edit_flushes(BUSY, newest)
