"""Faults that show when clients leave while ticks are delivered: QA-WS-004, 005 and 012.

The reference service delivers a tick to all in one go, so nobody can leave in the middle of that.
Here whoever leaves within `AMID_S` of a delivery counts as having done so.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from websockets.frames import Frame, Opcode

from app import routes_websocket
from app.fanout import Fanout
from app.limits import GuardedConnection
from app.server import TickerService
from app.sessions import Session, SessionRegistry
from app.subscriptions import Key, Keys, Totals
from faults.fault import fault, replace

AMID_S = 0.05
"""So soon behind a tick's delivery a departure is amid the ticks."""

LOST = "never received ticks that it was due"
UNHEARD = "it reached 0 of 12"
TWICE = "received ticks more than once"
NOT_BACK = "sockets, sessions and subscriptions of the service: measured "
AMID_TICKS = (
    "QA-WS-015",
    "QA-WS-016",
    "QA-WS-020",
    "QA-WS-024",
    "QA-WS-117",
)
"""Where clients may happen to leave right behind a tick."""

Departure = Callable[[TickerService, Session, list[Session]], bool | None]
"""What happens then; True when nobody is to clean up behind the client."""


def _on_departure(act: Departure, *, only_reset: bool = False) -> None:
    """Let something happen when a client leaves amid ticks.

    Args:
        act: gets the service, the client that leaves, and all clients in the order of their coming.
        only_reset: leave alone those that say goodbye.
    """
    came: list[Session] = []
    served: dict[Session, float] = {}
    greet, deliver = TickerService.greet, Fanout._deliver
    cleanup = routes_websocket.cleanup_connection

    def note_arrival(self: TickerService, session: Session) -> None:
        came.append(session)
        greet(self, session)

    def note_delivery(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        served[session] = time.monotonic()
        deliver(self, session, frames, ticks)

    def clean_up(service: TickerService, session: Session) -> None:
        amid = time.monotonic() - served.pop(session, 0.0) < AMID_S
        kept = None
        if amid and not (only_reset and session.connection.protocol.close_rcvd):
            kept = act(service, session, came)
        came.remove(session)
        if not kept:
            cleanup(service, session)

    replace(TickerService, "greet", note_arrival)
    replace(Fanout, "_deliver", note_delivery)
    replace(routes_websocket, "cleanup_connection", clean_up)


def _end_broadcast(service: TickerService, _: Session, __: list[Session]) -> None:
    service.fanout.publish = lambda tick: None  # type: ignore[method-assign]


@fault(
    story="The relay goes through the living set of clients, so that whoever leaves amid a tick "
    "ends it for everybody, and no log tells.",
    caught_by={
        "QA-WS-004": LOST,
        "QA-WS-005": UNHEARD,
        "QA-WS-012": LOST,
        "QA-WS-115": "the end marker to Alice",
    },
    also=AMID_TICKS,
)
def departure_ends_the_broadcast() -> None:
    """Relay nothing any more."""
    _on_departure(_end_broadcast)


@fault(
    story="A line that is cut amid a tick raises an error that only polite goodbyes were spared, "
    "and the relay ends for everybody.",
    caught_by={"QA-WS-004": LOST, "QA-WS-005": UNHEARD, "QA-WS-012": LOST},
    also=("QA-WS-115", *AMID_TICKS),
)
def reset_ends_the_broadcast() -> None:
    """Relay nothing any more once a client has left without a close frame."""
    _on_departure(_end_broadcast, only_reset=True)


def _losing(whose: Callable[[list[Session], int], list[Session]]) -> None:
    """Let some lose their next ticks when one leaves: those that `whose` picks of all in order."""
    losers: set[Session] = set()

    def lose(_: TickerService, session: Session, came: list[Session]) -> None:
        losers.update(whose(came, came.index(session)))

    _on_departure(lose)
    deliver = Fanout._deliver

    def deliver_or_lose(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if session in losers and ticks:
            losers.discard(session)
            return
        deliver(self, session, frames, ticks)

    replace(Fanout, "_deliver", deliver_or_lose)


@fault(
    story="Clients are taken out of the list that is gone through, so that the one behind whoever "
    "leaves is skipped, and misses a price.",
    caught_by={"QA-WS-004": LOST, "QA-WS-005": LOST, "QA-WS-012": LOST},
    also=("QA-WS-115", *AMID_TICKS),
)
def departure_skips_the_next() -> None:
    """Let the one that came next lose its next ticks."""
    _losing(lambda came, at: came[at + 1 : at + 2])


@fault(
    story="The list is gone through from its end, so that the one in front of whoever leaves "
    "misses a price.",
    caught_by={"QA-WS-004": LOST, "QA-WS-005": LOST, "QA-WS-012": LOST},
    also=("QA-WS-115", *AMID_TICKS),
)
def departure_skips_the_one_before() -> None:
    """Let the one that came before lose its next ticks."""
    _losing(lambda came, at: came[max(0, at - 1) : at])


@fault(
    story="A tick's round ends at the first client that has gone, so that all who came later miss "
    "it.",
    caught_by={"QA-WS-004": LOST, "QA-WS-005": LOST, "QA-WS-012": LOST},
    also=("QA-WS-115", *AMID_TICKS),
)
def departure_ends_the_round() -> None:
    """Let all that came later lose their next ticks."""
    _losing(lambda came, at: came[at + 1 :])


@fault(
    story="A round that a departure breaks off is begun again, so that those already served get "
    "the same trade twice, and book it twice.",
    caught_by={"QA-WS-004": TWICE, "QA-WS-005": TWICE, "QA-WS-012": TWICE},
    also=("QA-WS-115", *AMID_TICKS),
)
def departure_repeats_the_round() -> None:
    """Send the last ticks again to whoever came before the one that leaves."""
    last: dict[Session, tuple[bytes, int]] = {}
    deliver = Fanout._deliver

    def again(service: TickerService, session: Session, came: list[Session]) -> None:
        for other in came[: came.index(session)]:
            if other in last:
                deliver(service.fanout, other, *last[other])

    _on_departure(again)
    noted = Fanout._deliver

    def keep(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if ticks:
            last[session] = frames, ticks
        noted(self, session, frames, ticks)

    replace(Fanout, "_deliver", keep)


@fault(
    story="The service waits for the last words of a client that has left, and everybody else gets "
    "late prices meanwhile.",
    caught_by={"QA-WS-005": "latency of the slowest of"},
    also=("QA-WS-004", "QA-WS-012", "QA-WS-115", "QA-WS-013", "QA-WS-019", *AMID_TICKS),
)
def departure_delays_the_others() -> None:
    """Stand still for 1.5 s, the first time that one of twenty leaves."""
    waited: list[Session] = []

    def wait(_: TickerService, session: Session, came: list[Session]) -> None:
        if not waited and len(came) >= 20:
            waited.append(session)
            time.sleep(1.5)

    _on_departure(wait)


@fault(
    story="A client's goodbye ends what all clients have of the same symbols, and their screens "
    "stand still.",
    caught_by={"QA-WS-004": LOST, "QA-WS-005": LOST, "QA-WS-012": LOST},
    also=("QA-WS-115", "QA-WS-022", "QA-WS-101", "QA-WS-105", *AMID_TICKS),
)
def departure_unsubscribes_everybody() -> None:
    """Drop all who hold the same when one leaves amid ticks."""

    def drop(service: TickerService, session: Session, came: list[Session]) -> None:
        held = service.subscriptions.keys_of(session)
        for other in came:
            if other is not session and service.subscriptions.keys_of(other) == held:
                service.subscriptions.drop(other)

    _on_departure(drop)


@fault(
    story="The list of clients is in use while a tick is handed out; who leaves in that moment is "
    "not taken off it, and keeps its place and its subscriptions for ever.",
    caught_by={"QA-WS-004": NOT_BACK, "QA-WS-012": "admission of Zoe after client 5 left"},
    also=("QA-WS-108", *AMID_TICKS),
)
def departure_amid_ticks_is_forgotten() -> None:
    """Do not clean up behind who leaves amid ticks."""
    _on_departure(lambda *_: True)


@fault(
    story="When the last client of a symbol leaves, the symbol is given up at the broker and never "
    "asked for again, so that the next client waits in vain.",
    caught_by={"QA-WS-005": "Alice never received ticks that it was due: BANKNIFTY"},
    also=("QA-WS-117", "QA-WS-016", "QA-WS-022", "QA-WS-011", "QA-WS-101"),
)
def last_leaver_ends_the_symbol() -> None:
    """Take from later subscriptions the symbols of which the last client has left."""
    gone: set[Key] = set()
    cleanup, subscribe = routes_websocket.cleanup_connection, Fanout.subscribe

    def give_up(service: TickerService, session: Session) -> None:
        held = service.subscriptions.keys_of(session)
        cleanup(service, session)
        left = [service.subscriptions.keys_of(other) for other in service.sessions]
        if left:
            gone.update(key for key in held if not any(key in keys for keys in left))

    def subscribe_the_rest(self: Fanout, session: Session, keys: Keys) -> Totals:
        return subscribe(self, session, keys - gone)

    replace(routes_websocket, "cleanup_connection", give_up)
    replace(Fanout, "subscribe", subscribe_the_rest)


@fault(
    story="A departure is counted twice, by the reader and by the writer of the connection, so "
    "that with each one more client is admitted than there are places.",
    caught_by={"QA-WS-012": "end of Yuri's connection: measured 1 x welcome"},
    also=("QA-WS-020",),
)
def departure_counted_twice() -> None:
    """Raise the limit by one with every departure, which lets one more in."""
    release = SessionRegistry.release

    def release_twice(self: SessionRegistry, session: Session) -> None:
        release(self, session)
        self.max_connections += 1

    replace(SessionRegistry, "release", release_twice)


@fault(
    story="The code of a goodbye is read without a look whether there is one: a page that closes "
    "without a code, as most do, is cut off with an error in the log.",
    caught_by={"QA-WS-004": "answer to the close frame of short-lived client "},
)
def goodbye_without_a_code_cut_off() -> None:
    """End in an error where the frame has no body."""
    original = GuardedConnection._take_within_limits

    def take(self: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and not frame.data:
            self.transport.abort()
        else:
            original(self, frame)

    replace(GuardedConnection, "_take_within_limits", take)
