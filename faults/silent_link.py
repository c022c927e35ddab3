"""Faults that show when the link to the broker goes silent without closing: QA-WS-017."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app import feed
from app.feed import Feed, FeedSilent
from app.server import TickerService
from faults.fault import fault, replace
from faults.outage import RESTART, before_each_attempt

SILENCE = "from the link's last byte to degraded at "


def _on_silence(act: Callable[[Feed], None]) -> None:
    """Let something happen when a link is noticed to be silent, before that is told."""
    watch = Feed._watch

    async def _watch(self: Feed) -> None:
        try:
            await watch(self)
        except FeedSilent:
            if self.connected:
                act(self)
            raise

    replace(Feed, "_watch", _watch)


@fault(
    story="The listener takes a link to the broker for good until it is closed, so that behind a "
    "firewall that forgets connections all prices stand still and nobody is told.",
    caught_by={"QA-WS-017": SILENCE},
)
def silent_link_is_never_noticed() -> None:
    """Never ask for a sign of life."""

    async def _watch(_: Feed) -> None:
        await asyncio.Event().wait()

    replace(Feed, "_watch", _watch)


@fault(
    story="A silent link to the broker is noticed only after half a minute, as the defaults of "
    "many libraries have it, so that clients trade on stale prices for that long.",
    caught_by={"QA-WS-017": SILENCE},
)
def silent_link_is_noticed_late() -> None:
    """Allow the answer 30 seconds."""
    replace(feed, "HEALTH_TIMEOUT_S", 30.0)


@fault(
    story="When the link to the broker goes silent all clients are told so and thrown out, so that "
    "a forgetful firewall becomes a storm of reconnecting clients.",
    caught_by={"QA-WS-017": "closed with 1012"},
)
def clients_closed_when_the_link_is_silent() -> None:
    """Close them all behind the word."""
    lost = TickerService.on_feed_lost
    silent = False

    def notice(_: Feed) -> None:
        nonlocal silent
        silent = True

    def on_feed_lost(self: TickerService) -> None:
        lost(self)
        if silent:
            for session in self.sessions:
                session.close(RESTART)

    _on_silence(notice)
    replace(TickerService, "on_feed_lost", on_feed_lost)


@fault(
    story="A silent link to the broker is replaced without a word, because only closed ones count "
    "as lost, so that the ticks of those seconds are missed in silence.",
    caught_by={"QA-WS-017": SILENCE},
)
def silent_link_is_replaced_without_a_word() -> None:
    """Forget that there was a connection."""

    def forget(self: Feed) -> None:
        self.connected = False

    _on_silence(forget)


@fault(
    story="A listener whose link has gone silent is not taken away when another one replaces it, "
    "so that from then on clients get every tick twice.",
    caught_by={"QA-WS-017": "more than once"},
)
def second_listener_after_a_silence() -> None:
    """Take each tick twice once a link was silent."""
    take = TickerService.on_tick
    times = 1

    def notice(_: Feed) -> None:
        nonlocal times
        times = 2

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        for _ in range(times):
            take(self, channel, payload)

    _on_silence(notice)
    replace(TickerService, "on_tick", on_tick)


@fault(
    story="When the link to the broker has gone silent the listener waits for half a minute before "
    "it connects anew, so that clients miss the market long after the network is back.",
    caught_by={"QA-WS-017": "from the link's return to the first new tick of "},
)
def reconnects_late_after_a_silence() -> None:
    """Wait before the attempt that follows."""
    silent = False

    def notice(_: Feed) -> None:
        nonlocal silent
        silent = True

    async def wait(_: Feed, __: int, ___: float) -> None:
        if silent:
            await asyncio.sleep(30)

    _on_silence(notice)
    before_each_attempt(wait)


@fault(
    story="Asking whether a silent link still lives blocks the service for one and a half seconds, "
    "so that clients take the service itself for dead.",
    caught_by={"QA-WS-017": ", the slowest of "},
)
def silence_blocks_the_service() -> None:
    """Sleep, and let nobody else run."""
    _on_silence(lambda _: time.sleep(1.5))
