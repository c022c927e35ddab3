"""Faults of what repeats a token where nobody looks for it: QA-WS-025."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from app.auth import bearer_token
from app.server import TickerService
from app.sessions import TickerConnection
from faults.fault import fault, replace


@fault(
    story="The answer that opens a connection sets a cookie with the token, as the session of the "
    "company's other pages has one, and proxies and browsers keep it for years.",
    caught_by={"QA-WS-025": "the answer to a handshake has "},
    also=("QA-WS-021",),
)
def token_in_a_cookie() -> None:
    """Add a header to the answer."""
    original = TickerConnection.handshake

    async def handshake(
        self: TickerConnection, process_request: Any, process_response: Any, server_header: Any
    ) -> None:
        def add(_: ServerConnection, request: Request, response: Response) -> Response:
            token = bearer_token(request.path, request.headers)
            if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and token:
                response.headers["Set-Cookie"] = f"session={token}; HttpOnly"
            return response

        await original(self, process_request, add, server_header)

    replace(TickerConnection, "handshake", handshake)


@fault(
    story="The statistics list who is connected, each with its token, for the sake of support: "
    "whoever may see how busy the service is can be any of its users.",
    caught_by={"QA-WS-025": "the answer to whoever may read the statistics has "},
)
def tokens_in_the_statistics() -> None:
    """Add a list of them."""
    original = TickerService.stats

    def stats(self: TickerService) -> Any:
        requests = [session.connection.request for session in self.sessions]
        shown = [bearer_token(each.path, each.headers) for each in requests if each]
        return {**original(self), "tokens": shown}

    replace(TickerService, "stats", stats)
