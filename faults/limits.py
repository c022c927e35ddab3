"""Faults of the connection limit: QA-WS-012."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from app import closes, messages, routes_websocket
from app.auth import Claims
from app.closes import Close
from app.fanout import text_frame
from app.server import WEBSOCKET_PATH, TickerService
from app.sessions import Session, SessionRegistry, TickerConnection, new_session_id
from faults.fault import fault, replace
from faults.idle import LEFT_OPEN, keep_open

END = "end of Zoe's connection: measured "
ADMISSION = "admission of Zoe after client 5 left: measured nothing"


def _on_refusal(act: Any) -> None:
    """Let something happen when a client is turned away for want of a place."""
    original = SessionRegistry.admit

    def admit(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        session = original(self, connection, claims)
        if session is None:
            act(self, connection)
        return session

    replace(SessionRegistry, "admit", admit)


@fault(
    story="One client more than the limit is admitted, an off-by-one that breaks the capacity "
    "promise to the others.",
    caught_by={"QA-WS-012": END + "1 x welcome; still open"},
    also=("QA-WS-132",),
)
def one_too_many_admitted() -> None:
    """Call it full one later."""
    replace(SessionRegistry, "is_full", lambda self: len(self) > self.max_connections)


@fault(
    story="The client over the limit is closed without a reason, so that it tries again at once "
    "and makes the crowd worse.",
    caught_by={"QA-WS-012": END + "no message; closed with 1008 without a reason"},
    also=("QA-WS-132",),
)
def limit_close_without_reason() -> None:
    """Take the reason out of the close."""
    replace(closes, "MAX_CONNECTIONS", Close(1008, ""))


@fault(
    story="The client over the limit is closed with 1013, which clients that know only the "
    "agreed code take for a crash.",
    caught_by={"QA-WS-012": END + "no message; closed with 1013"},
    also=("QA-WS-132",),
)
def limit_close_with_other_code() -> None:
    """Take another code."""
    replace(closes, "MAX_CONNECTIONS", Close(1013, "max connections reached"))


@fault(
    story="The client over the limit is refused before the handshake with HTTP 503, of which a "
    "browser client sees nothing.",
    caught_by={"QA-WS-012": END + "HTTP 503"},
    also=("QA-WS-132",),
)
def limit_refusal_as_503() -> None:
    """Answer the handshake when the service is full."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        if request.path.startswith(WEBSOCKET_PATH) and self.sessions.is_full():
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return Response(status.value, status.phrase, Headers({"Content-Length": "0"}))
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@fault(
    story="Places of clients that left are never given back, so that after a day of coming and "
    "going nobody is admitted any more.",
    caught_by={
        "QA-WS-004": "sockets, sessions and subscriptions of the service",
        "QA-WS-012": ADMISSION,
        "QA-WS-025": "has a valid token but was closed with 1008",
    },
    also=("QA-WS-121", "QA-WS-024", "QA-WS-101", "QA-WS-108", "QA-WS-132"),
)
def place_never_given_back() -> None:
    """Release nothing."""
    replace(SessionRegistry, "release", lambda self, session: None)


@fault(
    story="Every client that was turned away takes a place for ever, so that a full service "
    "stays full until it is restarted.",
    caught_by={"QA-WS-012": ADMISSION},
    also=(
        "QA-WS-121",
        "QA-WS-132",
    ),
)
def turned_away_take_places() -> None:
    """Lower the limit by one with every refusal."""

    def take(registry: SessionRegistry, connection: ServerConnection) -> None:
        registry.max_connections -= 1

    _on_refusal(take)


@fault(
    story="Turning one client away throws out another that was served well.",
    caught_by={"QA-WS-012": 'closed with 1008 "thrown out" by the service'},
    also=("QA-WS-132",),
)
def refusal_closes_another() -> None:
    """Close some client that is connected."""

    def close_one(registry: SessionRegistry, connection: ServerConnection) -> None:
        next(iter(registry)).close(Close(1008, "thrown out"))

    _on_refusal(close_one)


@fault(
    story="The client over the limit is welcomed before it is closed, so that it takes itself for "
    "connected.",
    caught_by={"QA-WS-012": "messages that Zoe received: measured 1 x welcome"},
)
def turned_away_are_welcomed() -> None:
    """Write a welcome in front of the close."""

    def welcome(registry: SessionRegistry, connection: ServerConnection) -> None:
        connection.transport.write(text_frame(messages.welcome(new_session_id())))

    _on_refusal(welcome)


# --- QA-WS-108: the limit of one user --------------------------------------------------------


@fault(
    story="A user may have as many connections as there are places, so that one script that leaks "
    "them shuts everybody else out.",
    caught_by={"QA-WS-108": "refusal of Alan: measured 1 x welcome"},
)
def user_limit_ignored() -> None:
    """Never call a user full."""
    replace(SessionRegistry, "_user_is_full", lambda self, claims: False)


@fault(
    story="The limit of one user counts everybody's connections, so that two users who are busy "
    "keep all others out.",
    caught_by={"QA-WS-108": "Bob has a valid token but was not welcomed"},
)
def user_limit_counts_everybody() -> None:
    """Count all sessions."""

    def user_is_full(self: SessionRegistry, claims: Claims) -> bool:
        return self._per_user is not None and len(self) >= self._per_user

    replace(SessionRegistry, "_user_is_full", user_is_full)


@fault(
    story="A user's place is not given back when its client leaves, so that a trader who has "
    "reconnected twice is locked out until the next restart.",
    caught_by={"QA-WS-108": "admission of Alan after Alice left: measured nothing"},
)
def user_place_never_given_back() -> None:
    """Give back the place, and not the user's."""
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        original(self, session)
        self._of_user[session.claims.sub] += 1

    replace(SessionRegistry, "release", release)


@fault(
    story="The place of a client whose line is cut is never given back: the counter goes down with "
    "the goodbye only, so that after some bad nights of a mobile network nobody is let in.",
    caught_by={"QA-WS-012": ADMISSION},
    also=("QA-WS-025",),
)
def place_of_a_cut_line_kept() -> None:
    """Count places apart from the clients that are there."""
    kept: Counter[SessionRegistry] = Counter()
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        if session in self._sessions and not session.connection.protocol.close_rcvd:
            kept[self] += 1
        original(self, session)

    replace(SessionRegistry, "release", release)
    replace(
        SessionRegistry,
        "is_full",
        lambda self: len(self._sessions) + kept[self] >= self.max_connections,
    )


FAILED = frozenset({1002, 1007, 1009})
"""The codes with which a client is closed for what it has sent."""


def _has_failed(session: Session) -> bool:
    """Tell whether the service has closed a client for what it sent."""
    sent = session.connection.protocol.close_sent
    return sent is not None and sent.code in FAILED


@fault(
    story="The place of a client that was closed for a message too large is never given back: the "
    "error path forgets it, so that one broken program fills the service up.",
    caught_by={"QA-WS-012": ADMISSION},
    also=("QA-WS-024",),
)
def place_of_a_failed_client_kept() -> None:
    """Count places apart from the clients that are there."""
    kept: Counter[SessionRegistry] = Counter()
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        if session in self._sessions and _has_failed(session):
            kept[self] += 1
        original(self, session)

    replace(SessionRegistry, "release", release)
    replace(
        SessionRegistry,
        "is_full",
        lambda self: len(self._sessions) + kept[self] >= self.max_connections,
    )


@fault(
    story="A user's place is not given back when one of its connections was closed for a message "
    "too large, so that a trader whose program errs twice is locked out.",
    caught_by={"QA-WS-108": "admission of Alan after Alice left: measured nothing"},
)
def user_place_of_a_failed_client_kept() -> None:
    """Give back the place, and not the user's."""
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        failed = session in self._sessions and _has_failed(session)
        original(self, session)
        if failed:
            self._of_user[session.claims.sub] += 1

    replace(SessionRegistry, "release", release)


# --- who was refused for its token ----------------------------------------------------------------


def _on_bad_token(drift: int) -> None:
    """Let each client that is refused for its token change the number of places that are taken."""
    extra: Counter[SessionRegistry] = Counter()
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: routes_websocket.Service, connection: ServerConnection
    ) -> Claims | None:
        claims = await original(service, connection)
        if claims is None:
            extra[service.sessions] += drift
        return claims

    replace(routes_websocket, "authenticate_ws", authenticate_ws)
    replace(
        SessionRegistry,
        "is_full",
        lambda self: len(self._sessions) + extra[self] >= self.max_connections,
    )


@fault(
    story="A place is taken when a client connects and given back when its session ends, so that "
    "who is refused for its token and never had one keeps it: some hundred bad tokens lock "
    "everybody out.",
    caught_by={"QA-WS-012": "open connections of Yuri, Zoe: measured"},
    also=("QA-WS-021", "QA-WS-022", "QA-WS-025", "QA-WS-102"),
)
def refused_clients_keep_places() -> None:
    """Forget the way out by which no session has begun."""
    _on_bad_token(1)


@fault(
    story="Who is refused for its token gives back a place that it never took, so that the limit "
    "rises with every bad token, until the service is overrun.",
    caught_by={"QA-WS-012": "end of Xena's connection: measured 1 x welcome; still open"},
    also=("QA-WS-102",),
)
def refused_clients_give_places_back() -> None:
    """Count down in a finally that covers the refusal too."""
    _on_bad_token(-1)


@fault(
    story="Where a program is killed its system ends TCP for it, without a goodbye; the service "
    "takes that for one direction of a line that is still in use, and keeps the place for "
    "hours.",
    caught_by={"QA-WS-012": "open connections of Yuri, Zoe: measured 1 of 2 open"},
    also=("QA-WS-004", "QA-WS-108", "QA-WS-118"),
)
def place_kept_after_a_killed_program() -> None:
    """Leave a half-closed connection open for as long as nobody writes to it."""
    original = TickerConnection.eof_received

    def eof_received(self: TickerConnection) -> bool | None:
        return True if self.session and not self.protocol.close_rcvd else original(self)

    replace(TickerConnection, "eof_received", eof_received)


# --- when a session ends with its token, and who counts -------------------------------------


@fault(
    story="The place of a session that ends with its token is given back by the timer and again "
    "by the connection, so that with every hour one client more than the limit gets in.",
    caught_by={"QA-WS-132": "end of Yuri's connection"},
)
def expired_session_gives_two_places_back() -> None:
    """Count one place more for each."""
    expired = Counter[SessionRegistry]()
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        sent = session.connection.protocol.close_sent
        if session in self._sessions and sent and sent.reason == closes.TOKEN_EXPIRED.reason:
            expired[self] += 1
        original(self, session)

    replace(SessionRegistry, "release", release)
    replace(
        SessionRegistry,
        "is_full",
        lambda self: len(self._sessions) - expired[self] >= self.max_connections,
    )


@fault(
    story="The limit counts users and not connections, so that one user whose program reconnects "
    "without end fills the service up.",
    caught_by={"QA-WS-132": "end of Xena's connection"},
    also=("QA-WS-012", "QA-WS-020"),
)
def limit_counts_users() -> None:
    """Count subjects."""
    replace(
        SessionRegistry,
        "is_full",
        lambda self: len(self._of_user) >= self.max_connections,
    )


@fault(
    story="Behind the close of a client for which there is no place TCP is left open, so that a "
    "crowd that is turned away uses up the sockets of a service that is full.",
    caught_by={"QA-WS-012": LEFT_OPEN},
    also=("QA-WS-024", "QA-WS-108", "QA-WS-132"),
)
def tcp_left_open_for_who_is_turned_away() -> None:
    """Write the close frame, and no end."""
    _on_refusal(lambda _, connection: keep_open(connection))


@fault(
    story="The place of a client that was closed because it was idle is never given back: the "
    "timer's way out forgets it, so that forgotten screens fill the service up.",
    caught_by={"QA-WS-132": "admission of Zoe after Alice left"},
    also=("QA-WS-011",),
)
def place_of_an_idle_client_kept() -> None:
    """Pass over who was idle."""
    idle: set[str] = set()
    close, release = Session.close_idle, SessionRegistry.release

    def close_idle(self: Session) -> None:
        idle.add(self.session_id)
        close(self)

    def release_others(self: SessionRegistry, session: Session) -> None:
        if session.session_id not in idle:
            release(self, session)

    replace(Session, "close_idle", close_idle)
    replace(SessionRegistry, "release", release_others)
