"""Faults of handshakes that are written otherwise, and of those that come together: QA-WS-001, 002.

Names of headers, and what of their values HTTP says so of, mean the same in any case (RFC 9110,
sections 5.1 and 7.6.1; RFC 6455, section 4.2.1).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from app import auth, closes, routes_websocket
from app.auth import AuthenticationError, Claims
from app.routes_websocket import Service
from app.server import WEBSOCKET_PATH, TickerService, _json_response
from faults.fault import fault, replace

OTHER_HANDSHAKE = "Bob was not welcomed by a handshake with names of headers in small letters"
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
    caught_by={"QA-WS-001": OTHER_HANDSHAKE},
)
def connection_header_compared_whole() -> None:
    """Know one token only."""
    _refuse(lambda request: request.headers.get("Connection", "").lower() != "upgrade")


@fault(
    story="Names of headers are looked up as browsers write them, and a proxy on the way writes "
    "them small, as HTTP/2 has them: behind it nobody can connect.",
    caught_by={"QA-WS-001": OTHER_HANDSHAKE},
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
