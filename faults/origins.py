"""Faults of the check of origins: QA-WS-023."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from app import auth, routes_websocket
from app.auth import AuthenticationError, Claims
from app.closes import Close
from app.origins import OriginPolicy
from app.server import WEBSOCKET_PATH, TickerService
from faults.fault import fault, replace

LET_IN = {"QA-WS-023": "refusal of Mallory: measured 1 x welcome"}

logger = logging.getLogger(__name__)


def _also_admit(test: Callable[[str, str], bool]) -> None:
    """Let in what passes `test(origin, listed)` for a listed origin."""
    original = OriginPolicy.admits

    def admits(self: OriginPolicy, origins: Sequence[str]) -> bool:
        if original(self, origins):
            return True
        return len(origins) == 1 and any(test(origins[0], each) for each in self._allowed or ())

    replace(OriginPolicy, "admits", admits)


@fault(
    story="Origins are compared by their end, so that whoever registers evildesk.example reads the "
    "desk's stream.",
    caught_by=LET_IN,
)
def origin_matched_by_its_end() -> None:
    """Compare the end of the host."""
    _also_admit(lambda origin, listed: origin.endswith(listed.removeprefix("https://")))


@fault(
    story="Origins are compared by their beginning, so that desk.example.rogue.test passes for "
    "desk.example.",
    caught_by=LET_IN,
)
def origin_matched_by_its_beginning() -> None:
    """Compare the beginning."""
    _also_admit(lambda origin, listed: origin.startswith(listed))


@fault(
    story="It is enough that a listed origin stands somewhere in the header, so that any page gets "
    "in that writes it into its own address.",
    caught_by=LET_IN,
)
def origin_matched_anywhere() -> None:
    """Look for the listed origin as a part."""
    _also_admit(lambda origin, listed: listed in origin and not origin.startswith(listed))


@fault(
    story="The port is left out of the comparison, so that whatever runs on another port of the "
    "same machine is trusted as much as the desk.",
    caught_by=LET_IN,
)
def origin_port_ignored() -> None:
    """Compare scheme and host."""

    def same(origin: str, listed: str) -> bool:
        one, other = urlsplit(origin), urlsplit(listed)
        whole = (one.scheme, one.hostname) == (other.scheme, other.hostname)
        return whole and "@" not in origin and origin.count("/") == 2

    _also_admit(same)


@fault(
    story="The scheme is left out of the comparison, so that a page that anybody on the way can "
    "change is trusted as much as the encrypted one.",
    caught_by=LET_IN,
)
def origin_scheme_ignored() -> None:
    """Compare what stands behind the scheme."""
    _also_admit(lambda origin, listed: origin.partition("://")[2] == listed.partition("://")[2])


@fault(
    story="The origin null is let in for the sake of local files, but every sandboxed frame of "
    "every site sends it too.",
    caught_by=LET_IN,
)
def origin_null_admitted() -> None:
    """Let null in."""
    _also_admit(lambda origin, _: origin == "null")


@fault(
    story="Subdomains of a listed host are let in unasked, so that the marketing blog can read the "
    "desk's stream.",
    caught_by=LET_IN,
)
def origin_subdomain_admitted() -> None:
    """Let in what ends in a dot and the host."""
    _also_admit(lambda origin, listed: origin.endswith("." + listed.removeprefix("https://")))


@fault(
    story="An origin is put into lower case and rid of dots and slashes before it is compared, so "
    "that what no browser has written is let in.",
    caught_by=LET_IN,
)
def origin_tidied_up() -> None:
    """Tidy up, then compare."""
    _also_admit(lambda origin, listed: origin.lower().rstrip("./") == listed)


@fault(
    story="Of two Origin headers the first one counts, and a proxy in front counts the second: an "
    "attacker shows each of them what it wants to see.",
    caught_by=LET_IN,
)
def first_of_two_origins_counts() -> None:
    """Forget the others before anybody looks."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        for first in request.headers.get_all("Origin")[:1]:
            del request.headers["Origin"]
            request.headers["Origin"] = first
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@fault(
    story="An empty Origin counts as none, so that a page which can make its browser send one is "
    "taken for a program.",
    caught_by=LET_IN,
)
def empty_origin_counts_as_none() -> None:
    """Leave empty ones out."""
    original = OriginPolicy.admits

    def admits(self: OriginPolicy, origins: Sequence[str]) -> bool:
        return original(self, [origin for origin in origins if origin])

    replace(OriginPolicy, "admits", admits)


@fault(
    story="A foreign origin is written to the log, and let in: the check was never switched from "
    "trial to earnest.",
    caught_by=LET_IN,
)
def foreign_origin_only_logged() -> None:
    """Log, and admit."""
    original = OriginPolicy.admits

    def admits(self: OriginPolicy, origins: Sequence[str]) -> bool:
        if not original(self, origins):
            logger.warning("a foreign origin: %s", ascii(origins))
        return True

    replace(OriginPolicy, "admits", admits)


@fault(
    story="The origin is not looked at where the token is good, though a stolen token is the very "
    "case that the list is for.",
    caught_by=LET_IN,
)
def good_token_excuses_the_origin() -> None:
    """Let in whoever has a good token."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer is not None and answer.status_code == 403:
            try:
                self.verifier.verify(auth.bearer_token(request.path, request.headers))
            except AuthenticationError:
                return answer
            return None
        return answer

    replace(TickerService, "respond", respond)


@fault(
    story="The check of origins raises at every foreign one, and the server answers that with 403, "
    "as Granian does: nobody has decided anything, and another server would say something else.",
    caught_by={
        "QA-WS-023": "measured HTTP 403, but by an exception, not by a decision: a Python traceback"
    },
)
def origin_check_raises() -> None:
    """Look for the desk that an origin belongs to, where there is none."""
    admits, respond = OriginPolicy.admits, TickerService.respond

    def raising(self: OriginPolicy, origins: Sequence[str]) -> bool:
        if admits(self, origins):
            return True
        desks = dict.fromkeys(self._allowed or (), "desk")
        return all(desks[origin] for origin in origins)

    def answering(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        try:
            return respond(self, connection, request)
        except LookupError:
            logger.exception("Application callable raised an exception")
            return connection.respond(HTTPStatus.FORBIDDEN, "")

    replace(OriginPolicy, "admits", raising)
    replace(TickerService, "respond", answering)


@fault(
    story="A foreign origin gets the error page that frameworks have for developers, stack trace "
    "and all, because nobody has set the variable for production.",
    caught_by={"QA-WS-023": "what Mallory was told: measured a JavaScript stack trace"},
)
def refusal_as_a_page_for_developers() -> None:
    """Answer as Express does."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer is None or answer.status_code != HTTPStatus.FORBIDDEN:
            return answer
        body = (
            "<pre>ForbiddenError: origin not allowed<br> &nbsp; &nbsp;at checkOrigin "
            "(/srv/ticker/src/origins.js:12:9)<br> &nbsp; &nbsp;at Layer.handle [as "
            "handle_request] (/srv/ticker/node_modules/express/lib/router/layer.js:95:5)</pre>"
        )
        return connection.respond(HTTPStatus.FORBIDDEN, body)

    replace(TickerService, "respond", respond)


@fault(
    story="Only the first origin of the list is looked at, so that the chart server's pages stay "
    "empty since the second entry was added.",
    caught_by={"QA-WS-023": "Bob has a valid token but was not welcomed: HTTP 403"},
)
def second_listed_origin_refused() -> None:
    """Keep the first entry."""
    original = OriginPolicy.__init__

    def __init__(self: OriginPolicy, allowed: Sequence[str] | None) -> None:
        original(self, allowed and allowed[:1])

    replace(OriginPolicy, "__init__", __init__)


@fault(
    story="With an allow-list a client without Origin is refused, so that every program that is no "
    "browser loses the stream.",
    caught_by={"QA-WS-023": "Carol has a valid token but was not welcomed: HTTP 403"},
)
def absent_origin_refused() -> None:
    """Want an origin from everybody."""
    original = OriginPolicy.admits

    def admits(self: OriginPolicy, origins: Sequence[str]) -> bool:
        return original(self, origins or ["none"])

    replace(OriginPolicy, "admits", admits)


@fault(
    story="A foreign page is refused only after the handshake, by a close with 1008, so that its "
    "script learns that the token is good.",
    caught_by={"QA-WS-023": 'closed with 1008 "origin not allowed" by the service'},
)
def foreign_origin_refused_too_late() -> None:
    """Let the handshake pass, and close."""
    admits, authenticate = OriginPolicy.admits, routes_websocket.authenticate_ws
    policy: list[OriginPolicy] = []

    def admit_everybody(self: OriginPolicy, _: Sequence[str]) -> bool:
        policy[:] = [self]
        return True

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        claims = await authenticate(service, connection)
        request = connection.request
        if claims and request and not admits(policy[0], request.headers.get_all("Origin")):
            await connection.close(*Close(1008, "origin not allowed"))
            return None
        return claims

    replace(OriginPolicy, "admits", admit_everybody)
    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The origin is looked at only where the token is in the address, as pages cannot show it "
    "otherwise, so that the day when one can, through a proxy that sets headers, it is let in.",
    caught_by={"QA-WS-023": "refusal of Mallory's attempt by Authorization header"},
)
def origin_not_checked_beside_a_header_token() -> None:
    """Pass over who has an Authorization header."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        is_endpoint = request.path.startswith(WEBSOCKET_PATH)
        if is_endpoint and "Authorization" in request.headers:
            return None
        return original(self, connection, request)

    replace(TickerService, "respond", respond)
