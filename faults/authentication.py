"""Faults of who may connect, and of the welcome: QA-WS-002, 003."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from app import auth, closes, messages, routes_websocket, server
from app.auth import AuthenticationError, Claims, TokenVerifier
from app.closes import Close
from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.routes_websocket import Service
from app.server import WEBSOCKET_PATH, TickerService
from app.sessions import Session, new_session_id
from faults.fault import fault, replace

REFUSAL = "refusal of Alice: measured "
WELCOME = "welcome of Alice"
NOT_WELCOMED = "has a valid token but was not welcomed"

WHERE_NOBODY_IS_LET_IN = {
    "QA-WS-001": "Bob has a valid token but was not welcomed",
    "QA-WS-003": WELCOME,
    **dict.fromkeys([f"QA-WS-{n:03}" for n in [*range(4, 13), *range(16, 19)]], NOT_WELCOMED),
    "QA-WS-021": "admission of Alice",
    "QA-WS-022": NOT_WELCOMED,
    "QA-WS-025": NOT_WELCOMED,
    "QA-WS-103": NOT_WELCOMED,
    "QA-WS-115": NOT_WELCOMED,
    **dict.fromkeys([f"QA-WS-{n}" for n in (105, 106, 111, 117, 128)], NOT_WELCOMED),
}
"""What notices that no client with a good token is let in."""
MAYBE_WHERE_NOBODY_IS_LET_IN = ("QA-WS-023", "QA-WS-024", "QA-WS-101", "QA-WS-102", "QA-WS-116")

SAMPLE_TICK = (
    '{"type":"option_tick","instrument_token":256265,"symbol":"NIFTY","last_price":100.5,"seq":1,'
    '"greeks":{"delta":0.5,"gamma":0.001,"theta":-8.0,"vega":11.0,"iv":0.14}}'
)


def token_of(connection: ServerConnection) -> str | None:
    """Return the token of a connection's handshake."""
    request = connection.request
    return auth.bearer_token(request.path, request.headers) if request else None


def _by_header(session: Session) -> bool:
    """Tell whether a client showed its token in a header."""
    request = session.connection.request
    return request is not None and "Authorization" in request.headers


# --- QA-WS-002: the refusal ------------------------------------------------------------------


@fault(
    story="Who shows no token is sent to a login page, as a web framework's middleware does it, so "
    "that clients which follow no redirect report a broken network.",
    caught_by={
        "QA-WS-002": REFUSAL + "HTTP 302, a redirect to /login, which no client follows",
        "QA-WS-021": "what Mallory was told: measured ",
    },
    also=(
        "QA-WS-114",
        "QA-WS-107",
    ),
)
def login_page_for_who_shows_no_token() -> None:
    """Answer the handshake with a redirect."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer or urlsplit(request.path).path != WEBSOCKET_PATH:
            return answer
        if auth.bearer_token(request.path, request.headers) is not None:
            return None
        status = HTTPStatus.FOUND
        headers = Headers({"Location": "/login?next=/ws/ticks", "Content-Length": "0"})
        return Response(status.value, status.phrase, headers)

    replace(TickerService, "respond", respond)


@fault(
    story="Whoever connects is welcomed with a session id before anybody looks at the token.",
    caught_by={
        "QA-WS-002": "messages that Alice received: measured 1 x welcome",
        "QA-WS-021": "what Mallory was told: measured",
    },
    also=("QA-WS-107",),
)
def welcome_before_authentication() -> None:
    """Greet clients without a token, then refuse them."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        if token_of(connection) is None:
            await connection.send(messages.welcome(new_session_id()).decode())
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The feed is streamed to whoever connects until somebody has looked at the token.",
    caught_by={"QA-WS-002": "messages that Alice received: measured"},
    also=("QA-WS-107",),
)
def feed_before_authentication() -> None:
    """Send every tick to clients without a token for a while, then refuse them."""
    original = routes_websocket.authenticate_ws
    unknown: set[ServerConnection] = set()
    publish = Fanout.publish

    def leaking(self: Fanout, tick: Tick) -> None:
        for connection in unknown:
            connection.transport.write(text_frame(tick.payload))
        publish(self, tick)

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        if token_of(connection) is None:
            unknown.add(connection)
            await asyncio.sleep(0.3)
            unknown.discard(connection)
        return await original(service, connection)

    replace(Fanout, "publish", leaking)
    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The last known tick is sent to whoever connects before the token is checked: market "
    "data for free.",
    caught_by={
        "QA-WS-002": "messages that Alice received: measured 1 x option tick",
        "QA-WS-021": "what Mallory was told: measured",
    },
    also=("QA-WS-121", "QA-WS-114", "QA-WS-107", "QA-WS-012", "QA-WS-025"),
)
def snapshot_before_authentication() -> None:
    """Send clients without a token a tick, then refuse them."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        if token_of(connection) is None:
            await connection.send(SAMPLE_TICK)
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The refusal comes before the handshake as a bare HTTP 403, so that a browser client "
    "cannot tell a missing token from a firewall.",
    caught_by={
        "QA-WS-002": REFUSAL + "HTTP 403",
        "QA-WS-021": "what Mallory was told: measured",
    },
    also=(
        "QA-WS-114",
        "QA-WS-107",
    ),
)
def refusal_as_bare_403() -> None:
    """Answer the handshake of a client without a token with 403 and no body."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        is_bare = auth.bearer_token(request.path, request.headers) is None
        if request.path.startswith(WEBSOCKET_PATH) and is_bare:
            status = HTTPStatus.FORBIDDEN
            return Response(status.value, status.phrase, Headers({"Content-Length": "0"}))
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@fault(
    story="A client without a token is let in as a guest: the paid feed is open to everybody.",
    caught_by={
        "QA-WS-002": REFUSAL + "1 x welcome; still open",
        "QA-WS-021": "what Mallory was told: measured",
    },
    also=("QA-WS-114", "QA-WS-107", "QA-WS-012"),
)
def no_token_accepted() -> None:
    """Give claims to clients that show nothing."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        return original(self, token) if token else Claims("guest", float("inf"))

    replace(TokenVerifier, "verify", verify)


@fault(
    story="The refused client's connection is cut without a close frame, so that it takes the "
    "refusal for a network failure and tries again for ever.",
    caught_by={
        "QA-WS-002": REFUSAL + "no message; closed with 1006",
        "QA-WS-021": "refusal of Mallory: measured no message; closed with 1",
        "QA-WS-022": "refusal of Ida: measured no message; closed with 1",
    },
    also=(
        "QA-WS-025",
        "QA-WS-125",
    ),
)
def refusal_by_cutting() -> None:
    """Abort the transport where a close frame is due."""

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        try:
            return service.verifier.verify(token_of(connection))
        except AuthenticationError:
            connection.transport.abort()
            return None

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The refused client is closed without a reason, so that its user is never asked to log "
    "in.",
    caught_by={
        "QA-WS-002": REFUSAL + "no message; closed with 1008 without a reason",
        "QA-WS-021": "refusal of Mallory: measured no message; closed with 1",
        "QA-WS-022": "refusal of Ida: measured no message; closed with 1",
    },
    also=(
        "QA-WS-025",
        "QA-WS-125",
    ),
)
def refusal_without_reason() -> None:
    """Take the reason out of the close."""
    replace(closes, "AUTHENTICATION_REQUIRED", Close(1008, ""))


@fault(
    story="The refused client is closed with 1000, a normal end, so that its program reports "
    "success.",
    caught_by={
        "QA-WS-002": REFUSAL + "no message; closed with 1000",
        "QA-WS-021": "refusal of Mallory: measured no message; closed with 1",
        "QA-WS-022": "refusal of Ida: measured no message; closed with 1",
    },
    also=("QA-WS-125",),
)
def refusal_as_normal_end() -> None:
    """Take another close code."""
    replace(closes, "AUTHENTICATION_REQUIRED", Close(1000, "Authentication required"))


@fault(
    story="The client without a token is neither refused nor served, but left hanging on an open "
    "connection that costs memory.",
    caught_by={
        "QA-WS-002": REFUSAL + "no message; still open",
        "QA-WS-021": "what Mallory was told: measured",
    },
    also=("QA-WS-107", "QA-WS-012", "QA-WS-025", "QA-WS-114", "QA-WS-130"),
)
def unauthenticated_left_hanging() -> None:
    """Wait for ever where a refusal is due."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        if token_of(connection) is None:
            await connection.wait_closed()
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


# --- QA-WS-003: the welcome ------------------------------------------------------------------


@fault(
    story="A token in the Authorization header is not looked at, so that every back-end client "
    "is locked out.",
    caught_by={
        "QA-WS-003": WELCOME,
        "QA-WS-025": NOT_WELCOMED,
    },
    also=("QA-WS-001", "QA-WS-022"),
)
def header_token_ignored() -> None:
    """Look for the token without the headers."""
    original = auth.bearer_token

    def bearer_token(path: str, headers: Headers) -> str | None:
        return original(path, Headers())

    replace(auth, "bearer_token", bearer_token)


LONG_REFUSED = "was welcomed there, so it is the length"


@fault(
    story="Tokens of more than 2 KiB are refused, so that users in many groups are locked out.",
    caught_by={"QA-WS-003": LONG_REFUSED},
)
def long_tokens_refused() -> None:
    """Allow fewer characters."""
    replace(auth, "MAX_TOKEN_CHARS", 2048)


@fault(
    story="The lines of a request may have 1 KiB, so that the handshakes of users in many groups "
    "fail before anybody looks at their tokens.",
    caught_by={"QA-WS-003": LONG_REFUSED},
    also=("QA-WS-021",),
)
def long_lines_refused() -> None:
    """Set the limit of the WebSocket library lower."""
    replace(server, "MAX_LINE_BYTES", 1152)


@fault(
    story="A token in the query is not looked at, so that every browser client, which cannot set "
    "headers, is locked out.",
    caught_by=WHERE_NOBODY_IS_LET_IN,
    also=(*MAYBE_WHERE_NOBODY_IS_LET_IN, "QA-WS-118"),
)
def query_token_ignored() -> None:
    """Look for the token without the query."""
    original = auth.bearer_token

    def bearer_token(path: str, headers: Headers) -> str | None:
        return original("", headers)

    replace(auth, "bearer_token", bearer_token)


@fault(
    story="The welcome of clients with a header token has lost its session id, so that support "
    "cannot find their connection.",
    caught_by={
        "QA-WS-003": "session_id in Alice's welcome",
        "QA-WS-025": "against the message contract",
    },
)
def welcome_without_session_id() -> None:
    """Take the member out of the message."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        if _by_header(session):
            self.fanout.send(session, b'{"type":"connection","status":"connected"}')
        else:
            original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="The welcome says ok where the contract says connected, so that strict clients hang up.",
    caught_by={
        "QA-WS-003": "status in Alice's welcome: measured 'ok'",
        "QA-WS-025": "against the message contract",
    },
)
def welcome_in_other_words() -> None:
    """Change the status, for clients with a header token."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        if _by_header(session):
            text = messages.welcome(session.session_id).replace(b'"connected"', b'"ok"')
            self.fanout.send(session, text)
        else:
            original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="The welcome of clients with a header token comes twice, so that they set up everything "
    "twice.",
    caught_by={
        "QA-WS-003": "Alice was welcomed 2 times",
        "QA-WS-025": "was welcomed 2 times",
    },
    also=("QA-WS-001",),
)
def welcome_twice() -> None:
    """Send the welcome again at once, to clients with a header token."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        original(self, session)
        if _by_header(session):
            original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="The welcome of clients with a header token takes 2.5 seconds, longer than their users "
    "wait.",
    caught_by={
        "QA-WS-003": WELCOME,
        "QA-WS-025": NOT_WELCOMED,
    },
    also=("QA-WS-001", "QA-WS-022"),
)
def welcome_late() -> None:
    """Hold the welcome back."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        delay_s = 2.5 if _by_header(session) else 0.0
        asyncio.get_running_loop().call_later(delay_s, original, self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="Clients with a header token get a pong before the welcome, and those that expect the "
    "welcome first give up.",
    caught_by={
        "QA-WS-003": "first message to Alice: measured a pong",
    },
    also=("QA-WS-022", "QA-WS-001", "QA-WS-025"),
)
def pong_before_welcome() -> None:
    """Send a pong that nobody asked for."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        if _by_header(session):
            self.fanout.send(session, messages.PONG)
        original(self, session)

    replace(TickerService, "greet", greet)


# --- QA-WS-021: tokens that are nearly right ----------------------------------------------------


@fault(
    story="A token is cut to the width of a column before it is looked up, so that whatever hangs "
    "behind it opens the door too.",
    caught_by={"QA-WS-021": "refusal of Mallory: measured 1 x welcome"},
)
def a_character_too_many_forgiven() -> None:
    """Accept what is a good token without its last character."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        try:
            return original(self, token)
        except AuthenticationError:
            return original(self, token and token[:-1])

    replace(TokenVerifier, "verify", verify)


@fault(
    story="Who shows an empty token is taken for a health check of the load balancer, so that one "
    "sign less in an address opens the paid feed.",
    caught_by={"QA-WS-021": "refusal of Mallory: measured 1 x welcome"},
)
def empty_token_accepted() -> None:
    """Give claims to clients that name the parameter and put nothing in it."""
    find, verify = auth.bearer_token, TokenVerifier.verify

    def bearer_token(path: str, headers: Headers) -> str | None:
        return "" if path.endswith("?token=") else find(path, headers)

    def checked(self: TokenVerifier, token: str | None) -> Claims:
        return Claims("health", float("inf")) if token == "" else verify(self, token)

    replace(auth, "bearer_token", bearer_token)
    replace(TokenVerifier, "verify", checked)


@fault(
    story="HTTP Basic is accepted beside the token, as a framework had it by default, and nobody "
    "looks at the password.",
    caught_by={"QA-WS-002": "refusal of Bob: measured 1 x welcome"},
    also=("QA-WS-012",),
)
def basic_credentials_open_sessions() -> None:
    """Let in whoever shows a name and a password."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        shown = connection.request.headers.get("Authorization", "") if connection.request else ""
        if shown.lower().startswith("basic "):
            return Claims(sub="basic", exp=time.time() + 3600)
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="What guards the endpoint compares addresses whole, and what finds its handler does not "
    "mind a slash behind them: who writes one more needs no token.",
    caught_by={"QA-WS-002": "addresses at which Carol was let in without a token"},
)
def slash_behind_the_address_unguarded() -> None:
    """Serve a guest there."""
    respond, authenticate = TickerService.respond, routes_websocket.authenticate_ws

    def is_slashed(request: Request | None) -> bool:
        return bool(request and request.path.partition("?")[0] == f"{WEBSOCKET_PATH}/")

    def respond_there(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        return None if is_slashed(request) else respond(self, connection, request)

    async def authenticate_ws(service: Service, connection: ServerConnection) -> Claims | None:
        if is_slashed(connection.request):
            return Claims("a guest", time.time() + 3600)
        return await authenticate(service, connection)

    replace(TickerService, "respond", respond_there)
    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="Times in tokens are expected to be whole numbers, so that on the day when the issuer "
    "stops rounding them nobody can log in any more.",
    caught_by={"QA-WS-003": "a valid token whose times have fractions of a second"},
)
def times_with_fractions_refused() -> None:
    """Take integers only."""
    original = auth._seconds

    def seconds(value: object) -> float:
        if not isinstance(value, int):
            raise ValueError("not a whole number")
        return original(value)

    replace(auth, "_seconds", seconds)
