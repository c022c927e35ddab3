"""Faults of clients that come back while ticks flow: QA-WS-115."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from app import routes_websocket
from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.routes_websocket import Service
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Keys, Totals, matching_keys
from faults.fault import fault, replace

LAST = 5
"""How many ticks are sent again."""

SWALLOWED = 3
"""How many ticks are lost after a return."""

WRONG = "the shortest that does"
OVER = "Alice received ticks that were over when it subscribed"
AS_PUBLISHED = "allowed as published under that number"
GAP = "numbers of NIFTY that Alice can tell it has missed"

State = dict[str, Any]


class Returns:
    """Knows who has come back: the next client that comes when one has left and others are here.

    Each client has a state; a client that has come back also has the state of the one that left.
    """

    def __init__(self) -> None:
        """Watch clients come and go."""
        self._states: WeakKeyDictionary[Any, State] = WeakKeyDictionary()
        self._former: WeakKeyDictionary[Any, State] = WeakKeyDictionary()
        left: list[State] = []
        greet, cleanup = TickerService.greet, routes_websocket.cleanup_connection

        def greet_and_recognise(service: TickerService, session: Session) -> None:
            if left:
                self._former[session.connection] = left.pop()
            greet(service, session)

        def cleanup_and_remember(service: TickerService, session: Session) -> None:
            cleanup(service, session)
            left[:] = [self.state(session)] if len(service.sessions) else []

        replace(TickerService, "greet", greet_and_recognise)
        replace(routes_websocket, "cleanup_connection", cleanup_and_remember)

    def state(self, session: Session) -> State:
        """Return the state of a client."""
        return self._states.setdefault(session.connection, {})

    def former(self, session: Session) -> State | None:
        """Return the state that a client had before it left, None where it has not come back."""
        return self._former.get(session.connection)


def _payloads(frames: bytes) -> Iterator[bytes]:
    """Take text frames of less than 64 KiB apart (RFC 6455, section 5.2)."""
    while frames:
        start, length = 2, frames[1]
        if length == 126:
            start, length = 4, int.from_bytes(frames[2:4], "big")
        yield frames[start : start + length]
        frames = frames[start + length :]


def _edit_deliveries(edit: Callable[[Session, State], None]) -> None:
    """Let each tick be changed for each client."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        edited = b""
        for payload in _payloads(frames):
            tick = json.loads(payload)
            edit(session, tick)
            edited += text_frame(json.dumps(tick).encode())
        original(self, session, edited, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="For a client that comes back the numbers begin with 1 again, so that it cannot tell "
    "what it has missed, and takes new ticks for old ones.",
    caught_by={
        "QA-WS-005": "the end marker to Alice",
        "QA-WS-115": AS_PUBLISHED,
        "QA-WS-117": WRONG,
    },
    also=(
        "QA-WS-118",
        "QA-WS-131",
    ),
)
def numbers_begin_again_on_return() -> None:
    """Count the ticks of each symbol for each client that has come back."""
    returns = Returns()

    def renumber(session: Session, tick: State) -> None:
        if returns.former(session) is not None:
            counts = returns.state(session)
            tick["seq"] = counts[tick["symbol"]] = counts.get(tick["symbol"], 0) + 1

    _edit_deliveries(renumber)


@fault(
    story="For a client that comes back the numbers go on where it left, so that the hole in its "
    "books cannot be seen.",
    caught_by={"QA-WS-115": AS_PUBLISHED, "QA-WS-117": WRONG},
    also=("QA-WS-118",),
)
def gap_hidden_by_renumbering() -> None:
    """Take off what the client has missed."""
    returns = Returns()

    def renumber(session: Session, tick: State) -> None:
        symbol, state, former = tick["symbol"], returns.state(session), returns.former(session)
        if former and symbol in former:
            missed = state.setdefault(f"missed {symbol}", tick["seq"] - former[symbol] - 1)
            tick["seq"] -= missed
        state[symbol] = tick["seq"]

    _edit_deliveries(renumber)


@fault(
    story="A client that comes back is sent the last five ticks of its symbol again, and counts "
    "their volume a second time.",
    caught_by={
        "QA-WS-005": OVER,
        "QA-WS-115": OVER,
        "QA-WS-117": WRONG,
    },
    also=("QA-WS-118", "QA-WS-119", "QA-WS-131"),
)
def last_ticks_sent_again_on_return() -> None:
    """Keep the last ticks, and send them ahead of the acknowledgement."""
    returns, kept = Returns(), list[Tick]()
    publish, subscribe = Fanout.publish, Fanout.subscribe

    def publish_and_keep(self: Fanout, tick: Tick) -> None:
        kept.append(tick)
        publish(self, tick)

    def subscribe_and_repeat(self: Fanout, session: Session, keys: Keys) -> Totals:
        if returns.former(session) is not None:
            for tick in [t for t in kept if keys.intersection(matching_keys(t.route))][-LAST:]:
                self.send(session, tick.payload)
        return subscribe(self, session, keys)

    replace(Fanout, "publish", publish_and_keep)
    replace(Fanout, "subscribe", subscribe_and_repeat)


@fault(
    story="A client that comes back is told that it is subscribed, but the first three ticks are "
    "lost, so that it has missed more than it was away.",
    caught_by={
        "QA-WS-005": "Alice never received ticks that it was due",
        "QA-WS-115": GAP,
        "QA-WS-117": WRONG,
    },
    also=("QA-WS-118",),
)
def first_ticks_lost_on_return() -> None:
    """Swallow what comes first."""
    returns, original = Returns(), Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        state, left = returns.state(session), b""
        for payload in _payloads(frames):
            state["ticks"] = state.get("ticks", 0) + 1
            if returns.former(session) is None or state["ticks"] > SWALLOWED:
                left += text_frame(payload)
        original(self, session, left, ticks)

    replace(Fanout, "_deliver", _deliver)


TIDIED_S = 0.7


@fault(
    story="What a session leaves behind is tidied up a moment later, and by user: who has come "
    "back in the meantime and subscribed anew loses that, and its screen stands still.",
    caught_by={"QA-WS-011": "open and answering; Carol: "},
    also=("QA-WS-005", "QA-WS-025", "QA-WS-115", "QA-WS-117", "QA-WS-119"),
)
def late_tidying_takes_what_is_new() -> None:
    """Drop all that the user has then."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: Service, session: Session) -> None:
        original(service, session)

        def tidy() -> None:
            for other in service.sessions:
                if other.claims.sub == session.claims.sub:
                    service.subscriptions.drop(other)

        asyncio.get_running_loop().call_later(TIDIED_S, tidy)

    replace(routes_websocket, "cleanup_connection", cleanup_connection)
