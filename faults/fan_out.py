"""Faults of the fan-out: ticks in bursts, and large audiences: QA-WS-008, 009."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from app.fanout import Fanout
from app.messages import Tick
from app.sessions import Session
from app.subscriptions import Group
from faults.fault import fault, replace

RARE = 9
"""Every so many ticks of a burst something happens to one."""
BURST_S = 0.15
"""So many ticks of a symbol within this time are a burst: not each has to come soon behind the one
before, which on a busy machine is chance. Of a flow of 50 per second they take longer."""
LARGE = 50
"""From this many members on, a group counts as large."""

SESSION_GROUP = Group[Session]

# --- QA-WS-008: bursts -------------------------------------------------------------------------


class Bursts:
    """Knows the last ticks of each symbol to one audience."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, SESSION_GROUP], deque[float]] = {}

    def strikes(self, fanout: Fanout, tick: Tick) -> bool:
        """Tell whether this tick is one of the few to which something happens."""
        groups = fanout._subscriptions.groups_for(tick.route)
        if not groups:
            return False
        seen = self._seen.setdefault((tick.route.symbol, groups[0]), deque(maxlen=RARE))
        seen.append(time.monotonic())
        strikes = len(seen) == RARE and seen[-1] - seen[0] < BURST_S
        if strikes:
            seen.clear()
        return strikes


@fault(
    story="In a burst every ninth tick of a symbol is lost, so that books built from ticks are "
    "wrong and nobody knows.",
    caught_by={
        "QA-WS-008": "Alice never received ticks that it was due",
        "QA-WS-016": "Alice never received ticks that it was due",
        "QA-WS-117": "the shortest that does",
        "QA-WS-103": "never received ticks that it was due",
        "QA-WS-115": "numbers of NIFTY at Alice ",
        "QA-WS-018": "ticks that the broker had before SIGTERM, at all clients",
        "QA-WS-111": "ticks that the broker had before SIGTERM, at all clients",
    },
    also=("QA-WS-024", "QA-WS-102", "QA-WS-116"),
)
def ticks_lost_in_bursts() -> None:
    """Drop a tick now and then."""
    original, bursts = Fanout.publish, Bursts()

    def publish(self: Fanout, tick: Tick) -> None:
        if not bursts.strikes(self, tick):
            original(self, tick)

    replace(Fanout, "publish", publish)


@fault(
    story="In a burst ticks overtake one another, so that an old price ends up as the last one.",
    caught_by={
        "QA-WS-008": "Alice received ticks out of order",
        "QA-WS-016": "Alice received ticks out of order",
        "QA-WS-117": "the shortest that does",
        "QA-WS-103": "received ticks out of order",
        "QA-WS-115": "numbers of NIFTY at Alice ",
        "QA-WS-018": "received ticks out of order",
        "QA-WS-111": "received ticks out of order",
    },
    also=("QA-WS-024", "QA-WS-102", "QA-WS-116", "QA-WS-007", "QA-WS-128"),
)
def ticks_reordered_in_bursts() -> None:
    """Send every ninth tick of a symbol after its successor."""
    original, bursts, held = Fanout.publish, Bursts(), dict[str, Tick]()

    def publish(self: Fanout, tick: Tick) -> None:
        overtaken = held.pop(tick.route.symbol, None)
        if bursts.strikes(self, tick):
            held[tick.route.symbol] = tick
        else:
            original(self, tick)
        if overtaken:
            original(self, overtaken)

    replace(Fanout, "publish", publish)


@fault(
    story="In a burst every ninth tick of a symbol is sent again, so that traded volume is "
    "overstated.",
    caught_by={
        "QA-WS-008": "Alice received ticks more than once",
        "QA-WS-016": "Alice received ticks more than once",
        "QA-WS-117": "the shortest that does",
        "QA-WS-103": "received ticks more than once",
        "QA-WS-115": "numbers of NIFTY at Alice ",
        "QA-WS-018": "received ticks more than once",
        "QA-WS-111": "NIFTY option tick #",
    },
    also=("QA-WS-024", "QA-WS-102", "QA-WS-116", "QA-WS-005", "QA-WS-006"),
)
def ticks_repeated_in_bursts() -> None:
    """Publish a tick twice now and then."""
    original, bursts = Fanout.publish, Bursts()

    def publish(self: Fanout, tick: Tick) -> None:
        original(self, tick)
        if bursts.strikes(self, tick):
            original(self, tick)

    replace(Fanout, "publish", publish)


# --- QA-WS-009: many clients -----------------------------------------------------------------


def _recipients_of_large_groups(
    choose: Callable[[tuple[Session, ...]], tuple[Session, ...]],
) -> None:
    """Let someone else choose who of a large group gets its ticks."""
    original = Fanout.recipients

    def recipients(self: Fanout, group: SESSION_GROUP) -> tuple[Session, ...]:
        everybody = original(self, group)
        return choose(everybody) if len(everybody) >= LARGE else everybody

    replace(Fanout, "recipients", recipients)


@fault(
    story="In a large audience one client is skipped, the 57th, and its user sees a market that "
    "stands still.",
    caught_by={
        "QA-WS-009": "it reached 99 of 100",
        "QA-WS-018": "ticks that the broker had before SIGTERM, at all clients",
        "QA-WS-105": "it reached 499 of 500",
    },
    also=("QA-WS-118",),
)
def client_skipped_in_large_group() -> None:
    """Leave one out."""
    _recipients_of_large_groups(lambda all_: all_[:56] + all_[57:])


@fault(
    story="In a large audience the last client is forgotten, an off-by-one in the batching.",
    caught_by={
        "QA-WS-009": "it reached 99 of 100",
        "QA-WS-018": "ticks that the broker had before SIGTERM, at all clients",
        "QA-WS-105": "it reached 499 of 500",
    },
    also=("QA-WS-118",),
)
def last_of_large_group_forgotten() -> None:
    """Stop one short."""
    _recipients_of_large_groups(lambda all_: all_[:-1])


@fault(
    story="In a large audience one client gets each tick twice.",
    caught_by={
        "QA-WS-009": "got 2, allowed exactly 1",
        "QA-WS-018": "received ticks more than once",
        "QA-WS-105": "got 2, allowed exactly 1",
    },
    also=("QA-WS-118",),
)
def client_served_twice_in_large_group() -> None:
    """Serve the first again at the end."""
    _recipients_of_large_groups(lambda all_: (*all_, all_[0]))


@fault(
    story="A large audience is served so slowly that its last clients get a tick 2.5 seconds late.",
    caught_by={
        "QA-WS-009": "latency of NIFTY option tick #",
        "QA-WS-018": "ticks that the broker had before SIGTERM, at all clients",
        "QA-WS-105": "latency of NIFTY option tick #",
    },
)
def large_group_served_late() -> None:
    """Hold a tick back from the second half of a large group."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        group = self._subscriptions.group_of(session)
        members = list(group.members) if group else []
        if len(members) >= LARGE and session in members[LARGE:]:
            loop = asyncio.get_running_loop()
            loop.call_later(2.5, original, self, session, frames, ticks)
        else:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)
