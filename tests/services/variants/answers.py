"""Answers to handshakes and requests, and closes: what HTTP and the specification leave open."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from app import closes, server
from app.auth import AuthenticationError, bearer_token
from app.closes import Close
from app.server import TickerService
from tests.services.variants.variation import replace, variation

PAGE = (
    "<!doctype html>\n<title>401</title>\n<p>Please sign in.</p>\n"
    "<!-- request {request}; trace {trace} -->\n"
)


def _of_response(edit: Any) -> None:
    """Change each answer before it is written."""
    original = Response.serialize

    def serialize(self: Response) -> bytes:
        edit(self)
        return original(self)

    replace(Response, "serialize", serialize)


@variation(
    'Names of headers are in lower case, and the 101 says "WebSocket" and "keep-alive, Upgrade".',
    "RFC 9110, section 5.1; RFC 6455, section 4.1: matched without regard to case, a list",
)
def headers_spelt_otherwise() -> None:
    """Write the same in other letters."""

    def edit(response: Response) -> None:
        headers = Headers()
        for name, value in response.headers.raw_items():
            headers[name.lower()] = value
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            for name, value in (("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade")):
                del headers[name]
                headers[name] = value
        response.headers = headers

    _of_response(edit)


@variation(
    "Each answer has headers that nobody asked for: an id of the request, a cookie, a node.",
    "RFC 9110, section 5.1: a client ignores what it does not know",
)
def headers_that_differ_by_themselves() -> None:
    """Add some, as gateways do."""

    def edit(response: Response) -> None:
        response.headers["X-Request-Id"] = secrets.token_hex(8)
        response.headers["Set-Cookie"] = f"route={secrets.token_hex(4)}; Path=/; HttpOnly"
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers["Server-Timing"] = f"edge;dur={secrets.randbelow(900) / 100}"
        response.headers["X-Served-By"] = f"ticks-{secrets.randbelow(4)}"

    _of_response(edit)


@variation(
    "Status lines have no words, only the number.",
    "RFC 9112, section 4: the reason phrase may be empty, and says nothing",
)
def status_lines_without_words() -> None:
    """Leave them empty."""

    def edit(response: Response) -> None:
        response.reason_phrase = ""

    _of_response(edit)


@variation(
    "Who has no good token is refused before the upgrade, with 401 and a page that has an id of "
    "its own each time.",
    "QA-WS-002: refused with HTTP 401, or closed with 1008",
)
def strangers_get_a_page() -> None:
    """Look at the token before the handshake is answered."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer is None:
            try:
                self.verifier.verify(bearer_token(request.path, request.headers))
            except AuthenticationError:
                return _page()
        return answer

    replace(TickerService, "respond", respond)


def _page() -> Response:
    text = PAGE.format(request=secrets.token_hex(8), trace="f" * secrets.randbelow(40))
    body = text.encode()
    headers = Headers()
    headers["Content-Type"] = "text/html; charset=utf-8"
    headers["Content-Length"] = str(len(body))
    headers["WWW-Authenticate"] = 'Bearer realm="ticks"'
    return Response(HTTPStatus.UNAUTHORIZED.value, "Unauthorized", headers, body)


@variation(
    "Bodies come in chunks, JSON is laid out in lines, and its type names a character set.",
    "RFC 9112, section 7.1; RFC 8259, section 2",
)
def bodies_in_chunks() -> None:
    """Write each body in two chunks."""
    original = server._json_response

    def json_response(status: HTTPStatus, content: object) -> Response:
        response = original(status, content)
        body = json.dumps(json.loads(response.body), indent=2).encode()
        del response.headers["Content-Length"]
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers["Transfer-Encoding"] = "chunked"
        response.body = (
            b"".join(b"%x;part=1\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]))
            + b"0\r\nExpires: 0\r\n\r\n"
        )
        return response

    replace(server, "_json_response", json_response)


@variation(
    "Statistics have more members than are asked for, some of them lists and null, and the totals "
    "are in other words too.",
    "nothing says that they have no others",
)
def statistics_with_more_members() -> None:
    """Add some."""
    original = TickerService.stats

    def stats(self: TickerService) -> dict[str, Any]:
        return {
            "node": "ticks-1",
            "uptime_s": 12.5,
            "connections_per_second": [0, 0, 0],
            "last_error": None,
            **original(self),
            "feed": {"active_connections": 1, "total_subscriptions": 1},
        }

    replace(TickerService, "stats", stats)


@variation(
    "Reasons of closes have more words than those that are asked for, and the goodbye of the idle "
    "timeout has code 1000.",
    "QA-WS-002, 011 and 012: a reason that contains …; with 1000 or 1001",
)
def reasons_with_more_words() -> None:
    """Say more."""
    for name, close in (
        ("AUTHENTICATION_REQUIRED", Close(1008, "Authentication required: sign in first")),
        ("TOKEN_EXPIRED", Close(1008, "token expired: ask for another one")),
        ("MAX_CONNECTIONS", Close(1008, "busy: max connections reached, try another node")),
        ("SLOW_CONSUMER", Close(1008, "slow consumer: 1 MiB unread")),
        ("RATE_LIMIT_EXCEEDED", Close(1008, "rate limit exceeded (200 a second)")),
        ("IDLE_TIMEOUT", Close(1000, "idle timeout: nothing was said")),
        ("SERVER_SHUTDOWN", Close(1001, "server shutdown; back in a minute")),
    ):
        replace(closes, name, close)
