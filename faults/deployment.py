"""Faults of shutdowns, of several nodes on one feed, and of restarts: QA-WS-018, 105, 111."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from typing import Any
from weakref import WeakSet

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from app import __main__ as command
from app import closes
from app import server as server_module
from app.auth import Claims
from app.closes import Close
from app.fanout import Fanout
from app.limits import CLOSE_GRACE_S
from app.messages import Tick
from app.server import TickerService
from app.sessions import Session, SessionRegistry, TickerConnection
from app.subscriptions import Group, Keys, Totals
from faults.fault import fault, replace

LATE_CLOSE = "from SIGTERM to the close of "
LATE_EXIT = "from SIGTERM to the end of the service's process"
WRONG_CLOSE = "by the service"
OWED = "ticks that the broker had before SIGTERM, at all clients"
SERVED_AGAIN = "clients that came back at once"

LEFT_OPEN_S = 6.0
YOUNG_S = 30.0
RUSH, RUSH_S = 200, 10.0
CROWD, MARKED_S = 400, 60

ShutDown = Callable[[TickerService, Server], Coroutine[Any, Any, None]]

# --- shutdown -------------------------------------------------------------------------------------


def _shut_down_by(act: Callable[[ShutDown, TickerService, Server], Any]) -> None:
    """Let the service end in another way; the right one is handed over."""
    original = TickerService._shut_down

    async def _shut_down(self: TickerService, server: Server) -> None:
        await act(original, self, server)

    replace(TickerService, "_shut_down", _shut_down)


def _say_goodbye_with(act: Callable[[Session], None]) -> None:
    """Let something else happen where a client is told of the shutdown."""
    original = Session.close

    def close(self: Session, close: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        if close == closes.SERVER_SHUTDOWN:
            act(self)
        else:
            original(self, close, grace_s)

    replace(Session, "close", close)


def _let_some_wait() -> None:
    """Let every tick wait for 25 to 50 ms, so that some wait whenever a shutdown comes.

    To gather for 50 ms and to write all would not do: behind a write nothing waits for a moment.
    """
    build, publish = Fanout.__init__, Fanout.publish

    def __init__(self: Fanout, *parts: Any, **settings: Any) -> None:
        build(self, *parts, **settings | {"flush_ms": 25.0})

    def queue(self: Fanout, tick: Tick) -> None:
        had_one = self._timer is not None
        publish(self, tick)
        if self._timer and not had_one:
            again(self)

    def again(self: Fanout) -> None:
        if self._timer:
            self._timer.cancel()
        seen = {group: len(group.pending) for group in self._waiting}
        self._timer = asyncio.get_running_loop().call_later(self._flush_s, write, self, seen)

    def write(self: Fanout, seen: dict[Group[Session], int]) -> None:
        waiting, self._waiting = self._waiting, []
        for group in waiting:
            old = seen.get(group, 0)
            newer, group.pending = group.pending[old:], group.pending[:old]
            ahead = {one: had - old for one, had in group.ahead.items() if had > old}
            group.ahead = {one: min(had, old) for one, had in group.ahead.items()}
            self._flush_group(group)
            group.pending, group.ahead = newer, ahead
            if newer:
                self._waiting.append(group)
        self._timer = None
        if self._waiting:
            again(self)

    replace(Fanout, "__init__", __init__)
    replace(Fanout, "publish", queue)


async def _let_all_wait(service: TickerService) -> None:
    """Let what the broker had come, and wait until the shutdown writes it."""
    if service.fanout._timer:
        service.fanout._timer.cancel()
        service.fanout._timer = None
    service.fanout._flush_s = 60.0
    await service.feed.fence()


def _let_wait_only(kept: Callable[[list[bytes]], list[bytes]]) -> None:
    """Let some of the ticks that wait at a shutdown be thrown away."""
    _let_some_wait()

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        await _let_all_wait(service)
        for group in service.fanout._waiting:
            group.pending[:] = kept(group.pending)
            group.ahead.clear()
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A shutdown is told with 1012 instead of the agreed 1001, which clients take for an "
    "invitation to come back to the same address at once.",
    caught_by={"QA-WS-018": "closed with 1012", "QA-WS-111": "closed with 1012"},
)
def shutdown_with_another_code() -> None:
    """Say 1012."""
    replace(closes, "SERVER_SHUTDOWN", Close(1012, "server shutdown"))


@fault(
    story="A shutdown is told without a reason, so that clients take it for an error of their own.",
    caught_by={
        "QA-WS-018": "closed with 1001 without a reason",
        "QA-WS-111": "closed with 1001 without a reason",
    },
)
def shutdown_without_reason() -> None:
    """Leave the reason out."""
    replace(closes, "SERVER_SHUTDOWN", Close(1001, ""))


@fault(
    story="At a shutdown the lines of all clients are cut without a close frame, so that every "
    "deployment looks like a network failure.",
    caught_by={
        "QA-WS-018": "the network connection was cut",
        "QA-WS-111": "the network connection was cut",
    },
)
def shutdown_by_cutting_lines() -> None:
    """Cut."""
    _say_goodbye_with(lambda session: session.connection.transport.close())


@fault(
    story="Ticks that wait to be sent are thrown away at a shutdown, so that each deployment loses "
    "the last trades of that moment.",
    caught_by={
        "QA-WS-018": OWED,
        "QA-WS-111": OWED,
    },
)
def last_ticks_lost_at_shutdown() -> None:
    """Throw away what waits, and hear no more."""
    _let_some_wait()

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for group in service.fanout._waiting:
            group.pending.clear()
        replace(service.feed, "connected", False)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A client that does not read holds up the shutdown until an operator kills the service.",
    caught_by={"QA-WS-018": LATE_EXIT},
)
def shutdown_waits_for_the_slowest() -> None:
    """Wait a minute for everybody."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        service.settings = service.settings.model_copy(update={"shutdown_grace_s": 60.0})
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="At a shutdown clients are closed one after the other, with a pause in between, so that "
    "the last ones are cut off when the time is up.",
    caught_by={"QA-WS-018": LATE_CLOSE},
    also=(
        "QA-WS-121",
        "QA-WS-111",
    ),
)
def clients_closed_one_by_one() -> None:
    """Take a tenth of a second for each."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for session in service.sessions:
            session.close(closes.SERVER_SHUTDOWN)
            await asyncio.sleep(0.1)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A service that is about to end still takes clients in, and throws them out seconds "
    "later.",
    caught_by={"QA-WS-018": "newcomers behind the first close"},
)
def newcomers_admitted_during_shutdown() -> None:
    """Close the doors last of all."""

    async def act(_: ShutDown, service: TickerService, server: Server) -> None:
        await service.feed.fence()
        service.fanout.flush()
        for session in service.sessions:
            session.close(closes.SERVER_SHUTDOWN, service.settings.shutdown_grace_s)
        await asyncio.sleep(service.settings.shutdown_grace_s)
        server.close()

    _shut_down_by(act)


@fault(
    story="After an orderly shutdown the process reports failure, so that operations are woken at "
    "every deployment.",
    caught_by={"QA-WS-018": "exit code of the service's process"},
)
def shutdown_reports_failure() -> None:
    """Return 1."""
    replace(command, "EXIT_OK", 1)


@fault(
    story="The service does not heed SIGTERM until its next round of house-keeping, twenty seconds "
    "later, so that deployments time out.",
    caught_by={"QA-WS-018": LATE_CLOSE, "QA-WS-111": LATE_CLOSE},
)
def shutdown_begins_late() -> None:
    """Sleep first."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        await asyncio.sleep(20)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="At a shutdown each client gets only the newest of the ticks that wait for it, so that "
    "the last moments before a deployment are missing in its history.",
    caught_by={"QA-WS-018": OWED, "QA-WS-111": OWED},
)
def only_the_newest_at_shutdown() -> None:
    """Keep the last one."""
    _let_wait_only(lambda pending: pending[-1:])


@fault(
    story="At a shutdown what waits is looked through for the first symbol of a client only, so "
    "that it loses the last ticks of its second one.",
    caught_by={"QA-WS-018": OWED},
)
def second_symbol_lost_at_shutdown() -> None:
    """Leave out one symbol."""
    _let_wait_only(lambda pending: [each for each in pending if b"NIFTYNXT50" not in each])


@fault(
    story="At a shutdown one of many clients is given up before the ticks that wait for it are "
    "written; it is told goodbye like all the others.",
    caught_by={"QA-WS-018": OWED, "QA-WS-111": OWED},
)
def last_ticks_lost_for_one_client() -> None:
    """Forget what one client wants, of those that read: of another nobody would know."""
    _let_some_wait()

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        await _let_all_wait(service)
        waiting = (member for group in service.fanout._waiting for member in group.members)
        if unlucky := next((member for member in waiting if not member.unsent_bytes), None):
            service.subscriptions.drop(unlucky)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="Clients are told goodbye as soon as SIGTERM comes, and behind a goodbye nothing is "
    "written any more, also not what waits.",
    caught_by={"QA-WS-018": OWED, "QA-WS-111": OWED},
)
def goodbye_before_the_last_ticks() -> None:
    """Close first."""
    _let_some_wait()

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for session in service.sessions:
            session.close(closes.SERVER_SHUTDOWN, service.settings.shutdown_grace_s)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A service that is told to end waits for a moment without ticks, to lose none; while the "
    "market is open there is no such moment, and deployments time out.",
    caught_by={"QA-WS-018": LATE_CLOSE, "QA-WS-111": LATE_CLOSE},
)
def shutdown_waits_for_a_quiet_feed() -> None:
    """Wait until nothing has come for 300 ms."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        before = -1
        while before != service.counters.ticks_received:
            before = service.counters.ticks_received
            await asyncio.sleep(0.3)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="At a shutdown each line is closed right behind the close frame. Where a message of the "
    "client is still unread the system resets the line, and the last prices and the goodbye are "
    "lost with it: only for those who are just sending something.",
    caught_by={"QA-WS-018": "the network connection was cut, while it was sending"},
)
def lines_closed_under_messages() -> None:
    """Wait for no answer to the close frame."""

    def act(session: Session) -> None:
        session.connection.protocol.send_close(*closes.SERVER_SHUTDOWN)
        session.connection.send_data()
        session.connection.transport.close()

    _say_goodbye_with(act)


@fault(
    story="At a shutdown the service leaves it to its clients to close TCP, so that browsers wait "
    "two seconds for it, and only then tell their pages that the connection is over.",
    caught_by={"QA-WS-018": "from the close frame to the end of client"},
)
def tcp_left_open_behind_the_goodbye() -> None:
    """Write close frames and no end of the stream, until the process ends."""

    def act(session: Session) -> None:
        connection = session.connection

        def write() -> None:
            connection.transport.write(b"".join(connection.protocol.data_to_send()))

        connection.send_data = write  # type: ignore[method-assign]
        connection.close_timeout = LEFT_OPEN_S
        loop = asyncio.get_running_loop()
        connection._cut = loop.call_later(LEFT_OPEN_S, connection.transport.abort)
        connection.protocol.send_close(*closes.SERVER_SHUTDOWN)
        write()

    async def end(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        update = {"shutdown_grace_s": LEFT_OPEN_S}
        service.settings = service.settings.model_copy(update=update)
        await shut_down(service, server)

    _say_goodbye_with(act)
    _shut_down_by(end)


# --- several nodes --------------------------------------------------------------------------------


def _cluster(service: TickerService) -> bytes:
    """Return what nodes with the same settings have in common, as a part of channels and keys."""
    shared = service.settings.model_dump_json()
    return hashlib.sha1(shared.encode()).hexdigest().encode()


def _node() -> bytes:
    """Return a name for this process."""
    return uuid.uuid4().hex.encode()


def _broker(service: TickerService) -> redis.Redis:
    return _connected(service.settings.feed_url)


@cache
def _connected(url: str) -> redis.Redis:
    """Return a client that is kept: to connect for every tick would hold the service up."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1))


@fault(
    story="Nodes share the ticks out among themselves as workers share a queue, so that with two "
    "nodes every client sees half of the market.",
    caught_by={"QA-WS-111": OWED},
    also=("QA-WS-016", "QA-WS-024", "QA-WS-102", "QA-WS-115", "QA-WS-017", "QA-WS-127"),
)
def ticks_shared_out_between_nodes() -> None:
    """Let the first node that claims a tick have it; each claim holds the node up, too."""
    node, original = _node(), TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        claim = b"claim:" + _cluster(self) + hashlib.sha1(payload).hexdigest().encode()
        if _broker(self).set(claim, node, nx=True, ex=60):
            original(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="Each node passes the ticks on to its peers, which have them already, so that with two "
    "nodes every client gets everything twice.",
    caught_by={"QA-WS-111": "more than once"},
    also=(
        "QA-WS-118",
        "QA-WS-016",
        "QA-WS-024",
        "QA-WS-102",
        "QA-WS-103",
        "QA-WS-115",
        "QA-WS-017",
        "QA-WS-127",
    ),
)
def ticks_passed_on_to_the_other_node() -> None:
    """Publish what comes in, for the others."""
    this, original = _node(), TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        mine = b"ticker:peers:" + _cluster(self) + b":"
        if channel.startswith(mine):
            node, _, first_channel = channel.removeprefix(mine).partition(b":")
            if node != this:
                original(self, first_channel, payload)
        elif not channel.startswith(b"ticker:peers:"):
            original(self, channel, payload)
            _broker(self).publish(mine + this + b":" + channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="A node that ends tells the others through the broker, and they close their clients too, "
    "so that a rolling deployment throws everybody out.",
    caught_by={"QA-WS-111": 'closed with 1001 "server shutdown" by the service'},
)
def one_node_ends_for_all() -> None:
    """Let a shutdown go round."""
    this, shut_down, take = _node(), TickerService._shut_down, TickerService.on_tick

    async def _shut_down(self: TickerService, server: Server) -> None:
        _broker(self).publish(b"ticker:end:" + _cluster(self), this)
        await shut_down(self, server)

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if not channel.startswith(b"ticker:end:"):
            take(self, channel, payload)
        elif channel.endswith(_cluster(self)) and payload != this:
            for session in self.sessions:
                session.close(closes.SERVER_SHUTDOWN)

    replace(TickerService, "_shut_down", _shut_down)
    replace(TickerService, "on_tick", on_tick)


# --- a herd that comes back -----------------------------------------------------------------------


class Herd:
    """Tells whether many come to a service that has just taken the place of one that had many."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._successor = False
        self._is_marked = False
        self._arrivals: deque[float] = deque()
        self._keep_mark: Callable[[], object] = lambda: None
        original = TickerService.__init__

        def __init__(service: TickerService, *parts: Any) -> None:
            original(service, *parts)
            mark = b"crowd:" + _cluster(service)
            with suppress(redis.ConnectionError):  # no broker yet: no predecessor was seen
                self._successor = _broker(service).getdel(mark) is not None

            def keep_mark() -> None:
                if not self._is_marked and len(service.sessions) >= CROWD:
                    with suppress(redis.ConnectionError):
                        self._is_marked = bool(_broker(service).set(mark, 1, ex=MARKED_S))

            self._keep_mark = keep_mark

        replace(TickerService, "__init__", __init__)

    def is_here(self) -> bool:
        """Note an arrival; return whether it is one of a herd."""
        now = time.monotonic()
        self._keep_mark()
        self._arrivals.append(now)
        while self._arrivals[0] < now - RUSH_S:
            self._arrivals.popleft()
        young = self._successor and now - self._started < YOUNG_S
        return young and len(self._arrivals) > RUSH


@fault(
    story="A service that has just been restarted turns away whoever comes beyond the two "
    "hundredth in a second, so that most of its clients are locked out.",
    caught_by={"QA-WS-105": SERVED_AGAIN},
)
def herd_turned_away_after_a_restart() -> None:
    """Pretend to be full."""
    original, herd = SessionRegistry.admit, Herd()

    def admit(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        return None if herd.is_here() else original(self, connection, claims)

    replace(SessionRegistry, "admit", admit)


@fault(
    story="After a restart the caches are cold, and the clients that come back are welcomed one by "
    "one, so that the last of them has been without prices for ten seconds.",
    caught_by={"QA-WS-105": "from the service's return to the acknowledgement of "},
)
def herd_served_one_by_one() -> None:
    """Take 30 ms for each welcome, and let the others wait."""
    original, herd = TickerService.greet, Herd()
    free_at = 0.0

    def greet(self: TickerService, session: Session) -> None:
        nonlocal free_at
        loop = asyncio.get_running_loop()
        if herd.is_here() or free_at > loop.time():
            free_at = max(free_at, loop.time()) + 0.03
            loop.call_at(free_at, original, self, session)
        else:
            original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="When many subscribe at once after a restart some subscriptions are acknowledged but get "
    "lost, so that those clients look at a market that stands still.",
    caught_by={"QA-WS-105": "it reached "},
)
def subscriptions_of_a_herd_lost() -> None:
    """Acknowledge and do nothing."""
    original, herd = Fanout.subscribe, Herd()

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        if herd.is_here():
            return Totals.of(keys)
        return original(self, session, keys)

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="At a shutdown goodbye is said to those who have subscribed and to nobody else, so that "
    "all others take it for a crash.",
    caught_by={"QA-WS-018": "end of client 100's connection"},
)
def goodbye_to_subscribers_only() -> None:
    """Pass over who has never subscribed."""
    subscribed = WeakSet[ServerConnection]()
    subscribe, close = Fanout.subscribe, Session.close

    def subscribe_and_note(self: Fanout, session: Session, keys: Keys) -> Totals:
        subscribed.add(session.connection)
        return subscribe(self, session, keys)

    def close_subscribers(self: Session, how: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        if how == closes.SERVER_SHUTDOWN and self.connection not in subscribed:
            self.connection.transport.close()
        else:
            close(self, how, grace_s)

    replace(Fanout, "subscribe", subscribe_and_note)
    replace(Session, "close", close_subscribers)


@fault(
    story="Behind the goodbye ticks go on until the line is closed, and clients that take the "
    "goodbye for the last word, as they may, book none of them.",
    caught_by={"QA-WS-018": "a message behind its close frame"},
    also=("QA-WS-022", "QA-WS-111"),
)
def ticks_behind_the_goodbye() -> None:
    """Write to whoever has been told goodbye and is still there."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        said = session.connection.protocol
        if ticks and session._cut and said.close_sent and not said.close_rcvd:
            session.connection.transport.write(frames)
        else:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


HANDSHAKES_S, LOOK_EVERY_S = 9.0, 0.05
"""How long a handshake may take, and how often it is looked whether some are under way."""


@fault(
    story="A service that is told to end first waits for all handshakes that are under way, and "
    "one client on a bad line holds up the goodbye to all others.",
    caught_by={"QA-WS-018": LATE_CLOSE},
)
def goodbye_waits_for_handshakes() -> None:
    """Look whether all have been through theirs."""
    here = WeakSet[ServerConnection]()
    made = TickerConnection.connection_made

    def connection_made(self: TickerConnection, transport: Any) -> None:
        here.add(self)
        made(self, transport)

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for _ in range(int(HANDSHAKES_S / LOOK_EVERY_S)):
            if any(each.state is State.CONNECTING for each in here):
                await asyncio.sleep(LOOK_EVERY_S)
        await shut_down(service, server)

    replace(TickerConnection, "connection_made", connection_made)
    replace(server_module, "HANDSHAKE_TIMEOUT_S", HANDSHAKES_S)
    _shut_down_by(act)


@fault(
    story="A service that is told to end says goodbye between two messages of a client: whoever "
    "has sent half of one is cut off without a word.",
    caught_by={"QA-WS-018": "end of client 100's connection"},
)
def goodbye_waits_for_whole_messages() -> None:
    """Pass over who is in the middle of one."""
    amid = WeakSet[ServerConnection]()
    close, take = Session.close, TickerConnection._take_within_limits

    def note(self: TickerConnection, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            (amid.discard if frame.fin else amid.add)(self)
        take(self, frame)

    def close_others(self: Session, how: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        if how == closes.SERVER_SHUTDOWN and self.connection in amid:
            self.connection.transport.close()
        else:
            close(self, how, grace_s)

    replace(TickerConnection, "_take_within_limits", note)
    replace(Session, "close", close_others)
