"""Faults that only a real browser brings to light: QA-WS-116."""

from __future__ import annotations

import re

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace

SECOND_DIGIT = re.compile(rb'("last_price":\s*-?\d+\.\d)\d')
NOT_OPEN = {"QA-WS-116": "the page's connection: measured"}


def _from_page(connection_request: Request) -> bool:
    """Tell whether a browser asks: only they send an Origin and offer compression."""
    headers = connection_request.headers
    return "Origin" in headers and "Sec-WebSocket-Extensions" in headers


@fault(
    story="The token is looked for in a header only as soon as an Origin is sent, but no page can "
    "send that header.",
    caught_by=NOT_OPEN,
)
def page_needs_a_header() -> None:
    """Forget the query of what comes from a page."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer is None and _from_page(request):
            request.path = request.path.partition("?")[0]
        return answer

    replace(TickerService, "respond", respond)


@fault(
    story="Without an allow-list every page is refused, so that a new installation shows empty "
    "screens, while every tool that tests it is content.",
    caught_by=NOT_OPEN,
)
def no_list_no_pages() -> None:
    """Refuse all origins where none is listed."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        if self.settings.allowed_origins is None and _from_page(request):
            request.headers["Origin"] = "none"  # a second one: the library refuses two
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


def _answer_pages(name: str, value: str) -> None:
    """Add a header to the answer to a page's handshake."""
    original = ServerProtocol.accept

    def accept(self: ServerProtocol, request: Request) -> Response:
        response = original(self, request)
        if response.status_code == 101 and _from_page(request):
            response.headers[name] = value
        return response

    replace(ServerProtocol, "accept", accept)


@fault(
    story="The service chooses a subprotocol that nobody offered, which lenient libraries overlook "
    "and browsers do not.",
    caught_by=NOT_OPEN,
)
def subprotocol_unasked() -> None:
    """Name one."""
    _answer_pages("Sec-WebSocket-Protocol", "ticker.v1")


@fault(
    story="Compression is agreed on with a parameter that does not exist, because only browsers "
    "offer it and nobody tried one.",
    caught_by=NOT_OPEN,
)
def compression_agreed_wrongly() -> None:
    """Accept the offer, with a window that the standard does not know (RFC 7692)."""
    _answer_pages("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=99")


def _is_page(session: Session) -> bool:
    request = session.connection.request
    return request is not None and _from_page(request)


@fault(
    story="Pages get prices with one digit behind the point, as the screen of old had no room for "
    "more: who trades by the page sees another price than who trades by program.",
    caught_by={"QA-WS-116": "the page received ticks that differ from what was published"},
)
def page_prices_cut() -> None:
    """Make the second digit behind the point a nought, for pages."""
    original = Session.write

    def write(self: Session, frames: bytes) -> None:
        if _is_page(self):
            frames = SECOND_DIGIT.sub(rb"\g<1>0", frames)
        original(self, frames)

    replace(Session, "write", write)


@fault(
    story="Pages are told of maintenance in a message that no contract has, and the page of a "
    "client that takes the contract at its word falls over it.",
    caught_by={"QA-WS-116": "the page received a message that breaks the contract"},
)
def page_gets_a_banner() -> None:
    """Send pages a message of an unknown type behind the welcome."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        original(self, session)
        if _is_page(session):
            self.fanout.send(session, b'{"type":"banner","text":"maintenance on Sunday"}')

    replace(TickerService, "greet", greet)
