"""Faults of handshakes that are written otherwise, and of those that come together: QA-WS-001, 002.

Names of headers, and what of their values HTTP says so of, mean the same in any case (RFC 9110,
sections 5.1 and 7.6.1; RFC 6455, section 4.2.1).
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State

from app import auth, closes, routes_websocket
from app.auth import AuthenticationError, Claims
from app.routes_websocket import Service
from app.server import WEBSOCKET_PATH, TickerService, _json_response
from app.sessions import TickerConnection
from faults.fault import fault, replace

OTHER_HANDSHAKE = "Bob was not welcomed by a handshake with "
LOOK_UP_S = 0.02


def _refuse(is_wrong: object) -> None:
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        if request.path.startswith(WEBSOCKET_PATH) and is_wrong(request):  # type: ignore[operator]
            return _json_response(HTTPStatus.UPGRADE_REQUIRED, {"error": "upgrade required"})
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@fault(
    story="The header Connection is compared whole with Upgrade, and a browser that writes "
    "keep-alive in front of it is told to upgrade: one in ten users sees nothing.",
    caught_by={"QA-WS-001": OTHER_HANDSHAKE + '"Connection: keep-alive'},
)
def connection_header_compared_whole() -> None:
    """Know one token only."""
    _refuse(lambda request: request.headers.get("Connection", "").lower() != "upgrade")


@fault(
    story="Names of headers are looked up as browsers write them, and a proxy on the way writes "
    "them small, as HTTP/2 has them: behind it nobody can connect.",
    caught_by={"QA-WS-001": OTHER_HANDSHAKE + "names of headers in"},
)
def header_names_with_capitals_only() -> None:
    """Ask for Upgrade, and not for upgrade."""
    _refuse(lambda request: "Upgrade" not in [name for name, _ in request.headers.raw_items()])


@fault(
    story="The token of a handshake is kept in one place for all while it is looked up: who comes "
    "without one at the same moment as somebody else is let in with that other's.",
    caught_by={"QA-WS-002": "refusal of Alice: measured 1 x welcome"},
    also=("QA-WS-021", "QA-WS-024", "QA-WS-025"),
)
def token_of_another_handshake() -> None:
    """Read it once more when the answer is there."""
    shown: list[str | None] = [None]

    async def authenticate_ws(service: Service, connection: ServerConnection) -> Claims | None:
        request = connection.request
        shown[0] = auth.bearer_token(request.path, request.headers) if request else None
        await asyncio.sleep(LOOK_UP_S)
        try:
            return service.verifier.verify(shown[0])
        except AuthenticationError:
            await connection.close(*closes.AUTHENTICATION_REQUIRED)
            return None

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="What is to be upgraded to is compared letter by letter, and some libraries write it "
    "with capitals, as the first browsers did: their clients are told to upgrade, and cannot "
    "connect.",
    caught_by={"QA-WS-001": 'Bob was not welcomed by a handshake with "Upgrade: WebSocket"'},
)
def upgrade_compared_letter_by_letter() -> None:
    """Know small letters only."""
    _refuse(lambda request: request.headers.get("Upgrade") != "websocket")


@fault(
    story="A handshake that offers an extension which the service does not know is refused "
    "instead of being answered without it: who updates a library is locked out.",
    caught_by={"QA-WS-001": "by a handshake with an extension that nobody knows"},
)
def unknown_extensions_refused() -> None:
    """Know one."""

    def is_unknown(request: Request) -> bool:
        offers = request.headers.get_all("Sec-WebSocket-Extensions")
        return any("permessage-deflate" not in each for each in offers)

    _refuse(is_unknown)


@fault(
    story="What one read brings is taken for a whole handshake: where the network cuts it in "
    "two, as it does with long tokens and on mobile lines, the client cannot connect.",
    caught_by={"QA-WS-001": "Bob was not welcomed by a handshake with what comes in two pieces"},
    also=("QA-WS-021", "QA-WS-024", "QA-WS-025"),
)
def handshake_in_two_pieces_cut() -> None:
    """Look for its end at once."""
    received = TickerConnection.data_received

    def data_received(self: TickerConnection, data: bytes) -> None:
        if self.protocol.state is State.CONNECTING and b"\r\n\r\n" not in data:
            self.transport.abort()
        else:
            received(self, data)

    replace(TickerConnection, "data_received", data_received)


@fault(
    story="The token is cut out of the address as it stands there, and nobody decodes it: a "
    "library that escapes more than it must shows a token that nobody has issued.",
    caught_by={
        "QA-WS-001": "Bob was not welcomed by a handshake with characters of the token escaped"
    },
)
def escaped_tokens_not_decoded() -> None:
    """Look for it with a pattern."""
    original = auth.bearer_token

    def bearer_token(path: str, headers: Headers) -> str | None:
        found = re.search(r"[?&]token=([^&]*)", path)
        return found[1] if found else original(path, headers)

    replace(auth, "bearer_token", bearer_token)
