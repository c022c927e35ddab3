"""Handshakes that are written otherwise than by the library that the suite uses.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

from websockets.datastructures import Headers
from websockets.http11 import Request

from qaws.behaviours import lifecycle, persons
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

OTHERWISE = 'names of headers in small letters, and "connection: keep-alive, Upgrade"'


def as_others_write_it(request: Request) -> Request:
    """Return a request as one browser, and a proxy behind it, write it.

    Names of headers are in small letters, as HTTP/2 has them (RFC 9110, section 5.1), and the
    connection is one to be kept alive as well as upgraded (RFC 6455, section 4.2.1).
    """
    headers = Headers()
    for name, value in request.headers.raw_items():
        is_connection = name.lower() == "connection"
        headers[name.lower()] = "keep-alive, Upgrade" if is_connection else value
    return Request(request.path, headers)


async def be_connected(testbed: Testbed, client: str) -> None:
    """Connect a client whose handshake is written so.

    Raises:
        Refuted: it was not welcomed, be that for its handshake or for something else.
    """
    testbed.service.require_alive()
    tokens = await persons.tokens_of(testbed, [client])
    place = testbed.target.auth.token_locations[0]
    registry = testbed.scenario.connections
    (connection,) = await registry.connect(
        [client], testbed.service, tokens, place, written=as_others_write_it
    )
    connection.came_with = f"a handshake with {OTHERWISE}"
    await lifecycle.settled(testbed, connection)
    if not connection.is_welcomed:
        try:
            await lifecycle.be_connected(testbed, [client])
        except Broken:  # it is gone since: what counts is what became of the first
            lifecycle.require_welcomes(testbed, [connection])
        raise Refuted(
            f"{client} was not welcomed by a handshake with {OTHERWISE} (RFC 6455, section 4.2.1): "
            f"{connection.summary()}; written as the suite's library does it was"
        )
