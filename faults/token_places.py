"""Faults of services that check tokens in one place otherwise than in another: QA-WS-021, 022."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
from websockets.asyncio.server import ServerConnection

from app import closes, routes_websocket
from app.auth import Claims, bearer_token
from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace

BY_HEADER = "refusal of Mallory's attempt by Authorization header: measured 1 x welcome"


def _admitting(read: Callable[[ServerConnection], Claims | None]) -> None:
    """Let in whom `read` makes claims for, and ask about all others as ever."""
    original = routes_websocket.authenticate_ws

    async def authenticate(service: TickerService, connection: ServerConnection) -> Claims | None:
        found = read(connection)
        return found or await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate)


def _unverified(connection: ServerConnection) -> Claims | None:
    """Return what the token in the header says, whoever has signed it."""
    assert connection.request
    if "token=" in connection.request.path:
        return None
    token = bearer_token(connection.request.path, connection.request.headers)
    try:
        payload = jwt.decode(token or "", options={"verify_signature": False})
        return Claims(str(payload["sub"]), float(payload["exp"]))
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return None


@fault(
    story="The signature of a token in the Authorization header is left to a gateway that is no "
    "longer there, so that anybody who can write JSON reads the paid feed.",
    caught_by={"QA-WS-021": BY_HEADER},
    also=("QA-WS-022", "QA-WS-025", "QA-WS-107"),
)
def header_tokens_not_verified() -> None:
    """Decode them, and look at no key."""
    _admitting(_unverified)


@fault(
    story="A token in the Authorization header may be a day old when it is shown, which once "
    "helped a batch job, so that former employees read along.",
    caught_by={"QA-WS-021": BY_HEADER, "QA-WS-022": "refusal of Lars: measured 1 x welcome"},
)
def expired_header_tokens_accepted() -> None:
    """Take what has expired and would else be good; the new session lasts a minute."""

    def late(connection: ServerConnection) -> Claims | None:
        claims = _unverified(connection)
        if claims is None or not time.time() - 86_400 < claims.exp < time.time():
            return None
        return Claims(claims.sub, time.time() + 60)

    _admitting(late)


@fault(
    story="Only sessions that began with a token in the address end with it; those of back ends, "
    "which use the header, last for ever.",
    caught_by={
        "QA-WS-022": "its token came in the Authorization header; Ida and Pia, whose tokens came "
        'in the query parameter, were closed with 1008 "token expired" by the service; Mia, whose '
        "token came in the Authorization header, was still open"
    },
)
def header_tokens_never_expire() -> None:
    """Look where the token came from."""
    original = Session.close_expired

    def close_expired(self: Session) -> None:
        assert self.connection.request
        if "token=" in self.connection.request.path:
            original(self)

    replace(Session, "close_expired", close_expired)


@fault(
    story="A token that is there and empty is one that nobody checks: who deletes it from the "
    "address keeps the session of a guest.",
    caught_by={"QA-WS-021": "refusal of Mallory: measured 1 x welcome"},
)
def empty_token_is_a_guest() -> None:
    """Ask whether there is a parameter, and then whether it says something."""

    def guest(connection: ServerConnection) -> Claims | None:
        assert connection.request
        empty = connection.request.path.endswith("token=")
        return Claims("guest", time.time() + 3600) if empty else None

    _admitting(guest)


@fault(
    story="Whoever shows an expired token in the Authorization header is told so, as back ends are "
    "thought to be friends, and a forger learns that the signature was good.",
    caught_by={
        "QA-WS-021": "what Mallory's attempt by Authorization header was told: measured "
        'end: closed with 1008 "Authentication required (expired)"'
    },
)
def expired_header_token_told_so() -> None:
    """Add a word to the reason."""
    original = routes_websocket.authenticate_ws

    async def authenticate(service: TickerService, connection: ServerConnection) -> Claims | None:
        token = bearer_token("", connection.request.headers) if connection.request else None
        try:
            jwt.decode(token or "", options={"verify_signature": False, "verify_exp": True})
        except jwt.ExpiredSignatureError:
            code, reason = closes.AUTHENTICATION_REQUIRED
            await connection.close(code, f"{reason} (expired)")
            return None
        except jwt.PyJWTError:
            pass  # all others are refused as they should
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate)
