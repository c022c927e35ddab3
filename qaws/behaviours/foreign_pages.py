"""Pages of foreign origins, which try every way in that a token has.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

from qaws.behaviours import closes, lifecycle
from qaws.testbed.testbed import Testbed


async def connect(testbed: Testbed, client: str, origin: str) -> None:
    """Connect a client from a page, with a valid token in each place where the service takes one.

    What is required of the client's refusal is required in every place: a check that looks at one
    way in only leaves the others open.

    Raises:
        Broken: there is no such origin.
    """
    first, *others = testbed.target.auth.token_locations
    for place in others:
        name = f"{client}'s attempt by {place}"
        closes.note_attempt(testbed, client, name)
        await lifecycle.connect(testbed, [name], location=place, origin=origin)
    await lifecycle.connect(testbed, [client], location=first, origin=origin)
