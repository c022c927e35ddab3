"""Keys of the issuer that come and go while clients are connected: QA-WS-125.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from qaws.behaviours import lifecycle, tokens
from qaws.behaviours.revocation import IN_A_ROW
from qaws.testbed.testbed import Testbed

TRIES_AGAIN_S = 0.1
"""How long a client waits before it tries again."""

NEW_KEY, WITHDRAWN_KEY = "a token of the new key", "a token of the key that was withdrawn"


async def add_key(testbed: Testbed, client: str) -> None:
    """Add a signing key to the set; a client keeps trying to connect with a token of it.

    When the scenario ends the set is what it was, and all services end: what a service remembers of
    a set that it has read is its own affair.
    """
    testbed.scenario.on_end.append(partial(_restore, testbed))
    testbed.tokens.rotate("both")
    token = testbed.tokens.of_new_key()
    over = asyncio.Event()

    async def try_on() -> None:
        while True:
            (connection,) = await lifecycle.connect(testbed, [client], token, which=NEW_KEY)
            if over.is_set() or connection.is_welcomed:
                return
            await asyncio.sleep(TRIES_AGAIN_S)

    trying = asyncio.get_running_loop().create_task(try_on())
    testbed.scenario.background.append(trying)
    newcomers = testbed.scenario.stash.setdefault(tokens.NEWCOMERS, {})
    newcomers[client] = tokens.Newcomer("", time.monotonic_ns(), trying, over)


def _restore(testbed: Testbed) -> None:
    assert testbed.services
    testbed.tokens.rotate("former")
    testbed.services.stop()


async def withdraw_key(testbed: Testbed, client: str, at_most_ms: float) -> None:
    """Take the former key out of the set; a client tries to connect with a token of it.

    It tries until it is refused several times in a row, for each of several workers may have read
    a set of its own; what came of the last attempt counts. Once the time is over no further attempt
    may be let in.
    """
    testbed.tokens.rotate("new")
    deadline_s = time.monotonic() + at_most_ms / 1e3
    token, refused = testbed.tokens.mint(), 0
    while True:
        is_late = time.monotonic() >= deadline_s
        (connection,) = await lifecycle.connect(testbed, [client], token, which=WITHDRAWN_KEY)
        refused = 0 if connection.is_welcomed else refused + 1
        if refused == IN_A_ROW or (is_late and not refused):
            _note_fetches(testbed)
            return
        await connection.close()
        await asyncio.sleep(TRIES_AGAIN_S)


def _note_fetches(testbed: Testbed) -> None:
    """Show how often the key set was fetched, where the suite serves it."""
    if server := testbed.tokens.server:
        began_ns = min(each.start_ns for each in testbed.scenario.stash[tokens.NEWCOMERS].values())
        lately = sum(1 for at_ns in server.fetched_ns if at_ns >= began_ns)
        shown = f"{lately} since it changed first, {len(server.fetched_ns)} since the run began"
        testbed.scenario.figures.append(("fetches of the key set", shown))


async def connect_with_new_key(testbed: Testbed, client: str) -> None:
    """Connect a client with a token of the key that was added."""
    await lifecycle.connect(testbed, [client], testbed.tokens.of_new_key(), which=NEW_KEY)
