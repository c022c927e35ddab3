"""Faults of who may read the statistics: QA-WS-120."""

from __future__ import annotations

from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from app import server
from app.server import TickerService
from faults.fault import fault, replace

OPEN = "who asks for the statistics: measured HTTP 200"


@fault(
    story="The statistics are open to whoever finds the address, so that a competitor can count "
    "the customers.",
    caught_by={"QA-WS-120": "a stranger with no credentials " + OPEN},
)
def statistics_open_to_all() -> None:
    """Ask for nothing."""
    replace(TickerService, "_may_see_stats", lambda self, request: True)


@fault(
    story="Whoever shows any credentials at all reads the statistics: that they are wrong is not "
    "noticed.",
    caught_by={"QA-WS-120": "a stranger with wrong credentials " + OPEN},
)
def any_credentials_open_the_statistics() -> None:
    """Look whether there is a header, not what is in it."""
    replace(
        TickerService, "_may_see_stats", lambda self, request: "Authorization" in request.headers
    )


@fault(
    story="A stranger's request for the statistics is refused by its status, with the numbers in "
    "the body of the refusal.",
    caught_by={"QA-WS-120": "what a stranger with no credentials is told nevertheless: measured"},
)
def refusal_tells_the_statistics() -> None:
    """Refuse, and tell."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        response = original(self, connection, request)
        if response and response.status_code == HTTPStatus.UNAUTHORIZED:
            told = {"error": "unauthorized", **self.stats()}
            return server._json_response(HTTPStatus.UNAUTHORIZED, told)
        return response

    replace(TickerService, "respond", respond)
