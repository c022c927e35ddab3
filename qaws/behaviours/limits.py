"""Places of a service with a limit, which clients of the scenario before may still take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from qaws.clients.connection import Connection
from qaws.sut.service import Service
from qaws.testbed.testbed import Testbed

LIMITS = frozenset({"connection limit", "user limit"})
"""The settings that state how many may be connected, in the words of the features."""

FREE_S = 2.0
"""Within which the place of a client that has left must be free: QA-WS-012 asks for that."""

TRIES_AGAIN_S = 0.05


async def once_free(
    testbed: Testbed,
    service: Service,
    opened: list[Connection],
    again: Callable[[Sequence[str]], Awaitable[list[Connection]]],
) -> list[Connection]:
    """Return connections, those anew that a service with a limit has turned away too early.

    So long after a scenario a service may count its clients still. Whether it gives their places
    back in time is not asked here: a client of the scenario itself that leaves shows that.

    The scenario tells whom that happened to.

    Args:
        testbed: has the scenario.
        service: where they connect.
        opened: what came of it the first time.
        again: connects clients of these names once more.
    """
    while LIMITS & service.settings.keys() and time.monotonic() < service.left_at + FREE_S:
        late = [each.name for each in opened if not each.is_welcomed]
        if not late:
            break
        said = f"turned away at first, as clients of the scenario before may have: {late[0]}"
        if said not in testbed.scenario.remarks:
            testbed.scenario.remarks.append(said)
        await asyncio.sleep(TRIES_AGAIN_S)
        opened = [each for each in opened if each.is_welcomed] + await again(late)
    return opened
