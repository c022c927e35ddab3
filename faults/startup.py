"""Faults of a service that starts before its broker: QA-WS-122."""

from __future__ import annotations

import asyncio

from app.feed import Feed
from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace

WORD = "what Alice was told while the broker was away: measured "


@fault(
    story="The service ends when its broker is not there at the start, so that after a power cut "
    "somebody has to start everything in the right order.",
    caught_by={"QA-WS-122": "the service that was started before its broker: measured ended with"},
)
def start_without_broker_ends() -> None:
    """Fail where the first attempt fails."""
    original = Feed._lose

    def lose(self: Feed) -> None:
        if not self.attempted.is_set():
            raise SystemExit("no broker")
        original(self)

    replace(Feed, "_lose", lose)


@fault(
    story="The broker is looked for at the start only: a service that came up before it runs, "
    "answers pings, and never delivers a tick.",
    caught_by={"QA-WS-122": "the service, once its broker was there: measured "},
)
def broker_looked_for_once() -> None:
    """Give up after the first attempt, if that failed."""
    original = Feed.run

    async def run(self: Feed) -> None:
        try:
            async with asyncio.timeout(None) as limit:
                lose = self._lose

                def lost() -> None:
                    if not self.attempted.is_set():
                        limit.reschedule(0)
                    lose()

                self._lose = lost  # type: ignore[method-assign]
                await original(self)
        except TimeoutError:
            self.attempted.set()
            await asyncio.Event().wait()

    replace(Feed, "run", run)


@fault(
    story="Who connects before the broker is there is welcomed as if all were well, so that a "
    "trader takes a dead market for a quiet one.",
    caught_by={"QA-WS-122": WORD},
)
def early_client_not_told() -> None:
    """Say nothing in the welcome until the feed was found once."""
    greet, found = TickerService.greet, TickerService.on_feed_found
    was_found: list[bool] = []

    def on_feed_found(self: TickerService) -> None:
        was_found.append(True)
        found(self)

    def greeting(self: TickerService, session: Session) -> None:
        if was_found:
            greet(self, session)
            return
        connected, self.feed.connected = self.feed.connected, True
        greet(self, session)
        self.feed.connected = connected

    replace(TickerService, "on_feed_found", on_feed_found)
    replace(TickerService, "greet", greeting)
