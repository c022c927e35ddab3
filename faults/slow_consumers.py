"""Faults around clients that read too slowly: QA-WS-019."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app import closes
from app.closes import Close
from app.fanout import Fanout
from app.sessions import Session
from faults.fault import fault, replace

P99 = "broadcast latency p99: measured "
LET_GO = "slow clients that the service let go, by its own statistics: measured 0 of 2"
MEMORY = "growth of the service's private memory per slow client, at its peak: measured "
TOLD = "end of the client that stops reading: measured "


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
