"""Handshakes that are written otherwise than by the library that the suite uses.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from websockets.datastructures import Headers
from websockets.http11 import Request

from qaws.behaviours import lifecycle, persons
from qaws.clients.connection import Connection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

UNKNOWN_EXTENSION = "x-unknown-to-everybody"
VALUES = {"connection": "keep-alive, Upgrade", "upgrade": "WebSocket"}
"""Header → what others write there."""

Form = Callable[[Request, str], Request]
"""Makes of a request another one that means the same; the second is the parameter of the token."""


def _with_small_names(request: Request, _: str) -> Request:
    return _with_headers(request, [(n.lower(), v) for n, v in request.headers.raw_items()])


def _with_value(name: str, request: Request, _: str) -> Request:
    items = request.headers.raw_items()
    return _with_headers(request, [(n, VALUES[name] if n.lower() == name else v) for n, v in items])


def _offering_an_extension(request: Request, _: str) -> Request:
    offer = ("Sec-WebSocket-Extensions", UNKNOWN_EXTENSION)
    return _with_headers(request, [*request.headers.raw_items(), offer])


def _with_escapes(request: Request, parameter: str) -> Request:
    """Escape the first character of the token, and each dot."""

    def escaped(found: re.Match[str]) -> str:
        first, rest = found[2][:1], found[2][1:]
        shown = f"%{ord(first):02X}" if first.isalnum() and first.isascii() else first
        return found[1] + shown + rest.replace(".", "%2E")

    shown_by = rf"([?&]{re.escape(parameter)}=)([^&]*)"
    return Request(re.sub(shown_by, escaped, request.path), request.headers)


def _with_headers(request: Request, items: list[tuple[str, str]]) -> Request:
    return Request(request.path, Headers(items))


FORMS: dict[str, Form] = {
    "names of headers in small letters": _with_small_names,
    '"Connection: keep-alive, Upgrade"': partial(_with_value, "connection"),
    '"Upgrade: WebSocket"': partial(_with_value, "upgrade"),
    "an extension that nobody knows": _offering_an_extension,
    "characters of the token escaped in the address": _with_escapes,
}
"""What is otherwise about a request → what makes it so.

Names of headers and what is to be upgraded to mean the same in either case (RFC 9110, section 5.1;
RFC 6455, section 4.2.1), and so does a character that is escaped without need (RFC 3986, section
6.2.2.2); an extension that the server does not know is not agreed on (RFC 6455, section 9.1).
"""

IN_PIECES = "what comes in two pieces"
"""TCP delivers a request as it likes: whoever writes one otherwise has it delivered so, too."""


def as_others_write_it(request: Request, parameter: str = "token") -> Request:
    """Return a request as other browsers, libraries and proxies write it.

    Args:
        request: what the suite's library makes.
        parameter: of the address in which a token may be.
    """
    for form in FORMS.values():
        request = form(request, parameter)
    return request


async def be_connected(testbed: Testbed, client: str) -> None:
    """Connect a client whose handshakes are written so: one in each place of its token.

    The last one stays: it shows the token in the first of the places.

    Raises:
        Refuted: it was not welcomed, be that for its handshake or for something else.
    """
    testbed.service.require_alive()
    auth = testbed.target.auth
    first, *others = auth.token_locations
    for place in (*others, first):
        name = client if place == first else f"{client} by {place}"
        written = partial(as_others_write_it, parameter=auth.query_parameter)
        connection = await _come(testbed, name, place, written)
        if not connection.is_welcomed:
            await _complain(testbed, client, place, connection)


async def _come(
    testbed: Testbed, name: str, place: str, written: Callable[[Request], Request]
) -> Connection:
    (token,) = await persons.tokens_of(testbed, [name])
    (connection,) = await testbed.scenario.connections.connect(
        [name], testbed.service, [token], place, written=written
    )
    connection.came_with = f"a handshake written otherwise, with its token in the {place}"
    await lifecycle.settled(testbed, connection)
    return connection


async def _complain(testbed: Testbed, client: str, place: str, seen: Connection) -> None:
    """Say of a client that was not welcomed which form was not understood, if any.

    Raises:
        Refuted: always.
    """
    try:
        await lifecycle.be_connected(testbed, [client], location=place)
    except Broken:  # it is gone since: what counts is what became of the first
        lifecycle.require_welcomes(testbed, [seen])
    parameter, wrong = testbed.target.auth.query_parameter, list[str]()
    for what, form in {IN_PIECES: lambda request, _: request, **FORMS}.items():
        written = partial(_written_by, form, parameter)
        came = await _come(testbed, f"{client} with {what}", place, written)
        if not came.is_welcomed:
            wrong.append(what)
            if what == IN_PIECES:
                break  # so do all of them
    otherwise = " and ".join(wrong or FORMS)
    raise Refuted(
        f"{client} was not welcomed by a handshake with {otherwise}, and its token in the {place}: "
        f"{seen.summary()}; written as the suite's library does it was"
    )


def _written_by(form: Form, parameter: str, request: Request) -> Request:
    return form(request, parameter)
