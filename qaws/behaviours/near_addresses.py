"""Addresses that are nearly the endpoint's, and who is let in there without a token: nobody.

What looks after tokens and what finds the handler of a request often compare addresses by rules of
their own. Where one takes two for the same and the other does not, a handler is reached that nobody
guards. Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from qaws.behaviours import lifecycle
from qaws.clients.connection import Connection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

NEAR: dict[str, Callable[[str], str]] = {
    "a slash behind it": lambda path: f"{path}/",
    "two slashes before it": lambda path: f"/{path}",
    "capitals": str.upper,
    "a dot as a further part": lambda path: f"/.{path}",
    "a parameter of its last part": lambda path: f"{path};v=1",
    "a file's ending": lambda path: f"{path}.json",
    "a slash that is encoded": lambda path: path[:1] + path[1:].replace("/", "%2F"),
}
"""In what an address differs from the endpoint's → what is made of its path.

Routers and what guards them are known to differ about each: one takes it for the same address.
"""

VISITS = Key[dict[str, list[tuple[str, Connection]]]]("nobody has come to another address")
"""Client → in what each address differed, and the connection there."""


def _at(near: Callable[[str], str], url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=near(parts.path or "/")))


async def come_by_near_addresses(testbed: Testbed, client: str) -> None:
    """Let a client without a token ask for a WebSocket at each such address."""
    service, registry = testbed.service, testbed.scenario.connections
    service.require_alive()
    place = testbed.target.auth.token_locations[0]
    visits = testbed.scenario.stash.setdefault(VISITS, {}).setdefault(client, [])
    for what, near in NEAR.items():
        name, at = f"{client} by an address with {what}", partial(_at, near)
        (came,) = await registry.connect(
            [name], service, [None], place, may_be_gone=True, bare=True, at=at
        )
        visits.append((what, came))
    await asyncio.gather(*(lifecycle.settled(testbed, came) for _, came in visits))


async def let_in_nowhere(testbed: Testbed, client: str) -> None:
    """Require that a client was welcomed, and got a tick, at none of these addresses.

    How it is turned away there is the service's affair: there need not be anything.
    """
    visits = testbed.scenario.stash[VISITS][client]
    let_in = [
        f"{came.name}: {came.summary()}"
        for _, came in visits
        if came.is_welcomed or any(came.received("tick"))
    ]
    testbed.scenario.checks.require(
        not let_in,
        f"addresses at which {client} was let in without a token",
        "; ".join(let_in) or f"none of {len(visits)}",
        "none",
    )
