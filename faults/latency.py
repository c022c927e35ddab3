"""Faults of latency under load: QA-WS-013, and with it 019."""

from __future__ import annotations

import asyncio
import time

from app.fanout import Fanout
from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace
from faults.under_load import (
    LOST,
    SESSION_GROUP,
    Places,
)

P50, P99 = "broadcast latency p50: measured ", "broadcast latency p99: measured "


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
